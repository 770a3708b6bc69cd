//! Addresses and connections: bind, accept, connect, and the addresses of both ends.

use super::native::{Current, NativeSocket};
use crate::core_call::CoreCall;
use crate::errors::{hint_at_split_address, Context, Failure};
use crate::{address, audit};
use polysock::{Address, Socket};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// The address, which is the only argument of a method of this name.
///
/// # Errors
/// `TypeError`, with CPython's text.
pub fn only_address<'py>(name: &str, arguments: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
    let count = arguments.len();
    if count == 1 {
        return arguments.get_item(0);
    }
    let raised = PyTypeError::new_err(format!(
        "socket.{name}() takes exactly one argument ({count} given)"
    ));
    Err(match count {
        2 => hint_at_split_address(raised, &arguments.get_item(0)?, &arguments.get_item(1)?),
        _ => raised,
    })
}

/// Binds the socket to an address.
pub fn bind(slf: &Bound<'_, NativeSocket>, address: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = slf.py();
    let socket = slf.get().socket(py)?;
    let target = address::from_python("bind", &socket, address)?;
    audit::report_address(c"socket.bind", slf.as_any(), address)?;
    CoreCall::on(py, &*socket)
        .to(&target)
        .run_detached(|| socket.bind(&target))
}

/// Accepts a connection: its socket and the address of the peer.
pub fn accept<'py>(py: Python<'py>, socket: &Socket) -> PyResult<(Socket, Bound<'py, PyAny>)> {
    let (accepted, peer) = CoreCall::on(py, socket).run(|caller| socket.on(caller).accept())?;
    let peer = address::to_python(py, socket.protocol(), &peer)?;
    Ok((accepted, peer))
}

/// Connects to an address.
pub fn connect(slf: &Bound<'_, NativeSocket>, address: &Bound<'_, PyAny>) -> PyResult<()> {
    let (socket, target) = begin("connect", slf, address)?;
    CoreCall::on(slf.py(), &*socket)
        .to(&target)
        .run(|caller| socket.on(caller).connect(&target))
}

/// Connects to an address and returns the error number: 0 on success, EAGAIN when the time is up. Only a signal
/// handler's exception is raised.
pub fn connect_ex(slf: &Bound<'_, NativeSocket>, address: &Bound<'_, PyAny>) -> PyResult<i32> {
    let (socket, target) = begin("connect_ex", slf, address)?;
    CoreCall::new(slf.py()).run(|caller| match socket.on(&mut *caller).connect(&target) {
        Ok(()) => Ok(0),
        Err(error) if caller.has_raised() => Err(error),
        Err(error) => Ok(error.errno().unwrap_or(libc::EAGAIN)),
    })
}

/// The socket, and the address to connect it to.
fn begin<'a>(
    function: &str,
    slf: &'a Bound<'_, NativeSocket>,
    address: &Bound<'_, PyAny>,
) -> PyResult<(Current<'a>, Address)> {
    let socket = slf.get().socket(slf.py())?;
    let target = address::from_python(function, &socket, address)?;
    audit::report_address(c"socket.connect", slf.as_any(), address)?;
    Ok((socket, target))
}

/// An address that the core returned, in Python's form.
pub fn address_of<'py>(
    py: Python<'py>,
    socket: &Socket,
    address: polysock::Result<Address>,
) -> PyResult<Bound<'py, PyAny>> {
    match address {
        Ok(address) => address::to_python(py, socket.protocol(), &address),
        Err(error) => Err(error.exception(py, Context::of(socket))),
    }
}
