//! A socket as Python holds it, and the core's socket of it.

use crate::arguments::CInt;
use crate::errors::exception as error;
use crate::lock::caller as gil;
use crate::lock::caller::Tries;
use polysock::{Family, Socket, SocketType};
use pyo3::prelude::*;
use std::ops::Deref;
use std::os::fd::IntoRawFd;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A socket as Python holds it: nothing yet after `__new__`, then the core's.
#[pyclass(name = "socket", module = "polysock._native", subclass, frozen)]
pub struct NativeSocket {
    first: OnceLock<Arc<Socket>>,
    /// After another `__init__`, which is rare: reading the first one needs no lock.
    later: OnceLock<Mutex<Arc<Socket>>>,
    /// Whether its calls may be tried attached, if it was told.
    tries: AtomicU8,
    /// Its calls do not wait because the descriptor came in non-blocking mode; as its timeout the program is told None.
    came_nonblocking: AtomicBool,
}

const UNTOLD: u8 = 0;
const OFF: u8 = 1;
const ON: u8 = 2;

/// The core's socket of an object, held for a call.
pub enum Current<'a> {
    First(&'a Arc<Socket>),
    Later(Arc<Socket>),
}

impl Deref for Current<'_> {
    type Target = Socket;

    fn deref(&self) -> &Socket {
        match self {
            Self::First(socket) => socket,
            Self::Later(socket) => socket,
        }
    }
}

impl NativeSocket {
    /// An object without a socket, as `__new__` makes it.
    pub fn empty() -> Self {
        Self {
            first: OnceLock::new(),
            later: OnceLock::new(),
            tries: AtomicU8::new(UNTOLD),
            came_nonblocking: AtomicBool::new(false),
        }
    }

    /// Whether its calls don't wait as the descriptor came in non-blocking mode, until the program sets a timeout.
    pub fn came_nonblocking(&self) -> bool {
        self.came_nonblocking.load(Ordering::Relaxed)
    }

    pub fn note_came_nonblocking(&self, so: bool) {
        self.came_nonblocking.store(so, Ordering::Relaxed);
    }

    /// Whether there is a descriptor that nobody closed, nor will: a server closes what it has handed out.
    pub fn is_forgotten(&self) -> bool {
        match self.current() {
            None => false,
            Some(Current::First(socket)) => !socket.is_closed() && Arc::strong_count(socket) == 1,
            // `current` counts as one.
            Some(Current::Later(socket)) => !socket.is_closed() && Arc::strong_count(&socket) == 2,
        }
    }

    /// The core's socket to keep; OSError (EBADF) where `__init__` never ran.
    pub fn share(&self, py: Python<'_>) -> PyResult<Arc<Socket>> {
        Ok(match self.socket(py)? {
            Current::First(socket) => Arc::clone(socket),
            Current::Later(socket) => socket,
        })
    }

    /// Closes without anybody to tell of a failure.
    pub fn close_quietly(&self, py: Python<'_>) {
        if let Some(socket) = self.current() {
            let _ = gil::attempt(py, |host| socket.on(host).close());
        }
    }

    /// Tells it whether its calls may be tried attached, None for what all do.
    pub fn tell_tries(&self, on: Option<bool>) {
        let told = on.map_or(UNTOLD, |on| if on { ON } else { OFF });
        self.tries.store(told, Ordering::Relaxed);
    }

    /// What it was told.
    pub fn told_tries(&self) -> Option<bool> {
        match self.tries.load(Ordering::Relaxed) {
            UNTOLD => None,
            told => Some(told == ON),
        }
    }

    /// When a transfer may be tried attached.
    pub fn tries(&self, socket: &Socket, direction: Tries, flags: CInt, plain_memory: bool) -> Tries {
        let on = match self.tries.load(Ordering::Relaxed) {
            UNTOLD => gil::tries(),
            told => told == ON,
        };
        if !on || flags.0 & (libc::MSG_WAITALL | libc::MSG_FASTOPEN) != 0 {
            return Tries::Never;
        }
        let calls_never_sleep = matches!(socket.family(), Family::IPV4 | Family::IPV6 | Family::UNIX)
            && matches!(
                socket.socket_type(),
                SocketType::STREAM | SocketType::DATAGRAM | SocketType::SEQPACKET
            );
        if plain_memory && calls_never_sleep {
            direction
        } else {
            Tries::Alone
        }
    }

    /// The core's socket of an object that was initialised once, as nearly all are.
    pub fn only(&self) -> Option<&Socket> {
        match self.later.get() {
            None => self.first.get().map(|socket| &**socket),
            Some(_) => None,
        }
    }

    /// The core's socket; None where `__init__` never ran.
    pub fn current(&self) -> Option<Current<'_>> {
        match self.later.get() {
            None => self.first.get().map(Current::First),
            Some(later) => {
                let socket = later.lock().unwrap_or_else(PoisonError::into_inner);
                Some(Current::Later(Arc::clone(&socket)))
            }
        }
    }

    /// The core's socket; OSError (EBADF) where `__init__` never ran.
    pub fn socket(&self, py: Python<'_>) -> PyResult<Current<'_>> {
        self.current().ok_or_else(|| error::bad_descriptor(py))
    }

    /// Keeps a new socket and forgets the descriptor of the one before without closing it.
    pub fn keep(&self, py: Python<'_>, socket: Arc<Socket>) -> PyResult<()> {
        let Err(socket) = self.first.set(socket) else {
            return Ok(());
        };
        if let Some(old) = self.current().filter(|old| !old.is_closed()) {
            let fd = old.detach().map_err(|error| error::exception(py, &error))?;
            let _ = fd.into_raw_fd();
        }
        let later = self.later.get_or_init(|| Mutex::new(Arc::clone(&socket)));
        *later.lock().unwrap_or_else(PoisonError::into_inner) = socket;
        Ok(())
    }
}
