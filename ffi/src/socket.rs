//! Making sockets, adopting descriptors and giving them back.

use crate::code::POLYSOCK_EBADF;
use crate::error::Failure;
use crate::guard;
use crate::handle::{borrow, give, polysock_t};
use crate::pointer::Out;
use libc::c_int;
use polysock::{Family, Protocol, Socket, SocketType};
use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd};

/// Makes a socket, which the caller owns.
///
/// BSD: socket(2). Python: socket.socket. Java: new Socket().
/// The descriptor is close-on-exec. `type` may include the system's SOCK_NONBLOCK; calls with
/// POLYSOCK_DEFAULT then never wait.
/// Fails with POLYSOCK_EAFNOSUPPORT, POLYSOCK_EPROTONOSUPPORT, POLYSOCK_EMFILE, ...
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_socket(
    out: *mut *mut polysock_t,
    family: c_int,
    r#type: c_int,
    protocol: c_int,
) -> c_int {
    guard::code("polysock_socket", || {
        let out = Out::new(out, "out")?;
        give(
            &out,
            Socket::new(Family(family), SocketType(r#type), Protocol(protocol))?,
        );
        Ok(())
    })
}

/// Makes two connected Unix domain sockets, which the caller owns.
///
/// BSD: socketpair(2). Python: socket.socketpair. Java: none.
/// `type` is POLYSOCK_SOCK_STREAM, POLYSOCK_SOCK_DGRAM or POLYSOCK_SOCK_SEQPACKET, as for polysock_socket().
/// Fails with POLYSOCK_EMFILE, ...
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_socketpair(
    a: *mut *mut polysock_t,
    b: *mut *mut polysock_t,
    r#type: c_int,
) -> c_int {
    guard::code("polysock_socketpair", || {
        let (a, b) = (Out::new(a, "a")?, Out::new(b, "b")?);
        let (one, other) = Socket::pair(Family::UNIX, SocketType(r#type), Protocol::DEFAULT)?;
        give(&a, one);
        give(&b, other);
        Ok(())
    })
}

/// Makes another handle for the same socket, with its own descriptor and timeouts; the caller owns it.
///
/// BSD: dup(2). Python: socket.dup. Java: none.
/// Closing one leaves the other and the connection open; polysock_shutdown() ends the connection for both. After the
/// connection has broken, receives on both report why. Fails with POLYSOCK_EMFILE.
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_dup(s: *mut polysock_t, out: *mut *mut polysock_t) -> c_int {
    guard::code("polysock_dup", || {
        let (socket, out) = (borrow(s)?, Out::new(out, "out")?);
        give(&out, socket.duplicate()?);
        Ok(())
    })
}

/// Makes a handle of a descriptor, which the handle owns from now on; the caller owns the handle.
///
/// BSD: none. Python: socket.socket(fileno=fd). Java: none.
/// Its flags do not change. On failure `fd` stays open and the caller's: POLYSOCK_ENOTSOCK when it is not a socket,
/// POLYSOCK_EBADF when it is not open.
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_from_fd(out: *mut *mut polysock_t, fd: c_int) -> c_int {
    guard::code("polysock_from_fd", || {
        let out = Out::new(out, "out")?;
        if fd < 0 {
            return Err(Failure::new(POLYSOCK_EBADF, "the descriptor is negative"));
        }
        // SAFETY: C's contract: `fd` is the caller's to give away. If it is not open, core finds out at once.
        let owned = unsafe { OwnedFd::from_raw_fd(fd) };
        match Socket::from_fd(owned) {
            Ok(socket) => {
                give(&out, socket);
                Ok(())
            }
            Err(refused) => {
                // It stays the caller's.
                let _ = refused.fd.into_raw_fd();
                Err(refused.error.into())
            }
        }
    })
}

/// Returns the descriptor, which stays the handle's and is valid until the handle is closed.
///
/// BSD: fileno(3). Python: socket.fileno. Java: SocketChannel (hidden).
/// Fails with POLYSOCK_ECLOSED after close or detach.
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_fileno(s: *const polysock_t) -> c_int {
    guard::number("polysock_fileno", || Ok(borrow(s)?.fileno()?))
}

/// Returns the descriptor for the caller to close; the handle counts as closed and must still be freed.
///
/// BSD: none. Python: socket.detach. Java: none.
/// Fails with POLYSOCK_EBUSY while other threads are inside calls on the handle, and with POLYSOCK_ECLOSED after close or
/// detach.
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_detach(s: *mut polysock_t) -> c_int {
    guard::number("polysock_detach", || Ok(borrow(s)?.detach()?.into_raw_fd()))
}
