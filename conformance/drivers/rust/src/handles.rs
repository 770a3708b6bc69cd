//! The scenario's names for sockets, and the descriptors it was handed. No lock is held during a library call.

use crate::answer::Refusal;
use crate::request::malformed;
use polysock::Socket;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::os::fd::RawFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub struct Handles {
    sockets: Mutex<HashMap<String, Arc<Socket>>>,
    /// Descriptors that belong to the scenario.
    pub descriptors: Mutex<HashSet<RawFd>>,
    /// What `exhaust` opened.
    pub filler: Mutex<Vec<File>>,
}

impl Handles {
    pub fn add(&self, name: &str, socket: Socket) {
        lock(&self.sockets).insert(name.to_owned(), Arc::new(socket));
    }

    pub fn socket(&self, name: &str) -> Result<Arc<Socket>, Refusal> {
        let found = lock(&self.sockets).get(name).cloned();
        found.ok_or_else(|| malformed(&format!("no handle {name}")))
    }

    pub fn sockets(&self) -> Vec<Arc<Socket>> {
        lock(&self.sockets).values().cloned().collect()
    }

    pub fn forget_sockets(&self) {
        lock(&self.sockets).clear();
    }
}

/// Takes a lock; a thread that panicked while it held one left nothing half done.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
