//! Datagrams: recvfrom, recvfrom_into, sendto.

use super::receive::receive_bytes;
use super::transfer::{buffer_of, data_of, waiting_flags, Using};
use super::NativeSocket;
use crate::arguments::{CInt, Size};
use crate::core_call::CoreCall;
use crate::errors::hint_at_flags;
use crate::lock::LockPolicy;
use crate::raw::buffer::Readable;
use crate::{address, audit};
use polysock::{Address, Family, Socket};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

/// Receives a datagram of at most `capacity` bytes and the sender's address.
pub fn recvfrom<'py>(
    py: Python<'py>,
    (native, socket): Using<'_>,
    capacity: usize,
    flags: CInt,
) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyAny>)> {
    let mut from = Address::EMPTY;
    let policy = native.lock_policy(socket, LockPolicy::KeepToReceive, flags, true);
    let call = CoreCall::on(py, socket).keeping_lock(policy);
    let data = receive_bytes(py, call, capacity, flags, |caller, buffer| {
        let flags = waiting_flags(socket, flags);
        let (count, _) = socket.on(caller).recv_from_into(buffer, flags, &mut from)?;
        Ok(count)
    })?;
    Ok((data, address::to_python(py, socket.protocol(), &from)?))
}

/// Receives a datagram into a buffer: returns the number of bytes, and the sender's address.
pub fn recvfrom_into<'py>(
    py: Python<'py>,
    socket: &Socket,
    buffer: &Bound<'py, PyAny>,
    nbytes: Size,
    flags: CInt,
) -> PyResult<(usize, Bound<'py, PyAny>)> {
    let too_small = "nbytes is greater than the length of the buffer";
    let (mut buffer, wanted) = buffer_of("recvfrom_into", buffer, nbytes, too_small)?;
    let mut from = Address::EMPTY;
    let (count, _) = CoreCall::on(py, socket).run(|caller| {
        let flags = waiting_flags(socket, flags);
        socket
            .on(caller)
            .recv_from_into(buffer.first(wanted), flags, &mut from)
    })?;
    Ok((count, address::to_python(py, socket.protocol(), &from)?))
}

/// `sendto(data, address)` or `sendto(data, flags, address)`.
pub fn sendto(slf: &Bound<'_, NativeSocket>, arguments: &Bound<'_, PyTuple>) -> PyResult<usize> {
    let (data, flags, address) = match arguments.len() {
        2 => (arguments.get_item(0)?, None, arguments.get_item(1)?),
        3 => (
            arguments.get_item(0)?,
            Some(arguments.get_item(1)?),
            arguments.get_item(2)?,
        ),
        count => {
            let text = format!("sendto() takes 2 or 3 arguments ({count} given)");
            return Err(PyTypeError::new_err(text));
        }
    };
    let data = data_of(&data)?;
    let flags = match flags {
        None => CInt(0),
        Some(flags) => flags
            .extract()
            .map_err(|raised| hint_at_flags(raised, &flags, &address))?,
    };
    send_to(slf, &data, flags, &address)
}

/// Sends a datagram to an address.
pub fn send_to(
    slf: &Bound<'_, NativeSocket>,
    data: &Readable<'_, '_>,
    flags: CInt,
    address: &Bound<'_, PyAny>,
) -> PyResult<usize> {
    let py = slf.py();
    let socket = slf.get().socket(py)?;
    let to = address::from_python("sendto", &socket, address)?;
    audit::report_address(c"socket.sendto", slf.as_any(), address)?;
    // Looking up a path may have to wait for a disk.
    let looked_up = socket.family() == Family::UNIX;
    let plain_memory = data.is_plain() && !looked_up;
    let policy = slf
        .get()
        .lock_policy(&socket, LockPolicy::KeepToSend, flags, plain_memory);
    CoreCall::on(py, &*socket)
        .to(&to)
        .keeping_lock(policy)
        .run(|caller| {
            socket
                .on(caller)
                .send_to_with(data.all(), &to, waiting_flags(&socket, flags))
        })
}
