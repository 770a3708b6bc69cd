//! The BSD socket underneath a Java-style one: made when it is first needed, and never again once closed.

use super::refusal::{Refusal, Result};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

#[derive(Default)]
pub(super) struct LazySocket {
    made: OnceLock<Arc<crate::Socket>>,
    closed: AtomicBool,
}

impl LazySocket {
    /// The socket, made if there is none yet.
    pub(super) fn open(
        &self,
        make: impl FnOnce() -> crate::Result<crate::Socket>,
    ) -> Result<&Arc<crate::Socket>> {
        if self.is_closed() {
            return Err(Refusal::Closed);
        }
        if let Some(made) = self.made.get() {
            return Ok(made);
        }
        let made = make()?;
        let made = self.made.get_or_init(|| Arc::new(made));
        if self.is_closed() {
            // Closed while this was being made: the thread that closed did not see it.
            let _ = made.close();
            return Err(Refusal::Closed);
        }
        Ok(made)
    }

    /// The socket, if it was made.
    pub(super) fn get(&self) -> Option<&Arc<crate::Socket>> {
        self.made.get()
    }

    /// Adopts a socket, before any other thread can have made one.
    pub(super) fn set(&self, made: Arc<crate::Socket>) {
        let _ = self.made.set(made);
    }

    /// Closes the socket with `close`, if it was made; none can be made from now on.
    pub(super) fn close(&self, close: impl FnOnce(&crate::Socket) -> crate::Result<()>) -> Result<()> {
        self.closed.store(true, Ordering::Release);
        match self.made.get() {
            Some(made) => Ok(close(made)?),
            None => Ok(()),
        }
    }

    /// Whether it was closed, here or underneath: a callback server closes the BSD socket.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire) || self.made.get().is_some_and(|made| made.is_closed())
    }
}
