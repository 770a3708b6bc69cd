//! The system's texts for the codes of its resolver.

use std::ffi::CStr;

/// The text of an `EAI_` code (gai_strerror(3)).
pub fn of_resolver(code: i32) -> String {
    // SAFETY: gai_strerror takes any number and returns a string that is never freed.
    let text = unsafe { libc::gai_strerror(code) };
    if text.is_null() {
        return format!("resolver error {code}");
    }
    // SAFETY: as above.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// The text of an `h_errno` code (hstrerror(3)).
pub fn of_host_lookup(code: i32) -> String {
    // SAFETY: hstrerror takes any number and returns a string that is never freed.
    let text = unsafe { libc::hstrerror(code) };
    // SAFETY: as above; null becomes `None`.
    let text = (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) });
    text.map_or_else(String::new, |text| text.to_string_lossy().into_owned())
}
