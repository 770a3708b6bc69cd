//! Unix paths and abstract names.

use crate::errors;
use crate::raw::buffer::Readable;
use polysock::Address;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::mem::{offset_of, size_of};

/// How many bytes `sun_path` holds.
const PATH_SIZE: usize = size_of::<libc::sockaddr_un>() - offset_of!(libc::sockaddr_un, sun_path);

/// The address of a path, or of the bytes of an abstract name.
pub fn from_python(object: &Bound<'_, PyAny>) -> PyResult<Address> {
    let encoded = match object.cast::<PyString>() {
        Ok(_) => object.py().import("os")?.call_method1("fsencode", (object,))?,
        Err(_) => object.clone(),
    };
    let name = Readable::of(&encoded)?.to_vec()?;
    let too_long = || {
        let length = name.len();
        let hint =
            format!("the path has {length} bytes, and the limit is 107: a relative path may be shorter");
        errors::add_hint(object.py(), PyOSError::new_err("AF_UNIX path too long"), &hint)
    };
    let is_path = name.first().is_some_and(|&first| first != 0);
    if !is_path {
        return Address::unix(&name).map_err(|_| too_long());
    }
    // CPython needs space for the NUL that ends the path; the kernel reads up to the first NUL.
    if name.len() >= PATH_SIZE {
        return Err(too_long());
    }
    let path = name.split(|&byte| byte == 0).next().unwrap_or_default();
    Address::unix(path).map_err(|_| too_long())
}
