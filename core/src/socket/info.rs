//! The state of a connection.

use super::options::or_unsupported;
use super::Socket;
use crate::error::{Operation, Result};
use crate::sys::kernel;
use crate::tcp_state::TcpState;

impl Socket {
    /// The state of the TCP connection (tcp(7), `TCP_INFO`).
    ///
    /// # Errors
    /// `Unsupported` for a socket that is not TCP; `Closed`.
    pub fn state(&self) -> Result<TcpState> {
        self.immediate(Operation::State, kernel::tcp_state)
            .map_err(or_unsupported)
    }
}
