//! The finalizer, which warns about a socket that was not closed.

use super::NativeSocket;
use crate::raw::finalizer;
use pyo3::prelude::*;

/// Warns if the socket was not closed, and closes it after the warning, whose text shows the descriptor.
pub fn finalize(socket: &Bound<'_, NativeSocket>) {
    if socket.get().is_forgotten() {
        finalizer::keep_exception(|| {
            finalizer::warn_unclosed(socket.as_any());
            socket.get().close_forgotten(socket.py());
        });
    }
}
