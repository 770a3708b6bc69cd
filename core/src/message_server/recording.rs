//! Records of callbacks, while calls are recorded.

use super::connection::Connection;
use super::item::Next;
use super::worker::MessageWorker;
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

impl MessageWorker {
    /// Moves on to the next callback, and records the previous one.
    #[cold]
    #[inline(never)]
    pub(super) fn next_callback_recorded(&mut self) -> Option<Next> {
        self.end_record();
        let next = self.find_callback();
        let (name, bytes) = match &next {
            Some(Next::Open) => ("on_open", None),
            Some(Next::Message(part)) => ("on_message", Some(part.len())),
            Some(Next::Close) => ("on_close", None),
            Some(Next::Nothing) | None => return next,
        };
        self.running = self.current.as_ref().map(|item| {
            Box::new(Running {
                began: Since::now(),
                name,
                connection: Arc::clone(&item.connection),
                bytes,
            })
        });
        next
    }

    fn end_record(&mut self) {
        let Some(running) = self.running.take() else {
            return;
        };
        let reason = running.connection.traffic.lock().ending.clone();
        running.began.event("step", |line| {
            line.text("step", running.name);
            add_connection(line, &running.connection);
            match (running.name, running.bytes) {
                ("on_open", _) => line.text("peer", running.connection.peer()),
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
