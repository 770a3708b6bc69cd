//! accept(2).

use crate::address::Address;
use crate::sys::unix;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

/// Accepts one connection; close-on-exec, in blocking mode. Its peer's address goes to `peer`.
pub fn accept(fd: BorrowedFd<'_>, peer: Option<&mut Address>) -> io::Result<OwnedFd> {
    let (accepted, address) = unix::sock(&fd).accept()?;
    if cfg!(not(target_os = "linux")) {
        accepted.set_nonblocking(false)?; // it has the listener's mode
    }
    if let Some(peer) = peer {
        *peer = unix::from_socket2(&address);
    }
    Ok(accepted.into())
}
