//! The tables of services and protocols.

use crate::address::decode;
use crate::arguments::{text, Argument, CInt, Object};
use crate::{audit, lock};
use pyo3::exceptions::{PyOSError, PyOverflowError};
use pyo3::prelude::*;
use std::ffi::CString;

/// The port of a service.
#[pyfunction]
#[pyo3(signature = (servicename, protocolname = Argument::Missing, /))]
pub fn getservbyname<'py>(
    py: Python<'py>,
    servicename: &Bound<'py, PyAny>,
    protocolname: Argument<Object<'py>>,
) -> PyResult<u16> {
    let name = text(servicename, "getservbyname() argument 1 must be str")?;
    let (protocolname, protocol) = protocol(protocolname, "getservbyname() argument 2 must be str")?;
    audit::report(py, ("socket.getservbyname", servicename, protocolname))?;
    lock::detach(py, || polysock::service_port(&name, protocol.as_deref()))
        .ok_or_else(|| PyOSError::new_err("service/proto not found"))
}

/// The name of the service at a port.
#[pyfunction]
#[pyo3(signature = (port, protocolname = Argument::Missing, /))]
pub fn getservbyport<'py>(
    py: Python<'py>,
    port: CInt,
    protocolname: Argument<Object<'py>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (protocolname, protocol) = protocol(protocolname, "getservbyport() argument 2 must be str")?;
    let number = u16::try_from(port.0)
        .map_err(|_| PyOverflowError::new_err("getservbyport: port must be 0-65535."))?;
    audit::report(py, ("socket.getservbyport", number, protocolname))?;
    let found = lock::detach(py, || polysock::service_name(number, protocol.as_deref()));
    let name = found.ok_or_else(|| PyOSError::new_err("port/proto not found"))?;
    decode(py, name.to_bytes())
}

/// The name of a protocol as it was given, and as C reads it.
fn protocol<'py>(
    argument: Argument<Object<'py>>,
    wanted: &str,
) -> PyResult<(Option<Bound<'py, PyAny>>, Option<CString>)> {
    match argument {
        Argument::Given(Object(name)) => {
            let protocol = text(&name, wanted)?;
            Ok((Some(name), Some(protocol)))
        }
        Argument::Missing => Ok((None, None)),
    }
}

/// The number of a protocol.
#[pyfunction]
#[pyo3(signature = (name, /))]
pub fn getprotobyname(py: Python<'_>, name: &Bound<'_, PyAny>) -> PyResult<i32> {
    let name = text(name, "getprotobyname() argument 1 must be str")?;
    lock::detach(py, || polysock::protocol_by_name(&name))
        .map(|protocol| protocol.0)
        .ok_or_else(|| PyOSError::new_err("protocol not found"))
}
