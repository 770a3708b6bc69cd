//! start and join: commands in separate threads.

use crate::answer::{Answer, Refusal};
use crate::handles::lock;
use crate::request::{malformed, number, Request};
use crate::Driver;
use std::collections::HashMap;
use std::io;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

#[derive(Default)]
pub struct Tasks(Mutex<HashMap<String, Arc<Mutex<Task>>>>);

/// A command in a thread.
struct Task {
    thread: Option<JoinHandle<()>>,
    end: Receiver<String>,
    answer: Option<String>,
}

impl Task {
    /// Waits for the answer, and for the end of the thread with all that it holds.
    fn wait(&mut self, limit: Duration) -> Option<&str> {
        if self.answer.is_none() {
            self.answer = Some(self.end.recv_timeout(limit).ok()?);
            // A panic was reported as an answer that never came.
            let _ = self.thread.take().map(JoinHandle::join);
        }
        self.answer.as_deref()
    }
}

impl Tasks {
    /// Waits until all have ended, and forgets them. Whether they did.
    pub fn finish(&self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        let tasks: Vec<_> = lock(&self.0).values().cloned().collect();
        let left = || until.saturating_duration_since(Instant::now());
        let ended = tasks.iter().all(|task| lock(task).wait(left()).is_some());
        if ended {
            lock(&self.0).clear();
        }
        ended
    }
}

impl Driver {
    pub fn start(self: &Arc<Self>, request: &Request<'_>) -> Result<Answer, Refusal> {
        let label = request.argument(0)?;
        request.argument(1)?;
        let (tell_tid, tid) = mpsc::channel();
        let (tell_end, end) = mpsc::channel();
        let (driver, line) = (Arc::clone(self), request.rest(1));
        let thread = thread::Builder::new().spawn(move || {
            // The other ends may be gone when the driver resets.
            let _ = tell_tid.send(thread_id());
            let _ = tell_end.send(driver.answer(&line));
        })?;
        let task = Task {
            thread: Some(thread),
            end,
            answer: None,
        };
        lock(&self.tasks.0).insert(label.to_owned(), Arc::new(Mutex::new(task)));
        let tid = tid.recv().map_err(|_| malformed("the thread did not start"))??;
        Ok(Answer::Fields(format!("tid={tid}")))
    }

    pub fn join(&self, request: &Request<'_>) -> Result<Answer, Refusal> {
        let label = request.argument(0)?;
        let limit = request.option("limit").map_or(Ok(5000), number)?;
        let task = lock(&self.tasks.0).get(label).cloned();
        let task = task.ok_or_else(|| malformed(&format!("no label {label}")))?;
        let mut task = lock(&task);
        let answer = task.wait(Duration::from_millis(limit));
        answer.map_or_else(
            || Err(Refusal::named("PENDING")),
            |answer| Ok(Answer::Joined(answer.to_owned())),
        )
    }
}

/// The kernel's number of this thread.
fn thread_id() -> io::Result<String> {
    let link = std::fs::read_link("/proc/thread-self")?;
    let name = link.file_name().map(|name| name.to_string_lossy().into_owned());
    name.ok_or_else(|| io::ErrorKind::NotFound.into())
}
