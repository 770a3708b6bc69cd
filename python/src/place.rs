//! The place in the program that a call comes from, for its record in a trace.

use crate::raw::frames;
use pyo3::prelude::*;

/// Introduces this language to the core's traces.
pub fn introduce() {
    polysock::set_trace_language("python");
    polysock::set_trace_places(frames::find_place);
}

/// Makes a call that gives up the interpreter lock; the record of the call has the place that it comes from.
#[inline]
pub fn from_here<T>(py: Python<'_>, call: impl FnOnce() -> T) -> T {
    if polysock::is_tracing() {
        keep_place(py, call)
    } else {
        call()
    }
}

#[cold]
fn keep_place<T>(py: Python<'_>, call: impl FnOnce() -> T) -> T {
    let mut place = None;
    frames::look(py, &mut |file, line| place = Some((file.to_owned(), line)));
    match place {
        Some((file, line)) => polysock::with_trace_place(&file, line, call),
        None => call(),
    }
}
