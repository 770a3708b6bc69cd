//! Python's numbers as C takes them: `int`, `Py_ssize_t`, timeouts in seconds.

use crate::errors::exception as error;
use crate::raw::int;
use polysock::{memory, Kind, Timeout};
use pyo3::exceptions::{PyOSError, PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyString};
use std::ffi::CString;
use std::sync::OnceLock;
use std::time::Duration;

const NANOSECONDS: f64 = 1e9;

/// Whether the interpreter is CPython 3.`minor` or later. To ask it costs as much as a small call; once is enough.
pub fn since(py: Python<'_>, minor: u8) -> bool {
    static MINOR: OnceLock<u8> = OnceLock::new();
    *MINOR.get_or_init(|| py.version_info().minor) >= minor
}

/// A C `int`: anything with `__index__`, and OverflowError beyond its range.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CInt(pub i32);

impl<'py> FromPyObject<'_, 'py> for CInt {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let wide = match int::exact(object) {
            Some(number) => number as i64,
            None => object.extract()?,
        };
        i32::try_from(wide).map(Self).map_err(|_| {
            PyOverflowError::new_err(if wide < 0 {
                "signed integer is less than minimum"
            } else {
                "signed integer is greater than maximum"
            })
        })
    }
}

/// A C `int` where CPython says so in other words (`_PyLong_AsInt`).
#[derive(Clone, Copy)]
pub struct AsInt(pub i32);

impl<'py> FromPyObject<'_, 'py> for AsInt {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let CInt(number) = too_large(object, "Python int too large to convert to C int", CInt::extract)?;
        Ok(Self(number))
    }
}

/// The flags of a call that sends: a C `int`, whose range CPython words otherwise from 3.15 on.
#[derive(Clone, Copy)]
pub struct SendFlags(pub CInt);

impl<'py> FromPyObject<'_, 'py> for SendFlags {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if since(object.py(), 15) {
            object.extract::<AsInt>().map(|number| Self(CInt(number.0)))
        } else {
            object.extract().map(Self)
        }
    }
}

/// Extracts a number, with a text of our choice where it is out of range.
fn too_large<'a, 'py, T>(
    object: Borrowed<'a, 'py, PyAny>,
    text: &'static str,
    extract: impl FnOnce(Borrowed<'a, 'py, PyAny>) -> PyResult<T>,
) -> PyResult<T> {
    extract(object).map_err(|error| {
        if error.is_instance_of::<PyOverflowError>(object.py()) {
            PyOverflowError::new_err(text)
        } else {
            error
        }
    })
}

/// An argument that is counted by hand, for the texts programs see when it is missing.
pub enum Argument<T> {
    Missing,
    Given(T),
}

impl<'a, 'py, T: FromPyObject<'a, 'py, Error = PyErr>> FromPyObject<'a, 'py> for Argument<T> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        T::extract(object).map(Self::Given)
    }
}

impl<T> Argument<T> {
    /// The argument; TypeError with this text if it is missing.
    pub fn or(self, missing: &'static str) -> PyResult<T> {
        match self {
            Self::Given(argument) => Ok(argument),
            Self::Missing => Err(PyTypeError::new_err(missing)),
        }
    }
}

/// Any object, as an [`Argument`].
pub struct Object<'py>(pub Bound<'py, PyAny>);

impl<'py> FromPyObject<'_, 'py> for Object<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(object.to_owned()))
    }
}

/// A C `unsigned int`, converted as C does: the number modulo its range.
#[derive(Clone, Copy)]
pub struct CUint(pub u32);

impl<'py> FromPyObject<'_, 'py> for CUint {
    type Error = PyErr;

    #[allow(clippy::cast_possible_truncation)] // as documented
    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        low_bits(&object).map(|wide| Self(wide as u32))
    }
}

/// The low 64 bits of a number of any size, as C's unsigned types take them.
fn low_bits(object: &Bound<'_, PyAny>) -> PyResult<u64> {
    match object.extract::<i64>() {
        #[allow(clippy::cast_sign_loss)] // as documented
        Ok(number) => Ok(number as u64),
        Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => {
            let number = object.py().import("operator")?.call_method1("index", (object,))?;
            number.call_method1("__and__", (u64::MAX,))?.extract()
        }
        Err(error) => Err(error),
    }
}

/// A number for an unsigned field of C's, called `kind` there: what the field holds, or the negative number of the same
/// bits. OverflowError for all others, of which CPython takes the low bits: nothing would tell that they became another
/// port, another interface, another channel.
pub fn field<T: TryFrom<u64>>(object: &Bound<'_, PyAny>, kind: &str) -> PyResult<T> {
    let out_of_range = || PyOverflowError::new_err(format!("Python int out of range of C {kind}"));
    let bits = 8 * std::mem::size_of::<T>();
    #[allow(clippy::cast_sign_loss)] // the bits are what is wanted
    let number = match object.extract::<i64>() {
        Ok(number) if number < 0 && number >> (bits - 1) == -1 => number as u64 & (u64::MAX >> (64 - bits)),
        Ok(number) => u64::try_from(number).map_err(|_| out_of_range())?,
        Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => {
            object.extract().map_err(|_| out_of_range())?
        }
        Err(error) => return Err(error),
    };
    T::try_from(number).map_err(|_| out_of_range())
}

/// A C `Py_ssize_t`.
#[derive(Clone, Copy)]
pub struct Size(isize);

impl Size {
    pub const ZERO: Self = Self(0);

    /// The size as a count; ValueError with this text below zero.
    pub fn count(self, negative: &'static str) -> PyResult<usize> {
        usize::try_from(self.0).map_err(|_| PyValueError::new_err(negative))
    }
}

impl<'py> FromPyObject<'_, 'py> for Size {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let text = "Python int too large to convert to C ssize_t";
        too_large(object, text, |object| object.extract()).map(Self)
    }
}

/// A C `unsigned long` within its range.
pub fn unsigned(number: &Bound<'_, PyAny>) -> PyResult<u64> {
    if number.lt(0)? {
        let text = "can't convert negative value to unsigned int";
        return Err(PyOverflowError::new_err(text));
    }
    let text = "Python int too large to convert to C unsigned long";
    too_large(number.as_borrowed(), text, |number| number.extract())
}

/// An unsigned number of the C type of this name, as CPython converts it from 3.14 on: anything with `__index__`.
pub fn sized<'py, T: TryFrom<u64>>(number: &Bound<'py, PyAny>, c_type: &str) -> PyResult<T> {
    let number = number.py().import("operator")?.call_method1("index", (number,))?;
    if number.lt(0)? {
        return Err(PyValueError::new_err("Cannot convert negative int"));
    }
    let sized = number
        .extract::<u64>()
        .ok()
        .and_then(|wide| T::try_from(wide).ok());
    sized.ok_or_else(|| PyOverflowError::new_err(format!("Python int too large for C {c_type}")))
}

/// A timeout as `settimeout` takes it: None, or seconds that are rounded up to nanoseconds.
pub fn timeout(seconds: &Bound<'_, PyAny>) -> PyResult<Timeout> {
    if seconds.is_none() {
        return Ok(Timeout::Never);
    }
    duration(seconds).map(Timeout::from)
}

/// The seconds of a timeout, None for ever.
pub fn seconds(timeout: Timeout) -> Option<f64> {
    match timeout {
        Timeout::Never => None,
        Timeout::NonBlocking => Some(0.0),
        #[allow(clippy::cast_precision_loss)] // exact up to 104 days, as in CPython
        Timeout::After(duration) => Some(duration.as_nanos() as f64 / NANOSECONDS),
    }
}

/// Seconds, whole or not, rounded up to nanoseconds; like CPython's, these fit into 63 bits.
pub fn duration(seconds: &Bound<'_, PyAny>) -> PyResult<Duration> {
    let whole = |seconds: i64| seconds.checked_mul(1_000_000_000)?.try_into().ok();
    let nanoseconds = match seconds.cast::<PyFloat>() {
        Ok(float) => Ok(rounded_up(float.value())),
        Err(_) => seconds.extract().map(whole),
    };
    match nanoseconds {
        Ok(Some(nanoseconds)) => Ok(Duration::from_nanos(nanoseconds)),
        Ok(None) => Err(refusal_of_timeout(
            seconds,
            PyValueError::new_err("Timeout value out of range"),
        )),
        Err(error) => Err(refusal_of_timeout(seconds, error)),
    }
}

/// Seconds in nanoseconds, unless they are negative, no number, or beyond 63 bits.
fn rounded_up(seconds: f64) -> Option<u64> {
    let nanoseconds = seconds * NANOSECONDS;
    #[allow(clippy::cast_precision_loss)]
    let fits = (0.0..i64::MAX as f64).contains(&nanoseconds);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within range, tested above
    fits.then_some(nanoseconds.ceil() as u64)
}

/// What the running interpreter says of a timeout that it does not take either: words and classes change from release to
/// release. It converts the timeout before it looks for a descriptor, and the socket asked here has none.
fn refusal_of_timeout(seconds: &Bound<'_, PyAny>, unless_it_takes_it: PyErr) -> PyErr {
    let said = seconds.py().import("_socket").and_then(|module| {
        let class = module.getattr("socket")?;
        let socket = class.call_method1("__new__", (&class,))?;
        socket.call_method1("settimeout", (seconds,))
    });
    match said {
        Err(error) if !error.is_instance_of::<PyOSError>(seconds.py()) => error,
        _ => unless_it_takes_it,
    }
}

/// The TypeError for an object of the wrong type.
pub fn wrong_type(wanted: &str, object: &Bound<'_, PyAny>) -> PyErr {
    match object.get_type().name() {
        Ok(name) => PyTypeError::new_err(format!("{wanted}, not {name}")),
        Err(error) => error,
    }
}

/// The same for an argument, where CPython calls None by its name.
pub fn wrong_argument(wanted: &str, object: &Bound<'_, PyAny>) -> PyErr {
    if object.is_none() {
        PyTypeError::new_err(format!("{wanted}, not None"))
    } else {
        wrong_type(wanted, object)
    }
}

/// Text as C reads it; TypeError for what is no text, ValueError for a NUL within.
pub fn text(object: &Bound<'_, PyAny>, wanted: &str) -> PyResult<CString> {
    let Ok(text) = object.cast::<PyString>() else {
        return Err(wrong_argument(wanted, object));
    };
    c_string(text.to_str()?.as_bytes(), || {
        PyValueError::new_err("embedded null character")
    })
}

/// Bytes as C reads them; `with_nul` when there is a NUL within.
pub fn c_string(bytes: &[u8], with_nul: impl FnOnce() -> PyErr) -> PyResult<CString> {
    memory::c_string(bytes, Kind::InvalidInput("text")).map_err(|kind| {
        if kind == Kind::OutOfMemory {
            error::no_memory(kind)
        } else {
            with_nul()
        }
    })
}
