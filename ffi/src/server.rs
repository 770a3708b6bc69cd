//! The callback server.

use crate::address::polysock_addr;
use crate::code::{POLYSOCK_ECLOSED, POLYSOCK_EOTHER, POLYSOCK_EPANIC};
use crate::detail;
use crate::error::{of_kind, Failure};
use crate::guard;
use crate::pointer::{handle, Out};
use crate::socket::{into_core, lend, polysock_t};
use crate::time::{self, POLYSOCK_INFINITE};
use libc::{c_int, c_void, ssize_t};
use polysock::{Address, Kind, ServeOptions, Server, StartedServer, Timeout, Trouble};
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Handles one connection: returns 0 for success; any other number is a failure, reported to `on_error`.
///
/// BSD: what follows accept(2). Python: the handler of polysock.Server. Java: what follows ServerSocket.accept.
/// Several threads call it at once. The connection is lent: it must not be freed, nor used after the return. The server
/// then closes it, FIN first where there is unread input, so that the peer gets what was sent; after polysock_fileno(),
/// polysock_dup() or fork(2) it is a plain close, which leaves the connection to other holders. A callback may close it
/// itself, or keep it by polysock_detach() and polysock_from_fd(). It must return: no longjmp(3), no pthread_exit(3), no
/// C++ exception.
/// @ingroup polysock_server
pub type polysock_connection_fn = Option<
    unsafe extern "C" fn(connection: *mut polysock_t, peer: *const polysock_addr, user: *mut c_void) -> c_int,
>;

/// Called with a failure, after which the server goes on.
///
/// BSD: none. Python: on_error of polysock.Server. Java: Thread.UncaughtExceptionHandler.
/// With a `peer`, the callback for that peer returned `code`. With NULL the server itself failed, `code` is a POLYSOCK_E
/// number and polysock_last_detail() describes it: no further thread could be started, or a connection could not be
/// accepted, for example for lack of descriptors. The server tries again when a connection ends, or after a pause that
/// grows to a second; until then connections wait.
/// What peers can cause as often as they like is counted, see polysock_server_get_stats(), and reported at most once a
/// second: resets of the connection, and POLYSOCK_ETIMEDOUT where there is an idle timeout.
/// Called by the server's threads, several at once.
/// @ingroup polysock_server
pub type polysock_server_error_fn =
    Option<unsafe extern "C" fn(code: c_int, peer: *const polysock_addr, user: *mut c_void)>;

/// Called when `user` is no longer in use: no callback is running, and none will be called.
///
/// BSD: none. Python: none. Java: none.
/// @ingroup polysock_server
pub type polysock_release_fn = Option<unsafe extern "C" fn(user: *mut c_void)>;

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

/// Reads the options, which the caller may leave out.
fn read(o: *const polysock_server_options) -> Result<polysock_server_options, Failure> {
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
fn known(size: usize, known: usize, name: &'static str) -> Result<(), Failure> {
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
fn limit(ms: c_int, name: &'static str) -> Result<Option<Duration>, Failure> {
    match ms {
        0 | POLYSOCK_INFINITE => Ok(None),
        _ => match u64::try_from(ms) {
            Ok(ms) => Ok(Some(Duration::from_millis(ms))),
            Err(_) => Err(Failure::argument(name, "is below POLYSOCK_INFINITE (-1)")),
        },
    }
}

/// What a callback failed with, where its number is that of such a failure.
fn kind_of(code: &c_int) -> Option<Kind> {
    let of_peers = [
        Kind::Closed,
        Kind::TimedOut,
        Kind::Os(libc::ECONNRESET),
        Kind::Os(libc::EPIPE),
        Kind::Os(libc::ECONNABORTED),
    ];
    of_peers.into_iter().find(|kind| of_kind(*kind) == *code)
}

/// What the caller wants to have back in every call, until it is not used any more.
struct User {
    user: *mut c_void,
    release: polysock_release_fn,
    /// `*out` is set; until then `user` is the caller's.
    started: AtomicBool,
}

// SAFETY: C's contract: what it points at may be used by several threads at once.
unsafe impl Send for User {}
// SAFETY: as above.
unsafe impl Sync for User {}

impl User {
    /// A callback may use the server that it belongs to: it is not called before `*out` is set.
    fn wait_until_started(&self) {
        while !self.started.load(Ordering::Acquire) {
            thread::yield_now(); // a few instructions from now
        }
    }
}

impl Drop for User {
    fn drop(&mut self) {
        if let (Some(release), true) = (self.release, self.started.load(Ordering::Acquire)) {
            // SAFETY: C's contract: it is a function of this type. Nobody uses `user` any more.
            unsafe { release(self.user) };
        }
    }
}

fn tell(user: &User, on_error: polysock_server_error_fn, trouble: Trouble<c_int>, peer: Option<&Address>) {
    let code = match trouble {
        Trouble::Woken(POLYSOCK_ECLOSED) => return,
        Trouble::Handler(code) | Trouble::Woken(code) => code,
        Trouble::Accept(error) | Trouble::Thread(error) => {
            let failure = Failure::from(error);
            let code = failure.code;
            detail::record("polysock_server", failure);
            code
        }
        Trouble::Panic(_) => POLYSOCK_EPANIC,
        // Core's troubles may grow.
        _ => POLYSOCK_EOTHER,
    };
    if let Some(on_error) = on_error {
        let peer = peer.map(polysock_addr::from);
        let peer = peer.as_ref().map_or(ptr::null(), ptr::from_ref);
        // SAFETY: C's contract: it is a function of this type, for several threads at once.
        unsafe { on_error(code, peer, user.user) };
    }
}
