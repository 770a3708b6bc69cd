//! Audit events (`sys.audit`), under the names CPython's own module uses.

use crate::raw::audit;
use crate::socket::NativeSocket;
use pyo3::call::PyCallArgs;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::ffi::CStr;

/// Tells the audit hooks: `event` is the name and its arguments. An exception of a hook ends the call. Without a hook
/// `sys.audit` returns at once.
pub fn tell<'py>(py: Python<'py>, event: impl PyCallArgs<'py>) -> PyResult<()> {
    static AUDIT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    AUDIT.import(py, "sys", "audit")?.call1(event).map(drop)
}

/// Tells of a socket and an address.
pub fn tell_address(
    event: &'static CStr,
    socket: &Bound<'_, NativeSocket>,
    address: &Bound<'_, PyAny>,
) -> PyResult<()> {
    audit::two_objects(event, socket.as_any(), address)
        .unwrap_or_else(|| tell(socket.py(), (event.to_string_lossy(), socket, address)))
}

/// Tells of a socket that is made, with the family, type and protocol that were asked for.
pub fn tell_new(socket: &Bound<'_, NativeSocket>, [family, kind, proto]: [i32; 3]) -> PyResult<()> {
    let event = c"socket.__new__";
    audit::object_and_numbers(event, socket.as_any(), [family, kind, proto]).unwrap_or_else(|| {
        tell(
            socket.py(),
            (event.to_string_lossy(), socket, family, kind, proto),
        )
    })
}
