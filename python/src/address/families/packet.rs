//! PACKET: `(interface, protocol[, packet type[, hardware type[, address]]])`, `struct sockaddr_ll`.

use super::items::{byte, int, interface, interface_text, items, name, short, PACKET};
use super::layout::{Reader, Writer};
use crate::raw::buffer::Readable;
use polysock::Address;
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3::IntoPyObjectExt;
use std::ffi::CString;

const LENGTH: usize = 20;
const PROTOCOL: usize = 2;
const INTERFACE: usize = 4;
const HARDWARE_TYPE: usize = 8;
const PACKET_TYPE: usize = 10;
const ADDRESS_LENGTH: usize = 11;
const ADDRESS: usize = 12;
const ADDRESS_ROOM: usize = 8;
/// The length to which an interface's name is cut (`IFNAMSIZ` without its NUL).
const NAME_SIZE: usize = 15;

pub fn from_python(caller: &str, address: &Bound<'_, PyAny>) -> PyResult<Address> {
    let py = address.py();
    let not_tuple = format!("{caller}(): AF_PACKET address must be tuple");
    let malformed = "AF_PACKET address must be a tuple of two to five elements";
    let tuple = items(address, &not_tuple, 2..=5, malformed)?;
    let out_of_range = |error: PyErr| {
        if error.is_instance_of::<PyOverflowError>(py) {
            PyOverflowError::new_err(format!("{caller}(): address argument out of range"))
        } else {
            error
        }
    };
    let given = |at: usize| tuple.len() > at;
    let mut name = name(tuple, 0, malformed)?;
    name.truncate(NAME_SIZE);
    let protocol = int(tuple, 1).map_err(out_of_range)?;
    let packet_type = if given(2) {
        byte(tuple, 2).map_err(out_of_range)?
    } else {
        0
    };
    let hardware_type = if given(3) {
        short(tuple, 3).map_err(out_of_range)?
    } else {
        0
    };
    let hardware = match tuple.get_item(4) {
        Ok(hardware) => Readable::of(&hardware)?.to_vec()?,
        Err(_) => Vec::new(),
    };
    let index = interface(py, &CString::new(name).unwrap_or_default())?;
    if hardware.len() > ADDRESS_ROOM {
        return Err(PyValueError::new_err("Hardware address must be 8 bytes or less"));
    }
    let protocol = u16::try_from(protocol)
        .map_err(|_| PyOverflowError::new_err(format!("{caller}(): proto must be 0-65535.")))?;
    Writer::new(PACKET, LENGTH)
        .put(PROTOCOL, protocol.to_be_bytes())
        .put(INTERFACE, index.to_ne_bytes())
        .put(HARDWARE_TYPE, hardware_type.to_ne_bytes())
        .put(PACKET_TYPE, [packet_type])
        .put(ADDRESS_LENGTH, [u8::try_from(hardware.len()).unwrap_or(0)])
        .put(ADDRESS, hardware)
        .finish()
}

pub fn to_python<'py>(py: Python<'py>, address: &Reader<'_>) -> PyResult<Bound<'py, PyAny>> {
    let length = usize::from(address.u8(ADDRESS_LENGTH));
    let hardware = address.bytes::<ADDRESS_ROOM>(ADDRESS);
    (
        interface_text(py, address.u32(INTERFACE))?,
        u16::from_be_bytes(address.bytes(PROTOCOL)),
        address.u8(PACKET_TYPE),
        address.u16(HARDWARE_TYPE),
        PyBytes::new(py, hardware.get(..length).unwrap_or(&hardware)),
    )
        .into_bound_py_any(py)
}
