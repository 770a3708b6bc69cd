//! getsockopt and setsockopt in their three forms, and linger.

use crate::arguments::{duration, since, CInt, CUint};
use crate::errors::raise;
use crate::raw::buffer::Readable;
use polysock::{Kind, Socket};
use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3::IntoPyObjectExt;

/// The longest option CPython reads.
const LONGEST: i32 = 1024;

/// Reads an option: as a number, or at most `buflen` bytes.
pub fn get<'py>(
    py: Python<'py>,
    socket: &Socket,
    level: i32,
    name: i32,
    buflen: i32,
) -> PyResult<Bound<'py, PyAny>> {
    if buflen == 0 {
        return raise(py, socket.int_option(level, name))?.into_bound_py_any(py);
    }
    let length = usize::try_from(buflen).ok().filter(|_| buflen <= LONGEST);
    let mut value = vec![0; length.ok_or_else(|| PyOSError::new_err("getsockopt buflen out of range"))?];
    let length = raise(py, socket.option(level, name, &mut value))?;
    value.truncate(length);
    Ok(PyBytes::new(py, &value).into_any())
}

/// An option to set, and its value.
pub struct Setting<'a, 'py> {
    level: i32,
    name: i32,
    value: Value<'a, 'py>,
}

enum Value<'a, 'py> {
    Number(i32),
    Bytes(Readable<'a, 'py>),
    /// No value, but a length.
    Null(u32),
}

impl<'a, 'py> Value<'a, 'py> {
    /// Reads a value the way CPython does from 3.15 on.
    fn of(value: &'a Bound<'py, PyAny>, optlen: Option<&Bound<'py, PyAny>>) -> PyResult<Self> {
        let class = value.get_type();
        match optlen {
            Some(length) if value.is_none() => Ok(Self::Null(length.extract::<CUint>()?.0)),
            Some(_) => {
                let text = "setsockopt() only takes 4 arguments when the third argument is None (got";
                Err(PyTypeError::new_err(format!("{text} {})", class.name()?)))
            }
            None if value.is_none() => {
                let text = "setsockopt() requires 4 arguments when the third argument is None";
                Err(PyTypeError::new_err(text))
            }
            None if class.hasattr("__index__")? => Ok(Self::Number(value.extract::<CInt>()?.0)),
            None => match Readable::of(value) {
                Err(error) if error.is_instance_of::<PyTypeError>(value.py()) => {
                    let text = "socket option should be int, bytes-like object or None (got";
                    Err(PyTypeError::new_err(format!("{text} {})", class.name()?)))
                }
                bytes => bytes.map(Self::Bytes),
            },
        }
    }
}

impl<'a, 'py> Setting<'a, 'py> {
    /// Reads the arguments: a number, bytes, or None and a length.
    pub fn of(py: Python<'py>, arguments: &'a [Bound<'py, PyAny>]) -> PyResult<Self> {
        let (level, name, value, optlen) = match arguments {
            [level, name, value] => (level, name, value, None),
            [level, name, value, optlen] => (level, name, value, Some(optlen)),
            _ => return Err(wrong_count(py, arguments.len())),
        };
        let read = |value| -> PyResult<Self> {
            let (CInt(level), CInt(name)) = (level.extract()?, name.extract()?);
            Ok(Self { level, name, value })
        };
        if since(py, 15) {
            let setting = read(Value::Number(0))?;
            let value = Value::of(value, optlen)?;
            return Ok(Self { value, ..setting });
        }
        match optlen {
            Some(length) => {
                let length = value.is_none().then(|| length.extract::<CUint>().ok());
                let setting = length.flatten().map(|CUint(length)| read(Value::Null(length)));
                // CPython has only this text for everything that can be wrong here.
                let text = "setsockopt() takes exactly 3 arguments (4 given)";
                setting
                    .and_then(Result::ok)
                    .ok_or_else(|| PyTypeError::new_err(text))
            }
            None => {
                let number = value.extract::<CInt>();
                let setting = read(Value::Number(0))?;
                let value = match number {
                    Ok(CInt(number)) => Value::Number(number),
                    Err(_) => Value::Bytes(Readable::of(value)?),
                };
                Ok(Self { value, ..setting })
            }
        }
    }

    /// An option whose value is a number.
    pub fn number(level: i32, name: i32, value: i32) -> Self {
        let value = Value::Number(value);
        Self { level, name, value }
    }

    /// Sets it.
    pub fn set(&self, py: Python<'_>, socket: &Socket) -> PyResult<()> {
        let (level, name) = (self.level, self.name);
        raise(
            py,
            match &self.value {
                Value::Number(number) => socket.set_option(level, name, &number.to_ne_bytes()),
                Value::Bytes(bytes) => socket.set_option(level, name, &bytes.to_vec()?),
                Value::Null(length) => socket.set_option_null(level, name, *length),
            },
        )
    }
}

fn wrong_count(py: Python<'_>, given: usize) -> PyErr {
    let wanted = match given {
        _ if !since(py, 15) => "exactly 3",
        0..3 => "at least 3",
        _ => "at most 4",
    };
    PyTypeError::new_err(format!("setsockopt() takes {wanted} arguments ({given} given)"))
}

/// Sets the linger time in seconds, None for off.
pub fn set_linger(socket: &Socket, seconds: &Bound<'_, PyAny>) -> PyResult<()> {
    let linger = if seconds.is_none() {
        None
    } else {
        Some(duration(seconds)?)
    };
    let set = socket.set_linger(linger);
    if set
        .as_ref()
        .is_err_and(|error| error.kind() == Kind::InvalidInput("linger"))
    {
        let text = "the linger time must be 0 to 65535 seconds, or None for off";
        return Err(PyValueError::new_err(text));
    }
    raise(seconds.py(), set)
}

/// The linger time in whole seconds, None when off.
pub fn linger(py: Python<'_>, socket: &Socket) -> PyResult<Option<u64>> {
    raise(py, socket.linger()).map(|linger| linger.map(|linger| linger.as_secs()))
}
