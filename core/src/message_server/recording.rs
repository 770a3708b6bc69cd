//! Records of callbacks, while calls are recorded.

use super::connection::Connection;
use super::item::Next;
use crate::trace::{self, Line, Since};
use std::sync::Arc;

/// A callback that is running.
pub(super) struct Running {
    began: Since,
    name: &'static str,
    connection: Arc<Connection>,
    /// How long its message is.
    bytes: Option<usize>,
}

impl Running {
    pub(super) fn begin(next: &Next, connection: &Arc<Connection>) -> Option<Box<Self>> {
        let (name, bytes) = match next {
            Next::Open => ("on_open", None),
            Next::Message(part) => ("on_message", Some(part.len())),
            Next::Close => ("on_close", None),
            Next::Nothing => return None,
        };
        Some(Box::new(Self {
            began: Since::now(),
            name,
            connection: Arc::clone(connection),
            bytes,
        }))
    }

    /// Records it: it has returned.
    pub(super) fn end(&self) {
        let reason = self.connection.traffic.lock().ending.clone();
        self.began.event("step", |line| {
            line.text("step", self.name);
            add_connection(line, &self.connection);
            match (self.name, self.bytes) {
                ("on_open", _) => line.text("peer", self.connection.peer()),
                (_, Some(bytes)) => line.number("bytes", bytes),
                (_, None) => {
                    if let Some(reason) = reason {
                        line.text("reason", reason);
                    }
                }
            }
        });
    }
}

/// Records what the server has done with a connection.
pub(super) fn record(step: &'static str, connection: Option<&Connection>) {
    trace::event("step", |line| {
        line.text("step", step);
        if let Some(connection) = connection {
            add_connection(line, connection);
        }
    });
}

fn add_connection(line: &mut Line, connection: &Connection) {
    connection.socket.handle.show(|on| line.socket(on));
}
