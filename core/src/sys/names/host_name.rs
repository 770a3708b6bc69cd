//! The name of this machine.

use crate::sys::unix::check;
use std::ffi::{CStr, CString};
use std::io;

/// Room for the longest host name (`HOST_NAME_MAX` is 64 on Linux, 255 elsewhere) and its NUL.
const HOST_NAME_ROOM: usize = 256;

/// The name of this machine.
pub fn host_name() -> io::Result<CString> {
    let mut room = [0_u8; HOST_NAME_ROOM];
    // SAFETY: the room is ours and writable for its length; its last byte stays NUL.
    check(unsafe { libc::gethostname(room.as_mut_ptr().cast(), room.len() - 1) })?;
    CStr::from_bytes_until_nul(&room)
        .map(CStr::to_owned)
        .map_err(|_| io::Error::from_raw_os_error(libc::ENAMETOOLONG))
}

/// Names this machine.
#[allow(clippy::useless_conversion)] // the length is an int elsewhere
pub fn set_host_name(name: &[u8]) -> io::Result<()> {
    let length = name
        .len()
        .try_into()
        .map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    // SAFETY: the name is readable for its length.
    check(unsafe { libc::sethostname(name.as_ptr().cast(), length) }).map(drop)
}
