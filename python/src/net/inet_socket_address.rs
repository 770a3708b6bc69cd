//! `InetSocketAddress`: a host or an address, and a port.

use super::arguments::{self, Name};
use super::exceptions::{illegal_argument, socket_exception};
use super::inet_address::{self, look_up, InetAddress};
use crate::arguments::one_of;
use polysock::java_net::To;
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::net::SocketAddr;

/// What `bind` and `connect` take.
#[pyclass(module = "polysock.net", frozen, subclass)]
pub struct SocketAddress;

/// An address, or the name of a host without one, and a port: `(port)`, `(address, port)`, `(host, port)`. The
/// host is looked up at once.
#[pyclass(module = "polysock.net", frozen, extends = SocketAddress)]
pub struct InetSocketAddress {
    /// The name of a host that was not found, or not looked up.
    unresolved: Option<String>,
    address: Option<Py<InetAddress>>,
    port: u16,
}

one_of! {
    /// The first argument of the constructor.
    enum Host {
        Port(i64),
        Address(Bound<'py, InetAddress>),
        Name(Name),
    } otherwise "expected a port, an InetAddress or the name of a host"
}

/// What it consists of.
type Parts = (Option<Py<InetAddress>>, Option<String>, u16);

/// The `InetSocketAddress` of an argument; there is no other kind.
pub fn inet<'a, 'py>(
    py: Python<'py>,
    address: &'a Bound<'py, SocketAddress>,
) -> PyResult<&'a Bound<'py, InetSocketAddress>> {
    address
        .cast::<InetSocketAddress>()
        .map_err(|_| illegal_argument(py, "Unsupported address type"))
}

/// The address to bind to: an `InetSocketAddress`, or None for the system's choice.
pub fn bind_address(
    py: Python<'_>,
    address: Option<&Bound<'_, SocketAddress>>,
) -> PyResult<Option<SocketAddr>> {
    let Some(address) = address else { return Ok(None) };
    let address = inet(py, address)?.get().address();
    match address {
        Some(address) => Ok(Some(address)),
        None => Err(socket_exception(py, libc::EINVAL, "Unresolved address")),
    }
}

impl InetSocketAddress {
    fn resolved(address: Py<InetAddress>, port: u16) -> Self {
        Self {
            unresolved: None,
            address: Some(address),
            port,
        }
    }

    /// The object for an address and a port.
    pub fn object(py: Python<'_>, address: Py<InetAddress>, port: u16) -> PyResult<Py<Self>> {
        Py::new(
            py,
            PyClassInitializer::from(SocketAddress).add_subclass(Self::resolved(address, port)),
        )
    }

    /// The object for a peer, whose name is not known.
    pub fn of_peer(py: Python<'_>, peer: SocketAddr) -> PyResult<Py<Self>> {
        Self::object(py, inet_address::object(py, peer, None)?, peer.port())
    }

    /// The address with its port, if it has one.
    pub fn address(&self) -> Option<SocketAddr> {
        let address = self.address.as_ref()?;
        Some(address.get().with_port(self.port))
    }

    /// The address without its port, if it has one.
    pub fn host(&self, py: Python<'_>) -> Option<Py<InetAddress>> {
        self.address.as_ref().map(|address| address.clone_ref(py))
    }

    /// Where to connect.
    pub fn to(&self) -> To {
        To {
            host: self.host_known().map(ToOwned::to_owned),
            address: self.address(),
        }
    }

    fn host_known(&self) -> Option<&str> {
        match &self.address {
            Some(address) => address.get().known_host(),
            None => self.unresolved.as_deref(),
        }
    }

    fn shown(&self) -> String {
        match (&self.address, &self.unresolved) {
            (Some(address), _) => match address.get().with_port(0) {
                SocketAddr::V4(_) => format!("{}:{}", address.get().shown(), self.port),
                SocketAddr::V6(_) => {
                    let host = address.get().known_host().unwrap_or_default();
                    format!("{host}/[{}]:{}", address.get().text(), self.port)
                }
            },
            (None, host) => {
                let host = host.as_deref().unwrap_or_default();
                format!("{host}/<unresolved>:{}", self.port)
            }
        }
    }
}

#[pymethods]
impl InetSocketAddress {
    #[new]
    #[pyo3(signature = (host, port = None, /))]
    fn new(py: Python<'_>, host: Option<Host<'_>>, port: Option<i64>) -> PyResult<PyClassInitializer<Self>> {
        let (host, port) = match (host, port) {
            (Some(Host::Port(port)), None) => (None, port),
            (Some(Host::Port(_)), Some(_)) => return Err(illegal_argument(py, "hostname can't be a number")),
            (host, Some(port)) => (host, port),
            (_, None) => return Err(illegal_argument(py, "port is missing")),
        };
        let port = arguments::port(py, port)?;
        let made = match host {
            Some(Host::Address(address)) => Self::resolved(address.unbind(), port),
            Some(Host::Name(Name(name))) => match look_up(py, &name) {
                Ok(found) => Self {
                    address: found.into_iter().next(),
                    unresolved: Some(name),
                    port,
                },
                Err(error) if error.is_instance(py, &unknown_host_class(py)?) => Self {
                    unresolved: Some(name),
                    address: None,
                    port,
                },
                Err(error) => return Err(error),
            },
            _ => Self::resolved(inet_address::any(py)?, port),
        };
        Ok(PyClassInitializer::from(SocketAddress).add_subclass(made))
    }

    /// An address that is not looked up, and that connect therefore refuses.
    #[staticmethod]
    #[pyo3(name = "createUnresolved", signature = (host, port, /))]
    fn create_unresolved(py: Python<'_>, host: Option<Name>, port: i64) -> PyResult<Py<Self>> {
        let port = arguments::port(py, port)?;
        let Some(Name(host)) = host else {
            return Err(illegal_argument(py, "hostname can't be null"));
        };
        let made = Self {
            unresolved: Some(host),
            address: None,
            port,
        };
        Py::new(py, PyClassInitializer::from(SocketAddress).add_subclass(made))
    }

    /// Makes an address again from what `__reduce__` has returned.
    #[classmethod]
    fn _restored(
        class: &Bound<'_, PyType>,
        address: Option<Py<InetAddress>>,
        unresolved: Option<String>,
        port: u16,
    ) -> PyResult<Py<Self>> {
        let made = Self {
            unresolved,
            address,
            port,
        };
        Py::new(
            class.py(),
            PyClassInitializer::from(SocketAddress).add_subclass(made),
        )
    }

    /// For pickle and copy, like Java's serialization: nothing is looked up again.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Parts)> {
        let (py, this) = (slf.py(), slf.get());
        let restored = py.get_type::<Self>().getattr("_restored")?;
        Ok((restored, (this.host(py), this.unresolved.clone(), this.port)))
    }

    /// The address; None if it was not found.
    #[pyo3(name = "getAddress")]
    fn get_address(&self, py: Python<'_>) -> Option<Py<InetAddress>> {
        self.host(py)
    }

    /// The port.
    #[pyo3(name = "getPort")]
    fn port(&self) -> u16 {
        self.port
    }

    /// The name of the host, which may be looked up.
    #[pyo3(name = "getHostName")]
    fn host_name(&self, py: Python<'_>) -> String {
        match &self.address {
            Some(address) => address.get().host(py).to_owned(),
            None => self.unresolved.clone().unwrap_or_default(),
        }
    }

    /// The name of the host as it was given, or the address as text; nothing is looked up.
    #[pyo3(name = "getHostString")]
    fn host_string(&self) -> String {
        match (self.host_known(), &self.address) {
            (Some(host), _) => host.to_owned(),
            (None, Some(address)) => address.get().text(),
            (None, None) => String::new(),
        }
    }

    /// Whether there is no address.
    #[pyo3(name = "isUnresolved")]
    fn is_unresolved(&self) -> bool {
        self.address.is_none()
    }

    /// `host/address:port`.
    #[pyo3(name = "toString")]
    fn to_text(&self) -> String {
        self.shown()
    }

    /// Whether the other has the same address and port.
    fn equals(&self, other: &Bound<'_, PyAny>) -> bool {
        self.__eq__(other)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        let Ok(other) = other.cast::<Self>() else {
            return false;
        };
        let other = other.get();
        if self.port != other.port {
            return false;
        }
        match (&self.address, &other.address) {
            (Some(a), Some(b)) => a.get().with_port(0).ip() == b.get().with_port(0).ip(),
            (None, None) => {
                let [a, b] = [self, other].map(|end| end.unresolved.as_deref().unwrap_or_default());
                a.eq_ignore_ascii_case(b)
            }
            _ => false,
        }
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        match &self.address {
            Some(address) => address.get().with_port(0).ip().hash(&mut hasher),
            None => {
                let host = self.unresolved.as_deref().unwrap_or_default();
                host.to_ascii_lowercase().hash(&mut hasher);
            }
        }
        self.port.hash(&mut hasher);
        hasher.finish()
    }

    fn __str__(&self) -> String {
        self.shown()
    }

    fn __repr__(&self) -> String {
        format!("<InetSocketAddress {}>", self.shown())
    }
}

fn unknown_host_class(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import("polysock.net")?.getattr("UnknownHostException")
}
