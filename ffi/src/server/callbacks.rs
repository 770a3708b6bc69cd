//! Calling the callbacks of a server.

use super::options::{polysock_release_fn, polysock_server_error_fn, polysock_server_options, ConnectionFn};
use crate::address::polysock_addr;
use crate::code::{POLYSOCK_ECLOSED, POLYSOCK_EOTHER, POLYSOCK_EPANIC};
use crate::detail;
use crate::error::{of_kind, Failure};
use crate::handle::lend;
use libc::{c_int, c_void};
use polysock::{Address, Kind, Socket, Trouble};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread;

/// The kind of failure behind a callback's code, where it is one of the connection or the time limit.
pub(super) fn kind_of(code: &c_int) -> Option<Kind> {
    let kinds = [
        Kind::Closed,
        Kind::TimedOut,
        Kind::Os(libc::ECONNRESET),
        Kind::Os(libc::EPIPE),
        Kind::Os(libc::ECONNABORTED),
    ];
    kinds.into_iter().find(|kind| of_kind(*kind) == *code)
}

/// The callbacks of one server, and the pointer that is passed to all of them.
pub(super) struct Callbacks {
    connection: ConnectionFn,
    on_error: polysock_server_error_fn,
    release: polysock_release_fn,
    user: *mut c_void,
    /// `*out` is set; until then `user` is the caller's.
    started: AtomicBool,
}

// SAFETY: C's contract: several threads may use what `user` points at, at once.
unsafe impl Send for Callbacks {}
// SAFETY: as above.
unsafe impl Sync for Callbacks {}

impl Callbacks {
    pub(super) const fn new(
        connection: ConnectionFn,
        user: *mut c_void,
        options: &polysock_server_options,
    ) -> Self {
        Self {
            connection,
            on_error: options.on_error,
            release: options.release,
            user,
            started: AtomicBool::new(false),
        }
    }

    /// The program has its server: callbacks may be called, and `release` in the end.
    pub(super) fn set_started(&self) {
        self.started.store(true, Ordering::Release);
    }

    /// A callback may use the server that it belongs to: it is not called before `*out` is set.
    fn wait_until_started(&self) {
        while !self.started.load(Ordering::Acquire) {
            thread::yield_now(); // a few instructions from now
        }
    }

    pub(super) fn handle(&self, connection: &Arc<Socket>, peer: &Address) -> Result<(), c_int> {
        self.wait_until_started();
        let peer = polysock_addr::from(peer);
        // SAFETY: C's contract: it is a function of this type, for several threads at once. The connection is a socket of
        // ours that lives until the function returns.
        match unsafe { (self.connection)(lend(connection), &raw const peer, self.user) } {
            0 => Ok(()),
            code => Err(code),
        }
    }

    pub(super) fn report(&self, trouble: Trouble<c_int>, peer: Option<&Address>) {
        self.wait_until_started();
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
            // The enum is non-exhaustive.
            _ => POLYSOCK_EOTHER,
        };
        if let Some(on_error) = self.on_error {
            let peer = peer.map(polysock_addr::from);
            let peer = peer.as_ref().map_or(ptr::null(), ptr::from_ref);
            // SAFETY: C's contract: it is a function of this type, for several threads at once.
            unsafe { on_error(code, peer, self.user) };
        }
    }
}

impl Drop for Callbacks {
    fn drop(&mut self) {
        if let (Some(release), true) = (self.release, self.started.load(Ordering::Acquire)) {
            // SAFETY: C's contract: it is a function of this type. `user` is no longer in use.
            unsafe { release(self.user) };
        }
    }
}
