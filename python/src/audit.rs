//! Audit events (`sys.audit`), under the names CPython's own module uses.

use crate::raw::audit;
use pyo3::call::PyCallArgs;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::ffi::CStr;

/// Reports an event, its name and its arguments, to the audit hooks. An exception raised by a hook ends the call.
/// Without a hook `sys.audit` returns at once.
pub fn report<'py>(py: Python<'py>, event: impl PyCallArgs<'py>) -> PyResult<()> {
    static AUDIT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    AUDIT.import(py, "sys", "audit")?.call1(event).map(drop)
}

/// Reports an event of a socket and an address.
pub fn report_address(
    event: &'static CStr,
    socket: &Bound<'_, PyAny>,
    address: &Bound<'_, PyAny>,
) -> PyResult<()> {
    audit::two_objects(event, socket, address)
        .unwrap_or_else(|| report(socket.py(), (event.to_string_lossy(), socket, address)))
}

/// Reports that a socket is being made, with the requested family, type and protocol.
pub fn report_new(socket: &Bound<'_, PyAny>, [family, kind, proto]: [i32; 3]) -> PyResult<()> {
    let event = c"socket.__new__";
    audit::object_and_numbers(event, socket, [family, kind, proto]).unwrap_or_else(|| {
        report(
            socket.py(),
            (event.to_string_lossy(), socket, family, kind, proto),
        )
    })
}
