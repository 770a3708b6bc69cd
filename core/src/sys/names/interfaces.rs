//! Network interfaces: their names and addresses.

use crate::address::{Address, IPV4_LENGTH, IPV6_LENGTH};
use crate::memory;
use crate::sys::unix::check;
use std::ffi::{CStr, CString};
use std::io;

/// The name of the interface of this number.
pub fn interface_name(index: u32) -> io::Result<CString> {
    let mut room = [0_u8; libc::IF_NAMESIZE];
    // SAFETY: the room has the size the call asks for.
    if unsafe { libc::if_indextoname(index, room.as_mut_ptr().cast()) }.is_null() {
        return Err(io::Error::last_os_error());
    }
    CStr::from_bytes_until_nul(&room)
        .map(CStr::to_owned)
        .map_err(|_| io::Error::from_raw_os_error(libc::ENAMETOOLONG))
}

/// The numbers and names of all interfaces.
pub fn interfaces() -> io::Result<Vec<(u32, CString)>> {
    // SAFETY: takes nothing.
    let list = unsafe { libc::if_nameindex() };
    if list.is_null() {
        return Err(io::Error::last_os_error());
    }
    let mut at = list;
    let entries = std::iter::from_fn(|| {
        // SAFETY: the list ends with an entry without a name, and we stop there.
        let entry = unsafe { at.as_ref() }.filter(|entry| !entry.if_name.is_null())?;
        at = at.wrapping_add(1);
        // SAFETY: the name of an entry ends with NUL.
        let name = unsafe { CStr::from_ptr(entry.if_name) };
        Some((entry.if_index, name.to_owned()))
    });
    let found = memory::collect(entries).map_err(|_| io::ErrorKind::OutOfMemory.into());
    // SAFETY: the list came from if_nameindex and is not used again.
    unsafe { libc::if_freenameindex(list) };
    found
}

/// What is known about each address of each interface: the name, the flags (`IFF_…`), and the address of IPv4 or IPv6.
pub fn interface_addresses() -> io::Result<Vec<(CString, u32, Option<Address>)>> {
    let mut list = std::ptr::null_mut();
    // SAFETY: `list` is ours to write.
    check(unsafe { libc::getifaddrs(&raw mut list) })?;
    let mut at: *const libc::ifaddrs = list;
    let entries = std::iter::from_fn(|| {
        // SAFETY: the list ends with a null pointer, and we stop there.
        let entry = unsafe { at.as_ref() }?;
        at = entry.ifa_next;
        // SAFETY: the name of an entry ends with NUL.
        let name = unsafe { CStr::from_ptr(entry.ifa_name) }.to_owned();
        // SAFETY: the address of an entry is null, or a sockaddr of its family.
        let family = unsafe { entry.ifa_addr.as_ref() }.map(|address| i32::from(address.sa_family));
        let length = match family {
            Some(libc::AF_INET) => IPV4_LENGTH,
            Some(libc::AF_INET6) => IPV6_LENGTH,
            _ => 0,
        };
        let address = (length > 0).then(|| {
            // SAFETY: a sockaddr of this family has that many bytes.
            let bytes = unsafe { std::slice::from_raw_parts(entry.ifa_addr.cast::<u8>(), length) };
            Address::from_bytes(bytes).unwrap_or(Address::EMPTY)
        });
        Some((name, entry.ifa_flags, address))
    });
    let found = memory::collect(entries).map_err(|_| io::ErrorKind::OutOfMemory.into());
    // SAFETY: the list came from getifaddrs and is not used again.
    unsafe { libc::freeifaddrs(list) };
    found
}
