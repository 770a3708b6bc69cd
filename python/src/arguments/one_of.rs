//! Arguments that may be of several types.

/// Defines an argument of one of several types, which are tried in order, and the error text for any other type.
///
/// Not derived with PyO3, which keeps the exception of each type that did not fit, and looks at it (see
/// [`settled`](crate::errors::settled)).
macro_rules! one_of {
    ($(#[$doc:meta])* $visibility:vis enum $name:ident { $($variant:ident($type:ty)),+ $(,)? } otherwise $text:literal) => {
        $(#[$doc])*
        $visibility enum $name<'py> {
            $($variant($type)),+
        }

        impl<'py> FromPyObject<'_, 'py> for $name<'py> {
            type Error = PyErr;

            fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
                $(
                    if let Ok(given) = given.extract() {
                        return Ok(Self::$variant(given));
                    }
                )+
                Err(pyo3::exceptions::PyTypeError::new_err($text))
            }
        }
    };
}
pub(crate) use one_of;
