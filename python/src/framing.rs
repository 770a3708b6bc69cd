//! How a stream is divided into messages: the core's `Framing` as a Python value.

use crate::arguments::{CInt, Size};
use crate::errors;
use polysock::{ByteOrder, PrefixWidth};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyType};
use std::hash::{Hash, Hasher};

/// How a stream is divided into messages, and how long one may be. Objects never change; equal ones have equal hashes.
///
/// `Framing()` is a 32-bit length in network byte order before each message, as `struct.pack("!I", len(data))` writes it.
/// `limit` is the longest message accepted, in bytes without prefix and delimiter, 16 MiB unless given: a longer one raises
/// OSError (EMSGSIZE) on both sides, before anything is sent and before any memory is reserved for it.
#[pyclass(frozen, eq, hash, module = "polysock")]
#[derive(PartialEq, Eq)]
pub struct Framing {
    core: polysock::Framing,
    format: Format,
}

/// The usual width of a length, in bits.
const WIDTH: CInt = CInt(32);

/// What the constructors were given.
#[derive(PartialEq, Eq, Hash)]
enum Format {
    LengthPrefix { bits: i32, is_big: bool },
    Varint,
    Delimiter(Vec<u8>),
    Lines,
    Fixed(usize),
}

/// The core's framing of an argument: None stands for `Framing()`.
pub fn framing_of(given: Option<&Bound<'_, Framing>>) -> polysock::Framing {
    given.map_or_else(polysock::Framing::default, |framing| framing.get().core())
}

/// The core's framing of lines of at most `limit` bytes.
pub fn lines_within(limit: Option<Size>) -> PyResult<polysock::Framing> {
    let lines = polysock::Framing::lines();
    Ok(match limit {
        None => lines,
        Some(limit) => lines.with_limit(limit.count("negative limit")?),
    })
}

impl Framing {
    fn new(core: polysock::Framing, format: Format, limit: Option<Size>) -> PyResult<Self> {
        let core = match limit {
            None => core,
            Some(limit) => core.with_limit(limit.count("negative limit")?),
        };
        Ok(Self { core, format })
    }

    fn prefixed(bits: i32, byteorder: &str, limit: Option<Size>) -> PyResult<Self> {
        let width = match bits {
            8 => PrefixWidth::Bits8,
            16 => PrefixWidth::Bits16,
            32 => PrefixWidth::Bits32,
            64 => PrefixWidth::Bits64,
            _ => return Err(PyValueError::new_err("bits must be 8, 16, 32 or 64")),
        };
        let order = match byteorder {
            "big" => ByteOrder::Big,
            "little" => ByteOrder::Little,
            _ => {
                return Err(PyValueError::new_err(
                    "byteorder must be either 'little' or 'big'",
                ))
            }
        };
        let format = Format::LengthPrefix {
            bits,
            is_big: order == ByteOrder::Big,
        };
        Self::new(polysock::Framing::length_prefix(width, order), format, limit)
    }

    /// The core's framing.
    pub const fn core(&self) -> polysock::Framing {
        self.core
    }

    /// The limit if it is not what the constructor sets anyway.
    fn own_limit(&self) -> Option<usize> {
        let usual = match self.format {
            Format::Fixed(size) => size.max(polysock::Framing::DEFAULT_LIMIT),
            Format::LengthPrefix { .. } | Format::Varint | Format::Delimiter(_) | Format::Lines => {
                polysock::Framing::DEFAULT_LIMIT
            }
        };
        Some(self.core.limit()).filter(|limit| *limit != usual)
    }
}

impl Default for Framing {
    fn default() -> Self {
        Self {
            core: polysock::Framing::default(),
            format: Format::LengthPrefix {
                bits: WIDTH.0,
                is_big: true,
            },
        }
    }
}

impl Hash for Framing {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.format.hash(state);
        self.core.limit().hash(state);
    }
}

#[pymethods]
impl Framing {
    /// The default framing, perhaps with another limit.
    #[new]
    #[pyo3(signature = (*, limit = None))]
    fn make(limit: Option<Size>) -> PyResult<Self> {
        Self::prefixed(WIDTH.0, "big", limit)
    }

    /// Each message is preceded by its length in bytes, as a number of 8, 16, 32 or 64 bits, 'big' or 'little' endian.
    #[classmethod]
    #[pyo3(
        signature = (bits = WIDTH, byteorder = "big", *, limit = None),
        text_signature = "($type, bits=32, byteorder='big', *, limit=None)"
    )]
    fn length_prefix(
        _class: &Bound<'_, PyType>,
        bits: CInt,
        byteorder: &str,
        limit: Option<Size>,
    ) -> PyResult<Self> {
        Self::prefixed(bits.0, byteorder, limit)
    }

    /// Each message is preceded by its length as a varint: protobuf's delimited format.
    #[classmethod]
    #[pyo3(signature = (*, limit = None))]
    fn varint(_class: &Bound<'_, PyType>, limit: Option<Size>) -> PyResult<Self> {
        Self::new(polysock::Framing::varint(), Format::Varint, limit)
    }

    /// Each message ends with these 1 to 16 bytes, which are not part of it and must not occur in it.
    #[classmethod]
    #[pyo3(signature = (delimiter, *, limit = None))]
    fn delimiter(
        class: &Bound<'_, PyType>,
        delimiter: &Bound<'_, PyBytes>,
        limit: Option<Size>,
    ) -> PyResult<Self> {
        let bytes = delimiter.as_bytes();
        let core = errors::raise(class.py(), polysock::Framing::delimiter(bytes))?;
        Self::new(core, Format::Delimiter(bytes.to_vec()), limit)
    }

    /// Each message is a line: it ends with a newline, or a carriage return and a newline, which are not part of it.
    /// The last line need not have one.
    #[classmethod]
    #[pyo3(signature = (*, limit = None))]
    fn lines(_class: &Bound<'_, PyType>, limit: Option<Size>) -> PyResult<Self> {
        Self::new(polysock::Framing::lines(), Format::Lines, limit)
    }

    /// Every message has exactly this many bytes.
    #[classmethod]
    #[pyo3(signature = (size, *, limit = None))]
    fn fixed(class: &Bound<'_, PyType>, size: Size, limit: Option<Size>) -> PyResult<Self> {
        let size = size.count("negative size")?;
        let core = errors::raise(class.py(), polysock::Framing::fixed(size))?;
        Self::new(core, Format::Fixed(size), limit)
    }

    /// The longest message accepted, in bytes.
    #[getter]
    const fn limit(&self) -> usize {
        self.core.limit()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let call = match &self.format {
            Format::LengthPrefix { bits, is_big } => {
                format!("length_prefix(bits={bits}, byteorder='{}'", order(*is_big))
            }
            Format::Varint => "varint(".to_owned(),
            Format::Delimiter(bytes) => format!("delimiter({}", PyBytes::new(py, bytes).repr()?),
            Format::Lines => "lines(".to_owned(),
            Format::Fixed(size) => format!("fixed({size}"),
        };
        let limit = self.own_limit().map_or_else(String::new, |limit| {
            let comma = if call.ends_with('(') { "" } else { ", " };
            format!("{comma}limit={limit}")
        });
        Ok(format!("Framing.{call}{limit})"))
    }

    /// For pickle and copy: the constructor, and its arguments.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let py = slf.py();
        let this = slf.get();
        let class = py.get_type::<Self>();
        let by_name = PyDict::new(py);
        if let Some(limit) = this.own_limit() {
            by_name.set_item("limit", limit)?;
        }
        let name = match &this.format {
            Format::LengthPrefix { bits, is_big } => {
                by_name.set_item("bits", bits)?;
                by_name.set_item("byteorder", order(*is_big))?;
                "length_prefix"
            }
            Format::Varint => "varint",
            Format::Delimiter(bytes) => {
                by_name.set_item("delimiter", PyBytes::new(py, bytes))?;
                "delimiter"
            }
            Format::Lines => "lines",
            Format::Fixed(size) => {
                by_name.set_item("size", size)?;
                "fixed"
            }
        };
        // A method of the class with arguments by name can't be pickled alone.
        let constructor = class.getattr(name)?;
        let partial = py.import("functools")?.getattr("partial")?;
        let call = partial.call((constructor,), Some(&by_name))?;
        Ok((call, pyo3::types::PyTuple::empty(py).into_any()))
    }
}

const fn order(is_big: bool) -> &'static str {
    if is_big {
        "big"
    } else {
        "little"
    }
}
