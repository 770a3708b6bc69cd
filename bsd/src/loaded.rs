//! What the loader has loaded.

use libc::c_void;
use std::ffi::CStr;
use std::ptr;

/// Where the library begins that an address belongs to.
fn library_of(address: *const c_void) -> *mut c_void {
    // SAFETY: zeroed pointers are valid, and the call fills them.
    let mut found: libc::Dl_info = unsafe { std::mem::zeroed() };
    // SAFETY: `found` is ours to write.
    unsafe { libc::dladdr(address, &raw mut found) };
    found.dli_fbase
}

/// Whether an address belongs to this copy of the layer.
fn is_ours(address: *const c_void) -> bool {
    library_of(address) == library_of(library_of as *const c_void)
}

/// What the program's own calls of this name reach.
fn first(name: &CStr) -> *mut c_void {
    // SAFETY: the name ends with NUL.
    unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) }
}

/// Whether this copy of the layer is the first one that has this name.
pub(crate) fn has_first(name: &CStr) -> bool {
    is_ours(first(name))
}

/// The function of this name behind ours; null if there is none.
pub(crate) fn next(name: &CStr) -> *mut c_void {
    // SAFETY: the name ends with NUL.
    let next = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
    if !next.is_null() {
        return next;
    }
    // Behind a library that the program loads by itself, musl finds nothing: the C library comes before it.
    let first = first(name);
    if is_ours(first) {
        ptr::null_mut()
    } else {
        first
    }
}
