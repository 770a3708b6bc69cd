//! The type that the module exports.

use super::NativeSocket;
use crate::raw::fastcall;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyType;

/// The type, with its fast methods, and with its `__del__` as its own finalizer, not only that of subclasses. PyO3
/// makes no finalizer, and a `__del__` written in Python costs five times as much per object as this native one.
pub fn class(py: Python<'_>) -> PyResult<Bound<'_, PyType>> {
    let class = py.get_type::<NativeSocket>();
    let name = intern!(py, "__del__");
    class.setattr(name, class.getattr(name)?)?;
    fastcall::install::<NativeSocket>(&class)?;
    Ok(class)
}
