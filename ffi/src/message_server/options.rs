//! The callbacks and options that a program passes to a message server, and the server's counters.

use super::connection::polysock_connection;
use crate::error::Failure;
use crate::framing::{framing, polysock_framing};
use crate::pointer::Versioned;
use crate::server::options::polysock_release_fn;
use crate::time;
use libc::{c_int, c_void};
use polysock::{CloseReason, Framing, MessageServeOptions, MessageServerStats};
use std::mem::offset_of;

/// Why a connection ended: the peer ended its stream, and everything it had sent was handled and answered.
/// @ingroup polysock_message_server
pub const POLYSOCK_REASON_PEER_FINISHED: c_int = 1;
/// Why a connection ended: by polysock_connection_close() or polysock_connection_abort().
/// @ingroup polysock_message_server
pub const POLYSOCK_REASON_BY_PROGRAM: c_int = 2;
/// Why a connection ended: receiving or sending failed, most often because the peer reset it. `code` gives the failure.
/// @ingroup polysock_message_server
pub const POLYSOCK_REASON_FAILED: c_int = 3;
/// Why a connection ended: the peer was idle for too long, or did not take the bytes still to be sent before a close.
/// @ingroup polysock_message_server
pub const POLYSOCK_REASON_IDLE_TIMEOUT: c_int = 4;
/// Why a connection ended: a callback took too long.
/// @ingroup polysock_message_server
pub const POLYSOCK_REASON_HANDLER_TIMEOUT: c_int = 5;
/// Why a connection ended: a callback failed.
/// @ingroup polysock_message_server
pub const POLYSOCK_REASON_HANDLER_FAILED: c_int = 6;
/// Why a connection ended: the peer sent a message that is too long (`code` is POLYSOCK_EMSGSIZE) or malformed
/// (POLYSOCK_EBADMSG), or ended its stream in the middle of one (POLYSOCK_ETRUNCATED).
/// @ingroup polysock_message_server
pub const POLYSOCK_REASON_BAD_MESSAGE: c_int = 7;
/// Why a connection ended: the server was stopped.
/// @ingroup polysock_message_server
pub const POLYSOCK_REASON_STOPPED: c_int = 8;

/// Called when a connection has been accepted. It returns 0; any other number is a failure: the connection is closed, and no
/// other callback is called for it.
///
/// BSD: none. Python: on_open of polysock.MessageServer. Java: none.
/// `*state`, NULL at first, is passed to the other callbacks of the connection. The callbacks of one connection are called
/// one after the other, those of different connections by several threads at once. `connection` is valid until the
/// connection's last callback returns; polysock_connection_retain() keeps it longer. A callback must return: no longjmp(3), no
/// pthread_exit(3), no C++ exception.
/// @ingroup polysock_message_server
pub type polysock_open_fn = Option<
    unsafe extern "C" fn(
        connection: *mut polysock_connection,
        state: *mut *mut c_void,
        user: *mut c_void,
    ) -> c_int,
>;

/// Called with a message, which is valid until the callback returns. It returns 0; any other number is a failure, reported to
/// `on_error`: the connection is closed once the replies to earlier messages have been sent.
///
/// BSD: the code after recv(2). Python: on_message of polysock.MessageServer. Java: none.
/// It answers with polysock_connection_reply(), any number of times.
/// @ingroup polysock_message_server
pub type polysock_message_fn = Option<
    unsafe extern "C" fn(
        connection: *mut polysock_connection,
        message: *const c_void,
        len: usize,
        state: *mut c_void,
        user: *mut c_void,
    ) -> c_int,
>;

/// One that is not NULL.
pub(super) type MessageFn =
    unsafe extern "C" fn(*mut polysock_connection, *const c_void, usize, *mut c_void, *mut c_void) -> c_int;

/// Called when a connection has ended, exactly once after each `on_open` that succeeded.
///
/// BSD: none. Python: on_close of polysock.MessageServer. Java: none.
/// `reason` is a POLYSOCK_REASON_ number. `code` is 0, or a POLYSOCK_E number that polysock_last_detail() describes.
/// @ingroup polysock_message_server
pub type polysock_close_fn = Option<
    unsafe extern "C" fn(
        connection: *mut polysock_connection,
        reason: c_int,
        code: c_int,
        state: *mut c_void,
        user: *mut c_void,
    ),
>;

/// Called with a failure, after which the server continues.
///
/// BSD: none. Python: on_error of polysock.MessageServer. Java: Thread.UncaughtExceptionHandler.
/// With a `connection`, a callback of that connection returned `code`. With NULL, the server itself failed, as described for
/// polysock_server_error_fn. Failures that peers can cause at will are counted (see polysock_message_server_get_stats())
/// and reported at most once a second. Several of the server's threads may call it at once.
/// @ingroup polysock_message_server
pub type polysock_message_error_fn =
    Option<unsafe extern "C" fn(code: c_int, connection: *mut polysock_connection, user: *mut c_void)>;

/// The options of a message server.
///
/// BSD: none. Python: the arguments of polysock.MessageServer. Java: none.
/// Start from POLYSOCK_MESSAGE_SERVER_OPTIONS_INITIALIZER, which sets `size`; everything else may stay zero.
/// @ingroup polysock_message_server
#[repr(C)]
#[derive(Clone, Copy)]
pub struct polysock_message_server_options {
    /// sizeof (polysock_message_server_options), from which a later library knows which fields there are.
    pub size: usize,
    /// How messages and replies are delimited. NULL: not at all, a message is what one receive brought, and replies are sent
    /// as they are.
    pub framing: *const polysock_framing,
    /// Called when a connection has been accepted, or NULL.
    pub on_open: polysock_open_fn,
    /// Called when a connection has ended, or NULL.
    pub on_close: polysock_close_fn,
    /// Called with failures; NULL: failures are not reported.
    pub on_error: polysock_message_error_fn,
    /// Called once when the server has stopped and the last callback has returned, or NULL.
    pub release: polysock_release_fn,
    /// How many connections are open at once; others wait in the listener's queue. One that has ended counts until `on_close` has
    /// returned. 0: 10,000.
    pub max_connections: usize,
    /// How many callbacks may run at once, each in its own thread. More than two threads are started only while callbacks take
    /// longer than a few milliseconds, and one more than this only to enforce `handler_timeout_ms`. 0: 16.
    pub workers: usize,
    /// How many bytes may wait to be sent on one connection. While more wait, no further messages of the connection are
    /// handled and nothing more is received on it; polysock_connection_send() waits or fails rather than exceed it. 0: 256 KiB.
    pub max_unsent: usize,
    /// Not 0: replies, and what polysock_connection_send() sends, go out as they are, without framing. For protocols whose
    /// answers are divided differently from requests, such as HTTP.
    pub raw_replies: c_int,
    /// How long a peer may neither send anything nor take anything that is sent, in milliseconds. Time in which a callback of
    /// the connection runs does not count. 0: no limit.
    pub idle_timeout_ms: c_int,
    /// How long one callback may take, in milliseconds. Then its connection is closed while it still runs. 0: no limit.
    pub handler_timeout_ms: c_int,
    /// Must be zero.
    pub reserved: c_int,
}

const _: () = assert!(size_of::<polysock_message_server_options>() == 9 * size_of::<usize>() + 16);
const _: () = assert!(offset_of!(polysock_message_server_options, size) == 0);

// SAFETY: `size` is the first field, asserted above.
unsafe impl Versioned for polysock_message_server_options {
    const PARAMETER: &'static str = "o";
    const SIZE: &'static str = "o->size";
    const TOO_SMALL: &'static str = "is too small: begin with POLYSOCK_MESSAGE_SERVER_OPTIONS_INITIALIZER";
}

impl polysock_message_server_options {
    pub(super) const DEFAULT: Self = Self {
        size: size_of::<Self>(),
        framing: std::ptr::null(),
        on_open: None,
        on_close: None,
        on_error: None,
        release: None,
        max_connections: 0,
        workers: 0,
        max_unsent: 0,
        raw_replies: 0,
        idle_timeout_ms: 0,
        handler_timeout_ms: 0,
        reserved: 0,
    };

    pub(super) fn framing(&self) -> Result<Option<Framing>, Failure> {
        if self.framing.is_null() {
            return Ok(None);
        }
        framing(self.framing).map(Some)
    }

    pub(super) fn to_core(self) -> Result<MessageServeOptions, Failure> {
        if self.reserved != 0 {
            return Err(Failure::argument("o->reserved", "must be 0"));
        }
        let mut options = MessageServeOptions::default();
        options.raw_replies = self.raw_replies != 0;
        let numbers = [
            (&mut options.max_connections, self.max_connections),
            (&mut options.workers, self.workers),
            (&mut options.max_unsent, self.max_unsent),
        ];
        for (option, number) in numbers {
            if number != 0 {
                *option = number;
            }
        }
        options.idle_timeout = time::limit(self.idle_timeout_ms, "o->idle_timeout_ms")?;
        options.handler_timeout = time::limit(self.handler_timeout_ms, "o->handler_timeout_ms")?;
        Ok(options)
    }
}

/// The counters of a message server since it was started.
///
/// BSD: none. Python: MessageServer.stats. Java: none.
/// Set `size` to sizeof (polysock_message_server_stats) before the call; from it a later library knows which fields there are.
/// @ingroup polysock_message_server
#[repr(C)]
#[derive(Clone, Copy)]
pub struct polysock_message_server_stats {
    /// sizeof (polysock_message_server_stats).
    pub size: usize,
    /// Connections that have ended.
    pub handled: u64,
    /// Connections that ended because the peer had reset them or was gone, before or after they were accepted.
    pub resets: u64,
    /// Connections that were closed because the peer was idle for too long.
    pub idle_timeouts: u64,
    /// Connections that were closed because a callback took too long.
    pub handler_timeouts: u64,
    /// Connections that were closed because the peer had sent a message that was too long, malformed or unfinished.
    pub bad_messages: u64,
}

const _: () = assert!(
    size_of::<polysock_message_server_stats>() == size_of::<usize>().next_multiple_of(align_of::<u64>()) + 40
);
const _: () = assert!(offset_of!(polysock_message_server_stats, size) == 0);

// SAFETY: `size` is the first field, asserted above.
unsafe impl Versioned for polysock_message_server_stats {
    const PARAMETER: &'static str = "out";
    const SIZE: &'static str = "out->size";
    const TOO_SMALL: &'static str = "is too small: set it to sizeof (polysock_message_server_stats)";
}

impl From<MessageServerStats> for polysock_message_server_stats {
    fn from(stats: MessageServerStats) -> Self {
        Self {
            size: size_of::<Self>(),
            handled: stats.handled,
            resets: stats.resets,
            idle_timeouts: stats.idle_timeouts,
            handler_timeouts: stats.handler_timeouts,
            bad_messages: stats.bad_messages,
        }
    }
}

/// The number of a reason, and the failure behind it.
pub(super) fn reason(reason: &CloseReason) -> (c_int, Option<Failure>) {
    match reason {
        CloseReason::PeerFinished => (POLYSOCK_REASON_PEER_FINISHED, None),
        CloseReason::ByProgram => (POLYSOCK_REASON_BY_PROGRAM, None),
        CloseReason::IdleTimeout => (POLYSOCK_REASON_IDLE_TIMEOUT, None),
        CloseReason::HandlerTimeout => (POLYSOCK_REASON_HANDLER_TIMEOUT, None),
        CloseReason::HandlerFailed => (POLYSOCK_REASON_HANDLER_FAILED, None),
        CloseReason::BadMessage(error) => (POLYSOCK_REASON_BAD_MESSAGE, Some(error.clone().into())),
        CloseReason::Failed(error) => (POLYSOCK_REASON_FAILED, Some(error.clone().into())),
        CloseReason::Stopped => (POLYSOCK_REASON_STOPPED, None),
        // The enum is non-exhaustive.
        _ => (POLYSOCK_REASON_FAILED, None),
    }
}
