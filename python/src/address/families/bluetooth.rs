//! Bluetooth: L2CAP `(address, psm)`, RFCOMM `(address, channel)`, HCI `(device,)`, SCO the address as bytes;
//! `struct sockaddr_l2`, `sockaddr_rc`, `sockaddr_hci`, `sockaddr_sco`.
//!
//! From CPython 3.14 on also `(address, psm, cid, address type)`, of which the last two may be left out; the device as
//! a number or `(device, channel)`. SCO's address as text from CPython 3.13.4 on.

use super::items::BLUETOOTH;
use super::layout::{Reader, Writer};
use crate::arguments::{field, since, since_patch, text, CInt};
use polysock::{Address, Protocol};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};
use pyo3::IntoPyObjectExt;
use std::ops::RangeInclusive;

const L2CAP: i32 = 0;
const HCI: i32 = 1;
const SCO: i32 = 2;
const RFCOMM: i32 = 3;

pub fn from_python(caller: &str, protocol: Protocol, address: &Bound<'_, PyAny>) -> PyResult<Address> {
    let malformed = || PyOSError::new_err(format!("{caller}(): wrong format"));
    let newer = since(address.py(), 14);
    let tuple = |lengths: RangeInclusive<usize>| {
        let tuple = address.cast::<PyTuple>().ok();
        tuple
            .filter(|tuple| lengths.contains(&tuple.len()))
            .ok_or_else(malformed)
    };
    match protocol.0 {
        L2CAP => {
            let tuple = tuple(2..=if newer { 4 } else { 2 })?;
            let host = text(&tuple.get_item(0)?, "").map_err(|_| malformed())?;
            let [psm, cid] = [1, 2].map(|at| number::<u16>(tuple, at, newer));
            let kind: u8 = number(tuple, 3, newer).map_err(|_| malformed())?;
            let (psm, cid) = (
                psm.map_err(|_| malformed())?.to_ne_bytes(),
                cid.map_err(|_| malformed())?.to_ne_bytes(),
            );
            let host = parse(host.as_bytes())?;
            let writer = Writer::new(BLUETOOTH, 14).put(2, psm).put(4, host);
            writer.put(10, cid).put(12, [kind]).finish()
        }
        RFCOMM => {
            let tuple = tuple(2..=2)?;
            let host = text(&tuple.get_item(0)?, "").map_err(|_| malformed())?;
            let channel: u8 = number(tuple, 1, newer).map_err(|_| malformed())?;
            let host = parse(host.as_bytes())?;
            Writer::new(BLUETOOTH, 10).put(2, host).put(8, [channel]).finish()
        }
        HCI => {
            let (device, channel) = match address.cast::<PyTuple>() {
                Err(_) if newer && address.hasattr("__index__")? => (field::<u16>(address, "number")?, 0),
                _ => {
                    let tuple = tuple(1..=if newer { 2 } else { 1 })?;
                    let [device, channel] = [0, 1].map(|at| number::<u16>(tuple, at, newer));
                    (
                        device.map_err(|_| malformed())?,
                        channel.map_err(|_| malformed())?,
                    )
                }
            };
            let writer = Writer::new(BLUETOOTH, 6).put(2, device.to_ne_bytes());
            writer.put(4, channel.to_ne_bytes()).finish()
        }
        SCO => {
            let host = match address.cast::<PyBytes>() {
                Ok(bytes) => parse(bytes.as_bytes())?,
                Err(_) if since_patch(address.py(), 13, 4) && address.is_instance_of::<PyString>() => {
                    parse(text(address, "")?.as_bytes())?
                }
                Err(_) => return Err(malformed()),
            };
            Writer::new(BLUETOOTH, 8).put(2, host).finish()
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
    let newer = since(py, 14);
    match protocol.0 {
        L2CAP => {
            let (host, psm) = (show(address.bytes(4)), address.u16(2));
            match (address.u16(10), address.u8(12)) {
                (cid, kind) if newer && kind != 0 => (host, psm, cid, kind).into_bound_py_any(py),
                (cid, _) if newer && cid != 0 => (host, psm, cid).into_bound_py_any(py),
                _ => (host, psm).into_bound_py_any(py),
            }
        }
        RFCOMM => (show(address.bytes(2)), address.u8(8)).into_bound_py_any(py),
        HCI => match address.u16(4) {
            channel if newer && channel != 0 => (address.u16(2), channel).into_bound_py_any(py),
            _ => address.u16(2).into_bound_py_any(py),
        },
        SCO => show(address.bytes(2)).into_bound_py_any(py),
        _ => Err(PyValueError::new_err("Unknown Bluetooth protocol")),
    }
}

/// An item of a tuple as a C `unsigned short`, 0 where it is left out. Up to CPython 3.13 it has to fit an `int`.
fn number<T: TryFrom<u64> + Default>(tuple: &Bound<'_, PyTuple>, at: usize, newer: bool) -> PyResult<T> {
    if at >= tuple.len() {
        return Ok(T::default());
    }
    let item = tuple.get_item(at)?;
    if !newer {
        item.extract::<CInt>()?;
    }
    field(&item, "number")
}

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
