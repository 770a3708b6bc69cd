//! Naming a network interface (if_nametoindex(3)).

use std::ffi::CStr;
use std::io;

/// The longest name of an interface (`IFNAMSIZ` less its NUL).
pub const LONGEST_NAME: usize = libc::IF_NAMESIZE - 1;

/// The index of a network interface by its name.
pub fn interface_index(name: &CStr) -> io::Result<u32> {
    // SAFETY: `name` ends with its NUL.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(io::Error::last_os_error()),
        index => Ok(index),
    }
}
