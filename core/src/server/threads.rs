//! The threads that a server has started.

use super::monitor::{Monitor, Watched};
use crate::caller::NativeCaller;
use crate::error::{Error, Operation, Result};
use crate::memory;
use crate::sys::fork::{ForkLock, InChild};
use crate::sys::thread::{self, Started, ThreadId};
use crate::time::Deadline;
use std::collections::HashSet;
use std::ffi::CStr;
use std::fmt;

/// The threads of a server. A forked child has none of its parent's.
pub(crate) struct Threads(ForkLock<ThreadList>);

impl InChild for ThreadList {}

#[derive(Default)]
struct ThreadList {
    threads: Vec<Started>,
    /// Those that another thread is joining.
    being_joined: HashSet<ThreadId>,
    /// How many threads there must be before those that have ended are removed.
    prune_at: usize,
}

impl Threads {
    pub(crate) fn new() -> Self {
        Self(ForkLock::new())
    }

    /// Starts another one.
    pub(crate) fn start(&self, name: &'static CStr, work: impl FnOnce() + Send + 'static) -> Result<()> {
        let no_memory = |kind| Error::new(Operation::Server, kind);
        memory::reserve(&mut self.0.lock().threads, 1).map_err(no_memory)?;
        let made = thread::start(name, work);
        let thread = made.map_err(|error| Error::os(Operation::Server, &error))?;
        let mut list = self.0.lock();
        if list.threads.len() >= list.prune_at {
            list.threads.retain(|thread| !thread.is_finished());
            list.prune_at = 2 * list.threads.len() + 16;
        }
        list.threads.push(thread);
        Ok(())
    }

    /// Waits for the threads that are no longer workers, except this one, which may itself be dropping the last
    /// reference to a server.
    pub(crate) fn join<S: Watched + Send>(&self, state: &Monitor<S>, workers: &HashSet<ThreadId>) {
        let me = thread::me();
        let left: Vec<_> = {
            let mut list = self.0.lock();
            let stays = |id: ThreadId| id == me || workers.contains(&id);
            let threads = std::mem::take(&mut list.threads).into_iter();
            let (staying, left): (Vec<_>, _) = threads.partition(|thread| stays(thread.id()));
            list.threads = staying;
            list.being_joined.extend(left.iter().map(Started::id));
            left
        };
        for thread in left {
            let id = thread.id();
            thread.join();
            self.0.lock().being_joined.remove(&id);
        }
        state.lock().wake_watchers();
        // A thread that is being joined and drops a server must not wait for the thread that joins it.
        let have_ended = |_: &S| {
            let list = self.0.lock();
            list.being_joined.is_empty() || list.being_joined.contains(&me)
        };
        // This caller never interrupts, so there is no error.
        let _ = state.sleep_until(Deadline::Never, &mut NativeCaller, have_ended);
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} threads", self.0.lock().threads.len())
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // Like the server's own state: fresh in a forked child.
        drop(self.0.lock());
    }
}
