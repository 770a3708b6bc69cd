//! What a worker does next.

use crate::address::Address;
use crate::error::Error;
use crate::socket::Socket;
use std::sync::Arc;

/// What a worker is to do next.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step {
    /// Handle a connection, which the next step closes, whatever became of it.
    ///
    /// The close is FIN first where there is unread input, so that the peer gets what was sent, and a plain close
    /// where somebody else may hold the connection too (by a fork, a duplicate). A handler may close it itself, detach it,
    /// which gives it the connection for good, or keep the handle, which then is a closed one.
    Handle {
        /// The connection.
        connection: Arc<Socket>,
        /// Whose it is.
        peer: Address,
    },
    /// Let another thread become a [`Worker`](super::Worker), before the next step: none is free to accept. If there can't be one, say
    /// [`become_last_worker`](super::Worker::become_last_worker).
    Recruit,
    /// Take note that accepting failed. The next step tries again, after a pause that grows to a second or until a
    /// connection of the server's is closed: without descriptors or memory connections wait. After an error that
    /// [`Server::wait`](super::Server::wait) returns there is no next step.
    Trouble(Error),
}
