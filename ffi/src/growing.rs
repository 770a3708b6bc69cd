//! Results that get more fields at their end in later versions: the caller says how large the structure it knows is.

use crate::buffer;
use crate::error::Failure;
use crate::pointer::NULL;

/// A structure of numbers.
///
/// # Safety
/// It consists of numbers without gaps: every byte of a value is set.
pub(crate) unsafe trait Growing: Copy {
    /// What functions report of a size that no version has.
    const NO_SIZE: &'static str;
}

/// Where such a result goes.
pub(crate) struct OutGrowing<T> {
    to: *mut T,
    size: usize,
}

impl<T: Growing> OutGrowing<T> {
    pub(crate) fn new(out: *mut T, out_size: usize) -> Result<Self, Failure> {
        if out.is_null() {
            return Err(Failure::argument("out", NULL));
        }
        if out_size == 0 || out_size > 16 * size_of::<T>() {
            return Err(Failure::argument("out_size", T::NO_SIZE));
        }
        Ok(Self {
            to: out,
            size: out_size,
        })
    }

    /// Sets the fields that the caller knows; all bits of those that this version does not.
    pub(crate) fn set(&self, value: &T) {
        let start = self.to.cast::<u8>();
        // SAFETY: `Growing`: every byte is set.
        let bytes = unsafe { std::slice::from_raw_parts(std::ptr::from_ref(value).cast(), size_of::<T>()) };
        buffer::copy_to(start, bytes.get(..self.size).unwrap_or(bytes));
        for beyond in size_of::<T>()..self.size {
            buffer::copy_to(start.wrapping_add(beyond), &[0xff]);
        }
    }
}
