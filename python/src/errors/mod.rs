//! What ends a call, as Python's exceptions.

pub mod exception;
pub mod notes;
