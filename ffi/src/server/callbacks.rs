//! Calling the callbacks of a server.

use super::options::{polysock_server_error_fn, polysock_server_options, ConnectionFn};
use super::program::{code_to_report, Program};
use crate::address::polysock_addr;
use crate::handle::lend;
use libc::{c_int, c_void};
use polysock::{Address, Socket, Trouble};
use std::ptr;
use std::sync::Arc;

/// The callbacks of one server.
pub(super) struct Callbacks {
    connection: ConnectionFn,
    on_error: polysock_server_error_fn,
    program: Program,
}

impl Callbacks {
    pub(super) const fn new(
        connection: ConnectionFn,
        user: *mut c_void,
        options: &polysock_server_options,
    ) -> Self {
        Self {
            connection,
            on_error: options.on_error,
            program: Program::new(user, options.release),
        }
    }

    /// The program has its server: callbacks may be called, and `release` in the end.
    pub(super) fn set_started(&self) {
        self.program.set_started();
    }

    pub(super) fn handle(&self, connection: &Arc<Socket>, peer: &Address) -> Result<(), c_int> {
        let user = self.program.user();
        let peer = polysock_addr::from(peer);
        // SAFETY: C's contract: it is a function of this type, for several threads at once. The connection is a socket of
        // ours that lives until the function returns.
        match unsafe { (self.connection)(lend(connection), &raw const peer, user) } {
            0 => Ok(()),
            code => Err(code),
        }
    }

    pub(super) fn report(&self, trouble: Trouble<c_int>, peer: Option<&Address>) {
        let user = self.program.user();
        let (Some(code), Some(on_error)) = (code_to_report("polysock_server", trouble), self.on_error) else {
            return;
        };
        let peer = peer.map(polysock_addr::from);
        let peer = peer.as_ref().map_or(ptr::null(), ptr::from_ref);
        // SAFETY: C's contract: it is a function of this type, for several threads at once.
        unsafe { on_error(code, peer, user) };
    }
}
