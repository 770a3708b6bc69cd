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
    /// ones and for codecs that don't make text, before anything is received.
    pub fn new(py: Python<'_>, encoding: Option<String>, errors: Option<String>) -> PyResult<Option<Self>> {
        if encoding.is_none() && errors.is_none() {
            return Ok(None);
        }
        let decoding = Self {
            encoding: encoding.unwrap_or_else(|| "utf-8".to_owned()),
            errors: errors.unwrap_or_else(|| "strict".to_owned()),
        };
        let codecs = py.import("codecs")?;
        let codec = codecs.call_method1("lookup", (&decoding.encoding,))?;
        if !makes_text(&codec)? {
            Self::apply(Some(&decoding), PyBytes::new(py, b"\n"))?; // raises the interpreter's own exception
        }
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

/// Whether a codec is an encoding of text, unlike `hex` or `rot13`.
fn makes_text(codec: &Bound<'_, PyAny>) -> PyResult<bool> {
    // The attribute that bytes.decode() asks for; a codec from elsewhere may lack it.
    let marked = codec.getattr_opt("_is_text_encoding")?;
    marked.map_or(Ok(true), |marked| marked.is_truthy())
}
