//! The Python module of polysock: translation between Python and `polysock-core`, no behaviour of its own.

mod address;
mod audit;
mod convert;
mod error;
mod gil;
mod net;
mod options;
mod raw;
mod resolve;
mod socket;

/// The native half of the package `polysock`.
#[pyo3::pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::error::TruncatedError;
    #[pymodule_export]
    use crate::net::{InputStream, OutputStream, ServerSocket};
    #[pymodule_export]
    use crate::resolve::getaddrinfo;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("Socket", crate::raw::finalize::socket_type(module.py())?)?;
        module.add("NetSocket", module.py().get_type::<crate::net::NetSocket>())
    }
}
