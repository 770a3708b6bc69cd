//! The callback server.

mod callbacks;
pub(crate) mod options;
pub(crate) mod program;

use self::callbacks::Callbacks;
use self::options::{polysock_connection_fn, polysock_server_options, polysock_server_stats};
use self::program::kind_of;
use crate::error::Failure;
use crate::guard;
use crate::handle::{borrow, borrow_as, give, into_core, polysock_t, take, Handle};
use crate::pointer::{check_size, set_optional, versioned, Out, NULL};
use crate::time;
use libc::{c_int, c_void, ssize_t};
use polysock::{Server, StartedServer, Timeout};
use std::sync::Arc;

/// A server: a listener, and threads that accept connections on it and call a callback for each.
///
/// BSD: accept(2) in a loop. Python: polysock.Server. Java: ServerSocket with an ExecutorService.
/// It has at most `max_connections` threads, and one more if callbacks have a time limit. Connections for which there
/// is no thread or no descriptor wait in the kernel. A fork copies no threads: the child handles no connections, and
/// polysock_server_wait() fails there with POLYSOCK_ECLOSED; so call daemon(3) before polysock_server_start(). Free it
/// once with polysock_server_free().
/// @code
/// static int greet(polysock_t *connection, const polysock_addr *peer, void *user)
/// {
///     return polysock_sendall(connection, "hello\n", 6, NULL, 5000);
/// }
/// ...
/// polysock_t *listener;
/// polysock_server *server;
/// size_t running;
/// polysock_create_server(&listener, "127.0.0.1", "8080", 128);
/// polysock_server_start(&server, listener, greet, NULL, NULL);
/// ...
/// polysock_server_stop(server, 5000, &running);
/// polysock_server_free(server);
/// polysock_free(listener);
/// @endcode
/// @ingroup polysock_server
pub struct polysock_server(StartedServer);

impl Handle for polysock_server {
    const PARAMETER: &'static str = "srv";
}

/// Starts a server on a listening socket; the caller owns `*out`.
///
/// BSD: none. Python: polysock.Server. Java: none.
/// `o` may be NULL. The caller still frees `listener`; closing or freeing it earlier ends accepting, and
/// polysock_server_stop() closes it. `user` is passed to every callback. One thread starts at once, others as
/// connections arrive; no callback is called before `*out` is set, so callbacks may use the server. Fails with
/// POLYSOCK_EINVAL when `listener` does not listen, or for a wrong `o->size`; with POLYSOCK_ECLOSED; and with
/// POLYSOCK_EAGAIN when no thread can be started. On failure `release` is not called.
/// @ingroup polysock_server
#[no_mangle]
pub unsafe extern "C" fn polysock_server_start(
    out: *mut *mut polysock_server,
    listener: *mut polysock_t,
    r#fn: polysock_connection_fn,
    user: *mut c_void,
    o: *const polysock_server_options,
) -> c_int {
    guard::code("polysock_server_start", || {
        let (out, listener) = (Out::new(out, "out")?, borrow_as(listener, "listener")?);
        let connection = r#fn.ok_or(Failure::argument("fn", NULL))?;
        let given = match o.is_null() {
            true => polysock_server_options::DEFAULT,
            false => versioned(o)?,
        };
        let options = given.to_core()?;
        let callbacks = Arc::new(Callbacks::new(connection, user, &given));
        let (handler, reporter) = (Arc::clone(&callbacks), Arc::clone(&callbacks));
        let server = Server::start_with(
            into_core(listener),
            options,
            move |connection, peer| handler.handle(connection, peer),
            move |trouble, peer| reporter.report(trouble, peer),
            kind_of,
        )?;
        give(&out, polysock_server(server));
        callbacks.set_started();
        Ok(())
    })
}

/// Stops the server: it stops accepting, lets callbacks finish until the time is up, and then closes their connections,
/// which ends their waiting calls with POLYSOCK_ECLOSED. Stores the number of callbacks that have not returned even
/// then in `*still_running`, unless NULL.
///
/// BSD: none. Python: Server.stop. Java: ExecutorService.shutdown, awaitTermination, shutdownNow.
/// Any thread may call it, any number of times. The listener is closed at once, and connections in its queue are
/// refused. Callbacks whose connections were closed get at most a second more. So 0 closes connections at once, and
/// POLYSOCK_INFINITE (or POLYSOCK_DEFAULT) none. A callback that then returns POLYSOCK_ECLOSED has not failed. A call
/// from inside a callback does not wait for that callback, does not count it and does not close its connection; nor
/// those of other callbacks that are stopping the server. Calls from other threads wait for all callbacks. A callback
/// that is still running is not waiting in a call on its connection; its thread ends when it returns.
/// @ingroup polysock_server
#[no_mangle]
pub unsafe extern "C" fn polysock_server_stop(
    srv: *mut polysock_server,
    timeout_ms: c_int,
    still_running: *mut usize,
) -> c_int {
    guard::code("polysock_server_stop", || {
        let server = borrow(srv)?;
        let timeout = time::timeout_or_never(timeout_ms)?;
        set_optional(still_running, server.0.stop(timeout)?);
        Ok(())
    })
}

/// Waits until the server no longer accepts: it was stopped, its listener was closed, or it can't continue.
///
/// BSD: none. Python: Server.serve_forever. Java: ExecutorService.awaitTermination.
/// POLYSOCK_DEFAULT waits forever. Returns 0 after a stop, otherwise the code with which accept failed. Fails with
/// POLYSOCK_ETIMEDOUT, or POLYSOCK_EAGAIN for a timeout of 0, while the server still accepts, and with POLYSOCK_ECLOSED
/// in a forked child that has not stopped its copy.
/// @ingroup polysock_server
#[no_mangle]
pub unsafe extern "C" fn polysock_server_wait(srv: *mut polysock_server, timeout_ms: c_int) -> c_int {
    guard::code("polysock_server_wait", || {
        let server = borrow(srv)?;
        let timeout = time::timeout_or_never(timeout_ms)?;
        Ok(server.0.wait(timeout)?)
    })
}

/// Returns the number of connections being handled now.
///
/// BSD: none. Python: Server.connections. Java: ThreadPoolExecutor.getActiveCount.
/// @ingroup polysock_server
#[no_mangle]
pub unsafe extern "C" fn polysock_server_connections(srv: *const polysock_server) -> ssize_t {
    guard::count("polysock_server_connections", || Ok(borrow(srv)?.0.connections()))
}

/// Gets the server's counters. Fails with POLYSOCK_EINVAL for a wrong `out->size`.
///
/// BSD: none. Python: Server.stats. Java: ThreadPoolExecutor.getCompletedTaskCount.
/// @code
/// polysock_server_stats stats = {sizeof stats, 0, 0, 0, 0};
/// polysock_server_get_stats(server, &stats);
/// @endcode
/// @ingroup polysock_server
#[no_mangle]
pub unsafe extern "C" fn polysock_server_get_stats(
    srv: *const polysock_server,
    out: *mut polysock_server_stats,
) -> c_int {
    guard::code("polysock_server_get_stats", || {
        let server = borrow(srv)?;
        check_size(out)?;
        Out::new(out, "out")?.set(polysock_server_stats::from(server.0.stats()));
        Ok(())
    })
}

/// Stops the server as polysock_server_stop() does with 0, and frees it: `srv` must not be used again. NULL is allowed.
///
/// BSD: none. Python: Server.stop. Java: ExecutorService.close.
/// Callbacks that are still running keep what they need; `release` is called when the last of them has returned, in its
/// thread. If none is running, `release` has been called by the time this returns. A callback may free its server.
/// @ingroup polysock_server
#[no_mangle]
pub unsafe extern "C" fn polysock_server_free(srv: *mut polysock_server) {
    guard::code("polysock_server_free", || {
        if let Some(server) = take(srv) {
            server.0.stop(Timeout::NonBlocking)?;
        }
        Ok(())
    });
}
