//! Options of TCP (tcp(7)).

use super::{signed, unsigned, whole_seconds};
use crate::guard;
use crate::handle::{borrow, polysock_t};
use crate::text::{self, put_text};
use crate::time;
use libc::{c_char, c_int};
use polysock::{Socket, Timeout};
use std::time::Duration;

/// Sends small pieces at once instead of gathering them. Off by default.
///
/// BSD: TCP_NODELAY. Python: socket.setsockopt. Java: Socket.setTcpNoDelay.
/// POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
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

/// Holds back a segment that is not full, at most 200 ms, until uncorked. Off by default; Linux.
///
/// BSD: TCP_CORK, tcp(7). Python: socket.setsockopt. Java: none.
/// It is stronger than polysock_set_nodelay(). POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
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

/// Acknowledges at once instead of about 40 ms later. On by default; Linux.
///
/// BSD: TCP_QUICKACK, tcp(7). Python: socket.setsockopt. Java: ExtendedSocketOptions.TCP_QUICKACK.
/// Not for good: the kernel changes it as the connection goes on. POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_quickack(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_quickack", || Ok(borrow(s)?.set_quickack(on)?))
}

/// Reports whether acknowledgements go out at once, now.
///
/// BSD: TCP_QUICKACK, tcp(7). Python: socket.getsockopt. Java: ExtendedSocketOptions.TCP_QUICKACK.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_quickack(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::value("polysock_get_quickack", s, (on, "on"), Socket::quickack)
}

/// Lets connect return at once and the first send carry its data in the SYN, where an earlier connection brought a
/// cookie. Off by default; Linux.
///
/// BSD: TCP_FASTOPEN_CONNECT, tcp(7), RFC 7413. Python: by number 30. Java: none.
/// That send then succeeds whatever becomes of the connection: a refusal is reported by the next call, such as a receive.
/// Without a cookie, connect works as usual. POLYSOCK_EUNSUPPORTED where net.ipv4.tcp_fastopen lacks the 1, and for a
/// socket that is not TCP; POLYSOCK_EINVAL after connect.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_fastopen_connect(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_fastopen_connect", || {
        Ok(borrow(s)?.set_fastopen_connect(on)?)
    })
}

/// Reports whether connect leaves connecting to the first send.
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

/// Takes data that come with the SYN, on a socket that listens or will: at most `queue` such connections wait for the
/// end of their handshake; 0, the default, takes none.
///
/// BSD: TCP_FASTOPEN, tcp(7), RFC 7413. Python: socket.setsockopt. Java: none.
/// Silent where net.ipv4.tcp_fastopen lacks the 2. POLYSOCK_EINVAL for a negative number, and on a connection;
/// POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_fastopen(s: *mut polysock_t, queue: c_int) -> c_int {
    guard::code("polysock_set_fastopen", || {
        Ok(borrow(s)?.set_fastopen(unsigned(queue, "queue")?)?)
    })
}

/// Gives the length of the queue of connections opened with data.
///
/// BSD: TCP_FASTOPEN, tcp(7), RFC 7413. Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_fastopen(s: *const polysock_t, queue: *mut c_int) -> c_int {
    guard::value("polysock_get_fastopen", s, (queue, "queue"), |socket| {
        socket.fastopen().map(signed)
    })
}

/// Accepts a connection only once its first data are there, or `seconds` have passed; 0, the default, ends that. Linux.
///
/// BSD: TCP_DEFER_ACCEPT, tcp(7). Python: socket.setsockopt. Java: none.
/// Linux rounds up to one of 1, 3, 7, 15, 31, 63, 127, 247, 367, ... POLYSOCK_EINVAL for a negative number or more than
/// 29887; POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_defer_accept(s: *mut polysock_t, seconds: c_int) -> c_int {
    guard::code("polysock_set_defer_accept", || {
        let socket = borrow(s)?;
        let time = Duration::from_secs(unsigned(seconds, "seconds")?.into());
        Ok(socket.set_defer_accept(Some(time).filter(|time| !time.is_zero()))?)
    })
}

/// Gives how many seconds accept is deferred, as rounded; 0 when it is not.
///
/// BSD: TCP_DEFER_ACCEPT, tcp(7). Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_defer_accept(s: *const polysock_t, seconds: *mut c_int) -> c_int {
    guard::value("polysock_get_defer_accept", s, (seconds, "seconds"), |socket| {
        socket.defer_accept().map(|time| whole_seconds(time, 0))
    })
}

/// Ends the connection with POLYSOCK_ECONNTIMEDOUT when sent data stay unacknowledged so long; 0, the default, is the
/// system's, some 15 minutes. Linux.
///
/// BSD: TCP_USER_TIMEOUT, tcp(7), RFC 5482. Python: socket.setsockopt. Java: none.
/// The end comes late, not early. Also bounds keepalive. POLYSOCK_EINVAL for a negative number; POLYSOCK_EUNSUPPORTED
/// for a socket that is not TCP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_user_timeout(s: *mut polysock_t, milliseconds: c_int) -> c_int {
    guard::code("polysock_set_user_timeout", || {
        let socket = borrow(s)?;
        let time = Duration::from_millis(unsigned(milliseconds, "milliseconds")?.into());
        Ok(socket.set_user_timeout(Some(time).filter(|time| !time.is_zero()))?)
    })
}

/// Gives the user timeout in milliseconds; 0 when it is the system's.
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

/// Sends and announces no larger segments than this, when set before connect or listen; 0, the default, leaves it to the
/// path.
///
/// BSD: TCP_MAXSEG, tcp(7). Python: socket.setsockopt. Java: none.
/// POLYSOCK_EINVAL outside 88 to 32767; POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_maxseg(s: *mut polysock_t, bytes: usize) -> c_int {
    guard::code("polysock_set_maxseg", || {
        Ok(borrow(s)?.set_max_segment((bytes > 0).then_some(bytes))?)
    })
}

/// Gives the largest segment now, in bytes.
///
/// BSD: TCP_MAXSEG, tcp(7). Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_maxseg(s: *const polysock_t, bytes: *mut usize) -> c_int {
    guard::value("polysock_get_maxseg", s, (bytes, "bytes"), Socket::max_segment)
}

/// Counts as writable only while fewer bytes than this wait to be sent for the first time; 0, the default, is the
/// system's. Linux.
///
/// BSD: TCP_NOTSENT_LOWAT, tcp(7). Python: socket.setsockopt. Java: none.
/// POLYSOCK_EINVAL above 4294967295; POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_set_notsent_lowat(s: *mut polysock_t, bytes: usize) -> c_int {
    guard::code("polysock_set_notsent_lowat", || {
        Ok(borrow(s)?.set_notsent_low_water((bytes > 0).then_some(bytes))?)
    })
}

/// Gives how many bytes may wait to be sent for the first time; 0 when it is the system's.
///
/// BSD: TCP_NOTSENT_LOWAT, tcp(7). Python: socket.getsockopt. Java: none.
/// @ingroup polysock_options
#[no_mangle]
pub unsafe extern "C" fn polysock_get_notsent_lowat(s: *const polysock_t, bytes: *mut usize) -> c_int {
    guard::value("polysock_get_notsent_lowat", s, (bytes, "bytes"), |socket| {
        Ok(socket.notsent_low_water()?.unwrap_or(0))
    })
}

/// Chooses the congestion control by name, such as "cubic" or "reno". Linux.
///
/// BSD: TCP_CONGESTION, tcp(7). Python: socket.setsockopt. Java: none.
/// POLYSOCK_EINVAL for an empty name and more than 15 bytes, POLYSOCK_ENOENT when the kernel has none of this name,
/// POLYSOCK_EPERM when it is not among the allowed; POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
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
/// 16 bytes are enough; POLYSOCK_ENOSPC when `size` is too small.
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
