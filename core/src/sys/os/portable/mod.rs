//! The same as [`super::linux`] by means every Unix has. Compiled and tested on Linux too.

#![cfg_attr(
    all(
        any(target_os = "linux", target_vendor = "apple", target_os = "freebsd"),
        not(polysock_portable)
    ),
    allow(dead_code, unused_imports)
)]

mod accept;
mod batch;
mod changes;
mod flags;
mod poll;
mod sendfile;
mod socket;
mod thread;
mod transfer;

pub use accept::accept;
pub use batch::{cuts_segments, recvmmsg, sendmmsg};
pub use changes::Changes;
pub use flags::{CLOEXEC_RIGHTS, MAKE_NONBLOCKING};
pub use poll::poll;
pub use sendfile::sendfile;
pub use socket::{family, set_nonblocking};
pub use thread::{sleep_at, wake_at};
pub use transfer::{recv, recvfrom, recvmsg, send, sendmsg, sendto};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use std::io;
    use std::os::fd::AsRawFd;

    #[test]
    fn the_family_is_read_from_the_address() {
        let listener = std::net::TcpListener::bind("[::1]:0").unwrap();
        let fd = std::os::fd::AsFd::as_fd(&listener);
        assert_eq!(family(fd).unwrap(), libc::AF_INET6);
        set_nonblocking(fd, true).unwrap();
        assert_eq!(listener.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn a_connection_is_accepted_with_its_address_and_close_on_exec() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut peer = Address::EMPTY;
        let accepted = accept(std::os::fd::AsFd::as_fd(&listener), Some(&mut peer)).unwrap();
        assert_eq!(peer, client.local_addr().unwrap().into());
        // SAFETY: no memory is involved.
        let flags = unsafe { libc::fcntl(accepted.as_raw_fd(), libc::F_GETFD) };
        assert_ne!(flags & libc::FD_CLOEXEC, 0);
    }
}
