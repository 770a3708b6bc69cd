//! The calls that a thread is inside of: usually one, more when a signal handler makes calls.

use super::line::Line;
use super::settings::trace_number;
use super::sink;
use crate::sys::clock;
use crate::sys::kernel::thread_name;
use crate::sys::local::PerThread;
use crate::sys::process;
use crate::sys::published::Published;
use std::cell::{Cell, RefCell};
use std::time::Duration;

/// A call that waits longer than this is recorded while it waits, too, so that blocked calls are seen.
const LONG_WAIT_NS: u64 = 100_000_000;

/// The longest name of a thread that is recorded, in characters.
const LONGEST_NAME: usize = 100;

static THREAD: PerThread<Thread> = PerThread::new();

#[derive(Default)]
struct Thread {
    calls: RefCell<Vec<OpenCall>>,
    /// The place in the program that makes the calls, while it is kept.
    place: RefCell<Option<(Box<str>, u32)>>,
    /// The trace in which its name was recorded.
    named_in: Cell<u64>,
}

/// Registers what threads have here before the program does: the C library has room for a few such values, and takes memory from
/// malloc(3) for more.
pub(super) fn prepare() {
    THREAD.with(|_| {});
}

/// A call that has begun.
pub(super) struct OpenCall {
    pub(super) name: &'static str,
    pub(super) began: u64,
    /// What is known at the beginning.
    pub(super) line: Line,
    pub(super) waited: u64,
    pub(super) waits: usize,
    pub(super) signals: usize,
    /// It was recorded while it waited.
    noted: bool,
}

impl OpenCall {
    /// Records that the call waits.
    fn note(&mut self) {
        self.noted = true;
        let mut line = self.line.copy();
        line.yes("begun");
        write(&mut line);
    }
}

/// Begins the record of a call or an event of this thread.
pub(super) fn begin_line(kind: &'static str, name: &'static str) -> (Line, u64) {
    sink::lock().make_ready();
    let now = clock::monotonic_ns();
    (line_at(now, kind, name), now)
}

/// The same of something that began earlier.
pub(super) fn line_at(time: u64, kind: &'static str, name: &'static str) -> Line {
    let mut line = Line::begin();
    line.number("time", time);
    line.number("thread", process::thread_number());
    line.text(kind, name);
    line
}

/// Finds the place in the program that makes this thread's call, and passes its file and line on.
type FindPlace = fn(&mut dyn FnMut(&str, u32));

static FIND_PLACE: Published<FindPlace> = Published::nothing();

/// Adds the place in the program that makes the call, if its language knows. Called where the call begins, outside
/// [`Caller::block`](crate::Caller::block).
pub(super) fn add_place(line: &mut Line) {
    let kept = THREAD.with(|thread| match thread.place.try_borrow().as_deref() {
        Ok(Some((file, number))) => {
            line.text("at", format_args!("{file}:{number}"));
            true
        }
        Ok(None) | Err(_) => false,
    });
    if let (Some(find), None | Some(false)) = (FIND_PLACE.get(), kept) {
        find(&mut |file, number| line.text("at", format_args!("{file}:{number}")));
    }
}

/// Whether the language finds the places itself.
pub(super) fn finds_places() -> bool {
    FIND_PLACE.get().is_some()
}

/// Finds the name that a program has given this thread, and passes it on.
type FindName = fn(&mut dyn FnMut(&str));

static FIND_NAME: Published<FindName> = Published::nothing();

/// Records the name of this thread, once in each trace; later if it can't be found now. For bindings that know it only where
/// no call is recorded.
#[doc(hidden)]
pub fn record_trace_name() {
    let trace = trace_number();
    let begun = THREAD.with(|thread| thread.named_in.get() == trace);
    if begun != Some(false) {
        return;
    }
    let record = |name: &str| {
        THREAD.with(|thread| thread.named_in.set(trace));
        let (mut line, _) = begin_line("event", "thread");
        line.text("name", shortened(name));
        write(&mut line);
    };
    match FIND_NAME.get() {
        Some(find) => find(&mut { record }),
        None => thread_name(record),
    }
}

fn shortened(name: &str) -> &str {
    let end = name
        .char_indices()
        .nth(LONGEST_NAME)
        .map_or(name.len(), |(end, _)| end);
    name.get(..end).unwrap_or(name)
}

/// How the language that this library is called from finds the name of a thread, if not by asking the system. For bindings.
#[doc(hidden)]
pub fn set_trace_names(find: FindName) {
    FIND_NAME.publish(find);
}

/// How the language that this library is called from finds the place of a call. For bindings.
#[doc(hidden)]
pub fn set_trace_places(find: FindPlace) {
    FIND_PLACE.publish(find);
}

/// Makes calls from a place in the program that can't be found while they are made. For bindings.
#[doc(hidden)]
pub fn with_trace_place<T>(file: &str, line: u32, call: impl FnOnce() -> T) -> T {
    let keep = |place: Option<(Box<str>, u32)>| {
        THREAD.with(|thread| {
            if let Ok(mut kept) = thread.place.try_borrow_mut() {
                *kept = place;
            }
        });
    };
    keep(Some((file.into(), line)));
    let result = call();
    keep(None);
    result
}

pub(super) fn write(line: &mut Line) {
    if let Some(text) = line.end() {
        sink::lock().append(text);
    }
}

/// How many calls a thread can be inside of. Beyond that the oldest were left by longjmp(3), and never end.
const MOST_OPEN: usize = 16;

/// Notes that a call begins.
pub(super) fn push(name: &'static str, began: u64, line: Line) {
    THREAD.with(|thread| {
        if let Ok(mut calls) = thread.calls.try_borrow_mut() {
            if calls.len() >= MOST_OPEN {
                calls.remove(0);
            }
            calls.push(OpenCall {
                name,
                began,
                line,
                waited: 0,
                waits: 0,
                signals: 0,
                noted: false,
            });
        }
    });
}

/// The call that ends; `None` if its beginning was not recorded.
pub(super) fn pop(name: &str) -> Option<OpenCall> {
    THREAD.with(|thread| {
        let mut calls = thread.calls.try_borrow_mut().ok()?;
        let at = calls.iter().rposition(|call| call.name == name)?;
        calls.truncate(at + 1);
        calls.pop()
    })?
}

/// Records that the call that began last is about to wait.
pub(super) fn note_wait() {
    THREAD.with(|thread| {
        if let Some(call) = thread.calls.try_borrow_mut().ok()?.last_mut() {
            call.note();
        }
        Some(())
    });
}

/// A sleep of a call.
pub(crate) struct Sleep(Option<u64>);

impl Sleep {
    /// Begins to sleep for the time given, or shorter if the call must be noted before.
    #[inline]
    pub(crate) fn begin(left: Option<Duration>) -> (Self, Option<Duration>) {
        if super::is_on() {
            Self::begin_recorded(left)
        } else {
            (Self(None), left)
        }
    }

    #[cold]
    fn begin_recorded(left: Option<Duration>) -> (Self, Option<Duration>) {
        let now = clock::monotonic_ns();
        let limit = THREAD.with(|thread| {
            let mut calls = thread.calls.try_borrow_mut().ok()?;
            let call = calls.last_mut().filter(|call| !call.noted)?;
            let so_far = now.saturating_sub(call.began);
            if so_far < LONG_WAIT_NS {
                return Some(Duration::from_nanos(LONG_WAIT_NS - so_far));
            }
            call.note();
            None
        });
        let shortened = match (left, limit.flatten()) {
            (Some(left), Some(limit)) => Some(left.min(limit)),
            (left, limit) => left.or(limit),
        };
        (Self(Some(now)), shortened)
    }

    /// Ends it; `interrupted` says whether by a signal.
    #[inline]
    pub(crate) fn end(self, interrupted: bool) {
        if let Some(began) = self.0 {
            Self::end_recorded(began, interrupted);
        }
    }

    #[cold]
    fn end_recorded(began: u64, interrupted: bool) {
        add_sleep(clock::monotonic_ns().saturating_sub(began), interrupted);
    }
}

/// Adds a sleep to the call that began last.
pub(super) fn add_sleep(slept: u64, interrupted: bool) {
    THREAD.with(|thread| {
        let Ok(mut calls) = thread.calls.try_borrow_mut() else {
            return;
        };
        if let Some(call) = calls.last_mut() {
            call.waited += slept;
            call.waits += 1;
            call.signals += usize::from(interrupted);
        }
    });
}
