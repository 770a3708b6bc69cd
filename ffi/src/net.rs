//! Java-style calls, which behave as java.net's sockets do.

use crate::address;
use crate::buffer::{recv_buf, send_buf};
use crate::code::POLYSOCK_EEOF;
use crate::done::Done;
use crate::error::Failure;
use crate::guard;
use crate::handle::{borrow, borrow_open, give, polysock_t};
use crate::options::whole_seconds;
use crate::pointer::Out;
use crate::text;
use crate::time;
use libc::{c_char, c_int, c_void, ssize_t};
use polysock::{java_net, NativeCaller};
use std::time::Duration;

/// Listens over TCP as java.net.ServerSocket does; the caller owns `*out`.
///
/// BSD: socket(2), bind(2) and listen(2). Python: polysock.net.ServerSocket. Java: new ServerSocket(port, backlog, address).
/// Reuse-address is on; a `backlog` below 1 means 50; `host` NULL or "" is every interface, IPv4 and IPv6 on one
/// socket. Port 0 lets the system choose. Fails with POLYSOCK_EINVAL for a port outside 0 to 65535,
/// POLYSOCK_EADDRINUSE, POLYSOCK_EAI_... Accept with polysock_accept(); with POLYSOCK_DEFAULT it waits as long as
/// polysock_net_set_so_timeout() allows.
/// @ingroup polysock_net
#[no_mangle]
pub unsafe extern "C" fn polysock_net_server_socket(
    out: *mut *mut polysock_t,
    port: c_int,
    backlog: c_int,
    host: *const c_char,
) -> c_int {
    guard::code("polysock_net_server_socket", || {
        let out = Out::new(out, "out")?;
        let host = text::optional_text(host).map(|host| text::utf8(host, "host"));
        let port = address::port(port, "port")?;
        let host = host.transpose()?.unwrap_or_default();
        give(&out, java_net::listen(host, port, backlog, &mut NativeCaller)?);
        Ok(())
    })
}

/// Receives at least one and at most `n` bytes, and returns how many; POLYSOCK_EEOF at the end of the stream and in
/// every later call, after close too. Empty datagrams are skipped.
///
/// BSD: recv(2). Python: polysock.net InputStream.read. Java: InputStream.read (-1 at the end).
/// It waits as long as polysock_net_set_so_timeout() allows, forever unless set. Threads that call it at the same time
/// take turns, and waiting for the turn counts against that time. `n` 0 returns 0. Fails with POLYSOCK_ETIMEDOUT, after
/// which reading may continue; POLYSOCK_ECONNRESET or POLYSOCK_ECONNTIMEDOUT, in every later call too;
/// POLYSOCK_ECLOSED, also when another thread closes the socket during the call.
/// @ingroup polysock_net
#[no_mangle]
pub unsafe extern "C" fn polysock_net_read(s: *mut polysock_t, buf: *mut c_void, n: usize) -> ssize_t {
    guard::count("polysock_net_read", || {
        let (socket, room) = (borrow(s)?, recv_buf(buf, n)?);
        match java_net::read(&socket, &mut NativeCaller, room)? {
            0 if n > 0 => Err(Failure::new(POLYSOCK_EEOF, "end of stream")),
            count => Ok(count),
        }
    })
}

/// Sends all `n` bytes, however long that takes.
///
/// BSD: send(2) in a loop. Python: polysock.net OutputStream.write. Java: OutputStream.write.
/// No time limit ends it; polysock_sendall() takes one. Stores the number of bytes sent in `*done`, unless NULL, on
/// failure too. Fails with POLYSOCK_EPIPE, POLYSOCK_ECONNRESET, and POLYSOCK_ECLOSED, also when another thread closes
/// the socket during the call.
/// @ingroup polysock_net
#[no_mangle]
pub unsafe extern "C" fn polysock_net_write(
    s: *mut polysock_t,
    buf: *const c_void,
    n: usize,
    done: *mut usize,
) -> c_int {
    let done = Done::new(done);
    guard::code("polysock_net_write", || {
        let (socket, data) = (borrow(s)?, send_buf(buf, n)?);
        done.report(java_net::write(&socket, &mut NativeCaller, data).map(|()| n))
    })
}

/// Sets how many milliseconds polysock_net_read() waits, and polysock_accept() and receiving calls with
/// POLYSOCK_DEFAULT; 0 means forever.
///
/// BSD: SO_RCVTIMEO. Python: polysock.net Socket.setSoTimeout. Java: Socket.setSoTimeout, ServerSocket.setSoTimeout.
/// It does not limit sending and connecting. Fails with POLYSOCK_EINVAL below 0.
/// @ingroup polysock_net
#[no_mangle]
pub unsafe extern "C" fn polysock_net_set_so_timeout(s: *mut polysock_t, ms: c_int) -> c_int {
    guard::code("polysock_net_set_so_timeout", || {
        let socket = borrow_open(s)?;
        let ms = u64::try_from(ms).map_err(|_| Failure::argument("ms", "is negative"))?;
        socket.set_recv_timeout(java_net::time_limit(Duration::from_millis(ms)));
        Ok(())
    })
}

/// Gets the time set by polysock_net_set_so_timeout(), in milliseconds; 0 means forever.
///
/// BSD: SO_RCVTIMEO. Python: polysock.net Socket.getSoTimeout. Java: Socket.getSoTimeout.
/// @ingroup polysock_net
#[no_mangle]
pub unsafe extern "C" fn polysock_net_get_so_timeout(s: *const polysock_t, ms: *mut c_int) -> c_int {
    guard::code("polysock_net_get_so_timeout", || {
        let (socket, out) = (borrow_open(s)?, Out::new(ms, "ms")?);
        out.set(time::milliseconds(socket.recv_timeout()).max(0));
        Ok(())
    })
}

/// Sets what close does with unsent data: off, the kernel sends it after close; on, close waits at most `seconds` for the
/// peer's acknowledgement; on with 0, it discards the data and resets the connection.
///
/// BSD: SO_LINGER. Python: polysock.net Socket.setSoLinger. Java: Socket.setSoLinger.
/// More than 65535 seconds become 65535. Fails with POLYSOCK_EINVAL for negative seconds when `on`; otherwise `seconds`
/// is ignored.
/// @ingroup polysock_net
#[no_mangle]
pub unsafe extern "C" fn polysock_net_set_so_linger(s: *mut polysock_t, on: bool, seconds: c_int) -> c_int {
    guard::code("polysock_net_set_so_linger", || {
        let socket = borrow(s)?;
        let linger = match (on, u64::try_from(seconds)) {
            (false, _) => None,
            (true, Ok(seconds)) => Some(Duration::from_secs(seconds)),
            (true, Err(_)) => return Err(Failure::argument("seconds", "is negative")),
        };
        Ok(java_net::set_linger(&socket, linger)?)
    })
}

/// Gets the linger time in seconds; -1 when it is off.
///
/// BSD: SO_LINGER. Python: polysock.net Socket.getSoLinger. Java: Socket.getSoLinger.
/// @ingroup polysock_net
#[no_mangle]
pub unsafe extern "C" fn polysock_net_get_so_linger(s: *const polysock_t, seconds: *mut c_int) -> c_int {
    guard::value("polysock_net_get_so_linger", s, (seconds, "seconds"), |socket| {
        socket.linger().map(|time| whole_seconds(time, -1))
    })
}

/// Ends receiving: polysock_net_read() returns POLYSOCK_EEOF from now on, unread data is discarded, and the peer is not
/// notified.
///
/// BSD: shutdown(2) with SHUT_RD. Python: polysock.net Socket.shutdownInput. Java: Socket.shutdownInput (throws the second
/// time; this returns 0). A polysock_net_read() that waits in another thread ends. Fails with POLYSOCK_ENOTCONN, for a
/// listener too; POLYSOCK_ECLOSED.
/// @ingroup polysock_net
#[no_mangle]
pub unsafe extern "C" fn polysock_net_shutdown_input(s: *mut polysock_t) -> c_int {
    guard::code("polysock_net_shutdown_input", || {
        java_net::end_input(&*borrow(s)?)?;
        Ok(())
    })
}

/// Ends sending: the peer reads to the end of the stream and may still answer.
///
/// BSD: shutdown(2) with SHUT_WR. Python: polysock.net Socket.shutdownOutput. Java: Socket.shutdownOutput (throws the second
/// time; this returns 0). Writing afterwards fails with POLYSOCK_EPIPE. Fails with POLYSOCK_ENOTCONN, for a listener too;
/// POLYSOCK_ECLOSED.
/// @ingroup polysock_net
#[no_mangle]
pub unsafe extern "C" fn polysock_net_shutdown_output(s: *mut polysock_t) -> c_int {
    guard::code("polysock_net_shutdown_output", || {
        java_net::end_output(&*borrow(s)?)?;
        Ok(())
    })
}

/// Closes the socket as java.net.Socket.close does: FIN first, even when there is unread input.
///
/// BSD: shutdown(2), then close(2). Python: polysock.net Socket.close. Java: Socket.close.
/// Otherwise like polysock_close(). With linger 0 it resets the connection, as a plain close does.
/// @ingroup polysock_net
#[no_mangle]
pub unsafe extern "C" fn polysock_net_close(s: *mut polysock_t) -> c_int {
    guard::code("polysock_net_close", || {
        Ok(java_net::close(&*borrow(s)?, &mut NativeCaller)?)
    })
}
