//! The place in the program that a call comes from, and the thread's name, for a trace.

use crate::raw::frames;
use pyo3::prelude::*;

/// Introduces this language to the core's traces.
pub fn introduce() {
    polysock::set_trace_language("python");
    polysock::set_trace_places(frames::find_place);
    polysock::set_trace_names(|found| frames::attached(|py| drop(find_name(py, found))));
}

/// Passes on the name of this thread's `threading.Thread`, without running code of the program.
fn find_name(py: Python<'_>, found: &mut dyn FnMut(&str)) -> PyResult<()> {
    let modules = py.import("sys")?.getattr("modules")?;
    let threading = modules.get_item("threading")?;
    let number = threading.getattr("get_ident")?.call0()?;
    let name = threading.getattr("_active")?.get_item(number)?.getattr("_name")?;
    found(name.extract::<&str>()?);
    Ok(())
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
    polysock::record_trace_name(); // while this thread is attached
    let mut place = None;
    frames::look(py, &mut |file, line| place = Some((file.to_owned(), line)));
    match place {
        Some((file, line)) => polysock::with_trace_place(&file, line, call),
        None => call(),
    }
}
