//! getaddrinfo(3), getnameinfo(3).

use crate::address::Address;
use crate::domain::{Family, Protocol, SocketType};
use crate::error::Kind;
use crate::lookup::{AddressInfo, Hints};
use crate::memory;
use crate::sys::unix::narrow;
use std::ffi::{CStr, CString};
use std::{io, ptr, slice};

/// Looks up a host and a service.
pub fn getaddrinfo(
    host: Option<&CStr>,
    service: Option<&CStr>,
    hints: &Hints,
) -> Result<Vec<AddressInfo>, Kind> {
    let wanted = libc::addrinfo {
        ai_flags: hints.flags,
        ai_family: hints.family.0,
        ai_socktype: hints.socket_type.0,
        ai_protocol: hints.protocol.0,
        ai_addrlen: 0,
        ai_addr: ptr::null_mut(),
        ai_canonname: ptr::null_mut(),
        ai_next: ptr::null_mut(),
    };
    let mut list = ptr::null_mut();
    let text = |text: Option<&CStr>| text.map_or(ptr::null(), CStr::as_ptr);
    // SAFETY: the strings end with NUL and live until the call returns, as does `wanted`; `list` is ours.
    let code = unsafe { libc::getaddrinfo(text(host), text(service), &wanted, &mut list) };
    check(code)?;
    let mut at = list;
    let entries = std::iter::from_fn(|| {
        // SAFETY: getaddrinfo made a list of valid entries that ends with null.
        let entry = unsafe { at.as_ref() }?;
        at = entry.ai_next;
        Some(AddressInfo {
            family: Family(entry.ai_family),
            socket_type: SocketType(entry.ai_socktype),
            protocol: Protocol(entry.ai_protocol),
            canonical_name: canonical_name(entry),
            address: address(entry),
        })
    });
    let answers = memory::collect(entries);
    // SAFETY: the list came from getaddrinfo and is not used again.
    unsafe { libc::freeaddrinfo(list) };
    answers
}

fn canonical_name(entry: &libc::addrinfo) -> Option<CString> {
    if entry.ai_canonname.is_null() {
        return None;
    }
    // SAFETY: getaddrinfo set it to a string that ends with NUL.
    Some(unsafe { CStr::from_ptr(entry.ai_canonname) }.to_owned())
}

fn address(entry: &libc::addrinfo) -> Address {
    if entry.ai_addr.is_null() {
        return Address::EMPTY;
    }
    let length = usize::try_from(entry.ai_addrlen).unwrap_or(0);
    // SAFETY: getaddrinfo set `ai_addr` to `ai_addrlen` bytes.
    let bytes = unsafe { slice::from_raw_parts(entry.ai_addr.cast::<u8>(), length) };
    Address::from_bytes(bytes).unwrap_or(Address::EMPTY)
}

/// The names of an address: host and service.
pub fn getnameinfo(address: &Address, flags: i32) -> Result<(CString, CString), Kind> {
    let mut host = [0; HOST_ROOM];
    let mut service = [0; SERVICE_ROOM];
    let bytes = address.as_bytes();
    // SAFETY: the address is readable for its length, and both buffers are ours and writable for theirs.
    let code = unsafe {
        libc::getnameinfo(
            bytes.as_ptr().cast(),
            narrow(bytes.len()),
            host.as_mut_ptr().cast(),
            narrow(HOST_ROOM),
            service.as_mut_ptr().cast(),
            narrow(SERVICE_ROOM),
            flags,
        )
    };
    check(code)?;
    let text = |bytes: &[u8]| {
        CStr::from_bytes_until_nul(bytes)
            .map(CStr::to_owned)
            .map_err(|_| Kind::Resolve(libc::EAI_OVERFLOW))
    };
    Ok((text(&host)?, text(&service)?))
}

/// The system's `NI_MAXHOST`.
const HOST_ROOM: usize = 1025;
/// More than the system's `NI_MAXSERV`: the service of a Unix address is its path.
const SERVICE_ROOM: usize = 128;

fn check(code: i32) -> Result<(), Kind> {
    match code {
        0 => Ok(()),
        libc::EAI_SYSTEM => Err(Kind::from_io(&io::Error::last_os_error())),
        code => Err(Kind::Resolve(code)),
    }
}
