//! Memory of zeros.

use std::alloc::{alloc_zeroed, Layout};

/// This many zero bytes, straight from the system: pages that are never written take no memory. `None` if there is not
/// enough.
pub(crate) fn zeros(length: usize) -> Option<Vec<u8>> {
    if length == 0 {
        return Some(Vec::new());
    }
    let layout = Layout::array::<u8>(length).ok()?;
    // SAFETY: the layout is not empty.
    let memory = unsafe { alloc_zeroed(layout) };
    if memory.is_null() {
        return None;
    }
    // SAFETY: the global allocator has just made it, with the layout of a vector of this capacity, and every byte is set.
    Some(unsafe { Vec::from_raw_parts(memory, length, length) })
}
