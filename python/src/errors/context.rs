//! The subject of a call, for the notes of the exception that ends it.

use polysock::{Address, Socket};

/// What a call is made on. It may have a socket, which can be asked for more details once the call has failed.
pub trait Subject {
    /// The socket, if there is one that is not closed.
    fn socket(&self) -> Option<&Socket>;
}

impl Subject for Socket {
    fn socket(&self) -> Option<&Socket> {
        Some(self)
    }
}

/// A call on no socket.
impl Subject for () {
    fn socket(&self) -> Option<&Socket> {
        None
    }
}

/// The socket and the address that a failed call was about.
#[derive(Clone, Copy, Default)]
pub struct Context<'a> {
    pub socket: Option<&'a Socket>,
    pub address: Option<&'a Address>,
}

impl<'a> Context<'a> {
    /// A call on this socket.
    pub fn of(socket: &'a Socket) -> Self {
        Self {
            socket: Some(socket),
            address: None,
        }
    }
}
