//! Keepalive (tcp(7)).

use super::whole_seconds;
use crate::error::Failure;
use crate::guard;
use crate::handle::{handle, polysock_t};
use crate::pointer::Out;
use libc::c_int;
use polysock::Keepalive;
use std::time::Duration;

/// Probes a quiet connection: first after `idle_s` seconds, then every `interval_s`, dropping it after `count` probes
/// without an answer; 0 is the system's own number (Linux: 7200, 75, 9). Off by default.
///
/// BSD: SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT. Python: socket.setsockopt. Java: Socket.setKeepAlive.
/// POLYSOCK_EINVAL naming the number that is out of range; POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
/// @ingroup polysock_options
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
/// @ingroup polysock_options
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

fn seconds_or_default(seconds: c_int, name: &'static str) -> Result<Option<Duration>, Failure> {
    match u64::try_from(seconds) {
        Ok(0) => Ok(None),
        Ok(seconds) => Ok(Some(Duration::from_secs(seconds))),
        Err(_) => Err(Failure::argument(name, "is negative")),
    }
}
