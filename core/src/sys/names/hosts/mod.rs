//! What the tables and name servers know about a host.

mod hostent;
#[cfg(any(not(target_os = "linux"), polysock_portable))]
mod locked;
#[cfg(all(target_os = "linux", not(polysock_portable)))]
mod reentrant;

#[cfg(any(not(target_os = "linux"), polysock_portable))]
use locked::{by_address, by_name};
#[cfg(all(target_os = "linux", not(polysock_portable)))]
use reentrant::{by_address, by_name};

use crate::domain::Family;
use crate::lookup::{HostEntry, HostError};
use std::ffi::CStr;
use std::net::IpAddr;

/// Looks up a host by its name in the host table or with a name server.
pub fn host_by_name(name: &CStr, family: Family) -> Result<HostEntry, HostError> {
    by_name(name, family.0)
}

/// Looks up a host by its address in the host table or with a name server.
pub fn host_by_address(address: IpAddr) -> Result<HostEntry, HostError> {
    match address {
        IpAddr::V4(v4) => by_address(&v4.octets(), libc::AF_INET),
        IpAddr::V6(v6) => by_address(&v6.octets(), libc::AF_INET6),
    }
}
