//! The system's tables of names: hosts, services, protocols, interfaces (netdb.h, net/if.h).

use super::fork::ForkLock;
use super::unix;
use crate::address::{Address, IPV4_LENGTH, IPV6_LENGTH};
use crate::domain::{Family, Protocol};
use crate::memory;
use crate::names::{Host, HostError};
use libc::{c_char, c_int};
use std::ffi::{CStr, CString};
use std::io;
use std::net::IpAddr;
use std::sync::LazyLock;

/// Held around the calls that answer in memory of their own. They read local tables, so it is short.
static TABLES: LazyLock<ForkLock<()>> = LazyLock::new(ForkLock::new);

/// Room for the longest host name (`HOST_NAME_MAX` is 64 on Linux, 255 elsewhere) and its NUL.
const HOST_NAME_ROOM: usize = 256;

/// What a host table or name server says of a host.
pub fn host_by_name(name: &CStr, family: Family) -> Result<Host, HostError> {
    hosts::by_name(name, family.0)
}

/// What a host table or name server says of an address.
pub fn host_by_address(address: IpAddr) -> Result<Host, HostError> {
    match address {
        IpAddr::V4(v4) => hosts::by_address(&v4.octets(), libc::AF_INET),
        IpAddr::V6(v6) => hosts::by_address(&v6.octets(), libc::AF_INET6),
    }
}

/// The text of a resolver's `h_errno` code.
pub fn explain_host_error(code: i32) -> String {
    // SAFETY: hstrerror takes any number and returns a string that is never freed.
    let text = unsafe { libc::hstrerror(code) };
    // SAFETY: as above; null becomes nothing.
    let text = (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) });
    text.map_or_else(String::new, |text| text.to_string_lossy().into_owned())
}

/// The port of a service.
pub fn service_port(name: &CStr, protocol: Option<&CStr>) -> Option<u16> {
    let _held = TABLES.lock();
    // SAFETY: both strings end with NUL; the answer is read before anybody else may ask.
    let entry = unsafe { libc::getservbyname(name.as_ptr(), pointer(protocol)) };
    // SAFETY: null, or an entry that stays as it is while we hold the lock.
    let entry = unsafe { entry.as_ref() }?;
    network_order(entry.s_port)
}

/// The name of the service at a port.
pub fn service_name(port: u16, protocol: Option<&CStr>) -> Option<CString> {
    let _held = TABLES.lock();
    // SAFETY: the string ends with NUL; the answer is read before anybody else may ask.
    let entry = unsafe { libc::getservbyport(port.to_be().into(), pointer(protocol)) };
    // SAFETY: null, or an entry that stays as it is while we hold the lock.
    let entry = unsafe { entry.as_ref() }?;
    // SAFETY: the name of an entry ends with NUL.
    Some(unsafe { CStr::from_ptr(entry.s_name) }.to_owned())
}

/// The number of a protocol.
pub fn protocol(name: &CStr) -> Option<Protocol> {
    let _held = TABLES.lock();
    // SAFETY: the string ends with NUL; the answer is read before anybody else may ask.
    let entry = unsafe { libc::getprotobyname(name.as_ptr()) };
    // SAFETY: null, or an entry that stays as it is while we hold the lock.
    unsafe { entry.as_ref() }.map(|entry| Protocol(entry.p_proto))
}

/// The name of this machine.
pub fn host_name() -> io::Result<CString> {
    let mut room = [0_u8; HOST_NAME_ROOM];
    // SAFETY: the room is ours and writable for its length; its last byte stays NUL.
    super::unix::check(unsafe { libc::gethostname(room.as_mut_ptr().cast(), room.len() - 1) })?;
    CStr::from_bytes_until_nul(&room)
        .map(CStr::to_owned)
        .map_err(|_| io::Error::from_raw_os_error(libc::ENAMETOOLONG))
}

/// Names this machine.
#[allow(clippy::useless_conversion)] // the length is an int elsewhere
pub fn set_host_name(name: &[u8]) -> io::Result<()> {
    let length = name
        .len()
        .try_into()
        .map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    // SAFETY: the name is readable for its length.
    super::unix::check(unsafe { libc::sethostname(name.as_ptr().cast(), length) }).map(drop)
}

/// The code for what only errno tells (netdb.h): there was no memory.
const NETDB_INTERNAL: c_int = -1;

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

/// What is known of each address of each interface: the name, the flags (`IFF_…`), and the address of IPv4 or IPv6.
pub fn interface_addresses() -> io::Result<Vec<(CString, u32, Option<Address>)>> {
    let mut list = std::ptr::null_mut();
    // SAFETY: `list` is ours to write.
    unix::check(unsafe { libc::getifaddrs(&raw mut list) })?;
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
            // SAFETY: a sockaddr of this family has so many bytes.
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

fn pointer(text: Option<&CStr>) -> *const c_char {
    text.map_or(std::ptr::null(), CStr::as_ptr)
}

/// A port as the tables keep it: 16 bits in network order within an int.
fn network_order(port: c_int) -> Option<u16> {
    u32::try_from(port).ok()?.try_into().ok().map(u16::from_be)
}

/// An entry as Rust has it.
///
/// # Safety
/// The entry must be one that the resolver filled, and stay so during the call.
unsafe fn host(entry: &libc::hostent) -> Result<Host, HostError> {
    let text = |at: *mut c_char| {
        // SAFETY: names of an entry end with NUL.
        unsafe { CStr::from_ptr(at) }.to_owned()
    };
    let no_memory = |_| HostError(NETDB_INTERNAL);
    let length = usize::try_from(entry.h_length).unwrap_or(0);
    // SAFETY: the list is the entry's.
    let addresses = unsafe { pointers(entry.h_addr_list) }.filter_map(|at| {
        // SAFETY: each address has the entry's length.
        let bytes = unsafe { std::slice::from_raw_parts(at.cast::<u8>(), length) };
        let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
        v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
    });
    // SAFETY: the list is the entry's.
    let aliases = unsafe { pointers(entry.h_aliases) }.map(text);
    Ok(Host {
        name: text(entry.h_name),
        aliases: memory::collect(aliases).map_err(no_memory)?,
        family: Family(entry.h_addrtype),
        addresses: memory::collect(addresses).map_err(no_memory)?,
    })
}

/// The pointers of a list that ends with null.
///
/// # Safety
/// It must be null or such a list.
unsafe fn pointers(list: *mut *mut c_char) -> impl Iterator<Item = *mut c_char> {
    let mut at = list;
    std::iter::from_fn(move || {
        // SAFETY: the list ends with null, and we stop there.
        let pointer = *unsafe { at.as_ref() }.filter(|pointer| !pointer.is_null())?;
        at = at.wrapping_add(1);
        Some(pointer)
    })
}

#[cfg(target_os = "linux")]
mod hosts {
    use super::{host, memory, Host, HostError, NETDB_INTERNAL};
    use libc::{c_char, c_int, c_void, hostent, socklen_t};
    use std::ffi::CStr;
    use std::mem::MaybeUninit;
    use std::ptr::null_mut;

    extern "C" {
        fn gethostbyname2_r(
            name: *const c_char,
            family: c_int,
            entry: *mut hostent,
            room: *mut c_char,
            length: usize,
            result: *mut *mut hostent,
            code: *mut c_int,
        ) -> c_int;
        fn gethostbyaddr_r(
            address: *const c_void,
            address_length: socklen_t,
            family: c_int,
            entry: *mut hostent,
            room: *mut c_char,
            length: usize,
            result: *mut *mut hostent,
            code: *mut c_int,
        ) -> c_int;
    }

    /// What one answer gets at first, and the most.
    const ROOM: usize = 8 * 1024;
    const MOST_ROOM: usize = 1024 * 1024;

    type Ask<'a> = &'a dyn Fn(*mut hostent, *mut c_char, usize, *mut *mut hostent, *mut c_int) -> c_int;

    pub fn by_name(name: &CStr, family: c_int) -> Result<Host, HostError> {
        asked(&|entry, room, length, result, code| {
            // SAFETY: the name ends with NUL; the rest is `asked`'s own memory.
            unsafe { gethostbyname2_r(name.as_ptr(), family, entry, room, length, result, code) }
        })
    }

    pub fn by_address(address: &[u8], family: c_int) -> Result<Host, HostError> {
        let size = socklen_t::try_from(address.len()).unwrap_or(0);
        asked(&|entry, room, length, result, code| {
            let start = address.as_ptr().cast();
            // SAFETY: the address is readable for its size; the rest is `asked`'s own memory.
            unsafe { gethostbyaddr_r(start, size, family, entry, room, length, result, code) }
        })
    }

    fn asked(ask: Ask<'_>) -> Result<Host, HostError> {
        let no_memory = |_| HostError(NETDB_INTERNAL);
        let mut room = memory::zeros(ROOM).map_err(no_memory)?;
        loop {
            let mut entry = MaybeUninit::<hostent>::uninit();
            let (mut result, mut code) = (null_mut(), 0);
            let failed = ask(
                entry.as_mut_ptr(),
                room.as_mut_ptr().cast(),
                room.len(),
                &raw mut result,
                &raw mut code,
            );
            if failed == libc::ERANGE && room.len() < MOST_ROOM {
                room = memory::zeros(room.len() * 2).map_err(no_memory)?;
                continue;
            }
            // SAFETY: null, or our entry, which the resolver filled with pointers into our room.
            return match unsafe { result.as_ref() } {
                // SAFETY: as above.
                Some(entry) => unsafe { host(entry) },
                None => Err(HostError(code)),
            };
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod hosts {
    use super::{host, Host, HostError, TABLES};
    use libc::{c_char, c_int, c_void, hostent, socklen_t};
    use std::ffi::CStr;

    extern "C" {
        fn gethostbyname2(name: *const c_char, family: c_int) -> *mut hostent;
        fn gethostbyaddr(address: *const c_void, length: socklen_t, family: c_int) -> *mut hostent;
    }

    /// `HOST_NOT_FOUND`: without a portable way to read `h_errno` of this thread.
    const NOT_FOUND: c_int = 1;

    pub fn by_name(name: &CStr, family: c_int) -> Result<Host, HostError> {
        let _held = TABLES.lock();
        // SAFETY: the name ends with NUL; the answer is read before anybody else may ask.
        let entry = unsafe { gethostbyname2(name.as_ptr(), family) };
        // SAFETY: null, or an entry that stays as it is while we hold the lock.
        unsafe {
            entry
                .as_ref()
                .map_or(Err(HostError(NOT_FOUND)), |entry| host(entry))
        }
    }

    pub fn by_address(address: &[u8], family: c_int) -> Result<Host, HostError> {
        let _held = TABLES.lock();
        let size = socklen_t::try_from(address.len()).unwrap_or(0);
        // SAFETY: the address is readable for its size; the answer is read before anybody else may ask.
        let entry = unsafe { gethostbyaddr(address.as_ptr().cast(), size, family) };
        // SAFETY: null, or an entry that stays as it is while we hold the lock.
        unsafe {
            entry
                .as_ref()
                .map_or(Err(HostError(NOT_FOUND)), |entry| host(entry))
        }
    }
}
