//! `NetworkInterface`: what `joinGroup` takes.

use super::arguments::Name;
use super::exceptions::{self, illegal_argument, null_pointer, socket_exception};
use super::inet_address::{self, InetAddress};
use polysock::{interface_list, Address, InterfaceInfo};
use pyo3::prelude::*;

/// A network interface of this host.
#[pyclass(module = "polysock.net", frozen)]
pub struct NetworkInterface {
    pub index: u32,
    name: String,
}

/// All current interfaces.
fn all(py: Python<'_>) -> PyResult<Vec<InterfaceInfo>> {
    interface_list().map_err(|failed| exceptions::error(py, &failed))
}

fn object(py: Python<'_>, interface: &InterfaceInfo) -> PyResult<Py<NetworkInterface>> {
    let name = interface.name.to_string_lossy().into_owned();
    let index = interface.index;
    Py::new(py, NetworkInterface { index, name })
}

/// The first interface for which `fits` returns true.
pub fn find(py: Python<'_>, fits: impl Fn(&InterfaceInfo) -> bool) -> PyResult<Option<Py<NetworkInterface>>> {
    let found = all(py)?.into_iter().find(fits);
    found.map(|interface| object(py, &interface)).transpose()
}

/// The interface that has this address.
pub fn of_address(py: Python<'_>, address: &InetAddress) -> PyResult<Option<Py<NetworkInterface>>> {
    let wanted = address.with_port(0).ip();
    find(py, |interface| {
        interface
            .addresses
            .iter()
            .any(|address| address.ip() == Some(wanted))
    })
}

impl NetworkInterface {
    fn info(&self, py: Python<'_>) -> PyResult<InterfaceInfo> {
        let found = all(py)?
            .into_iter()
            .find(|interface| interface.index == self.index);
        found.ok_or_else(|| socket_exception(py, libc::ENODEV, "No such device"))
    }

    fn has(&self, py: Python<'_>, flag: i32) -> PyResult<bool> {
        Ok(self.info(py)?.flags & flag.unsigned_abs() != 0)
    }
}

#[pymethods]
impl NetworkInterface {
    /// The interface of this name; None if there is none.
    #[staticmethod]
    #[pyo3(name = "getByName", signature = (name, /))]
    fn by_name(py: Python<'_>, name: Option<Name>) -> PyResult<Option<Py<Self>>> {
        let Some(Name(name)) = name else {
            return Err(null_pointer(py, "name is null"));
        };
        find(py, |interface| interface.name.to_bytes() == name.as_bytes())
    }

    /// The interface of this number; None if there is none.
    #[staticmethod]
    #[pyo3(name = "getByIndex", signature = (index, /))]
    fn by_index(py: Python<'_>, index: i64) -> PyResult<Option<Py<Self>>> {
        if index < 0 {
            return Err(illegal_argument(py, "Interface index can't be negative"));
        }
        find(py, |interface| i64::from(interface.index) == index)
    }

    /// The interface that has this address; None if there is none.
    #[staticmethod]
    #[pyo3(name = "getByInetAddress", signature = (addr, /))]
    fn by_inet_address(py: Python<'_>, addr: Option<&Bound<'_, InetAddress>>) -> PyResult<Option<Py<Self>>> {
        let Some(address) = addr else {
            return Err(null_pointer(py, "addr is null"));
        };
        of_address(py, address.get())
    }

    /// Every interface.
    #[staticmethod]
    #[pyo3(name = "getNetworkInterfaces")]
    fn interfaces(py: Python<'_>) -> PyResult<Vec<Py<Self>>> {
        all(py)?.iter().map(|interface| object(py, interface)).collect()
    }

    /// The name, such as `eth0`.
    #[pyo3(name = "getName")]
    fn name(&self) -> &str {
        &self.name
    }

    /// The name.
    #[pyo3(name = "getDisplayName")]
    fn display_name(&self) -> &str {
        &self.name
    }

    /// The number.
    #[pyo3(name = "getIndex")]
    fn index(&self) -> u32 {
        self.index
    }

    /// The current addresses.
    #[pyo3(name = "getInetAddresses")]
    pub fn inet_addresses(&self, py: Python<'_>) -> PyResult<Vec<Py<InetAddress>>> {
        let info = self.info(py)?;
        let addresses = info.addresses.iter().filter_map(Address::as_socket_addr);
        addresses
            .map(|address| inet_address::object(py, address, None))
            .collect()
    }

    /// Whether it is up.
    #[pyo3(name = "isUp")]
    fn is_up(&self, py: Python<'_>) -> PyResult<bool> {
        self.has(py, libc::IFF_UP)
    }

    /// Whether it is a loopback interface.
    #[pyo3(name = "isLoopback")]
    fn is_loopback(&self, py: Python<'_>) -> PyResult<bool> {
        self.has(py, libc::IFF_LOOPBACK)
    }

    /// Whether it is a point-to-point link.
    #[pyo3(name = "isPointToPoint")]
    fn is_point_to_point(&self, py: Python<'_>) -> PyResult<bool> {
        self.has(py, libc::IFF_POINTOPOINT)
    }

    /// Whether it supports multicast.
    #[pyo3(name = "supportsMulticast")]
    fn supports_multicast(&self, py: Python<'_>) -> PyResult<bool> {
        self.has(py, libc::IFF_MULTICAST)
    }

    /// `name:eth0 (eth0)`.
    #[pyo3(name = "toString")]
    fn to_text(&self) -> String {
        format!("name:{} ({})", self.name, self.name)
    }

    fn __str__(&self) -> String {
        self.to_text()
    }

    fn __repr__(&self) -> String {
        format!("<NetworkInterface {}>", self.name)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other
            .cast::<Self>()
            .is_ok_and(|other| other.get().index == self.index && other.get().name == self.name)
    }

    fn __hash__(&self) -> i64 {
        self.index.into()
    }
}
