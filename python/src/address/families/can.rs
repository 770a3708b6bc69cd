//! CAN in its variants: `(interface,)`; ISO-TP `(interface, rx_id, tx_id)`; J1939 `(interface, name, pgn, address)`;
//! `struct sockaddr_can`.

use super::items::{arguments, byte, interface, interface_text, items, long, uint, CAN};
use super::layout::{Reader, Writer};
use polysock::{Address, Protocol};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use pyo3::IntoPyObjectExt;
use std::ffi::CString;

const RAW: i32 = 1;
const BCM: i32 = 2;
const ISOTP: i32 = 6;
const J1939: i32 = 7;

const LENGTH: usize = 24;
const INTERFACE: usize = 4;
const RX_ID: usize = 8;
const TX_ID: usize = 12;
const NAME: usize = 8;
const PGN: usize = 16;
const ADDRESS: usize = 20;
/// `IFNAMSIZ`.
const NAME_SIZE: usize = 16;

pub fn from_python(caller: &str, protocol: Protocol, address: &Bound<'_, PyAny>) -> PyResult<Address> {
    let not_tuple = format!("{caller}(): AF_CAN address must be tuple");
    match protocol.0 {
        RAW | BCM => {
            let malformed = "AF_CAN address must be a tuple (interface, )";
            let tuple = items(address, &not_tuple, 1..=1, malformed)?;
            start(tuple)?.finish()
        }
        ISOTP => {
            let tuple = arguments(address, &not_tuple, 3, "function")?;
            start(tuple)?
                .put(RX_ID, long::<u32>(tuple, 1)?.to_ne_bytes())
                .put(TX_ID, long::<u32>(tuple, 2)?.to_ne_bytes())
                .finish()
        }
        J1939 => {
            let tuple = arguments(address, &not_tuple, 4, "function")?;
            let (name, pgn, at) = (long::<u64>(tuple, 1)?, uint(tuple, 2)?, byte(tuple, 3)?);
            start(tuple)?
                .put(NAME, name.to_ne_bytes())
                .put(PGN, pgn.to_ne_bytes())
                .put(ADDRESS, [at])
                .finish()
        }
        _ => Err(PyOSError::new_err(format!(
            "{caller}(): unsupported CAN protocol"
        ))),
    }
}

pub fn to_python<'py>(
    py: Python<'py>,
    protocol: Protocol,
    address: &Reader<'_>,
) -> PyResult<Bound<'py, PyAny>> {
    let interface = interface_text(py, address.u32(INTERFACE))?;
    match protocol.0 {
        ISOTP => (interface, address.u32(RX_ID), address.u32(TX_ID)).into_bound_py_any(py),
        J1939 => {
            let (name, pgn, at) = (address.u64(NAME), address.u32(PGN), address.u8(ADDRESS));
            (interface, name, pgn, at).into_bound_py_any(py)
        }
        _ => (interface,).into_bound_py_any(py),
    }
}

fn start(tuple: &Bound<'_, PyTuple>) -> PyResult<Writer> {
    let py = tuple.py();
    let name: Bound<'_, PyBytes> = py
        .import("os")?
        .call_method1("fsencode", (tuple.get_item(0)?,))?
        .extract()?;
    let name = name.as_bytes();
    let index = match name.len() {
        0 => 0,
        1..NAME_SIZE => {
            let name = CString::new(name).map_err(|_| PyValueError::new_err("embedded null byte"))?;
            interface(py, &name)?
        }
        _ => return Err(PyOSError::new_err("AF_CAN interface name too long")),
    };
    Ok(Writer::new(CAN, LENGTH).put(INTERFACE, index.to_ne_bytes()))
}
