//! Naming a network interface.

use super::{in_range, invalid, kernel_name};
use crate::address::Address;
use crate::error::{legible, Error, Kind, Operation, Result};
use crate::sys::interface_index::interface_index;
use std::ffi::CString;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

/// A network interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Interface<'n> {
    /// The one the system chooses, by the route to the group.
    Default,
    /// By its index (`if_nametoindex`), 1–2,147,483,647.
    Index(u32),
    /// By its name, such as `eth0`.
    Name(&'n str),
    /// By an address it has; for IPv4 only.
    Address(Ipv4Addr),
}

/// An interface as the kernel takes it.
#[derive(Clone, Copy)]
pub(super) enum Chosen {
    /// 0 for the system's choice.
    Index(u32),
    Address(Ipv4Addr),
}

const INDEX: RangeInclusive<u32> = 1..=i32::MAX.unsigned_abs();

impl Interface<'_> {
    /// This interface, or for the default the one that the scope of a group's address names (`ff02::1%eth0`).
    ///
    /// # Errors
    /// `InvalidInput("interface")` when it differs from that of the scope; `ENODEV` when there is none of its name.
    pub fn or_scope_of(self, group: &Address) -> Result<Self> {
        let scope = group.scope_id();
        if scope == 0 || matches!(self, Self::Address(_)) {
            return Ok(self);
        }
        match choose(self)? {
            Chosen::Index(0) => Ok(Self::Index(scope)),
            Chosen::Index(index) if index == scope => Ok(self),
            Chosen::Index(_) | Chosen::Address(_) => {
                Err(invalid("interface", "must be that of the group's scope").with_detail(group))
            }
        }
    }
}

impl From<u32> for Interface<'_> {
    fn from(index: u32) -> Self {
        Self::Index(index)
    }
}

impl<'n> From<&'n str> for Interface<'n> {
    fn from(name: &'n str) -> Self {
        Self::Name(name)
    }
}

impl From<Ipv4Addr> for Interface<'_> {
    fn from(address: Ipv4Addr) -> Self {
        Self::Address(address)
    }
}

/// Looks up the chosen interface.
pub(super) fn choose(interface: Interface<'_>) -> Result<Chosen> {
    match interface {
        Interface::Default => Ok(Chosen::Index(0)),
        Interface::Index(index) => in_range(index, &INDEX, "interface").map(|_| Chosen::Index(index)),
        Interface::Name(name) => index_of(name).map(Chosen::Index),
        Interface::Address(address) => Ok(Chosen::Address(address)),
    }
}

fn index_of(interface: &str) -> Result<u32> {
    let bytes = kernel_name(interface, "interface")?;
    let name = CString::new(bytes).map_err(|_| invalid("interface", "must have no NUL"))?;
    interface_index(&name).map_err(|error| {
        let kind = Kind::from_io(&error);
        Error::new(Operation::SetOption, kind).with_detail(format_args!("interface {}", legible(interface)))
    })
}
