//! Keepalive (tcp(7)).

use super::{signed, unsigned, whole_seconds};
use crate::error::Failure;
use crate::guard;
use crate::handle::{borrow, polysock_t};
use crate::pointer::set_optional;
use libc::c_int;
use polysock::Keepalive;
use std::time::Duration;

/// Probes an idle connection after `idle_s` seconds, then every `interval_s` seconds, and gives it up after `count`
/// unanswered probes; 0 is the system's default (Linux: 7200, 75, 9). Off by default.
///
/// BSD: SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT. Python: socket.setsockopt. Java: Socket.setKeepAlive.
/// Fails with POLYSOCK_EINVAL when a number is out of range, which polysock_last_detail() names, and with
/// POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
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
        let socket = borrow(s)?;
        let numbers = Keepalive {
            idle: seconds_or_default(idle_s, "idle_s")?,
            interval: seconds_or_default(interval_s, "interval_s")?,
            count: Some(unsigned(count, "count")?).filter(|&count| count > 0),
        };
        Ok(socket.set_keepalive(on.then_some(numbers))?)
    })
}

/// Gets whether keepalive is on, and its numbers, which are 0 while it is off. Each out-parameter may be NULL.
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
        let found = borrow(s)?.keepalive()?;
        let numbers = found.unwrap_or_default();
        set_optional(on, found.is_some());
        set_optional(idle_s, whole_seconds(numbers.idle, 0));
        set_optional(interval_s, whole_seconds(numbers.interval, 0));
        set_optional(count, signed(numbers.count.unwrap_or(0)));
        Ok(())
    })
}

fn seconds_or_default(seconds: c_int, name: &'static str) -> Result<Option<Duration>, Failure> {
    let time = Duration::from_secs(unsigned(seconds, name)?.into());
    Ok(Some(time).filter(|time| !time.is_zero()))
}
