//! Which CPython this is: texts and rules change from release to release.

use pyo3::prelude::*;
use std::sync::OnceLock;

/// Whether the interpreter is CPython 3.`minor` or later. Asking costs as much as a small call, so it is asked only once.
pub fn since(py: Python<'_>, minor: u8) -> bool {
    static MINOR: OnceLock<u8> = OnceLock::new();
    *MINOR.get_or_init(|| py.version_info().minor) >= minor
}
