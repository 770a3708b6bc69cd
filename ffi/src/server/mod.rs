//! The callback server.

mod callbacks;
mod options;

use self::callbacks::{kind_of, polysock_connection_fn, tell, User};
use self::options::{known, limit, polysock_server_options, polysock_server_stats, read};
use crate::address::polysock_addr;
use crate::error::Failure;
use crate::guard;
use crate::handle::{handle, into_core, lend, polysock_t};
use crate::pointer::Out;
use crate::time;
use libc::{c_int, c_void, ssize_t};
use polysock::{ServeOptions, Server, StartedServer, Timeout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

/// A server: a listener, and threads that accept on it and hand each connection to a callback.
///
/// BSD: accept(2) in a loop. Python: polysock.Server. Java: ServerSocket with an ExecutorService.
/// It has at most `max_connections` threads, and one more where callbacks have a time limit. Connections for which there is
/// no thread or no descriptor wait in the kernel. A fork copies no threads: in the child nothing is served, and
/// polysock_server_wait() fails with POLYSOCK_ECLOSED; so call daemon(3) before polysock_server_start(). Give it up once
/// with polysock_server_free().
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

/// Starts a server on a socket that listens; the caller owns `*out`.
///
/// BSD: none. Python: polysock.Server. Java: none.
/// `o` may be NULL. `listener` stays the caller's to free: closing or freeing it earlier ends accepting, and
/// polysock_server_stop() closes it. `user` is handed to every callback. One thread is started at once, others as
/// connections come; no callback is called before `*out` is set, so callbacks may use the server. POLYSOCK_EINVAL when
/// `listener` does not listen, or for a wrong `o->size`; POLYSOCK_ECLOSED; POLYSOCK_EAGAIN when no thread can be started.
/// On failure `release` is not called.
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
        let out = Out::new(out, "out")?;
        if listener.is_null() {
            return Err(Failure::argument("listener", "is NULL"));
        }
        let listener = handle(listener)?;
        let callback = r#fn.ok_or(Failure::argument("fn", "is NULL"))?;
        let given = read(o)?;
        let mut options = ServeOptions::default();
        if given.max_connections != 0 {
            options.max_connections = given.max_connections;
        }
        options.idle_timeout = limit(given.idle_timeout_ms, "o->idle_timeout_ms")?;
        options.handler_timeout = limit(given.handler_timeout_ms, "o->handler_timeout_ms")?;
        let user = Arc::new(User {
            user,
            release: given.release,
            started: AtomicBool::new(false),
        });
        let (of_handler, of_hook) = (Arc::clone(&user), Arc::clone(&user));
        let server = Server::start_with(
            into_core(listener),
            options,
            move |connection, peer| {
                of_handler.wait_until_started();
                let peer = polysock_addr::from(peer);
                // SAFETY: C's contract: the callback is a function of this type, for several threads at once. The
                // connection is one of ours, and lives until it returns.
                match unsafe { callback(lend(connection), &raw const peer, of_handler.user) } {
                    0 => Ok(()),
                    code => Err(code),
                }
            },
            move |trouble, peer| {
                of_hook.wait_until_started();
                tell(&of_hook, given.on_error, trouble, peer);
            },
            kind_of,
        )?;
        out.set(Arc::into_raw(Arc::new(polysock_server(server))).cast_mut());
        user.started.store(true, Ordering::Release);
        Ok(())
    })
}

/// Ends the server: it stops accepting, lets callbacks finish until the time is up, and then closes their connections,
/// which ends their waiting calls with POLYSOCK_ECLOSED. `*still_running` (may be NULL) is the number of callbacks that
/// have not returned even then.
///
/// BSD: none. Python: Server.stop. Java: ExecutorService.shutdown, awaitTermination, shutdownNow.
/// Any thread may call it, any number of times. The listener is closed at once, and connections that wait in its queue are
/// refused. Callbacks whose connections were closed get at most a second more. So 0 closes connections at once, and
/// POLYSOCK_INFINITE (or POLYSOCK_DEFAULT) none. Returning POLYSOCK_ECLOSED after that is no failure. A call from inside a
/// callback does not wait for that callback, does not count it and does not close its connection, nor those of other
/// callbacks that are stopping the server. Calls from other threads wait for all. A callback that is still running does not
/// wait in a call on its connection; its thread ends when it returns.
/// @ingroup polysock_server
#[no_mangle]
pub unsafe extern "C" fn polysock_server_stop(
    srv: *mut polysock_server,
    timeout_ms: c_int,
    still_running: *mut usize,
) -> c_int {
    guard::code("polysock_server_stop", || {
        let server = open(srv)?;
        let timeout = time::timeout(timeout_ms, "timeout_ms")?.unwrap_or(Timeout::Never);
        let running = server.0.stop(timeout)?;
        if let Some(still_running) = Out::optional(still_running) {
            still_running.set(running);
        }
        Ok(())
    })
}

/// Waits until the server accepts no more: it was stopped, its listener was closed, or it can't go on.
///
/// BSD: none. Python: Server.serve_forever. Java: ExecutorService.awaitTermination.
/// POLYSOCK_DEFAULT means for ever. Returns 0 after a stop, and otherwise the code with which accept failed;
/// POLYSOCK_ETIMEDOUT, or POLYSOCK_EAGAIN for a timeout of 0, while it still accepts; POLYSOCK_ECLOSED in a forked child
/// that has not stopped its copy.
/// @ingroup polysock_server
#[no_mangle]
pub unsafe extern "C" fn polysock_server_wait(srv: *mut polysock_server, timeout_ms: c_int) -> c_int {
    guard::code("polysock_server_wait", || {
        let server = open(srv)?;
        let timeout = time::timeout(timeout_ms, "timeout_ms")?.unwrap_or(Timeout::Never);
        Ok(server.0.wait(timeout)?)
    })
}

/// Returns how many connections are being handled now.
///
/// BSD: none. Python: Server.connections. Java: ThreadPoolExecutor.getActiveCount.
/// @ingroup polysock_server
#[no_mangle]
pub unsafe extern "C" fn polysock_server_connections(srv: *const polysock_server) -> ssize_t {
    guard::count("polysock_server_connections", || Ok(open(srv)?.0.connections()))
}

/// Fills `*out` with what the server has counted. POLYSOCK_EINVAL for a wrong `out->size`.
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
        let server = open(srv)?;
        if out.is_null() {
            return Err(Failure::argument("out", "is NULL"));
        }
        // SAFETY: C's contract: `out` points at statistics, whose first field is their size.
        let size = unsafe { out.cast::<usize>().read_unaligned() };
        known(size, size_of::<polysock_server_stats>(), "out->size")?;
        let stats = server.0.stats();
        let stats = polysock_server_stats {
            size,
            handled: stats.handled,
            resets: stats.resets,
            idle_timeouts: stats.idle_timeouts,
            handler_timeouts: stats.handler_timeouts,
        };
        // SAFETY: they are as large as they say, and C's to write.
        unsafe { out.write_unaligned(stats) };
        Ok(())
    })
}

/// Stops the server as polysock_server_stop() does with 0, and gives up the owner's reference: `srv` must not be used
/// again. NULL is fine.
///
/// BSD: none. Python: Server.stop. Java: ExecutorService.close.
/// Callbacks that still run keep what they need; `release` is called when the last of them has returned, in its thread.
/// When none runs, `release` has been called by the time this returns. A callback may free its server.
/// @ingroup polysock_server
#[no_mangle]
pub unsafe extern "C" fn polysock_server_free(srv: *mut polysock_server) {
    guard::code("polysock_server_free", || {
        if !srv.is_null() {
            // SAFETY: `srv` came from `Arc::into_raw`, and its owner gives it up only once.
            let server = unsafe { Arc::from_raw(srv) };
            server.0.stop(Timeout::NonBlocking)?;
        }
        Ok(())
    });
}

/// The caller's server, kept in memory for the length of this call even when another thread frees it meanwhile.
fn open(srv: *const polysock_server) -> Result<Arc<polysock_server>, Failure> {
    if srv.is_null() {
        return Err(Failure::argument("srv", "is NULL"));
    }
    // SAFETY: `srv` came from `Arc::into_raw`, and its owner has not freed it: the call began before.
    unsafe { Arc::increment_strong_count(srv) };
    // SAFETY: the reference was counted on the line above.
    Ok(unsafe { Arc::from_raw(srv) })
}
