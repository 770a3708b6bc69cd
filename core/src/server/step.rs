//! What a worker does next.

use crate::address::Address;
use crate::error::Error;
use crate::socket::Socket;
use std::sync::Arc;

/// What a worker should do next.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step {
    /// Handle a connection. The next step closes it, however the handler ended.
    ///
    /// The close is FIN first where there is unread input, so that the peer gets what was sent, and a plain close where
    /// the connection may have another holder (through a fork or a duplicate). A handler may close the connection
    /// itself, detach it, which gives it the connection for good, or keep the handle, which is closed from then on.
    Handle {
        /// The connection.
        connection: Arc<Socket>,
        /// The peer's address.
        peer: Address,
    },
    /// Let another thread become a [`Worker`](super::Worker) before the next step: none is free to accept. If there
    /// can't be one, call [`become_last_worker`](super::Worker::become_last_worker).
    Recruit,
    /// Accepting failed. The next step tries again after a pause, which grows up to a second and ends early when one of
    /// the server's connections is closed: connections wait while descriptors or memory are short. After an error that
    /// [`Server::wait`](super::Server::wait) returns there is no next step.
    Trouble(Error),
}
