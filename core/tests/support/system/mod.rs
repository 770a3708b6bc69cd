//! System calls that the tests need and std has no safe form of.
#![allow(unsafe_code)]
#![allow(unused_imports)] // each test program uses a part

mod descriptor;
mod file;
mod observer;
mod process;
mod signal;
mod thread;

pub use descriptor::*;
pub use file::*;
pub use observer::Observer;
pub use process::*;
pub use signal::*;
pub use thread::*;

use libc::c_int;
use std::io;

pub fn check(result: c_int) -> c_int {
    assert!(result >= 0, "{}", io::Error::last_os_error());
    result
}
