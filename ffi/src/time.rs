//! Timeouts and time limits, which C passes in milliseconds.

use crate::error::Failure;
use libc::c_int;
use polysock::{Call, Socket, Timeout};
use std::time::Duration;

/// A timeout: waits forever.
/// @ingroup polysock_library
pub const POLYSOCK_INFINITE: c_int = -1;
/// A timeout: the handle's own, set by polysock_set_timeout(); forever unless that was called.
/// @ingroup polysock_library
pub const POLYSOCK_DEFAULT: c_int = -2;

/// The timeout of a call; none means the handle's own.
pub(crate) fn timeout(ms: c_int, name: &'static str) -> Result<Option<Timeout>, Failure> {
    match ms {
        POLYSOCK_DEFAULT => Ok(None),
        POLYSOCK_INFINITE => Ok(Some(Timeout::Never)),
        0 => Ok(Some(Timeout::NonBlocking)),
        _ => match u64::try_from(ms) {
            Ok(ms) => Ok(Some(Timeout::After(Duration::from_millis(ms)))),
            Err(_) => Err(Failure::argument(name, "is below POLYSOCK_DEFAULT (-2)")),
        },
    }
}

/// The timeout of a call that has no handle whose own it could take.
pub(crate) fn timeout_or_never(ms: c_int) -> Result<Timeout, Failure> {
    Ok(timeout(ms, "timeout_ms")?.unwrap_or(Timeout::Never))
}

/// A time limit that a call does not set: none for 0 and POLYSOCK_INFINITE.
pub(crate) fn limit(ms: c_int, name: &'static str) -> Result<Option<Duration>, Failure> {
    match ms {
        0 | POLYSOCK_INFINITE => Ok(None),
        _ => match u64::try_from(ms) {
            Ok(ms) => Ok(Some(Duration::from_millis(ms))),
            Err(_) => Err(Failure::argument(name, "is below POLYSOCK_INFINITE (-1)")),
        },
    }
}

/// This timeout in milliseconds for C; fractions are rounded up, so that a short timeout does not become 0.
pub(crate) fn milliseconds(timeout: Timeout) -> c_int {
    match timeout {
        Timeout::Never => POLYSOCK_INFINITE,
        Timeout::NonBlocking => 0,
        Timeout::After(time) => c_int::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(c_int::MAX),
    }
}

/// The next call on a handle, with the timeout that C gave.
pub(crate) fn call(socket: &Socket, timeout_ms: c_int) -> Result<Call<'_>, Failure> {
    let call = socket.on(polysock::NativeCaller);
    Ok(match timeout(timeout_ms, "timeout_ms")? {
        Some(timeout) => call.within(timeout),
        None => call,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_pinned_and_ranges_kept() {
        assert_eq!((POLYSOCK_INFINITE, POLYSOCK_DEFAULT), (-1, -2));
        assert_eq!(timeout(-2, "t").unwrap(), None);
        assert_eq!(timeout(-1, "t").unwrap(), Some(Timeout::Never));
        assert_eq!(timeout(0, "t").unwrap(), Some(Timeout::NonBlocking));
        assert_eq!(
            timeout(7, "t").unwrap(),
            Some(Timeout::After(Duration::from_millis(7)))
        );
        assert!(timeout(c_int::MAX, "t").is_ok());
        for ms in [-1, 0, 1, 1500, c_int::MAX] {
            assert_eq!(milliseconds(timeout(ms, "t").unwrap().unwrap()), ms);
        }
        assert_eq!(milliseconds(Timeout::After(Duration::from_nanos(1))), 1);
        assert!(timeout(-3, "t").is_err());
        assert!(timeout(c_int::MIN, "t").is_err());
    }
}
