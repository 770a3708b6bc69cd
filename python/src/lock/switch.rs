//! The switch for calls that are tried before the interpreter lock is given up.

use super::{contention, policy};
use pyo3::prelude::*;

/// Sets whether small transfers are tried before the interpreter lock is given up, for all sockets whose own
/// set_try_first() was not called. The default is True. On a free-threaded interpreter there is no such lock to give up, and
/// this has no effect.
#[pyfunction]
#[pyo3(signature = (on, /))]
pub fn set_try_first(on: bool) {
    policy::set_try_first(on);
}

/// What set_try_first() set.
#[pyfunction]
pub fn get_try_first() -> bool {
    policy::try_first()
}

/// How many tries this thread made with the interpreter lock held while there were other threads, and how many times it gave the
/// lock up for a call. One that is tried and then waits counts as both.
#[pyfunction]
pub fn try_counts() -> (u64, u64) {
    contention::counts()
}
