//! getaddrinfo(3).

use crate::address::Address;
use crate::domain::{Family, Protocol, SocketType};
use crate::error::Kind;
use crate::resolve::{AddressInfo, Hints};
use std::ffi::CStr;
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
    match code {
        0 => {}
        libc::EAI_SYSTEM => return Err(Kind::from_io(&io::Error::last_os_error())),
        code => return Err(Kind::Resolve(code)),
    }
    let mut answers = Vec::new();
    let mut at = list;
    // SAFETY: getaddrinfo made a list of valid entries that ends with null.
    while let Some(entry) = unsafe { at.as_ref() } {
        answers.push(AddressInfo {
            family: Family(entry.ai_family),
            socket_type: SocketType(entry.ai_socktype),
            protocol: Protocol(entry.ai_protocol),
            canonical_name: canonical_name(entry),
            address: address(entry),
        });
        at = entry.ai_next;
    }
    // SAFETY: the list came from getaddrinfo and is not used again.
    unsafe { libc::freeaddrinfo(list) };
    Ok(answers)
}

fn canonical_name(entry: &libc::addrinfo) -> Option<std::ffi::CString> {
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

/// The resolver's text for an `EAI_` code.
pub fn explain(code: i32) -> String {
    // SAFETY: gai_strerror takes any number and returns a string that is never freed.
    let text = unsafe { libc::gai_strerror(code) };
    if text.is_null() {
        return format!("resolver error {code}");
    }
    // SAFETY: as above.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
