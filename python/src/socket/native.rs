//! The Python object, and the core's socket in it.

use crate::arguments::CInt;
use crate::core_call::CoreCall;
use crate::errors;
use crate::lock::{self, LockPolicy};
use polysock::{Family, Flags, Socket, SocketType};
use pyo3::prelude::*;
use std::ops::Deref;
use std::os::fd::IntoRawFd;
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A socket object: empty after `__new__`, with the core's socket after `__init__`.
#[pyclass(name = "socket", module = "polysock._native", subclass, frozen)]
pub struct NativeSocket {
    first: OnceLock<Arc<Socket>>,
    /// After another `__init__`, which is rare: reading the first one needs no lock.
    later: OnceLock<Mutex<Arc<Socket>>>,
    /// What set_try_first() was given: [`UNSET`], [`OFF`] or [`ON`].
    try_first: AtomicU8,
    /// Its calls do not wait because the descriptor was adopted in non-blocking mode; the program sees None as its timeout.
    came_nonblocking: AtomicBool,
    /// Python's attribute `_closed`: whether the program has closed it. [`UNSET`], [`OFF`] or [`ON`].
    marked_closed: AtomicU8,
    /// Python's attribute `_io_refs`: how many files made by makefile() keep it open. [`NO_COUNT`] until it is set.
    files: AtomicIsize,
}

const UNSET: u8 = 0;
const OFF: u8 = 1;
const ON: u8 = 2;
const NO_COUNT: isize = isize::MIN;

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

fn switch(value: u8) -> Option<bool> {
    match value {
        UNSET => None,
        value => Some(value == ON),
    }
}

fn of_switch(on: Option<bool>) -> u8 {
    on.map_or(UNSET, |on| if on { ON } else { OFF })
}

impl NativeSocket {
    /// An object without a socket, as `__new__` makes it.
    pub fn empty() -> Self {
        Self {
            first: OnceLock::new(),
            later: OnceLock::new(),
            try_first: AtomicU8::new(UNSET),
            came_nonblocking: AtomicBool::new(false),
            marked_closed: AtomicU8::new(UNSET),
            files: AtomicIsize::new(NO_COUNT),
        }
    }

    /// Whether the program has closed it; files made by makefile() may keep it open. None until `__init__`.
    pub fn marked_closed(&self) -> Option<bool> {
        switch(self.marked_closed.load(Ordering::SeqCst))
    }

    /// After this, either the program's close() sees that no file is open, or the last file sees this. In one order with
    /// [`change_files`](Self::change_files), so that the socket can't stay open.
    pub fn mark_closed(&self, closed: bool) {
        self.marked_closed
            .store(of_switch(Some(closed)), Ordering::SeqCst);
    }

    /// How many files made by makefile() are open. None until `__init__`.
    pub fn files(&self) -> Option<isize> {
        Some(self.files.load(Ordering::SeqCst)).filter(|count| *count != NO_COUNT)
    }

    pub fn set_files(&self, count: isize) {
        self.files.store(count, Ordering::SeqCst);
    }

    /// Counts another file, or one less; the count stays at 0 once it is there. Returns the count before, None until
    /// `__init__`.
    pub fn change_files(&self, by: isize) -> Option<isize> {
        let change = |count: isize| (count != NO_COUNT).then(|| count.saturating_add(by).max(0));
        self.files
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, change)
            .ok()
    }

    /// Whether its calls don't wait because the descriptor was adopted in non-blocking mode, until the program sets a
    /// timeout.
    pub fn came_nonblocking(&self) -> bool {
        self.came_nonblocking.load(Ordering::Relaxed)
    }

    pub fn note_came_nonblocking(&self, so: bool) {
        self.came_nonblocking.store(so, Ordering::Relaxed);
    }

    /// Whether there is a descriptor that was not closed and will not be: a server closes the sockets it has handed out.
    pub fn is_forgotten(&self) -> bool {
        match self.current() {
            None => false,
            Some(Current::First(socket)) => !socket.is_closed() && Arc::strong_count(socket) == 1,
            // `current` counts as one.
            Some(Current::Later(socket)) => !socket.is_closed() && Arc::strong_count(&socket) == 2,
        }
    }

    /// The core's socket, to share; OSError (EBADF) if `__init__` never ran.
    pub fn share(&self, py: Python<'_>) -> PyResult<Arc<Socket>> {
        Ok(match self.socket(py)? {
            Current::First(socket) => Arc::clone(socket),
            Current::Later(socket) => socket,
        })
    }

    /// Closes it after the program has forgotten it, ignoring a failure that can't be reported.
    pub fn close_forgotten(&self, py: Python<'_>) {
        if let Some(socket) = self.current() {
            let _ = CoreCall::new(py).run(|caller| socket.on(caller).close_forgotten());
        }
    }

    /// Sets whether its calls are tried before the interpreter lock is given up; None applies the setting for all sockets.
    pub fn set_own_try_first(&self, on: Option<bool>) {
        self.try_first.store(of_switch(on), Ordering::Relaxed);
    }

    /// What [`set_own_try_first`](Self::set_own_try_first) set.
    pub fn own_try_first(&self) -> Option<bool> {
        switch(self.try_first.load(Ordering::Relaxed))
    }

    /// The lock policy of a transfer over this socket: `wanted`, as far as flags, family and memory allow it.
    pub fn lock_policy(
        &self,
        socket: &Socket,
        wanted: LockPolicy,
        flags: CInt,
        plain_memory: bool,
    ) -> LockPolicy {
        let on = self.own_try_first().unwrap_or_else(lock::try_first);
        if !on || flags.0 & (Flags::WAIT_ALL | Flags::FAST_OPEN).0 != 0 {
            return LockPolicy::GiveUp;
        }
        let calls_never_sleep = matches!(socket.family(), Family::IPV4 | Family::IPV6 | Family::UNIX)
            && matches!(
                socket.socket_type(),
                SocketType::STREAM | SocketType::DATAGRAM | SocketType::SEQPACKET
            );
        let may_close = wanted == LockPolicy::KeepToReceive && socket.family() == Family::UNIX;
        let wanted = if may_close {
            LockPolicy::KeepToReceiveInBudget
        } else {
            wanted
        };
        wanted.for_memory(plain_memory && calls_never_sleep)
    }

    /// The core's socket of an object that was initialised once, as nearly all are.
    pub fn only(&self) -> Option<&Socket> {
        match self.later.get() {
            None => self.first.get().map(|socket| &**socket),
            Some(_) => None,
        }
    }

    /// The core's socket; None if `__init__` never ran.
    pub fn current(&self) -> Option<Current<'_>> {
        match self.later.get() {
            None => self.first.get().map(Current::First),
            Some(later) => {
                let socket = later.lock().unwrap_or_else(PoisonError::into_inner);
                Some(Current::Later(Arc::clone(&socket)))
            }
        }
    }

    /// The core's socket; OSError (EBADF) if `__init__` never ran.
    pub fn socket(&self, py: Python<'_>) -> PyResult<Current<'_>> {
        self.current().ok_or_else(|| errors::bad_descriptor(py))
    }

    /// Keeps a new socket and forgets the previous one's descriptor without closing it.
    pub fn keep(&self, py: Python<'_>, socket: Arc<Socket>) -> PyResult<()> {
        let Err(socket) = self.first.set(socket) else {
            return Ok(());
        };
        loop {
            let old = self.share(py)?;
            match old.detach() {
                Ok(descriptor) => {
                    let _ = descriptor.into_raw_fd();
                }
                Err(_) if old.is_closed() => {}
                Err(refused) => return errors::raise(py, Err(refused)),
            }
            let later = self.later.get_or_init(|| Mutex::new(Arc::clone(&old)));
            let mut current = later.lock().unwrap_or_else(PoisonError::into_inner);
            // Unless another thread has been faster, whose socket is the previous one now.
            if Arc::ptr_eq(&current, &old) {
                *current = socket; // `old` keeps the previous one until the lock has been given back
                return Ok(());
            }
        }
    }
}
