//! The core's socket that a connection and its streams share.

use crate::lock;
use polysock::java_net::Socket;
use pyo3::prelude::*;
use std::mem;
use std::ops::Deref;
use std::sync::Arc;

/// Closed when the last of them is dropped, unless it was closed before.
#[derive(Clone)]
pub struct Connection(Arc<Owned>);

struct Owned(Socket);

impl From<Socket> for Connection {
    fn from(socket: Socket) -> Self {
        Self(Arc::new(Owned(socket)))
    }
}

impl Deref for Connection {
    type Target = Socket;

    fn deref(&self) -> &Socket {
        let Owned(socket) = &*self.0;
        socket
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        let socket = mem::take(&mut self.0);
        if !socket.is_closed() {
            // With a linger time the close waits, which must not keep other threads from running. At the interpreter's
            // end there are none, and the socket is closed when it goes out of scope.
            let _ = Python::try_attach(|py| lock::detach(py, || drop(socket)));
        }
    }
}
