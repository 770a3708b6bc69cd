//! accept(2).

use super::set_nonblocking;
use crate::address::Address;
use crate::sys::kernel::suppress_sigpipe;
use crate::sys::unix;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// Accepts one connection; close-on-exec, in blocking mode. Its peer's address goes to `peer`.
///
/// There is no accept4(2): a program that another thread starts between the two calls inherits the connection.
pub fn accept(fd: BorrowedFd<'_>, mut peer: Option<&mut Address>) -> io::Result<OwnedFd> {
    let mut length = libc::socklen_t::try_from(Address::CAPACITY).unwrap_or(0);
    let (to, length_at) = match &mut peer {
        Some(peer) => (peer.room().as_mut_ptr().cast(), &raw mut length),
        None => (std::ptr::null_mut(), std::ptr::null_mut()),
    };
    // SAFETY: both are null, or `to` is writable for the `length` bytes that `length_at` points at, and both are ours.
    let accepted = unix::check(unsafe { libc::accept(fd.as_raw_fd(), to, length_at) })?;
    // SAFETY: the kernel just gave us this descriptor.
    let accepted = unsafe { OwnedFd::from_raw_fd(accepted) };
    unix::descriptor::close_on_exec(&accepted);
    // It has the listener's mode.
    set_nonblocking(accepted.as_fd(), false)?;
    // The listener's option holds for connections that came after it was set.
    suppress_sigpipe(accepted.as_fd());
    if let Some(peer) = peer {
        peer.set_length(usize::try_from(length).unwrap_or(0));
    }
    Ok(accepted)
}
