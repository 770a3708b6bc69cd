//! The attributes that exceptions carry: how far a transfer got.

use crate::raw::bytes;
use polysock::{Error, Operation};
use pyo3::prelude::*;

/// Whether an operation continues until everything has moved, so that programs look for `done` on each of its exceptions.
pub const fn moves_everything(operation: Operation) -> bool {
    moves_bytes(operation) || matches!(operation, Operation::SendFrame)
}

/// The same for those whose `done` counts bytes: a note says so even when there are none.
pub const fn moves_bytes(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::SendAll | Operation::RecvExact | Operation::SendFile
    )
}

/// Sets an attribute of an exception. Our exceptions accept any attribute; it is missing if memory ran out.
pub fn set<'py>(py: Python<'py>, raised: &PyErr, name: &str, value: impl IntoPyObject<'py>) {
    let _ = raised.value(py).setattr(name, value);
}

/// Sets `done`: how many bytes, whole messages or datagrams a transfer had moved when the exception was raised.
pub fn set_done(py: Python<'_>, raised: &PyErr, error: &Error) {
    let moves_once = matches!(
        error.operation(),
        Operation::Send
            | Operation::SendTo
            | Operation::SendMsg
            | Operation::SendBatch
            | Operation::SendSegments
            | Operation::Recv
            | Operation::RecvFrom
            | Operation::RecvMsg
    );
    if moves_once || moves_everything(error.operation()) {
        set(py, raised, "done", error.done());
    }
}

/// Sets `partial`: the bytes that had arrived when the exception was raised, if there is memory for them.
pub fn set_partial(py: Python<'_>, raised: &PyErr, received: &[u8]) {
    if let Ok(partial) = bytes::copy(py, received) {
        set(py, raised, "partial", partial);
    }
}
