//! Calling the callbacks of a message server.

use super::connection::lend;
use super::options::{
    polysock_close_fn, polysock_message_error_fn, polysock_message_server_options, polysock_open_fn, reason,
    MessageFn,
};
use crate::detail;
use crate::server::program::{code_to_report, kind_of, Program};
use libc::{c_int, c_void};
use polysock::{CloseReason, Connection, Kind, MessageHandler, Reply, Trouble};
use std::ptr;
use std::sync::Arc;

/// The callbacks of one message server.
pub(super) struct Callbacks {
    on_message: MessageFn,
    on_open: polysock_open_fn,
    on_close: polysock_close_fn,
    on_error: polysock_message_error_fn,
    program: Program,
}

/// What `on_open` gave for one connection.
pub(super) struct State(*mut c_void);

// SAFETY: C's contract: the callbacks of one connection, called by several threads one after the other, may use it.
unsafe impl Send for State {}

impl Callbacks {
    pub(super) const fn new(
        on_message: MessageFn,
        user: *mut c_void,
        options: &polysock_message_server_options,
    ) -> Self {
        Self {
            on_message,
            on_open: options.on_open,
            on_close: options.on_close,
            on_error: options.on_error,
            program: Program::new(user, options.release),
        }
    }

    /// The program has its server: callbacks may be called, and `release` in the end.
    pub(super) fn set_started(&self) {
        self.program.set_started();
    }
}

/// The handler that core calls; the function that starts the server keeps the callbacks, too.
pub(super) struct Handler(pub(super) Arc<Callbacks>);

impl MessageHandler for Handler {
    type State = State;
    type Failure = c_int;

    fn on_open(&self, connection: &Arc<Connection>) -> Result<State, c_int> {
        let (user, mut state) = (self.0.program.user(), ptr::null_mut());
        let Some(on_open) = self.0.on_open else {
            return Ok(State(state));
        };
        // SAFETY: C's contract: it is a function of this type, for several threads at once. The connection lives until the
        // function returns.
        match unsafe { on_open(lend(connection), &raw mut state, user) } {
            0 => Ok(State(state)),
            code => Err(code),
        }
    }

    fn on_message(
        &self,
        connection: &Arc<Connection>,
        state: &mut State,
        message: &[u8],
        _: &mut Reply<'_>,
    ) -> Result<(), c_int> {
        let user = self.0.program.user();
        // SAFETY: as above; so does the message.
        let code = unsafe {
            (self.0.on_message)(
                lend(connection),
                message.as_ptr().cast(),
                message.len(),
                state.0,
                user,
            )
        };
        match code {
            0 => Ok(()),
            code => Err(code),
        }
    }

    fn on_close(&self, connection: &Arc<Connection>, state: State, why: &CloseReason) -> Result<(), c_int> {
        let user = self.0.program.user();
        let Some(on_close) = self.0.on_close else {
            return Ok(());
        };
        let (reason, failure) = reason(why);
        let code = failure.map_or(0, |failure| {
            let code = failure.code;
            detail::record("polysock_message_server", failure);
            code
        });
        // SAFETY: as above.
        unsafe { on_close(lend(connection), reason, code, state.0, user) };
        Ok(())
    }

    fn on_error(&self, trouble: Trouble<c_int>, connection: Option<&Arc<Connection>>) {
        let user = self.0.program.user();
        let code = code_to_report("polysock_message_server", trouble);
        if let (Some(code), Some(on_error)) = (code, self.0.on_error) {
            // SAFETY: C's contract: it is a function of this type, for several threads at once.
            unsafe { on_error(code, connection.map_or(ptr::null_mut(), lend), user) };
        }
    }

    fn kind_of(failure: &c_int) -> Option<Kind> {
        kind_of(failure)
    }
}
