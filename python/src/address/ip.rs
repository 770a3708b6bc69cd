//! IPv4 `(host, port)` and IPv6 `(host, port[, flowinfo[, scope_id]])`.

use super::host::{host_name, look_up};
use crate::arguments::{field, wrong_type, CInt};
use polysock::{Address, Family};
use pyo3::exceptions::{PyOSError, PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV6};

/// The largest flow label.
pub const MAX_FLOW: u32 = 0xf_ffff;

pub fn v4(caller: &str, object: &Bound<'_, PyAny>) -> PyResult<Address> {
    let tuple = tuple(caller, "AF_INET", object)?;
    let (2, Ok(host), Ok(port)) = (tuple.len(), tuple.get_item(0), tuple.get_item(1)) else {
        return Err(PyTypeError::new_err(
            "AF_INET address must be a pair (host, port)",
        ));
    };
    let host = match numeric(&host) {
        Some(ip) => Ok(ip),
        None => Err(host_name(&host, false)?),
    };
    let port = c_port(caller, &port)?;
    let address = match host {
        Ok(ip) => (ip.into(), 0).into(),
        Err(name) => look_up(object.py(), &name, Family::IPV4)?,
    };
    Ok(address.with_port(port.try_into().map_err(|_| port_range(caller))?))
}

/// The address that the text spells out, as in most programs: nothing is encoded and nothing is looked up.
fn numeric(host: &Bound<'_, PyAny>) -> Option<Ipv4Addr> {
    host.cast::<PyString>().ok()?.to_str().ok()?.parse().ok()
}

pub fn v6(caller: &str, object: &Bound<'_, PyAny>) -> PyResult<Address> {
    let tuple = tuple(caller, "AF_INET6", object)?;
    if !(2..=4).contains(&tuple.len()) {
        return Err(PyTypeError::new_err(
            "AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])",
        ));
    }
    let number = |at: usize| -> PyResult<Option<u32>> {
        let item = tuple.get_item(at).ok();
        item.map(|item| field(&item, "unsigned int")).transpose()
    };
    let host = host_name(&tuple.get_item(0)?, false)?;
    let port = c_port(caller, &tuple.get_item(1)?)?;
    let (flow, scope) = (number(2)?.unwrap_or(0), number(3)?);
    let address = look_up(object.py(), &host, Family::IPV6)?;
    let port = port.try_into().map_err(|_| port_range(caller))?;
    if flow > MAX_FLOW {
        let text = format!("{caller}(): flowinfo must be 0-1048575.");
        return Err(PyOverflowError::new_err(text));
    }
    match address.as_socket_addr() {
        Some(SocketAddr::V6(found)) => {
            let scope = scope.unwrap_or(found.scope_id());
            Ok(SocketAddrV6::new(*found.ip(), port, flow, scope).into())
        }
        _ => Err(PyOSError::new_err("unknown address family")),
    }
}

fn tuple<'a, 'py>(
    caller: &str,
    family: &str,
    object: &'a Bound<'py, PyAny>,
) -> PyResult<&'a Bound<'py, PyTuple>> {
    object
        .cast::<PyTuple>()
        .map_err(|_| wrong_type(&format!("{caller}(): {family} address must be tuple"), object))
}

/// A port as C reads it; it is checked against its range after the look-up, as CPython does.
fn c_port(caller: &str, object: &Bound<'_, PyAny>) -> PyResult<i32> {
    match object.extract::<CInt>() {
        Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => Err(port_range(caller)),
        result => result.map(|port| port.0),
    }
}

fn port_range(caller: &str) -> PyErr {
    PyOverflowError::new_err(format!("{caller}(): port must be 0-65535."))
}
