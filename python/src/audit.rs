//! Audit events (`sys.audit`), under the names CPython's own module uses.

use pyo3::call::PyCallArgs;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// Tells the audit hooks: `event` is the name and its arguments. An exception of a hook ends the call. Without a hook
/// `sys.audit` returns at once.
pub fn tell<'py>(py: Python<'py>, event: impl PyCallArgs<'py>) -> PyResult<()> {
    static AUDIT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    AUDIT.import(py, "sys", "audit")?.call1(event).map(drop)
}
