//! `struct hostent`.

use crate::domain::Family;
use crate::lookup::{HostEntry, HostError};
use crate::memory;
use libc::{c_char, c_int};
use std::ffi::CStr;
use std::net::IpAddr;

/// The code that refers to errno (netdb.h): there was no memory.
pub const NETDB_INTERNAL: c_int = -1;

/// An entry as a Rust value.
///
/// # Safety
/// The entry must have been filled by the resolver, and must not change during the call.
pub unsafe fn host(entry: &libc::hostent) -> Result<HostEntry, HostError> {
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
    Ok(HostEntry {
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
