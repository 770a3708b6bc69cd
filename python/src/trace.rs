//! Turning traces on and off.

use crate::core_call::CoreCall;
use polysock::TraceData;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::path::PathBuf;

/// Records every call of this process in a file in the folder: see `polysock.trace`.
#[pyfunction]
pub fn start_trace(py: Python<'_>, folder: PathBuf, data: &str) -> PyResult<()> {
    let data = TraceData::parse(data)
        .ok_or_else(|| PyValueError::new_err("data must be 'none', 'all' or a number of bytes"))?;
    CoreCall::new(py).run_attached(|| polysock::start_trace(folder, data))
}

/// Stops recording.
#[pyfunction]
pub fn stop_trace() {
    polysock::stop_trace();
}

/// Whether calls are being recorded.
#[pyfunction]
pub fn is_tracing() -> bool {
    polysock::is_tracing()
}
