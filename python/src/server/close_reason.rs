//! Why a connection has ended, as `polysock.CloseReason`.

use polysock::{CloseReason, Error};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// The member of the enum.
pub fn member<'py>(py: Python<'py>, reason: &CloseReason) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS
        .import(py, "polysock._close_reason", "CloseReason")?
        .getattr(name(reason))
}

fn name(reason: &CloseReason) -> &'static str {
    match reason {
        CloseReason::PeerFinished => "PEER_FINISHED",
        CloseReason::ByProgram => "BY_PROGRAM",
        CloseReason::Failed(_) => "FAILED",
        CloseReason::IdleTimeout => "IDLE_TIMEOUT",
        CloseReason::HandlerTimeout => "HANDLER_TIMEOUT",
        CloseReason::HandlerFailed => "HANDLER_FAILED",
        CloseReason::BadMessage(_) => "BAD_MESSAGE",
        CloseReason::Stopped => "STOPPED",
        _ => "FAILED", // the enum is non-exhaustive
    }
}

/// The failure behind it.
pub const fn failure(reason: &CloseReason) -> Option<&Error> {
    if let CloseReason::Failed(error) | CloseReason::BadMessage(error) = reason {
        Some(error)
    } else {
        None
    }
}
