//! All `unsafe` code of this crate.
#![allow(unsafe_code)]

pub mod audit;
pub mod buffer;
pub mod bytes;
pub mod call;
pub mod descriptor;
pub mod fastcall;
pub mod finalizer;
pub mod frames;
pub mod int;
pub mod slots;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod thread_end;
pub mod threads;
