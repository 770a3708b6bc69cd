//! Timeouts, the blocking mode, and socket options.

use crate::error::Failure;
use crate::guard;
use crate::pointer::{self, handle, Out};
use crate::socket::polysock_t;
use crate::time;
use libc::{c_int, c_void};
use polysock_core::Keepalive;
use std::time::Duration;

/// A linger time: off, close does not wait.
pub const POLYSOCK_LINGER_OFF: c_int = -1;

/// Sets the timeouts of calls with POLYSOCK_DEFAULT: `recv_ms` of recv and accept, `send_ms` of send and connect.
///
/// BSD: SO_RCVTIMEO, SO_SNDTIMEO. Python: socket.settimeout. Java: Socket.setSoTimeout (reads and accept only, 0 = for ever).
/// Milliseconds, 0 (never wait) or POLYSOCK_INFINITE, which a new handle has; POLYSOCK_DEFAULT leaves one as it is.
/// @code
/// polysock_set_timeout(s, 30000, 5000);
/// n = polysock_recv(s, buf, sizeof buf, 0, POLYSOCK_DEFAULT);   /* at most 30 s */
/// @endcode
#[no_mangle]
pub unsafe extern "C" fn polysock_set_timeout(s: *mut polysock_t, recv_ms: c_int, send_ms: c_int) -> c_int {
    guard::code("polysock_set_timeout", || {
        let socket = handle(s)?;
        let recv = time::timeout(recv_ms, "recv_ms")?;
        let send = time::timeout(send_ms, "send_ms")?;
        if socket.is_closed() {
            return Err(Failure::closed());
        }
        if let Some(recv) = recv {
            socket.set_recv_timeout(recv);
        }
        if let Some(send) = send {
            socket.set_send_timeout(send);
        }
        Ok(())
    })
}

/// Gives the timeouts that polysock_set_timeout() set, in milliseconds or POLYSOCK_INFINITE. Each out-parameter may be NULL.
///
/// BSD: SO_RCVTIMEO, SO_SNDTIMEO. Python: socket.gettimeout. Java: Socket.getSoTimeout.
#[no_mangle]
pub unsafe extern "C" fn polysock_get_timeout(
    s: *const polysock_t,
    recv_ms: *mut c_int,
    send_ms: *mut c_int,
) -> c_int {
    guard::code("polysock_get_timeout", || {
        let socket = handle(s)?;
        if socket.is_closed() {
            return Err(Failure::closed());
        }
        let results = [
            (recv_ms, time::milliseconds(socket.recv_timeout())),
            (send_ms, time::milliseconds(socket.send_timeout())),
        ];
        for (to, value) in results {
            if let Some(to) = Out::optional(to) {
                to.set(value);
            }
        }
        Ok(())
    })
}

/// Makes the handle blocking (its timeouts become POLYSOCK_INFINITE) or non-blocking (they become 0), the descriptor's
/// mode included.
///
/// BSD: fcntl(2) with O_NONBLOCK. Python: socket.setblocking. Java: SocketChannel.configureBlocking.
#[no_mangle]
pub unsafe extern "C" fn polysock_set_blocking(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_blocking", || Ok(handle(s)?.set_blocking(on)?))
}

/// Sets what close does with data not sent yet: POLYSOCK_LINGER_OFF, the default, lets the kernel go on sending; 0 drops
/// them and resets the connection; otherwise close waits so many seconds for the peer's acknowledgement.
///
/// BSD: SO_LINGER. Python: socket.set_linger. Java: Socket.setSoLinger.
/// POLYSOCK_EINVAL for another negative number or more than 65535.
#[no_mangle]
pub unsafe extern "C" fn polysock_set_linger(s: *mut polysock_t, seconds: c_int) -> c_int {
    guard::code("polysock_set_linger", || {
        let socket = handle(s)?;
        let linger = match u64::try_from(seconds) {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) if seconds == POLYSOCK_LINGER_OFF => None,
            Err(_) => return Err(Failure::argument("seconds", "is below POLYSOCK_LINGER_OFF (-1)")),
        };
        Ok(socket.set_linger(linger)?)
    })
}

/// Gives the linger time in seconds, or POLYSOCK_LINGER_OFF.
///
/// BSD: SO_LINGER. Python: socket.getsockopt. Java: Socket.getSoLinger.
#[no_mangle]
pub unsafe extern "C" fn polysock_get_linger(s: *const polysock_t, seconds: *mut c_int) -> c_int {
    guard::code("polysock_get_linger", || {
        let (socket, out) = (handle(s)?, Out::new(seconds, "seconds")?);
        out.set(whole_seconds(socket.linger()?, POLYSOCK_LINGER_OFF));
        Ok(())
    })
}

/// Probes a quiet connection: first after `idle_s` seconds, then every `interval_s`, dropping it after `count` probes
/// without an answer; 0 is the system's own number (Linux: 7200, 75, 9). Off by default.
///
/// BSD: SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT. Python: socket.setsockopt. Java: Socket.setKeepAlive.
/// POLYSOCK_EINVAL naming the number that is out of range.
#[no_mangle]
pub unsafe extern "C" fn polysock_set_keepalive(
    s: *mut polysock_t,
    on: bool,
    idle_s: c_int,
    interval_s: c_int,
    count: c_int,
) -> c_int {
    guard::code("polysock_set_keepalive", || {
        let socket = handle(s)?;
        let numbers = Keepalive {
            idle: seconds_or_default(idle_s, "idle_s")?,
            interval: seconds_or_default(interval_s, "interval_s")?,
            count: match u32::try_from(count) {
                Ok(count) => (count > 0).then_some(count),
                Err(_) => return Err(Failure::argument("count", "is negative")),
            },
        };
        Ok(socket.set_keepalive(on.then_some(numbers))?)
    })
}

/// Gives keepalive and its numbers in force, which are 0 while it is off. Every out-parameter may be NULL.
///
/// BSD: SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT. Python: socket.getsockopt. Java: Socket.getKeepAlive.
#[no_mangle]
pub unsafe extern "C" fn polysock_get_keepalive(
    s: *const polysock_t,
    on: *mut bool,
    idle_s: *mut c_int,
    interval_s: *mut c_int,
    count: *mut c_int,
) -> c_int {
    guard::code("polysock_get_keepalive", || {
        let found = handle(s)?.keepalive()?;
        if let Some(on) = Out::optional(on) {
            on.set(found.is_some());
        }
        let numbers = found.unwrap_or_default();
        let probes = numbers.count.unwrap_or(0);
        let results = [
            (idle_s, whole_seconds(numbers.idle, 0)),
            (interval_s, whole_seconds(numbers.interval, 0)),
            (count, c_int::try_from(probes).unwrap_or(c_int::MAX)),
        ];
        for (to, value) in results {
            if let Some(to) = Out::optional(to) {
                to.set(value);
            }
        }
        Ok(())
    })
}

/// Sends small pieces at once instead of gathering them. Off by default.
///
/// BSD: TCP_NODELAY. Python: socket.setsockopt. Java: Socket.setTcpNoDelay.
/// POLYSOCK_EOPNOTSUPP or POLYSOCK_ENOPROTOOPT when it is no TCP socket.
#[no_mangle]
pub unsafe extern "C" fn polysock_set_nodelay(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_nodelay", || Ok(handle(s)?.set_nodelay(on)?))
}

/// Tells whether small pieces are sent at once.
///
/// BSD: TCP_NODELAY. Python: socket.getsockopt. Java: Socket.getTcpNoDelay.
#[no_mangle]
pub unsafe extern "C" fn polysock_get_nodelay(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::code("polysock_get_nodelay", || {
        let (socket, out) = (handle(s)?, Out::new(on, "on")?);
        out.set(socket.nodelay()?);
        Ok(())
    })
}

/// Lets bind take an address that an earlier connection still holds in TIME_WAIT. Off by default.
///
/// BSD: SO_REUSEADDR. Python: socket.setsockopt. Java: ServerSocket.setReuseAddress.
#[no_mangle]
pub unsafe extern "C" fn polysock_set_reuseaddr(s: *mut polysock_t, on: bool) -> c_int {
    guard::code("polysock_set_reuseaddr", || Ok(handle(s)?.set_reuse_address(on)?))
}

/// Tells whether reuse-address is on.
///
/// BSD: SO_REUSEADDR. Python: socket.getsockopt. Java: ServerSocket.getReuseAddress.
#[no_mangle]
pub unsafe extern "C" fn polysock_get_reuseaddr(s: *const polysock_t, on: *mut bool) -> c_int {
    guard::code("polysock_get_reuseaddr", || {
        let (socket, out) = (handle(s)?, Out::new(on, "on")?);
        out.set(socket.reuse_address()?);
        Ok(())
    })
}

/// Sets any option by the system's own numbers.
///
/// BSD: setsockopt(2). Python: socket.setsockopt. Java: Socket.setOption.
/// POLYSOCK_ENOPROTOOPT when there is no such option.
#[no_mangle]
pub unsafe extern "C" fn polysock_setsockopt(
    s: *mut polysock_t,
    level: c_int,
    name: c_int,
    value: *const c_void,
    len: usize,
) -> c_int {
    guard::code("polysock_setsockopt", || {
        let (socket, value) = (handle(s)?, pointer::bytes(value, len, "value", "len")?);
        Ok(socket.set_option(level, name, value)?)
    })
}

/// Reads any option by the system's own numbers; `*len` is the room in `value`, and then how many bytes the option took.
///
/// BSD: getsockopt(2). Python: socket.getsockopt. Java: Socket.getOption.
/// POLYSOCK_ENOPROTOOPT when there is no such option.
#[no_mangle]
pub unsafe extern "C" fn polysock_getsockopt(
    s: *const polysock_t,
    level: c_int,
    name: c_int,
    value: *mut c_void,
    len: *mut usize,
) -> c_int {
    guard::code("polysock_getsockopt", || {
        let (socket, len) = (handle(s)?, Out::new(len, "len")?);
        let room = pointer::room_for_option(value, len.get())?;
        len.set(socket.option(level, name, room)?);
        Ok(())
    })
}

fn seconds_or_default(seconds: c_int, name: &'static str) -> Result<Option<Duration>, Failure> {
    match u64::try_from(seconds) {
        Ok(0) => Ok(None),
        Ok(seconds) => Ok(Some(Duration::from_secs(seconds))),
        Err(_) => Err(Failure::argument(name, "is negative")),
    }
}

fn whole_seconds(time: Option<Duration>, none: c_int) -> c_int {
    time.map_or(none, |time| c_int::try_from(time.as_secs()).unwrap_or(c_int::MAX))
}
