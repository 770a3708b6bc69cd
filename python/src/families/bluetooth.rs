//! Bluetooth: L2CAP `(address, psm)`, RFCOMM `(address, channel)`, HCI `(device,)`, SCO the address as bytes;
//! `struct sockaddr_l2`, `sockaddr_rc`, `sockaddr_hci`, `sockaddr_sco`.

use super::layout::{Reader, Writer};
use super::{int, BLUETOOTH};
use crate::convert::text;
use polysock_core::{Address, Protocol};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use pyo3::IntoPyObjectExt;

const L2CAP: i32 = 0;
const HCI: i32 = 1;
const SCO: i32 = 2;
const RFCOMM: i32 = 3;

pub fn from_python(caller: &str, protocol: Protocol, address: &Bound<'_, PyAny>) -> PyResult<Address> {
    let malformed = || PyOSError::new_err(format!("{caller}(): wrong format"));
    match protocol.0 {
        L2CAP | RFCOMM => {
            let tuple = address.cast::<PyTuple>().map_err(|_| malformed())?;
            if tuple.len() != 2 {
                return Err(malformed());
            }
            let host = text(&tuple.get_item(0)?, "").map_err(|_| malformed())?;
            let number = int(tuple, 1).map_err(|_| malformed())?.to_le_bytes();
            let host = parse(host.as_bytes())?;
            let [low, high, ..] = number;
            if protocol.0 == RFCOMM {
                return Writer::new(BLUETOOTH, 10).put(2, host).put(8, [low]).finish();
            }
            let psm = u16::from_le_bytes([low, high]).to_ne_bytes();
            Writer::new(BLUETOOTH, 14).put(2, psm).put(4, host).finish()
        }
        HCI => {
            let tuple = address.cast::<PyTuple>().map_err(|_| malformed())?;
            if tuple.len() != 1 {
                return Err(malformed());
            }
            let [low, high, ..] = int(tuple, 0).map_err(|_| malformed())?.to_le_bytes();
            let device = u16::from_le_bytes([low, high]).to_ne_bytes();
            Writer::new(BLUETOOTH, 6).put(2, device).finish()
        }
        SCO => {
            let bytes = address.cast::<PyBytes>().map_err(|_| malformed())?;
            Writer::new(BLUETOOTH, 8)
                .put(2, parse(bytes.as_bytes())?)
                .finish()
        }
        _ => Err(PyOSError::new_err(format!(
            "{caller}(): unknown Bluetooth protocol"
        ))),
    }
}

pub fn to_python<'py>(
    py: Python<'py>,
    protocol: Protocol,
    address: &Reader<'_>,
) -> PyResult<Bound<'py, PyAny>> {
    match protocol.0 {
        L2CAP => (show(address.bytes(4)), address.u16(2)).into_bound_py_any(py),
        RFCOMM => (show(address.bytes(2)), address.u8(8)).into_bound_py_any(py),
        HCI => address.u16(2).into_bound_py_any(py),
        SCO => show(address.bytes(2)).into_bound_py_any(py),
        _ => Err(PyValueError::new_err("Unknown Bluetooth protocol")),
    }
}

/// Six numbers in hexadecimal between colons, as scanf(3) reads them: the last of them first in memory.
fn parse(text: &[u8]) -> PyResult<[u8; 6]> {
    let bad = || PyOSError::new_err("bad bluetooth address");
    let mut address = [0; 6];
    let mut left = std::str::from_utf8(text).map_err(|_| bad())?;
    for (at, byte) in address.iter_mut().rev().enumerate() {
        if at > 0 {
            left = left.strip_prefix(':').ok_or_else(bad)?;
        }
        (*byte, left) = scan(left).ok_or_else(bad)?;
    }
    if left.is_empty() {
        Ok(address)
    } else {
        Err(bad())
    }
}

/// A byte in hexadecimal, perhaps after white space, a plus sign and 0x; and what follows it.
fn scan(text: &str) -> Option<(u8, &str)> {
    let text = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let text = text.strip_prefix('+').unwrap_or(text);
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let digits = digits.unwrap_or(text);
    let end = digits.find(|digit: char| !digit.is_ascii_hexdigit());
    let (digits, left) = digits.split_at(end.unwrap_or(digits.len()));
    u8::from_str_radix(digits, 16).ok().map(|byte| (byte, left))
}

fn show([f, e, d, c, b, a]: [u8; 6]) -> String {
    format!("{a:02X}:{b:02X}:{c:02X}:{d:02X}:{e:02X}:{f:02X}")
}
