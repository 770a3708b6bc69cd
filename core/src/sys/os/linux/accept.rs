//! accept4(2).

use super::missing::is_missing;
use crate::address::Address;
use crate::sys::unix;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// Accepts one connection; close-on-exec, in blocking mode. Its peer's address goes to `peer`; the kernel is not asked
/// for an unwanted one, which is quicker, and some families have no addresses.
pub fn accept(fd: BorrowedFd<'_>, mut peer: Option<&mut Address>) -> io::Result<OwnedFd> {
    let mut length = libc::socklen_t::try_from(Address::CAPACITY).unwrap_or(0);
    let (to, length_at) = match &mut peer {
        Some(peer) => (peer.room().as_mut_ptr().cast(), &raw mut length),
        None => (std::ptr::null_mut(), std::ptr::null_mut()),
    };
    // SAFETY: both are null, or `to` is writable for the `length` bytes that `length_at` points at, and both are ours.
    let accepted = unsafe { libc::accept4(fd.as_raw_fd(), to, length_at, libc::SOCK_CLOEXEC) };
    let (accepted, inheritable) = match unix::check(accepted) {
        Err(error) if is_missing(&error) => {
            // SAFETY: as above.
            (
                unix::check(unsafe { libc::accept(fd.as_raw_fd(), to, length_at) })?,
                true,
            )
        }
        accepted => (accepted?, false),
    };
    // SAFETY: the kernel just gave us this descriptor.
    let accepted = unsafe { OwnedFd::from_raw_fd(accepted) };
    if inheritable {
        unix::descriptor::close_on_exec(&accepted);
    }
    if let Some(peer) = peer {
        peer.set_length(usize::try_from(length).unwrap_or(0));
    }
    Ok(accepted)
}
