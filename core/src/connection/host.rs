//! A host as programs write it, and as errors show it.

use crate::address::{Address, UNIX_PREFIX};
use crate::error::{legible, Error, Operation, Result};
use std::fmt;

/// The address of a host written `unix:/path` or `unix:@name`, which no host name can look like.
pub(super) fn unix_address(operation: Operation, name: &str, port: u16) -> Option<Result<Address>> {
    if !name.starts_with(UNIX_PREFIX) {
        return None;
    }
    let detail = || legible(name);
    if port != 0 {
        let error = Error::invalid(operation, "port", "must be 0 for a Unix address");
        return Some(Err(error.with_detail(detail())));
    }
    let address = Address::parse(name, None);
    Some(address.map_err(|refused| Error::invalid(operation, "host", refused.rule()).with_detail(detail())))
}

/// A host as errors show it, before its addresses: nothing if its name is its only address.
pub(super) struct Called<'a> {
    name: &'a str,
    port: u16,
    hidden: bool,
}

pub(super) fn called<'a>(name: &'a str, port: u16, addresses: &[Address]) -> Called<'a> {
    let mut addresses = addresses.iter();
    let only = addresses.next().filter(|_| addresses.next().is_none());
    Called {
        name,
        port,
        hidden: only
            .and_then(Address::ip)
            .is_some_and(|ip| ip.to_string() == name),
    }
}

impl fmt::Display for Called<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { hidden: true, .. } => Ok(()),
            Self { name: "", port, .. } => write!(f, "port {port}"),
            Self { name, port, .. } => write!(f, "{} port {port}", legible(name)),
        }
    }
}
