//! `DatagramPacket`: a part of a buffer, and the address it goes to or came from.

use super::error::{self, illegal_argument};
use super::inet_address::{self, InetAddress};
use super::inet_socket_address::{InetSocketAddress, SocketAddress};
use super::socket::inet;
use crate::raw::buffer::Readable;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A datagram to send or to receive into: `(buf, length)` or `(buf, offset, length)`, and where it goes, as
/// `address, port` or as a socket address. The buffer of one to receive into is a `bytearray`.
#[pyclass(module = "polysock.net", frozen)]
pub struct DatagramPacket(Mutex<Fields>);

/// No code of the program runs while they are locked: neither a buffer's nor a finalizer's.
struct Fields {
    data: Py<PyAny>,
    offset: usize,
    length: usize,
    /// How much is received: what the program asked for, however short the last datagram was.
    room: usize,
    address: Option<Py<InetAddress>>,
    port: u16,
}

/// A part of a buffer, checked.
struct Part {
    data: Py<PyAny>,
    offset: usize,
    length: usize,
}

impl Part {
    fn of(data: &Bound<'_, PyAny>, offset: i64, length: Option<i64>) -> PyResult<Self> {
        let py = data.py();
        let size = size_of(data)?;
        let given = length.unwrap_or_else(|| i64::try_from(size).unwrap_or(i64::MAX));
        let (Ok(offset), Ok(length)) = (usize::try_from(offset), usize::try_from(given)) else {
            return Err(illegal_argument(py, "illegal length or offset"));
        };
        if offset.checked_add(length).is_none_or(|end| end > size) {
            return Err(illegal_argument(py, "illegal length or offset"));
        }
        let data = data.clone().unbind();
        Ok(Self { data, offset, length })
    }
}

fn port_number(py: Python<'_>, port: i64) -> PyResult<u16> {
    u16::try_from(port).map_err(|_| illegal_argument(py, &format!("Port out of range:{port}")))
}

/// The address and the port that a socket address names.
fn parts_of(address: &Bound<'_, PyAny>) -> PyResult<(Option<Py<InetAddress>>, u16)> {
    let py = address.py();
    if address.is_none() {
        return Err(illegal_argument(py, "unsupported address type"));
    }
    let address = inet(py, address.cast::<SocketAddress>()?)?.get();
    let Some(target) = address.address() else {
        return Err(illegal_argument(py, "unresolved address"));
    };
    Ok((address.host(py), target.port()))
}

fn size_of(data: &Bound<'_, PyAny>) -> PyResult<usize> {
    if data.is_none() {
        return Err(error::null_pointer(data.py(), "buf is null"));
    }
    Readable::of(data).map(|data| data.len())
}

impl DatagramPacket {
    fn fields(&self) -> MutexGuard<'_, Fields> {
        // Nothing panics while it is held, and each field is whole by itself.
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
        (fields.data.clone_ref(py), fields.offset, fields.room)
    }

    /// Where it goes.
    pub fn target(&self) -> Option<SocketAddr> {
        let fields = self.fields();
        let address = fields.address.as_ref()?;
        Some(address.get().with_port(fields.port))
    }

    pub fn note_length(&self, length: usize) {
        self.fields().length = length;
    }

    pub fn note_sender(&self, address: Py<InetAddress>, port: u16) {
        let mut fields = self.fields();
        fields.address = Some(address);
        fields.port = port;
    }
}

#[pymethods]
impl DatagramPacket {
    #[new]
    #[pyo3(signature = (buf, *arguments), text_signature = "(buf, [offset,] length, [address, port | socketAddress])")]
    fn new(buf: &Bound<'_, PyAny>, arguments: &Bound<'_, PyTuple>) -> PyResult<Self> {
        let py = buf.py();
        let mut given: Vec<Bound<'_, PyAny>> = arguments.iter().collect();
        let numbers = given
            .iter()
            .take_while(|item| item.extract::<i64>().is_ok())
            .count();
        let (offset, length): (i64, i64) = match numbers {
            0 => return Err(PyTypeError::new_err("length is missing")),
            1 => (0, given.remove(0).extract()?),
            _ => (given.remove(0).extract()?, given.remove(0).extract()?),
        };
        let Part { data, offset, length } = Part::of(buf, offset, Some(length))?;
        let (address, port) = match &*given {
            [] => (None, 0),
            [address] => parts_of(address)?,
            [address, port] => (address.extract()?, port_number(py, port.extract()?)?),
            _ => return Err(PyTypeError::new_err("too many arguments")),
        };
        Ok(Self(Mutex::new(Fields {
            data,
            offset,
            length,
            room: length,
            address,
            port,
        })))
    }

    /// The whole buffer, the very object.
    #[pyo3(name = "getData")]
    fn data(&self, py: Python<'_>) -> Py<PyAny> {
        self.fields().data.clone_ref(py)
    }

    /// Sets the buffer, all of it or a part.
    #[pyo3(name = "setData", signature = (buf, offset = 0, length = None, /))]
    fn set_data(&self, buf: &Bound<'_, PyAny>, offset: i64, length: Option<i64>) -> PyResult<()> {
        let Part { data, offset, length } = Part::of(buf, offset, length)?;
        let before = {
            let mut fields = self.fields();
            (fields.offset, fields.length, fields.room) = (offset, length, length);
            std::mem::replace(&mut fields.data, data)
        };
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
        let data = self.data(py);
        let size = size_of(data.bind(py))?;
        let mut fields = self.fields();
        let fits = usize::try_from(length)
            .ok()
            .filter(|&length| fields.offset.checked_add(length).is_some_and(|end| end <= size));
        let length = fits.ok_or_else(|| illegal_argument(py, "illegal length"))?;
        (fields.length, fields.room) = (length, length);
        Ok(())
    }

    /// The address it goes to or came from; None without.
    #[pyo3(name = "getAddress")]
    fn address(&self, py: Python<'_>) -> Option<Py<InetAddress>> {
        let fields = self.fields();
        fields.address.as_ref().map(|address| address.clone_ref(py))
    }

    /// Sets the address it goes to.
    #[pyo3(name = "setAddress", signature = (iaddr, /))]
    fn set_address(&self, iaddr: Option<Py<InetAddress>>) {
        self.fields().address = iaddr;
    }

    /// The port it goes to or came from; 0 without.
    #[pyo3(name = "getPort")]
    fn port(&self) -> u16 {
        self.fields().port
    }

    /// Sets the port it goes to.
    #[pyo3(name = "setPort", signature = (iport, /))]
    fn set_port(&self, py: Python<'_>, iport: i64) -> PyResult<()> {
        self.fields().port = port_number(py, iport)?;
        Ok(())
    }

    /// The address and port it goes to or came from; every interface's and 0 without.
    #[pyo3(name = "getSocketAddress")]
    fn socket_address(&self, py: Python<'_>) -> PyResult<Py<InetSocketAddress>> {
        let (address, port) = (self.address(py), self.port());
        let address = match address {
            Some(address) => address,
            None => inet_address::object(py, (Ipv4Addr::UNSPECIFIED, 0).into(), Some("0.0.0.0"))?,
        };
        InetSocketAddress::object(py, address, port)
    }

    /// Sets the address and port it goes to.
    #[pyo3(name = "setSocketAddress", signature = (address, /))]
    fn set_socket_address(&self, address: &Bound<'_, PyAny>) -> PyResult<()> {
        let (address, port) = parts_of(address)?;
        let mut fields = self.fields();
        (fields.address, fields.port) = (address, port);
        Ok(())
    }
}
