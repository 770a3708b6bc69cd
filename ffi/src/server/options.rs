//! The callbacks and options that a program passes to a server, and the server's counters.

use crate::address::polysock_addr;
use crate::error::Failure;
use crate::handle::polysock_t;
use crate::pointer::Versioned;
use crate::time;
use libc::{c_int, c_void};
use polysock::{ServeOptions, ServerStats};
use std::mem::offset_of;

/// Handles one connection. It returns 0 for success; any other number is a failure, reported to `on_error`.
///
/// BSD: the code after accept(2). Python: the handler of polysock.Server. Java: the code after ServerSocket.accept.
/// Several threads call it at once. The connection belongs to the server: it must not be freed, nor used after the
/// callback returns. The server then closes it, with FIN first even when there is unread input, so that the peer gets
/// what was sent; after polysock_fileno(), polysock_dup() or fork(2) it is a plain close, which leaves the connection
/// to others that share it. A callback may close the connection itself, or keep it by polysock_detach() and
/// polysock_from_fd(). It must return: no longjmp(3), no pthread_exit(3), no C++ exception.
/// @ingroup polysock_server
pub type polysock_connection_fn = Option<
    unsafe extern "C" fn(connection: *mut polysock_t, peer: *const polysock_addr, user: *mut c_void) -> c_int,
>;

/// One that is not NULL.
pub(super) type ConnectionFn =
    unsafe extern "C" fn(*mut polysock_t, *const polysock_addr, *mut c_void) -> c_int;

/// Called with a failure, after which the server continues.
///
/// BSD: none. Python: on_error of polysock.Server. Java: Thread.UncaughtExceptionHandler.
/// With a `peer`, the callback for that peer returned `code`. With NULL the server itself failed, `code` is a
/// POLYSOCK_E number and polysock_last_detail() describes it: another thread could not be started, or a connection
/// could not be accepted, for example because the process has no descriptors left. The server tries again when a
/// connection ends, or after a pause that grows to a second; until then connections wait.
/// Failures that peers can cause at will are counted, see polysock_server_get_stats(), and reported at most once a
/// second: resets of the connection, and POLYSOCK_ETIMEDOUT if there is an idle timeout.
/// The server's threads call it, several at once.
/// @ingroup polysock_server
pub type polysock_server_error_fn =
    Option<unsafe extern "C" fn(code: c_int, peer: *const polysock_addr, user: *mut c_void)>;

/// Called when `user` is no longer in use: no callback is running, and none will be called.
///
/// BSD: none. Python: none. Java: none.
/// @ingroup polysock_server
pub type polysock_release_fn = Option<unsafe extern "C" fn(user: *mut c_void)>;

/// The options of a server.
///
/// BSD: none. Python: the arguments of polysock.Server. Java: none.
/// Start from POLYSOCK_SERVER_OPTIONS_INITIALIZER, which sets `size`; everything else may stay zero.
/// @ingroup polysock_server
#[repr(C)]
#[derive(Clone, Copy)]
pub struct polysock_server_options {
    /// sizeof (polysock_server_options), from which a later library knows which fields there are.
    pub size: usize,
    /// The largest number of connections handled at once, each in its own thread; others wait in the listener's queue.
    /// 0: 100.
    pub max_connections: usize,
    /// Called with failures; NULL: failures are not reported.
    pub on_error: polysock_server_error_fn,
    /// Called once when the server has stopped and the last callback has returned, or NULL.
    pub release: polysock_release_fn,
    /// How long a peer may be silent, or not read what is sent, in milliseconds: each connection starts with this
    /// timeout, as if set by polysock_set_timeout(). The callback may set another, or pass one to a call. 0: none.
    pub idle_timeout_ms: c_int,
    /// How long a callback may take, in milliseconds. Then its connection is closed: calls that wait on it, and all later
    /// ones, fail with POLYSOCK_ECLOSED; returning that code does not count as a failure. The callback counts towards
    /// `max_connections` until it returns. 0: no limit.
    pub handler_timeout_ms: c_int,
}

const _: () = assert!(size_of::<polysock_server_options>() == 4 * size_of::<usize>() + 8);
const _: () = assert!(offset_of!(polysock_server_options, size) == 0);

// SAFETY: `size` is the first field, asserted above.
unsafe impl Versioned for polysock_server_options {
    const PARAMETER: &'static str = "o";
    const SIZE: &'static str = "o->size";
    const TOO_SMALL: &'static str = "is too small: begin with POLYSOCK_SERVER_OPTIONS_INITIALIZER";
}

impl polysock_server_options {
    pub(super) const DEFAULT: Self = Self {
        size: size_of::<Self>(),
        max_connections: 0,
        on_error: None,
        release: None,
        idle_timeout_ms: 0,
        handler_timeout_ms: 0,
    };

    pub(super) fn to_core(self) -> Result<ServeOptions, Failure> {
        let mut options = ServeOptions::default();
        if self.max_connections != 0 {
            options.max_connections = self.max_connections;
        }
        options.idle_timeout = time::limit(self.idle_timeout_ms, "o->idle_timeout_ms")?;
        options.handler_timeout = time::limit(self.handler_timeout_ms, "o->handler_timeout_ms")?;
        Ok(options)
    }
}

/// The counters of a server since it was started.
///
/// BSD: none. Python: Server.stats. Java: ThreadPoolExecutor.getCompletedTaskCount.
/// Set `size` to sizeof (polysock_server_stats) before the call; from it a later library knows which fields there are.
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
    /// Callbacks that failed with POLYSOCK_ETIMEDOUT, if there is an idle timeout.
    pub idle_timeouts: u64,
    /// Connections that were closed because their callbacks took too long.
    pub handler_timeouts: u64,
}

const _: () = assert!(
    size_of::<polysock_server_stats>() == size_of::<usize>().next_multiple_of(align_of::<u64>()) + 32
);
const _: () = assert!(offset_of!(polysock_server_stats, size) == 0);

// SAFETY: `size` is the first field, asserted above.
unsafe impl Versioned for polysock_server_stats {
    const PARAMETER: &'static str = "out";
    const SIZE: &'static str = "out->size";
    const TOO_SMALL: &'static str = "is too small: set it to sizeof (polysock_server_stats)";
}

impl From<ServerStats> for polysock_server_stats {
    fn from(stats: ServerStats) -> Self {
        Self {
            size: size_of::<Self>(),
            handled: stats.handled,
            resets: stats.resets,
            idle_timeouts: stats.idle_timeouts,
            handler_timeouts: stats.handler_timeouts,
        }
    }
}
