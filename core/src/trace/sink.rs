//! Where records go: the file of this process.

use super::header::header;
use super::line::Line;
use super::settings::{state, turn_off, ON, SETTINGS};
use crate::error::{Error, Kind, Operation};
use crate::sys::fork::{self, ForkLock, Held, InChild};
use crate::sys::mapped_log::MappedLog;
use crate::sys::process;
use crate::sys::{clock, exit};
use std::io;
use std::sync::Once;

/// Room that each window keeps for the record that says why the trace ends.
const LAST_RECORD: usize = 256;

/// How many names to try for a file.
const MOST_NAMES: u64 = 1000;

static SINK: ForkLock<Sink> = ForkLock::inherited(Sink::CLOSED);

pub(super) struct Sink {
    log: Option<MappedLog>,
    /// The file's name, for the header of a forked child's.
    name: Option<Box<str>>,
    /// How many records there was no way to write.
    lost: usize,
}

impl Default for Sink {
    fn default() -> Self {
        Self::CLOSED
    }
}

impl InChild for Sink {
    /// A child has a separate file, which is opened when there is something to record.
    fn in_child(parents: Option<Self>) -> Self {
        // Dropping the parent's window only ends the mapping in this process.
        let name = parents.and_then(|parents| parents.name);
        Self { name, ..Self::CLOSED }
    }
}

/// Held while a record is copied; a record is made before.
pub(super) fn lock() -> Held<'static, Sink> {
    SINK.lock()
}

/// Counts a record that was not made.
pub(super) fn note_lost() {
    lock().lost += 1;
}

/// Registers what finishes the file when the process exits, and what notices forks.
pub(super) fn prepare() {
    static AT_EXIT: Once = Once::new();
    AT_EXIT.call_once(|| exit::at_exit(finish));
    fork::watch();
}

extern "C" fn finish() {
    turn_off();
    let mut sink = lock();
    sink.end_with("exit", |_| {});
    sink.close();
}

/// Ends the trace of this process, and says why.
pub(super) fn end_early(reason: &'static str) {
    turn_off();
    let mut sink = lock();
    sink.end_with("ended", |line| line.text("error", reason));
    sink.close();
}

impl Sink {
    const CLOSED: Self = Self {
        log: None,
        name: None,
        lost: 0,
    };

    /// Opens the file of this process and writes its header.
    pub(super) fn open(&mut self) -> io::Result<()> {
        prepare();
        let settings = SETTINGS.get().ok_or(io::ErrorKind::NotFound)?;
        let (pid, start) = (std::process::id(), clock::wall_ns() / 1_000_000);
        let mut tries = 0;
        let (name, mut log) = loop {
            let name = format!("{pid}-{}.jsonl", start + tries);
            match MappedLog::create(&settings.folder.join(&name)) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < MOST_NAMES => {
                    tries += 1
                }
                Err(error) => return Err(error),
                Ok(log) => break (name, log),
            }
        };
        let parent = self.name.take();
        let mut first = header(parent.as_deref(), settings.most_data);
        log.append(first.end().ok_or(io::ErrorKind::OutOfMemory)?, LAST_RECORD)?;
        *self = Self {
            log: Some(log),
            name: Some(name.into_boxed_str()),
            lost: self.lost,
        };
        Ok(())
    }

    /// Opens the file, if it can be and is not, so that no record is older than its file.
    pub(super) fn make_ready(&mut self) {
        if self.log.is_none() && state() == ON {
            let _ = self.open();
        }
    }

    pub(super) fn append(&mut self, record: &[u8]) {
        if self.log.is_none() {
            // Calls in progress when a trace ends are not part of it, and begin no other file.
            if state() != ON {
                return;
            }
            if let Err(error) = self.open() {
                return self.failed(&error);
            }
        }
        let Some(log) = &mut self.log else { return };
        if let Err(error) = log.append(record, LAST_RECORD) {
            return self.failed(&error);
        }
        let lost = std::mem::take(&mut self.lost);
        if lost > 0 {
            let mut line = Line::begin();
            line.number("time", clock::monotonic_ns());
            line.number("thread", process::thread_number());
            line.text("event", "lost");
            line.number("records", lost);
            if let Some(text) = line.end() {
                let _ = log.append(text, 0);
            }
        }
    }

    /// A record could not be written: if descriptors or memory ran out, the next one may succeed; otherwise the trace ends.
    #[cold]
    fn failed(&mut self, error: &io::Error) {
        self.lost += 1;
        let passes = matches!(
            error.raw_os_error(),
            Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM | libc::EINTR | libc::EAGAIN)
        );
        if passes {
            return;
        }
        turn_off();
        self.end_with("ended", |line| {
            line.error(&Error::new(Operation::Trace, Kind::from_io(error)))
        });
        self.close();
    }

    /// Adds the last record, for which there is room in the window.
    fn end_with(&mut self, event: &'static str, fields: impl FnOnce(&mut Line)) {
        let Some(log) = &mut self.log else { return };
        let mut line = Line::begin();
        line.number("time", clock::monotonic_ns());
        line.number("thread", process::thread_number());
        line.text("event", event);
        fields(&mut line);
        if let Some(text) = line.end() {
            let _ = log.append(text, 0);
        }
    }

    pub(super) fn close(&mut self) {
        if let Some(log) = self.log.take() {
            log.finish();
        }
        *self = Self::CLOSED;
    }
}
