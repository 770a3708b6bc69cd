//! The message server.

mod callbacks;
mod connection;
mod options;

use self::callbacks::{Callbacks, Handler};
use self::options::{polysock_message_fn, polysock_message_server_options, polysock_message_server_stats};
use crate::error::Failure;
use crate::guard;
use crate::handle::{borrow, borrow_as, give, into_core, polysock_t, take, Handle};
use crate::pointer::{check_size, set_optional, versioned, Out, NULL};
use crate::time;
use libc::{c_int, c_void, ssize_t};
use polysock::{MessageServer, StartedMessageServer, Timeout};
use std::sync::Arc;

/// A server that accepts connections, receives and sends, and calls a callback with each message.
///
/// BSD: an event loop over epoll(7). Python: polysock.MessageServer. Java: none.
/// One thread does the work while callbacks return soon, and a second one watches it; others are started while callbacks take
/// longer than a few milliseconds, so a callback that waits holds up other connections only briefly. A fork copies no threads:
/// the child handles no connections, and polysock_message_server_wait() fails there with POLYSOCK_ECLOSED. Free it once with
/// polysock_message_server_free().
/// @code
/// static int shout(polysock_connection *connection, const void *line, size_t len, void *state, void *user)
/// {
///     char loud[80];
///     ...
///     return polysock_connection_reply(connection, loud, len);
/// }
/// ...
/// polysock_message_server_options o = POLYSOCK_MESSAGE_SERVER_OPTIONS_INITIALIZER;
/// polysock_framing lines = POLYSOCK_FRAMING_INITIALIZER;
/// lines.kind = POLYSOCK_FRAMING_LINES;
/// lines.limit = 80;
/// o.framing = &lines;
/// polysock_create_server(&listener, "127.0.0.1", "8080", 128);
/// polysock_message_server_start(&server, listener, shout, NULL, &o);
/// ...
/// polysock_message_server_stop(server, 5000, NULL);
/// polysock_message_server_free(server);
/// polysock_free(listener);
/// @endcode
/// @ingroup polysock_message_server
pub struct polysock_message_server(StartedMessageServer);

impl Handle for polysock_message_server {
    const PARAMETER: &'static str = "srv";
}

/// Starts a message server on a listening socket; the caller owns `*out`.
///
/// BSD: none. Python: polysock.MessageServer. Java: none.
/// `o` may be NULL. The caller still frees `listener`; closing or freeing it earlier ends accepting, and
/// polysock_message_server_stop() closes it. `user` is passed to every callback. No callback is called before `*out` is set,
/// so callbacks may use the server. Fails with POLYSOCK_EINVAL when `listener` is not listening, or for a wrong `o->size` or
/// framing; with POLYSOCK_ECLOSED when `listener` is closed; and with POLYSOCK_EAGAIN when no thread can be started. On failure
/// `release` is not called.
/// @ingroup polysock_message_server
#[no_mangle]
pub unsafe extern "C" fn polysock_message_server_start(
    out: *mut *mut polysock_message_server,
    listener: *mut polysock_t,
    r#fn: polysock_message_fn,
    user: *mut c_void,
    o: *const polysock_message_server_options,
) -> c_int {
    guard::code("polysock_message_server_start", || {
        let (out, listener) = (Out::new(out, "out")?, borrow_as(listener, "listener")?);
        let on_message = r#fn.ok_or(Failure::argument("fn", NULL))?;
        let given = match o.is_null() {
            true => polysock_message_server_options::DEFAULT,
            false => versioned(o)?,
        };
        let (framing, options) = (given.framing()?, given.to_core()?);
        let callbacks = Arc::new(Callbacks::new(on_message, user, &given));
        let handler = Handler(Arc::clone(&callbacks));
        let server = MessageServer::start(into_core(listener), framing, options, handler)?;
        give(&out, polysock_message_server(server));
        callbacks.set_started();
        Ok(())
    })
}

/// Stops the server: it stops accepting and receiving, and handles and answers the messages that have arrived until the time
/// is up. Then it closes all connections, and gives callbacks that still run up to one more second. Stores the number of callbacks
/// that have not returned even then in `*still_running`, unless NULL.
///
/// BSD: none. Python: MessageServer.stop. Java: ExecutorService.shutdown, awaitTermination, shutdownNow.
/// Any thread may call it, any number of times; POLYSOCK_INFINITE and POLYSOCK_DEFAULT set no limit. When it returns,
/// `on_close` has been called for every connection without a running callback. A call from inside a callback does not wait
/// for that callback, and does not count it.
/// @ingroup polysock_message_server
#[no_mangle]
pub unsafe extern "C" fn polysock_message_server_stop(
    srv: *mut polysock_message_server,
    timeout_ms: c_int,
    still_running: *mut usize,
) -> c_int {
    guard::code("polysock_message_server_stop", || {
        let server = borrow(srv)?;
        let timeout = time::timeout_or_never(timeout_ms)?;
        set_optional(still_running, server.0.stop(timeout)?);
        Ok(())
    })
}

/// Waits until the server no longer accepts: it was stopped, its listener was closed, or it can't continue.
///
/// BSD: none. Python: MessageServer.serve_forever. Java: ExecutorService.awaitTermination.
/// The results are those of polysock_server_wait().
/// @ingroup polysock_message_server
#[no_mangle]
pub unsafe extern "C" fn polysock_message_server_wait(
    srv: *mut polysock_message_server,
    timeout_ms: c_int,
) -> c_int {
    guard::code("polysock_message_server_wait", || {
        let server = borrow(srv)?;
        let timeout = time::timeout_or_never(timeout_ms)?;
        Ok(server.0.wait(timeout)?)
    })
}

/// Returns the number of connections that are open now.
///
/// BSD: none. Python: MessageServer.connections. Java: none.
/// @ingroup polysock_message_server
#[no_mangle]
pub unsafe extern "C" fn polysock_message_server_connections(srv: *const polysock_message_server) -> ssize_t {
    guard::count("polysock_message_server_connections", || {
        Ok(borrow(srv)?.0.connections())
    })
}

/// Gets the server's counters. Fails with POLYSOCK_EINVAL for a wrong `out->size`.
///
/// BSD: none. Python: MessageServer.stats. Java: none.
/// @code
/// polysock_message_server_stats stats = {sizeof stats, 0, 0, 0, 0, 0};
/// polysock_message_server_get_stats(server, &stats);
/// @endcode
/// @ingroup polysock_message_server
#[no_mangle]
pub unsafe extern "C" fn polysock_message_server_get_stats(
    srv: *const polysock_message_server,
    out: *mut polysock_message_server_stats,
) -> c_int {
    guard::code("polysock_message_server_get_stats", || {
        let server = borrow(srv)?;
        check_size(out)?;
        Out::new(out, "out")?.set(polysock_message_server_stats::from(server.0.stats()));
        Ok(())
    })
}

/// Stops the server as polysock_message_server_stop() does with 0, and frees it: `srv` must not be used again. NULL is allowed.
///
/// BSD: none. Python: MessageServer.stop. Java: ExecutorService.close.
/// Callbacks that are still running keep what they need; `release` is called when the last of them has returned, in its
/// thread. If none is running, `release` has been called by the time this returns. A callback may free its server.
/// @ingroup polysock_message_server
#[no_mangle]
pub unsafe extern "C" fn polysock_message_server_free(srv: *mut polysock_message_server) {
    guard::code("polysock_message_server_free", || {
        if let Some(server) = take(srv) {
            server.0.stop(Timeout::NonBlocking)?;
        }
        Ok(())
    });
}
