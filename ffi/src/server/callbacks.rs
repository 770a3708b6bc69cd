//! What the program has the server call: types, and what every call gets back.

use crate::address::polysock_addr;
use crate::code::{POLYSOCK_ECLOSED, POLYSOCK_EOTHER, POLYSOCK_EPANIC};
use crate::detail;
use crate::error::{of_kind, Failure};
use crate::handle::polysock_t;
use libc::{c_int, c_void};
use polysock::{Address, Kind, Trouble};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

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

/// What a callback failed with, where its number is that of such a failure.
pub(super) fn kind_of(code: &c_int) -> Option<Kind> {
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
pub(super) struct User {
    pub(super) user: *mut c_void,
    pub(super) release: polysock_release_fn,
    /// `*out` is set; until then `user` is the caller's.
    pub(super) started: AtomicBool,
}

// SAFETY: C's contract: what it points at may be used by several threads at once.
unsafe impl Send for User {}
// SAFETY: as above.
unsafe impl Sync for User {}

impl User {
    /// A callback may use the server that it belongs to: it is not called before `*out` is set.
    pub(super) fn wait_until_started(&self) {
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

pub(super) fn tell(
    user: &User,
    on_error: polysock_server_error_fn,
    trouble: Trouble<c_int>,
    peer: Option<&Address>,
) {
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
