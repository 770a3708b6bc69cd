//! Lines as text.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// How bytes become text.
pub struct Decoding {
    encoding: String,
    errors: String,
}

impl Decoding {
    /// None for bytes; text if there is an encoding, or a way to handle what it can't decode. LookupError for unknown
    /// ones, before anything is received.
    pub fn new(py: Python<'_>, encoding: Option<String>, errors: Option<String>) -> PyResult<Option<Self>> {
        if encoding.is_none() && errors.is_none() {
            return Ok(None);
        }
        let decoding = Self {
            encoding: encoding.unwrap_or_else(|| "utf-8".to_owned()),
            errors: errors.unwrap_or_else(|| "strict".to_owned()),
        };
        let codecs = py.import("codecs")?;
        codecs.call_method1("lookup", (&decoding.encoding,))?;
        codecs.call_method1("lookup_error", (&decoding.errors,))?;
        Ok(Some(decoding))
    }

    /// The bytes, or their text.
    pub fn apply<'py>(decoding: Option<&Self>, message: Bound<'py, PyBytes>) -> PyResult<Bound<'py, PyAny>> {
        match decoding {
            None => Ok(message.into_any()),
            Some(Self { encoding, errors }) => message.call_method1("decode", (encoding, errors)),
        }
    }
}
