//! `DatagramPacket`: a part of a buffer, and the address it goes to or came from.

use super::exceptions::{illegal_argument, null_pointer};
use super::inet_address::{self, InetAddress};
use super::inet_socket_address::{inet, InetSocketAddress, SocketAddress};
use crate::raw::buffer::Readable;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyTuple};
use std::mem;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A datagram to send or to receive into: `(buf, length)` or `(buf, offset, length)`, and where it goes, as
/// `address, port` or as a socket address. The buffer for receiving must be a `bytearray`.
#[pyclass(module = "polysock.net", frozen)]
pub struct DatagramPacket(
    /// Locked only to move fields, never while Python may run (checks, exceptions, finalizers of what is replaced): a
    /// thread that waits for it holds the interpreter lock.
    Mutex<Fields>,
);

struct Fields {
    data: Py<PyAny>,
    offset: usize,
    length: usize,
    /// How much is received at most: what the program asked for, even if the last datagram was shorter.
    capacity: usize,
    address: Option<Py<InetAddress>>,
    port: u16,
}

/// The part of a buffer given by an offset and a length; without a length, the whole buffer.
fn part(data: &Bound<'_, PyAny>, offset: i64, length: Option<i64>) -> PyResult<(usize, usize)> {
    let size = size_of(data)?;
    let given = length.unwrap_or_else(|| i64::try_from(size).unwrap_or(i64::MAX));
    if let (Ok(offset), Ok(length)) = (usize::try_from(offset), usize::try_from(given)) {
        if offset.checked_add(length).is_some_and(|end| end <= size) {
            return Ok((offset, length));
        }
    }
    Err(illegal_argument(data.py(), "illegal length or offset"))
}

fn checked_port(py: Python<'_>, port: i64) -> PyResult<u16> {
    u16::try_from(port).map_err(|_| illegal_argument(py, &format!("Port out of range:{port}")))
}

/// The host and port of a socket address.
fn target_of(address: &Bound<'_, PyAny>) -> PyResult<(Option<Py<InetAddress>>, u16)> {
    let py = address.py();
    if address.is_none() {
        return Err(illegal_argument(py, "unsupported address type"));
    }
    let address = inet(py, address.cast::<SocketAddress>()?)?.get();
    match address.address() {
        Some(target) => Ok((address.host(py), target.port())),
        None => Err(illegal_argument(py, "unresolved address")),
    }
}

fn size_of(data: &Bound<'_, PyAny>) -> PyResult<usize> {
    if data.is_none() {
        return Err(null_pointer(data.py(), "buf is null"));
    }
    Readable::of(data).map(|data| data.len())
}

impl DatagramPacket {
    fn fields(&self) -> MutexGuard<'_, Fields> {
        // Nothing panics while it is held, and each field is consistent by itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to send: the buffer and the part of it.
    pub fn to_send(&self, py: Python<'_>) -> (Py<PyAny>, usize, usize) {
        let fields = self.fields();
        (fields.data.clone_ref(py), fields.offset, fields.length)
    }

    /// Where to receive: the buffer and the part of it.
    pub fn to_receive(&self, py: Python<'_>) -> (Py<PyAny>, usize, usize) {
        let fields = self.fields();
        (fields.data.clone_ref(py), fields.offset, fields.capacity)
    }

    /// Where it goes.
    pub fn target(&self) -> Option<SocketAddr> {
        let fields = self.fields();
        let address = fields.address.as_ref()?;
        Some(address.get().with_port(fields.port))
    }

    fn set_target(&self, address: Option<Py<InetAddress>>, port: u16) {
        let mut fields = self.fields();
        let before = mem::replace(&mut fields.address, address);
        fields.port = port;
        drop(fields);
        drop(before);
    }

    pub fn note_length(&self, length: usize) {
        self.fields().length = length;
    }

    pub fn note_sender(&self, address: Py<InetAddress>, port: u16) {
        self.set_target(Some(address), port);
    }
}

#[pymethods]
impl DatagramPacket {
    #[new]
    #[pyo3(signature = (buf, /, *arguments), text_signature = "(buf, /, *arguments)")]
    fn new(buf: &Bound<'_, PyAny>, arguments: &Bound<'_, PyTuple>) -> PyResult<Self> {
        let py = buf.py();
        let mut given: Vec<Bound<'_, PyAny>> = arguments.iter().collect();
        let numbers = given
            .iter()
            .take_while(|item| item.is_instance_of::<PyInt>())
            .count();
        let (offset, length): (i64, i64) = match numbers {
            0 => return Err(PyTypeError::new_err("length is missing")),
            1 => (0, given.remove(0).extract()?),
            _ => (given.remove(0).extract()?, given.remove(0).extract()?),
        };
        let (offset, length) = part(buf, offset, Some(length))?;
        let (address, port) = match &*given {
            [] => (None, 0),
            [address] => target_of(address)?,
            [address, port] => (address.extract()?, checked_port(py, port.extract()?)?),
            _ => return Err(PyTypeError::new_err("too many arguments")),
        };
        Ok(Self(Mutex::new(Fields {
            data: buf.clone().unbind(),
            offset,
            length,
            capacity: length,
            address,
            port,
        })))
    }

    /// The whole buffer: the object that was given.
    #[pyo3(name = "getData")]
    fn data(&self, py: Python<'_>) -> Py<PyAny> {
        self.fields().data.clone_ref(py)
    }

    /// Sets the buffer, all of it or a part.
    #[pyo3(name = "setData", signature = (buf, offset = 0, length = None, /))]
    fn set_data(&self, buf: &Bound<'_, PyAny>, offset: i64, length: Option<i64>) -> PyResult<()> {
        let (offset, length) = part(buf, offset, length)?;
        let mut fields = self.fields();
        let before = mem::replace(&mut fields.data, buf.clone().unbind());
        (fields.offset, fields.length, fields.capacity) = (offset, length, length);
        drop(fields);
        drop(before);
        Ok(())
    }

    /// Where the datagram begins in the buffer.
    #[pyo3(name = "getOffset")]
    fn offset(&self) -> usize {
        self.fields().offset
    }

    /// How long the datagram is: what to send, or what was received.
    #[pyo3(name = "getLength")]
    fn length(&self) -> usize {
        self.fields().length
    }

    /// Sets how much of the buffer to send, or to receive into at most.
    #[pyo3(name = "setLength", signature = (length, /))]
    fn set_length(&self, py: Python<'_>, length: i64) -> PyResult<()> {
        let (data, offset, _) = self.to_receive(py);
        let size = size_of(data.bind(py))?;
        let fits = usize::try_from(length)
            .ok()
            .filter(|&length| offset.checked_add(length).is_some_and(|end| end <= size));
        let length = fits.ok_or_else(|| illegal_argument(py, "illegal length"))?;
        let mut fields = self.fields();
        (fields.length, fields.capacity) = (length, length);
        Ok(())
    }

    /// The address it goes to or came from; None if there is none.
    #[pyo3(name = "getAddress")]
    fn address(&self, py: Python<'_>) -> Option<Py<InetAddress>> {
        let fields = self.fields();
        fields.address.as_ref().map(|address| address.clone_ref(py))
    }

    /// Sets the address it goes to.
    #[pyo3(name = "setAddress", signature = (iaddr, /))]
    fn set_address(&self, iaddr: Option<Py<InetAddress>>) {
        let before = mem::replace(&mut self.fields().address, iaddr);
        drop(before);
    }

    /// The port it goes to or came from; 0 if there is none.
    #[pyo3(name = "getPort")]
    fn port(&self) -> u16 {
        self.fields().port
    }

    /// Sets the port it goes to.
    #[pyo3(name = "setPort", signature = (iport, /))]
    fn set_port(&self, py: Python<'_>, iport: i64) -> PyResult<()> {
        let port = checked_port(py, iport)?;
        self.fields().port = port;
        Ok(())
    }

    /// The address and port it goes to or came from; 0.0.0.0 and 0 if there are none.
    #[pyo3(name = "getSocketAddress")]
    fn socket_address(&self, py: Python<'_>) -> PyResult<Py<InetSocketAddress>> {
        let (address, port) = (self.address(py), self.port());
        let address = match address {
            Some(address) => address,
            None => inet_address::any(py)?,
        };
        InetSocketAddress::object(py, address, port)
    }

    /// Sets the address and port it goes to.
    #[pyo3(name = "setSocketAddress", signature = (address, /))]
    fn set_socket_address(&self, address: &Bound<'_, PyAny>) -> PyResult<()> {
        let (address, port) = target_of(address)?;
        self.set_target(address, port);
        Ok(())
    }
}
