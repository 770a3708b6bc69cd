//! The switch for calls that are tried before the interpreter lock is given up.

use crate::lock::caller as gil;
use pyo3::prelude::*;

/// Sets whether small transfers are tried before the interpreter lock is given up, of all sockets that were not told
/// themselves by set_try_first(). They are unless this says otherwise.
#[pyfunction]
#[pyo3(signature = (on, /))]
pub fn set_try_first(on: bool) {
    gil::set_tries(on);
}

/// What set_try_first() set.
#[pyfunction]
pub fn get_try_first() -> bool {
    gil::tries()
}

/// How many calls this thread made while there were other threads: with the interpreter lock held, and without it.
#[pyfunction]
pub fn try_counts() -> (u64, u64) {
    gil::counts()
}
