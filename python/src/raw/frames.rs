//! Where in a Python program a call comes from.

use super::threads::symbol;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;
use std::mem::transmute;
use std::sync::OnceLock;

/// How many frames of this package a call may come through.
const MOST_FRAMES: usize = 16;

type Unchecked = unsafe extern "C" fn() -> *mut ffi::PyThreadState;

/// Calls `found` with the file and line of the innermost frame that does not belong to this package, if this thread is
/// attached to the interpreter and runs Python code.
pub fn find_place(found: &mut dyn FnMut(&str, u32)) {
    attached(|py| look(py, found));
}

/// Does something if this thread is attached to the interpreter.
pub fn attached(then: impl FnOnce(Python<'_>)) {
    if is_attached() {
        // SAFETY: this thread is attached.
        then(unsafe { Python::assume_attached() });
    }
}

/// The same for a thread that is known to be attached.
pub fn look(py: Python<'_>, found: &mut dyn FnMut(&str, u32)) {
    // SAFETY: we are attached; the result is null or the frame that is running, borrowed.
    let frame = unsafe { Bound::from_borrowed_ptr_or_opt(py, ffi::PyEval_GetFrame().cast()) };
    let mut next = frame;
    for _ in 0..MOST_FRAMES {
        let Some(frame) = next.take() else { return };
        let Some((file, line)) = place_of(&frame) else {
            return;
        };
        let Ok(name) = file.to_str() else { return };
        if !is_of_this_package(py, name) {
            found(name, line);
            return;
        }
        next = frame.getattr("f_back").ok().filter(|outer| !outer.is_none());
    }
}

fn place_of<'py>(frame: &Bound<'py, PyAny>) -> Option<(Bound<'py, PyString>, u32)> {
    // SAFETY: it is a frame.
    let line = unsafe { ffi::PyFrame_GetLineNumber(frame.as_ptr().cast()) };
    // SAFETY: it is a frame; the result is a new reference to its code, never null.
    let code =
        unsafe { Bound::from_owned_ptr(frame.py(), ffi::PyFrame_GetCode(frame.as_ptr().cast()).cast()) };
    let file = code.getattr("co_filename").ok()?.cast_into().ok()?;
    Some((file, u32::try_from(line).unwrap_or(0)))
}

fn is_of_this_package(py: Python<'_>, file: &str) -> bool {
    // Not OnceLock: a thread that waits for another one to look it up must not stay attached, since that runs Python code.
    static FOLDER: PyOnceLock<Option<String>> = PyOnceLock::new();
    let folder = FOLDER.get_or_init(py, || {
        let package = py
            .import("polysock")
            .and_then(|package| package.getattr("__file__"))
            .ok()?;
        let package = package.extract::<String>().ok()?;
        package
            .rfind('/')
            .and_then(|end| package.get(..=end))
            .map(str::to_owned)
    });
    folder.as_deref().is_some_and(|folder| file.starts_with(folder))
}

/// Whether this thread is attached to the interpreter. The function that says which thread is (exported by every CPython,
/// but not part of its stable ABI before 3.13) looks at the whole process before 3.12: then it may be another one.
fn is_attached() -> bool {
    static ATTACHED: OnceLock<Option<Unchecked>> = OnceLock::new();
    let attached = ATTACHED.get_or_init(|| {
        let names = [c"PyThreadState_GetUnchecked", c"_PyThreadState_UncheckedGet"];
        let address = names.into_iter().map(symbol).find(|address| !address.is_null())?;
        // SAFETY: CPython's functions of these names have this signature.
        Some(unsafe { transmute::<*mut libc::c_void, Unchecked>(address) })
    });
    let Some(attached) = attached else {
        return false;
    };
    // SAFETY: both may be called by any thread while there is an interpreter, attached or not.
    let (attached, own) = unsafe { (attached(), ffi::PyGILState_GetThisThreadState()) };
    !attached.is_null() && attached == own
}
