//! The system's tables of names, as read by the older calls: hosts, services, protocols, interfaces, this machine.
//!
//! For addresses to connect to, use [`resolve`](crate::resolve). None of these calls can be interrupted.

use crate::address::Address;
use crate::domain::{Family, Protocol};
use crate::error::{Error, Operation, Result};
use crate::lookup::{HostEntry, HostError};
use crate::sys;
use std::ffi::{CStr, CString};
use std::io;
use std::net::IpAddr;

/// Looks up a host by its name (gethostbyname2(3); Python `gethostbyname_ex`).
///
/// # Errors
/// The resolver's code, such as that for an unknown host.
pub fn host_by_name(name: &CStr, family: Family) -> std::result::Result<HostEntry, HostError> {
    sys::names::host_by_name(name, family)
}

/// Looks up a host by one of its addresses (gethostbyaddr(3); Python `gethostbyaddr`).
///
/// # Errors
/// See [`host_by_name`].
pub fn host_by_address(address: IpAddr) -> std::result::Result<HostEntry, HostError> {
    sys::names::host_by_address(address)
}

/// The port of a service (getservbyname(3); Python `getservbyname`), over any protocol unless one is named.
pub fn service_port(name: &CStr, protocol: Option<&CStr>) -> Option<u16> {
    sys::names::service_port(name, protocol)
}

/// The name of the service at a port (getservbyport(3); Python `getservbyport`), over any protocol unless one is named.
pub fn service_name(port: u16, protocol: Option<&CStr>) -> Option<CString> {
    sys::names::service_name(port, protocol)
}

/// The number of a protocol (getprotobyname(3); Python `getprotobyname`).
pub fn protocol_by_name(name: &CStr) -> Option<Protocol> {
    sys::names::protocol(name)
}

/// The name of this machine (gethostname(2); Python `gethostname`).
///
/// # Errors
/// The system's.
pub fn host_name() -> Result<CString> {
    sys::names::host_name().map_err(|error| Error::os(Operation::HostName, &error))
}

/// Sets the name of this machine (sethostname(2); Python `sethostname`).
///
/// # Errors
/// The system's: `EPERM` except for root, `EINVAL` for a name that is too long.
pub fn set_host_name(name: &[u8]) -> Result<()> {
    sys::names::set_host_name(name).map_err(|error| Error::os(Operation::HostName, &error))
}

/// The numbers and names of all network interfaces (if_nameindex(3); Python `if_nameindex`, Java
/// `NetworkInterface.getNetworkInterfaces`).
///
/// # Errors
/// The system's.
pub fn interfaces() -> Result<Vec<(u32, CString)>> {
    sys::names::interfaces().map_err(|error| Error::os(Operation::InterfaceName, &error))
}

/// One network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InterfaceInfo {
    /// Its number.
    pub index: u32,
    /// Its name.
    pub name: CString,
    /// `IFF_…` (netdevice(7)): `IFF_UP`, `IFF_LOOPBACK`, `IFF_MULTICAST`, ….
    pub flags: u32,
    /// Its IPv4 and IPv6 addresses, the latter with their scope.
    pub addresses: Vec<Address>,
}

/// All network interfaces with their addresses (getifaddrs(3); Java `NetworkInterface`).
///
/// # Errors
/// The system's.
pub fn interface_list() -> Result<Vec<InterfaceInfo>> {
    let failed = |error: io::Error| Error::os(Operation::InterfaceName, &error);
    let mut all: Vec<InterfaceInfo> = interfaces()?
        .into_iter()
        .map(|(index, name)| InterfaceInfo {
            index,
            name,
            flags: 0,
            addresses: Vec::new(),
        })
        .collect();
    for (name, flags, address) in sys::names::interface_addresses().map_err(failed)? {
        // An interface that appeared between the two listings is left out.
        if let Some(interface) = all.iter_mut().find(|interface| interface.name == name) {
            interface.flags = flags;
            interface.addresses.extend(address);
        }
    }
    Ok(all)
}

/// The number of the network interface of this name (if_nametoindex(3); Python `if_nametoindex`).
pub fn interface_index(name: &CStr) -> Option<u32> {
    sys::interface_index::interface_index(name).ok()
}

/// The name of the network interface of this number (if_indextoname(3); Python `if_indextoname`).
///
/// # Errors
/// `ENXIO` when there is none.
pub fn interface_name(index: u32) -> Result<CString> {
    sys::names::interface_name(index).map_err(|error| Error::os(Operation::InterfaceName, &error))
}
