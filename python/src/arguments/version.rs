//! Which CPython this is: texts and rules change from release to release.

use pyo3::prelude::*;
use std::sync::OnceLock;

/// Whether the interpreter is CPython 3.`minor` or later. Asking costs as much as a small call, so it is asked only once.
pub fn since(py: Python<'_>, minor: u8) -> bool {
    since_patch(py, minor, 0)
}

/// Whether the interpreter is CPython 3.`minor`.`patch` or later.
pub fn since_patch(py: Python<'_>, minor: u8, patch: u8) -> bool {
    static VERSION: OnceLock<(u8, u8)> = OnceLock::new();
    let version = VERSION.get_or_init(|| {
        let version = py.version_info();
        (version.minor, version.patch)
    });
    *version >= (minor, patch)
}
