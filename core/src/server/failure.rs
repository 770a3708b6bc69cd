//! Failures of handlers: those that the peer caused are counted and reported at most once a second, all others are
//! reported.

use super::Worker;
use crate::error::{Error, Kind};
use std::any::Any;
use std::error::Error as StdError;
use std::io;

impl Worker {
    /// Whether the failure of the handler that has just returned should be reported; call it once for each failure.
    /// `kind` is the kind of the error, if a call failed.
    ///
    /// All failures should be, with these exceptions. `Closed`, after the server has closed the connection, is not
    /// reported. Failures that peers can cause as often as they like are counted in
    /// [`ServerStats`](super::ServerStats), and reported at most once a second: resets of this connection
    /// (`ECONNRESET`, `EPIPE`, `ECONNABORTED`), and `TimedOut` where there is an
    /// [`idle_timeout`](super::ServeOptions::idle_timeout).
    pub fn should_report(&self, kind: Option<Kind>) -> bool {
        match kind {
            Some(Kind::Closed) => !self.is_woken(),
            Some(kind) if self.is_of_peer(kind) => self.server.state.lock().count(kind),
            _ => true,
        }
    }

    /// Whether the peer may have caused the failure. Otherwise the handler failed on another connection.
    fn is_of_peer(&self, kind: Kind) -> bool {
        let counts = kind != Kind::TimedOut || self.server.options.idle_timeout.is_some();
        let connection = self.handling.as_ref();
        counts && connection.is_some_and(|connection| connection.handle.peer_may_have_caused(kind))
    }
}

/// The kind of a handler's error, if a call failed with it: an [`Error`], an `io::Error`, or a box of one.
pub fn kind_of<F: 'static>(failure: &F) -> Option<Kind> {
    let failure: &dyn Any = failure;
    let boxed = failure.downcast_ref::<Box<dyn StdError + Send + Sync>>();
    let sent = failure.downcast_ref::<Box<dyn StdError + Send>>();
    let plain = failure.downcast_ref::<Box<dyn StdError>>();
    if let Some(error) = failure.downcast_ref::<Error>() {
        Some(error.kind())
    } else if let Some(error) = failure.downcast_ref::<io::Error>() {
        Some(of_io(error))
    } else if let Some(error) = boxed {
        of_dyn(&**error)
    } else if let Some(error) = sent {
        of_dyn(&**error)
    } else {
        plain.and_then(|error| of_dyn(&**error))
    }
}

fn of_dyn(error: &(dyn StdError + 'static)) -> Option<Kind> {
    let of_core = error.downcast_ref::<Error>().map(Error::kind);
    of_core.or_else(|| error.downcast_ref::<io::Error>().map(of_io))
}

/// The kind of a standard library error: one made from one of our errors, or any other.
fn of_io(error: &io::Error) -> Kind {
    let ours = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    ours.map_or_else(|| Kind::from_io(error), Error::kind)
}
