//! Handles: made, adopted, lent and given back.

use crate::code::POLYSOCK_EBADF;
use crate::error::Failure;
use crate::guard;
use crate::handle::{borrow, give, polysock_t};
use crate::pointer::Out;
use libc::c_int;
use polysock::{Family, Protocol, Socket, SocketType};
use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd};

/// Makes a socket; the caller owns `*out`.
///
/// BSD: socket(2). Python: socket.socket. Java: new Socket().
/// The descriptor is close-on-exec. `type` may carry the system's SOCK_NONBLOCK; then calls never wait unless told to.
/// POLYSOCK_EAFNOSUPPORT, POLYSOCK_EPROTONOSUPPORT, POLYSOCK_EMFILE, ...
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

/// Makes two Unix domain sockets connected to each other; the caller owns both.
///
/// BSD: socketpair(2). Python: socket.socketpair. Java: none.
/// `type` is POLYSOCK_SOCK_STREAM, POLYSOCK_SOCK_DGRAM or POLYSOCK_SOCK_SEQPACKET, as for polysock_socket().
/// POLYSOCK_EMFILE, ...
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

/// Makes another handle on the same socket, with its own descriptor and timeouts; the caller owns `*out`.
///
/// BSD: dup(2). Python: socket.dup. Java: none.
/// Closing one leaves the other and the connection open; polysock_shutdown() ends it for both. POLYSOCK_EMFILE.
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_dup(s: *mut polysock_t, out: *mut *mut polysock_t) -> c_int {
    guard::code("polysock_dup", || {
        let (socket, out) = (borrow(s)?, Out::new(out, "out")?);
        give(&out, socket.duplicate()?);
        Ok(())
    })
}

/// Adopts a descriptor; the caller owns `*out`, and the handle owns `fd`.
///
/// BSD: none. Python: socket.socket(fileno=fd). Java: none.
/// Its flags stay as they are. On failure `fd` stays open and the caller's: POLYSOCK_ENOTSOCK when it is no socket,
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

/// Lends the descriptor: it stays the handle's and is valid until the handle is closed.
///
/// BSD: fileno(3). Python: socket.fileno. Java: SocketChannel (hidden).
/// POLYSOCK_ECLOSED after close or detach.
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_fileno(s: *const polysock_t) -> c_int {
    guard::number("polysock_fileno", || Ok(borrow(s)?.fileno()?))
}

/// Gives the descriptor up to the caller, who closes it; the handle is closed and still has to be freed.
///
/// BSD: none. Python: socket.detach. Java: none.
/// POLYSOCK_EBUSY while calls are inside the handle, POLYSOCK_ECLOSED after close or detach.
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_detach(s: *mut polysock_t) -> c_int {
    guard::number("polysock_detach", || Ok(borrow(s)?.detach()?.into_raw_fd()))
}
