//! Addresses and connections: bind, accept, connect, and the addresses of both ends.

use super::NativeSocket;
use crate::address;
use crate::audit;
use crate::errors::notes::{self, About};
use crate::lock::caller as gil;
use polysock::{Address, Socket};
use pyo3::prelude::*;

/// Gives the socket its own address.
pub fn bind(slf: &Bound<'_, NativeSocket>, address: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = slf.py();
    let socket = slf.get().socket(py)?;
    let target = address::from_python("bind", &socket, address)?;
    audit::tell_address(c"socket.bind", slf, address)?;
    gil::detached(py, About::socket(&socket).to(&target), || socket.bind(&target))
}

/// Accepts a connection: its socket and the address of the peer.
pub fn accept<'py>(py: Python<'py>, socket: &Socket) -> PyResult<(Socket, Bound<'py, PyAny>)> {
    let (accepted, peer) = gil::call(py, About::socket(socket), |host| socket.on(host).accept())?;
    let peer = address::to_python(py, socket.protocol(), &peer)?;
    Ok((accepted, peer))
}

/// Connects to an address.
pub fn connect(slf: &Bound<'_, NativeSocket>, address: &Bound<'_, PyAny>) -> PyResult<()> {
    match connected(slf, "connect", address)? {
        Ok(()) => Ok(()),
        Err((failure, target)) => {
            let socket = slf.get().socket(slf.py())?;
            Err(failure.into_exception(slf.py(), About::socket(&socket).to(&target)))
        }
    }
}

/// Connects to an address and returns the error number, 0 when it went well, EAGAIN when time was up.
pub fn connect_ex(slf: &Bound<'_, NativeSocket>, address: &Bound<'_, PyAny>) -> PyResult<i32> {
    match connected(slf, "connect_ex", address)? {
        Ok(()) => Ok(0),
        Err((failure, _)) => match failure.raised {
            Some(raised) => Err(raised),
            None => Ok(failure.error.errno().unwrap_or(libc::EAGAIN)),
        },
    }
}

/// An address that the core was asked for, as Python's.
pub fn shown<'py>(
    py: Python<'py>,
    socket: &Socket,
    address: polysock::Result<Address>,
) -> PyResult<Bound<'py, PyAny>> {
    let address = address.map_err(|error| notes::exception(py, &error, About::socket(socket)))?;
    address::to_python(py, socket.protocol(), &address)
}

fn connected(
    slf: &Bound<'_, NativeSocket>,
    caller: &str,
    address: &Bound<'_, PyAny>,
) -> PyResult<Result<(), (Box<gil::Failure>, Address)>> {
    let py = slf.py();
    let socket = slf.get().socket(py)?;
    let target = address::from_python(caller, &socket, address)?;
    audit::tell_address(c"socket.connect", slf, address)?;
    let connected = gil::attempt(py, |host| socket.on(host).connect(&target));
    Ok(connected.map_err(|failure| (failure, target)))
}
