//! How a server serves, and what it counts.

use super::callbacks::{polysock_release_fn, polysock_server_error_fn};
use crate::error::Failure;
use crate::time::POLYSOCK_INFINITE;
use libc::c_int;
use std::mem::offset_of;
use std::time::Duration;

/// How a server serves.
///
/// BSD: none. Python: the arguments of polysock.Server. Java: none.
/// Begin with POLYSOCK_SERVER_OPTIONS_INITIALIZER, which sets `size`; everything else may stay zero.
/// @ingroup polysock_server
#[repr(C)]
#[derive(Clone, Copy)]
pub struct polysock_server_options {
    /// sizeof (polysock_server_options), by which a later library knows the fields.
    pub size: usize,
    /// How many connections are handled at once, each in its own thread; further ones wait in the listener's queue.
    /// 0: 100.
    pub max_connections: usize,
    /// Called with failures; NULL: they are not reported.
    pub on_error: polysock_server_error_fn,
    /// Called once when the server has stopped and the last callback has returned, or NULL.
    pub release: polysock_release_fn,
    /// How long a peer may be silent, or not take what is sent, in milliseconds: each connection begins with this timeout,
    /// as if by polysock_set_timeout(). The callback may set another, or give one to a call. 0: none.
    pub idle_timeout_ms: c_int,
    /// How long a callback may take, in milliseconds. Then its connection is closed: calls that wait on it, and all later
    /// ones, fail with POLYSOCK_ECLOSED, and returning that is no failure. The callback counts towards `max_connections`
    /// until it returns. 0: no limit.
    pub handler_timeout_ms: c_int,
}

const _: () = assert!(size_of::<polysock_server_options>() == 4 * size_of::<usize>() + 8);

/// What a server has counted since it was started.
///
/// BSD: none. Python: Server.stats. Java: ThreadPoolExecutor.getCompletedTaskCount.
/// Set `size` to sizeof (polysock_server_stats) before the call, by which a later library knows the fields.
/// @ingroup polysock_server
#[repr(C)]
#[derive(Clone, Copy)]
pub struct polysock_server_stats {
    /// sizeof (polysock_server_stats).
    pub size: usize,
    /// Connections whose callbacks have returned.
    pub handled: u64,
    /// Callbacks that failed because the peer had reset the connection or was gone (POLYSOCK_ECONNRESET, POLYSOCK_EPIPE,
    /// POLYSOCK_ECONNABORTED), and connections that were reset before they were accepted.
    pub resets: u64,
    /// Callbacks that failed with POLYSOCK_ETIMEDOUT where there is an idle timeout.
    pub idle_timeouts: u64,
    /// Connections that were closed because their callbacks took too long.
    pub handler_timeouts: u64,
}

const _: () = assert!(size_of::<polysock_server_stats>() == size_of::<usize>() + 32);

/// Reads the options, which the caller may leave out.
pub(super) fn read(o: *const polysock_server_options) -> Result<polysock_server_options, Failure> {
    const KNOWN: usize = size_of::<polysock_server_options>();
    const _: () = assert!(offset_of!(polysock_server_options, size) == 0);
    if o.is_null() {
        return Ok(polysock_server_options {
            size: KNOWN,
            max_connections: 0,
            on_error: None,
            release: None,
            idle_timeout_ms: 0,
            handler_timeout_ms: 0,
        });
    }
    // SAFETY: C's contract: `o` points at options, whose first field is their size.
    known(unsafe { o.cast::<usize>().read_unaligned() }, KNOWN, "o->size")?;
    // SAFETY: C's contract: they are as large as they say, and stay as they are until the call returns.
    Ok(unsafe { o.read_unaligned() })
}

/// Refuses the size of a structure that is not the one this library has.
pub(super) fn known(size: usize, known: usize, name: &'static str) -> Result<(), Failure> {
    match size {
        _ if size == known => Ok(()),
        _ if size < known => Err(Failure::argument(
            name,
            "is too small: set it to the size of the structure",
        )),
        _ => Err(Failure::argument(name, "is of a newer polysock")),
    }
}

/// A time limit of the options: 0 is none, and so is for ever.
pub(super) fn limit(ms: c_int, name: &'static str) -> Result<Option<Duration>, Failure> {
    match ms {
        0 | POLYSOCK_INFINITE => Ok(None),
        _ => match u64::try_from(ms) {
            Ok(ms) => Ok(Some(Duration::from_millis(ms))),
            Err(_) => Err(Failure::argument(name, "is below POLYSOCK_INFINITE (-1)")),
        },
    }
}
