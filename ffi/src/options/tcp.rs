//! Options of TCP (tcp(7)).

use super::{signed, unsigned, whole_seconds};
use crate::guard;
use crate::handle::{borrow, polysock_t};
use crate::text::{self, put_text};
use crate::time;
use libc::{c_char, c_int};
use polysock::{Socket, Timeout};
use std::time::Duration;

/// Sends small pieces at once instead of collecting them. Off by default.
///
/// BSD: TCP_NODELAY. Python: socket.setsockopt. Java: Socket.setTcpNoDelay.
/// Fails with POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_nodelay(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_nodelay", || Ok(borrow(s)?.set_nodelay(on)?))
}

/// Reports whether small pieces are sent at once.
///
/// BSD: TCP_NODELAY. Python: socket.getsockopt. Java: Socket.getTcpNoDelay.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_nodelay(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::value("polysock_get_nodelay", s, (on, "on"), Socket::nodelay)
}

/// Holds back segments that are not full, for at most 200 ms, until it is turned off. Off by default; Linux.
///
/// BSD: TCP_CORK, tcp(7). Python: socket.setsockopt. Java: none.
/// It takes precedence over polysock_set_nodelay(). Fails with POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_cork(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_cork", || Ok(borrow(s)?.set_cork(on)?))
}

/// Reports whether segments that are not full are held back.
///
/// BSD: TCP_CORK, tcp(7). Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_cork(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::value("polysock_get_cork", s, (on, "on"), Socket::cork)
}

/// Acknowledges data at once instead of about 40 ms later. On by default; Linux.
///
/// BSD: TCP_QUICKACK, tcp(7). Python: socket.setsockopt. Java: ExtendedSocketOptions.TCP_QUICKACK.
/// It is not permanent: the kernel changes it during the connection. Fails with POLYSOCK_EUNSUPPORTED for a socket that
/// is not TCP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_quickack(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_quickack", || Ok(borrow(s)?.set_quickack(on)?))
}

/// Reports whether acknowledgements are sent at once at the moment.
///
/// BSD: TCP_QUICKACK, tcp(7). Python: socket.getsockopt. Java: ExtendedSocketOptions.TCP_QUICKACK.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_quickack(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::value("polysock_get_quickack", s, (on, "on"), Socket::quickack)
}

/// Lets connect return at once and the first send put its data into the SYN, if an earlier connection brought a cookie.
/// Off by default; Linux.
///
/// BSD: TCP_FASTOPEN_CONNECT, tcp(7), RFC 7413. Python: by number 30. Java: none.
/// That send succeeds even if the connection is refused, which the next call reports, such as a receive. Without a
/// cookie, connect works as usual. Fails with POLYSOCK_EUNSUPPORTED if net.ipv4.tcp_fastopen lacks bit 1, and for a
/// socket that is not TCP; with POLYSOCK_EINVAL after connect.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_fastopen_connect(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_fastopen_connect", || {
        Ok(borrow(s)?.set_fastopen_connect(on)?)
    })
}

/// Reports whether connect leaves the connecting to the first send.
///
/// BSD: TCP_FASTOPEN_CONNECT, tcp(7), RFC 7413. Python: by number 30. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_fastopen_connect(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::value(
        "polysock_get_fastopen_connect",
        s,
        (on, "on"),
        Socket::fastopen_connect,
    )
}

/// Accepts data in the SYN, on a socket that listens or will: at most `queue` such connections wait for the end of their
/// handshake; 0, the default, accepts none.
///
/// BSD: TCP_FASTOPEN, tcp(7), RFC 7413. Python: socket.setsockopt. Java: none.
/// It has no effect if net.ipv4.tcp_fastopen lacks bit 2; macOS and FreeBSD know only on and off. Fails with
/// POLYSOCK_EINVAL for a negative number, and on a connection; with POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_fastopen(s: *mut polysock_t, queue: c_int) -> c_int {
    guard::code("polysock_set_fastopen", || {
        Ok(borrow(s)?.set_fastopen(unsigned(queue, "queue")?)?)
    })
}

/// Gets the length of the queue of connections with data in the SYN.
///
/// BSD: TCP_FASTOPEN, tcp(7), RFC 7413. Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_fastopen(s: *const polysock_t, queue: *mut c_int) -> c_int {
    guard::value("polysock_get_fastopen", s, (queue, "queue"), |socket| {
        socket.fastopen().map(signed)
    })
}

/// Accepts a connection only once its first data has arrived, or `seconds` have passed; 0, the default, accepts at once.
/// Linux.
///
/// BSD: TCP_DEFER_ACCEPT, tcp(7). Python: socket.setsockopt. Java: none.
/// Linux rounds up to one of 1, 3, 7, 15, 31, 63, 127, 247, 367, ... Fails with POLYSOCK_EINVAL for a negative number
/// or more than 29887; with POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_defer_accept(s: *mut polysock_t, seconds: c_int) -> c_int {
    guard::code("polysock_set_defer_accept", || {
        let socket = borrow(s)?;
        let time = Duration::from_secs(unsigned(seconds, "seconds")?.into());
        Ok(socket.set_defer_accept(Some(time).filter(|time| !time.is_zero()))?)
    })
}

/// Gets how many seconds accept is deferred, as rounded; 0 when it is not.
///
/// BSD: TCP_DEFER_ACCEPT, tcp(7). Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_defer_accept(s: *const polysock_t, seconds: *mut c_int) -> c_int {
    guard::value("polysock_get_defer_accept", s, (seconds, "seconds"), |socket| {
        socket.defer_accept().map(|time| whole_seconds(time, 0))
    })
}

/// Ends the connection with POLYSOCK_ECONNTIMEDOUT when sent data stays unacknowledged this long; 0, the default, is the
/// system's limit, about 15 minutes. Linux.
///
/// BSD: TCP_USER_TIMEOUT, tcp(7), RFC 5482. Python: socket.setsockopt. Java: none.
/// The connection may end later, but not earlier. It also limits keepalive. Fails with POLYSOCK_EINVAL for a negative
/// number; with POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_user_timeout(s: *mut polysock_t, milliseconds: c_int) -> c_int {
    guard::code("polysock_set_user_timeout", || {
        let socket = borrow(s)?;
        let time = Duration::from_millis(unsigned(milliseconds, "milliseconds")?.into());
        Ok(socket.set_user_timeout(Some(time).filter(|time| !time.is_zero()))?)
    })
}

/// Gets the user timeout in milliseconds; 0 when it is the system's.
///
/// BSD: TCP_USER_TIMEOUT, tcp(7). Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_user_timeout(s: *const polysock_t, milliseconds: *mut c_int) -> c_int {
    guard::value(
        "polysock_get_user_timeout",
        s,
        (milliseconds, "milliseconds"),
        |socket| {
            Ok(socket
                .user_timeout()?
                .map_or(0, |time| time::milliseconds(Timeout::After(time))))
        },
    )
}

/// Sends and announces segments of at most this size, if set before connect or listen; 0, the default, lets the path
/// decide.
///
/// BSD: TCP_MAXSEG, tcp(7). Python: socket.setsockopt. Java: none.
/// Fails with POLYSOCK_EINVAL outside 88 to 32767; POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_maxseg(s: *mut polysock_t, bytes: usize) -> c_int {
    guard::code("polysock_set_maxseg", || {
        Ok(borrow(s)?.set_max_segment((bytes > 0).then_some(bytes))?)
    })
}

/// Gets the current maximum segment size in bytes.
///
/// BSD: TCP_MAXSEG, tcp(7). Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_maxseg(s: *const polysock_t, bytes: *mut usize) -> c_int {
    guard::value("polysock_get_maxseg", s, (bytes, "bytes"), Socket::max_segment)
}

/// Makes the socket writable only while fewer bytes than this are waiting to be sent; 0, the default, is the system's
/// limit. Linux and macOS.
///
/// BSD: TCP_NOTSENT_LOWAT, tcp(7). Python: socket.setsockopt. Java: none.
/// Fails with POLYSOCK_EINVAL above 4294967295; POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_notsent_lowat(s: *mut polysock_t, bytes: usize) -> c_int {
    guard::code("polysock_set_notsent_lowat", || {
        Ok(borrow(s)?.set_notsent_low_water((bytes > 0).then_some(bytes))?)
    })
}

/// Gets how many bytes may wait to be sent while the socket is writable; 0 when it is the system's limit.
///
/// BSD: TCP_NOTSENT_LOWAT, tcp(7). Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_notsent_lowat(s: *const polysock_t, bytes: *mut usize) -> c_int {
    guard::value("polysock_get_notsent_lowat", s, (bytes, "bytes"), |socket| {
        Ok(socket.notsent_low_water()?.unwrap_or(0))
    })
}

/// Chooses the congestion control by name, such as "cubic" or "reno". Linux and FreeBSD.
///
/// BSD: TCP_CONGESTION, tcp(7). Python: socket.setsockopt. Java: none.
/// Fails with POLYSOCK_EINVAL for an empty name and more than 15 bytes, POLYSOCK_ENOENT when the kernel does not have it,
/// POLYSOCK_EPERM when it is not allowed; POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_congestion(s: *mut polysock_t, name: *const c_char) -> c_int {
    guard::code("polysock_set_congestion", || {
        let (socket, name) = (borrow(s)?, text::utf8(text::text(name, "name")?, "name")?);
        Ok(socket.set_congestion(name)?)
    })
}

/// Writes the name of the congestion control and returns its length without the NUL.
///
/// BSD: TCP_CONGESTION, tcp(7). Python: socket.getsockopt. Java: none.
/// 16 bytes are enough. Fails with POLYSOCK_ENOSPC when `size` is too small.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_congestion(
    s: *const polysock_t,
    buf: *mut c_char,
    size: usize,
) -> c_int {
    guard::number("polysock_get_congestion", || {
        put_text(&borrow(s)?.congestion()?, buf, size)
    })
}
