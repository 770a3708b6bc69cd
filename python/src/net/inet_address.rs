//! `InetAddress`, `Inet4Address`, `Inet6Address`: an address, and perhaps the name it was looked up from; never a port.

use super::arguments::{self, Name};
use super::exceptions::{self, illegal_argument, make, null_pointer};
use crate::core_call::CoreCall;
use crate::errors::{Context, Failure};
use polysock::{host_name, java_net, name_of, Address, Error, Kind};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple, PyType};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::sync::OnceLock;

/// An IP address, and the name of the host where one is known. Two are equal when their bytes are.
#[pyclass(module = "polysock.net", frozen, subclass)]
pub struct InetAddress {
    /// With port 0; an IPv6 address with its scope.
    address: SocketAddr,
    host: OnceLock<String>,
}

/// An IPv4 address.
#[pyclass(module = "polysock.net", frozen, extends = InetAddress)]
pub struct Inet4Address;

/// An IPv6 address, with the scope of a link-local one.
#[pyclass(module = "polysock.net", frozen, extends = InetAddress)]
pub struct Inet6Address;

/// What an address consists of: its text, its scope, and its name if that is known.
type Parts = (String, u32, Option<String>);

/// The object for an address, whose port is ignored.
pub fn object(py: Python<'_>, address: SocketAddr, host: Option<&str>) -> PyResult<Py<InetAddress>> {
    let ip = address.ip().to_canonical();
    let scope = match address {
        SocketAddr::V6(v6) => v6.scope_id(),
        SocketAddr::V4(_) => 0,
    };
    let address = match ip {
        IpAddr::V4(ip) => (ip, 0).into(),
        IpAddr::V6(ip) => SocketAddrV6::new(ip, 0, 0, scope).into(),
    };
    let base = PyClassInitializer::from(InetAddress {
        address,
        host: host.map_or_else(OnceLock::new, |host| OnceLock::from(host.to_owned())),
    });
    let object = match ip {
        IpAddr::V4(_) => Bound::new(py, base.add_subclass(Inet4Address))?.into_any(),
        IpAddr::V6(_) => Bound::new(py, base.add_subclass(Inet6Address))?.into_any(),
    };
    Ok(object.cast_into::<InetAddress>()?.unbind())
}

/// The object for 0.0.0.0.
pub fn any(py: Python<'_>) -> PyResult<Py<InetAddress>> {
    of_interface(py, Ipv4Addr::UNSPECIFIED.into())
}

/// The object for a socket's local address, which has no name unless it stands for every interface.
pub fn of_interface(py: Python<'_>, ip: IpAddr) -> PyResult<Py<InetAddress>> {
    let name = ip.is_unspecified().then(|| ip.to_string());
    object(py, (ip, 0).into(), name.as_deref())
}

/// What ended a look-up: the name, and the core's error.
struct NotFound<'a>(&'a str, Error);

impl Failure for NotFound<'_> {
    fn error(&self) -> Option<&Error> {
        Some(&self.1)
    }

    fn exception(&self, py: Python<'_>, _: Context<'_>) -> PyErr {
        let Self(name, error) = self;
        unknown(py, name, error)
    }
}

/// The addresses of a host by name or number, with the name where it is one.
pub fn look_up(py: Python<'_>, name: &str) -> PyResult<Vec<Py<InetAddress>>> {
    let addresses = CoreCall::new(py)
        .run(|caller| java_net::look_up(name, 0, caller).map_err(|error| NotFound(name, error)))?;
    let named = java_net::names_a_host(name).then_some(name);
    // The name for this host, if none was given.
    let named = if name.is_empty() { Some("localhost") } else { named };
    let addresses = addresses.iter().filter_map(Address::as_socket_addr);
    addresses.map(|address| object(py, address, named)).collect()
}

/// Java's exception for a look-up, with the resolver's text.
fn unknown(py: Python<'_>, name: &str, error: &Error) -> PyErr {
    let code = if let Kind::Resolve(code) = error.kind() {
        code
    } else {
        libc::EAI_NONAME
    };
    let text = if name.contains('\0') {
        "NUL character not allowed in hostname".to_owned()
    } else {
        format!("{name}: {}", error.kind())
    };
    make(py, "UnknownHostException", (code, text))
}

/// The first address that `look_up` finds.
fn first(py: Python<'_>, name: &str) -> PyResult<Py<InetAddress>> {
    let found = look_up(py, name)?.into_iter().next();
    found.ok_or_else(|| make(py, "UnknownHostException", (libc::EAI_NONAME, name)))
}

impl InetAddress {
    /// The address with a port.
    pub fn with_port(&self, port: u16) -> SocketAddr {
        let mut address = self.address;
        address.set_port(port);
        address
    }

    /// The name it was looked up from, or was found to have.
    pub fn known_host(&self) -> Option<&str> {
        self.host.get().map(String::as_str)
    }

    /// The address as Java writes it: IPv6 in eight groups without leaving out zeros.
    pub fn text(&self) -> String {
        let SocketAddr::V6(v6) = self.address else {
            return self.address.ip().to_string();
        };
        let groups = v6.ip().segments().map(|group| format!("{group:x}"));
        match v6.scope_id() {
            0 => groups.join(":"),
            scope => format!("{}%{scope}", groups.join(":")),
        }
    }

    /// The name that the system knows for it, or its text.
    fn reverse(&self, py: Python<'_>) -> String {
        let address = Address::from(self.address);
        match CoreCall::new(py).run_detached(|| name_of(&address, libc::NI_NAMEREQD)) {
            Ok((name, _)) => name.to_string_lossy().into_owned(),
            Err(_) => self.text(),
        }
    }

    /// The name of the host, looked up once if none is known.
    pub fn host(&self, py: Python<'_>) -> &str {
        if let Some(known) = self.known_host() {
            return known;
        }
        let found = self.reverse(py);
        self.host.get_or_init(|| found)
    }

    /// The address as `getHostName` and `getHostAddress` return it; nothing is looked up.
    pub fn shown(&self) -> String {
        format!("{}/{}", self.known_host().unwrap_or_default(), self.text())
    }

    fn v4(&self) -> Option<[u8; 4]> {
        match self.address.ip() {
            IpAddr::V4(ip) => Some(ip.octets()),
            IpAddr::V6(_) => None,
        }
    }

    /// The scope of a multicast address of IPv6 (RFC 4291 §2.7).
    fn v6_scope(&self) -> Option<u16> {
        match self.address.ip() {
            IpAddr::V6(ip) if ip.is_multicast() => ip.segments().first().map(|group| group & 0xf),
            IpAddr::V4(_) | IpAddr::V6(_) => None,
        }
    }
}

#[pymethods]
impl InetAddress {
    /// Looks up a host by name or number, IPv4 first; None and "" are this host.
    #[staticmethod]
    #[pyo3(name = "getByName", signature = (host, /))]
    fn by_name(py: Python<'_>, host: Option<Name>) -> PyResult<Py<Self>> {
        first(py, &host.map_or_else(String::new, |Name(host)| host))
    }

    /// Looks up every address of a host.
    #[staticmethod]
    #[pyo3(name = "getAllByName", signature = (host, /))]
    fn all_by_name(py: Python<'_>, host: Option<Name>) -> PyResult<Vec<Py<Self>>> {
        look_up(py, &host.map_or_else(String::new, |Name(host)| host))
    }

    /// The address of 4 or 16 bytes, and a name for it that is not looked up: `(bytes)` or `(host, bytes)`.
    #[staticmethod]
    #[pyo3(name = "getByAddress", signature = (*arguments))]
    fn by_address(py: Python<'_>, arguments: &Bound<'_, PyTuple>) -> PyResult<Py<Self>> {
        let (host, bytes): (Option<Name>, Option<Vec<u8>>) = match arguments.len() {
            1 => (None, arguments.extract::<(Option<Vec<u8>>,)>()?.0),
            _ => arguments.extract()?,
        };
        let bytes = bytes.unwrap_or_default();
        let ip: IpAddr = if let Ok(four) = <[u8; 4]>::try_from(&*bytes) {
            Ipv4Addr::from(four).into()
        } else if let Ok(sixteen) = <[u8; 16]>::try_from(&*bytes) {
            Ipv6Addr::from(sixteen).into()
        } else {
            let text = "addr is of illegal length";
            return Err(make(py, "UnknownHostException", (libc::EAI_NONAME, text)));
        };
        object(py, (ip, 0).into(), host.as_ref().map(|Name(host)| host.as_str()))
    }

    /// The address that a literal stands for; nothing is looked up.
    #[staticmethod]
    #[pyo3(name = "ofLiteral", signature = (text, /))]
    fn of_literal(py: Python<'_>, text: Option<Name>) -> PyResult<Py<Self>> {
        let Some(Name(text)) = text else {
            return Err(null_pointer(py, "the literal is null"));
        };
        if text.is_empty() || java_net::names_a_host(&text) {
            let text = format!("Invalid IP address literal: {text}");
            return Err(illegal_argument(py, &text));
        }
        first(py, &text)
    }

    /// Makes an address again from what `__reduce__` has returned.
    #[classmethod]
    fn _restored(class: &Bound<'_, PyType>, ip: &str, scope: u32, host: Option<&str>) -> PyResult<Py<Self>> {
        let ip = ip
            .parse()
            .map_err(|_| PyValueError::new_err("not an IP address"))?;
        let address = match ip {
            IpAddr::V4(ip) => (ip, 0).into(),
            IpAddr::V6(ip) => SocketAddrV6::new(ip, 0, 0, scope).into(),
        };
        object(class.py(), address, host)
    }

    /// For pickle and copy, like Java's serialization: the address with its scope, and the name if it is known.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Parts)> {
        let this = slf.get();
        let scope = match this.address {
            SocketAddr::V6(v6) => v6.scope_id(),
            SocketAddr::V4(_) => 0,
        };
        let host = this.known_host().map(ToOwned::to_owned);
        let restored = slf.py().get_type::<Self>().getattr("_restored")?;
        Ok((restored, (this.address.ip().to_string(), scope, host)))
    }

    /// The address of this host by its own name.
    #[staticmethod]
    #[pyo3(name = "getLocalHost")]
    fn local_host(py: Python<'_>) -> PyResult<Py<Self>> {
        let name = host_name().map_err(|failed| exceptions::error(py, &failed))?;
        first(py, &name.to_string_lossy())
    }

    /// `localhost/127.0.0.1`.
    #[staticmethod]
    #[pyo3(name = "getLoopbackAddress")]
    fn loopback(py: Python<'_>) -> PyResult<Py<Self>> {
        object(py, (Ipv4Addr::LOCALHOST, 0).into(), Some("localhost"))
    }

    /// The address as text; IPv6 in eight groups, with the number of its scope.
    #[pyo3(name = "getHostAddress")]
    fn host_address(&self) -> String {
        self.text()
    }

    /// The name of the host, looked up once if it is not known; the address as text if there is none.
    #[pyo3(name = "getHostName")]
    fn get_host_name(&self, py: Python<'_>) -> &str {
        self.host(py)
    }

    /// The name that the system knows for the address, or the address as text.
    #[pyo3(name = "getCanonicalHostName")]
    fn canonical_host_name(&self, py: Python<'_>) -> String {
        self.reverse(py)
    }

    /// The 4 or 16 bytes.
    #[pyo3(name = "getAddress")]
    fn bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        match self.address.ip() {
            IpAddr::V4(ip) => PyBytes::new(py, &ip.octets()),
            IpAddr::V6(ip) => PyBytes::new(py, &ip.octets()),
        }
    }

    /// Whether it stands for every interface.
    #[pyo3(name = "isAnyLocalAddress")]
    fn is_any_local(&self) -> bool {
        self.address.ip().is_unspecified()
    }

    /// Whether it is a loopback address (127.0.0.0/8, ::1).
    #[pyo3(name = "isLoopbackAddress")]
    fn is_loopback(&self) -> bool {
        self.address.ip().is_loopback()
    }

    /// Whether it is a link-local address (169.254.0.0/16, fe80::/10).
    #[pyo3(name = "isLinkLocalAddress")]
    fn is_link_local(&self) -> bool {
        match self.address.ip() {
            IpAddr::V4(ip) => ip.is_link_local(),
            IpAddr::V6(ip) => ip.is_unicast_link_local(),
        }
    }

    /// Whether it is a site-local address (the private networks of RFC 1918, fec0::/10).
    #[pyo3(name = "isSiteLocalAddress")]
    fn is_site_local(&self) -> bool {
        match self.address.ip() {
            IpAddr::V4(ip) => ip.is_private(),
            IpAddr::V6(ip) => ip
                .segments()
                .first()
                .is_some_and(|group| group & 0xffc0 == 0xfec0),
        }
    }

    /// Whether it is a multicast address (224.0.0.0/4, ff00::/8).
    #[pyo3(name = "isMulticastAddress")]
    fn is_multicast(&self) -> bool {
        self.address.ip().is_multicast()
    }

    /// Whether it is a multicast address of global scope (224.0.1.0–238.255.255.255, ff?e::).
    #[pyo3(name = "isMCGlobal")]
    fn is_mc_global(&self) -> bool {
        match self.v4() {
            Some([224, b, c, _]) => b != 0 || c != 0,
            Some([first, ..]) => (225..=238).contains(&first),
            None => self.v6_scope() == Some(0xe),
        }
    }

    /// Whether it is a multicast address of this host only (ff?1::).
    #[pyo3(name = "isMCNodeLocal")]
    fn is_mc_node_local(&self) -> bool {
        self.v6_scope() == Some(1)
    }

    /// Whether it is a multicast address of one link (224.0.0.0/24, ff?2::).
    #[pyo3(name = "isMCLinkLocal")]
    fn is_mc_link_local(&self) -> bool {
        matches!(self.v4(), Some([224, 0, 0, _])) || self.v6_scope() == Some(2)
    }

    /// Whether it is a multicast address of one site (239.255.0.0/16, ff?5::).
    #[pyo3(name = "isMCSiteLocal")]
    fn is_mc_site_local(&self) -> bool {
        matches!(self.v4(), Some([239, 255, _, _])) || self.v6_scope() == Some(5)
    }

    /// Whether it is a multicast address of one organisation (239.192.0.0/14, ff?8::).
    #[pyo3(name = "isMCOrgLocal")]
    fn is_mc_org_local(&self) -> bool {
        matches!(self.v4(), Some([239, 192..=195, _, _])) || self.v6_scope() == Some(8)
    }

    /// `host/address`, with nothing before the slash where no name is known.
    #[pyo3(name = "toString")]
    fn to_text(&self) -> String {
        self.shown()
    }

    /// Whether the other is the same address.
    fn equals(&self, other: &Bound<'_, PyAny>) -> bool {
        self.__eq__(other)
    }

    /// A number that equal addresses share.
    #[pyo3(name = "hashCode")]
    fn hash_code(&self) -> i32 {
        match self.address.ip() {
            IpAddr::V4(ip) => i32::from_be_bytes(ip.octets()),
            // The sum of four numbers, each made of signed bytes.
            IpAddr::V6(ip) => ip.octets().chunks(4).fold(0_i32, |sum, part| {
                let part = part.iter().fold(0_i32, |part, &byte| {
                    (part << 8).wrapping_add(i32::from(i8::from_ne_bytes([byte])))
                });
                sum.wrapping_add(part)
            }),
        }
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other
            .cast::<Self>()
            .is_ok_and(|other| other.get().address.ip() == self.address.ip())
    }

    fn __hash__(&self) -> i64 {
        self.hash_code().into()
    }

    fn __str__(&self) -> String {
        self.shown()
    }

    fn __repr__(&self) -> String {
        format!("<InetAddress {}>", self.shown())
    }

    /// Whether the host answers within this many milliseconds: its echo port (7) takes or refuses a connection.
    #[pyo3(name = "isReachable", signature = (timeout, /))]
    fn is_reachable(&self, py: Python<'_>, timeout: i64) -> PyResult<bool> {
        if timeout < 0 {
            return Err(illegal_argument(py, "timeout can't be negative"));
        }
        let timeout = arguments::timeout(py, timeout.max(1), "timeout can't be negative")?;
        CoreCall::new(py).run(|caller| java_net::is_reachable(self.address, timeout, caller))
    }
}

#[pymethods]
impl Inet6Address {
    /// The number of the interface that a link-local address belongs to, 0 for none.
    #[pyo3(name = "getScopeId")]
    fn scope_id(slf: PyRef<'_, Self>) -> u32 {
        match slf.as_super().address {
            SocketAddr::V6(v6) => v6.scope_id(),
            SocketAddr::V4(_) => 0,
        }
    }

    /// Whether it is an IPv4 address in an outdated form (::1.2.3.4).
    #[pyo3(name = "isIPv4CompatibleAddress")]
    fn is_v4_compatible(slf: PyRef<'_, Self>) -> bool {
        matches!(slf.as_super().address.ip(), IpAddr::V6(ip) if ip.segments().iter().take(6).all(|&group| group == 0))
    }
}
