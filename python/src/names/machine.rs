//! This machine: its name and its network interfaces.

use crate::address::decode;
use crate::arguments::{path, since, since_patch, sized, unsigned, Argument, Object};
use crate::core_call::CoreCall;
use crate::{audit, errors};
use pyo3::exceptions::{PyOSError, PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyInt;
use std::ffi::CString;

/// The name of this machine.
#[pyfunction]
pub fn gethostname(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    audit::report(py, ("socket.gethostname",))?;
    let name = CoreCall::new(py).run_detached(polysock::host_name)?;
    decode(py, name.to_bytes())
}

/// Sets the name of this machine.
#[pyfunction]
#[pyo3(signature = (name = Argument::Missing, /), text_signature = "(name, /)")]
pub fn sethostname<'py>(py: Python<'py>, name: Argument<Object<'py>>) -> PyResult<()> {
    let name = name.or("sethostname() takes exactly 1 argument (0 given)")?;
    let bytes = path(&name.0)?;
    audit::report(py, ("socket.sethostname", &bytes))?;
    let name = bytes.as_bytes();
    CoreCall::new(py).run_detached(|| polysock::set_host_name(name))
}

/// The numbers and names of all network interfaces.
#[pyfunction]
pub fn if_nameindex(py: Python<'_>) -> PyResult<Vec<(u32, Bound<'_, PyAny>)>> {
    let found = CoreCall::new(py).run_detached(polysock::interfaces)?;
    let named = found
        .iter()
        .map(|(index, name)| Ok((*index, decode(py, name.to_bytes())?)));
    named.collect()
}

/// The number of the network interface of this name.
#[pyfunction]
#[pyo3(signature = (oname, /))]
pub fn if_nametoindex(py: Python<'_>, oname: &Bound<'_, PyAny>) -> PyResult<u32> {
    let name = path(oname)?;
    let name = CString::new(name.as_bytes()).unwrap_or_default();
    polysock::interface_index(&name).ok_or_else(|| {
        // From 3.13.10 and 3.14.1 on.
        if since_patch(py, 14, 1) || (since_patch(py, 13, 10) && !since(py, 14)) {
            errors::os_error(py, libc::ENODEV)
        } else {
            PyOSError::new_err("no interface with this name")
        }
    })
}

/// The name of the network interface of this number.
#[pyfunction]
#[pyo3(signature = (index, /), text_signature = "(object, /)")]
pub fn if_indextoname<'py>(py: Python<'py>, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let name = errors::raise(py, polysock::interface_name(interface_number(py, index)?))?;
    decode(py, name.to_bytes())
}

fn interface_number(py: Python<'_>, index: &Bound<'_, PyAny>) -> PyResult<u32> {
    if since(py, 14) {
        return sized(index, "unsigned int");
    }
    if !index.is_instance_of::<PyInt>() {
        return Err(PyTypeError::new_err("an integer is required"));
    }
    // No interface has a larger number; from CPython 3.13 on such a number raises a different error.
    u32::try_from(unsigned(index)?).map_err(|_| {
        if since(py, 13) {
            PyOverflowError::new_err("index is too large")
        } else {
            errors::os_error(py, libc::ENXIO)
        }
    })
}
