//! Services and protocols.

use crate::domain::Protocol;
use crate::sys::fork::ForkLock;
use libc::{c_char, c_int};
use std::ffi::{CStr, CString};
use std::sync::LazyLock;

/// Held around the calls that answer in static memory. They read local tables, so it is held only briefly.
pub(super) static TABLES: LazyLock<ForkLock<()>> = LazyLock::new(ForkLock::new);

/// The port of a service.
pub fn service_port(name: &CStr, protocol: Option<&CStr>) -> Option<u16> {
    let _held = TABLES.lock();
    // SAFETY: both strings end with NUL; the answer is read before another thread may ask.
    let entry = unsafe { libc::getservbyname(name.as_ptr(), pointer(protocol)) };
    // SAFETY: null, or an entry that stays as it is while we hold the lock.
    let entry = unsafe { entry.as_ref() }?;
    network_order(entry.s_port)
}

/// The name of the service at a port.
pub fn service_name(port: u16, protocol: Option<&CStr>) -> Option<CString> {
    let _held = TABLES.lock();
    // SAFETY: the string ends with NUL; the answer is read before another thread may ask.
    let entry = unsafe { libc::getservbyport(port.to_be().into(), pointer(protocol)) };
    // SAFETY: null, or an entry that stays as it is while we hold the lock.
    let entry = unsafe { entry.as_ref() }?;
    // SAFETY: the name of an entry ends with NUL.
    Some(unsafe { CStr::from_ptr(entry.s_name) }.to_owned())
}

/// The number of a protocol.
pub fn protocol(name: &CStr) -> Option<Protocol> {
    let _held = TABLES.lock();
    // SAFETY: the string ends with NUL; the answer is read before another thread may ask.
    let entry = unsafe { libc::getprotobyname(name.as_ptr()) };
    // SAFETY: null, or an entry that stays as it is while we hold the lock.
    unsafe { entry.as_ref() }.map(|entry| Protocol(entry.p_proto))
}

fn pointer(text: Option<&CStr>) -> *const c_char {
    text.map_or(std::ptr::null(), CStr::as_ptr)
}

/// A port as the tables keep it: 16 bits in network order within an int.
fn network_order(port: c_int) -> Option<u16> {
    u32::try_from(port).ok()?.try_into().ok().map(u16::from_be)
}
