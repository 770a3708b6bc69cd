//! Pointers to values: what C hands over is checked for NULL and becomes a type that is right. Values may lie at any address:
//! those in network buffers often are not aligned.

use crate::error::Failure;
use std::ptr::NonNull;

pub(crate) const NULL: &str = "is NULL";

/// Where a result goes.
pub(crate) struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    pub(crate) fn new(to: *mut T, name: &'static str) -> Result<Self, Failure> {
        NonNull::new(to).map(Self).ok_or(Failure::argument(name, NULL))
    }

    /// A place that the caller may leave out.
    pub(crate) fn optional(to: *mut T) -> Option<Self> {
        NonNull::new(to).map(Self)
    }

    pub(crate) fn set(&self, value: T) {
        // SAFETY: C's contract: a pointer for a result is writable until the call returns.
        unsafe { self.0.write_unaligned(value) };
    }
}

impl<T: Copy> Out<T> {
    /// What the caller put there.
    pub(crate) fn get(&self) -> T {
        // SAFETY: C's contract: this parameter goes both ways, and the caller has set it.
        unsafe { self.0.read_unaligned() }
    }
}

/// A value that the caller has set.
pub(crate) fn value<T: Copy>(from: *const T, name: &'static str) -> Result<T, Failure> {
    if from.is_null() {
        return Err(Failure::argument(name, NULL));
    }
    // SAFETY: C's contract: it points at a value that stays as it is until the call returns.
    Ok(unsafe { from.read_unaligned() })
}
