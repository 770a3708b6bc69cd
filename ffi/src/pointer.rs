//! Pointers to values: what C passes is checked for NULL and becomes a type that can be used safely. Values may lie at any
//! address: those in network buffers often are not aligned.

use crate::error::Failure;
use std::cmp::Ordering;
use std::ptr::NonNull;

pub(crate) const NULL: &str = "is NULL";

/// Where a result goes.
pub(crate) struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    pub(crate) fn new(to: *mut T, name: &'static str) -> Result<Self, Failure> {
        NonNull::new(to).map(Self).ok_or(Failure::argument(name, NULL))
    }

    /// A result that the caller may not want.
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

/// Sets a result unless the caller passed NULL for it.
pub(crate) fn set_optional<T>(to: *mut T, value: T) {
    if let Some(to) = Out::optional(to) {
        to.set(value);
    }
}

/// An array that results go to.
pub(crate) struct OutArray<T> {
    start: *mut T,
    capacity: usize,
}

impl<T> OutArray<T> {
    /// NULL may be passed for an array of no elements.
    pub(crate) fn new(start: *mut T, capacity: usize, name: &'static str) -> Result<Self, Failure> {
        check_array(start, capacity, name)?;
        Ok(Self { start, capacity })
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Sets an element, if there is one of this index.
    pub(crate) fn set(&self, index: usize, value: T) {
        if index < self.capacity {
            // SAFETY: C's contract: the array has `capacity` elements, writable until the call returns; `index` is less.
            unsafe { self.start.add(index).write_unaligned(value) };
        }
    }

    /// Sets the first elements to `values`, as far as there is room, and returns how many were set.
    pub(crate) fn fill(&self, values: impl IntoIterator<Item = T>) -> usize {
        let mut count = 0;
        for value in values.into_iter().take(self.capacity) {
            self.set(count, value);
            count += 1;
        }
        count
    }
}

/// A value that the caller has set.
pub(crate) fn value<T: Copy>(from: *const T, name: &'static str) -> Result<T, Failure> {
    if from.is_null() {
        return Err(Failure::argument(name, NULL));
    }
    // SAFETY: C's contract: it points at a value that does not change until the call returns.
    Ok(unsafe { from.read_unaligned() })
}

/// The elements of an array that the caller has set. NULL may be passed for an array of no elements.
pub(crate) fn values<T: Copy>(
    start: *const T,
    count: usize,
    name: &'static str,
) -> Result<impl Iterator<Item = T>, Failure> {
    check_array(start, count, name)?;
    // SAFETY: C's contract: the array has `count` elements that do not change until the call returns; `index` is less.
    Ok((0..count).map(move |index| unsafe { start.add(index).read_unaligned() }))
}

fn check_array<T>(start: *const T, count: usize, name: &'static str) -> Result<(), Failure> {
    match start.is_null() && count > 0 {
        true => Err(Failure::argument(name, NULL)),
        false => Ok(()),
    }
}

/// A structure that grows in later versions: the caller says how large the one it knows is.
///
/// # Safety
/// Its first field is this size, a `usize`.
pub(crate) unsafe trait Versioned: Copy {
    /// What functions call the parameter.
    const PARAMETER: &'static str;
    /// The field, as C writes it.
    const SIZE: &'static str;
    /// What to report of a size below that of this version, with the remedy.
    const TOO_SMALL: &'static str;
}

/// Refuses a structure that is not the one this version has.
pub(crate) fn check_size<T: Versioned>(structure: *const T) -> Result<(), Failure> {
    // SAFETY: `Versioned`: the size is the first field; C's contract: the caller has set it.
    let size = unsafe {
        Out::new(structure.cast_mut(), T::PARAMETER)?
            .0
            .cast::<usize>()
            .read_unaligned()
    };
    match size.cmp(&size_of::<T>()) {
        Ordering::Less => Err(Failure::argument(T::SIZE, T::TOO_SMALL)),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(Failure::argument(T::SIZE, "is of a newer polysock")),
    }
}

/// A structure that the caller has set.
pub(crate) fn versioned<T: Versioned>(structure: *const T) -> Result<T, Failure> {
    check_size(structure)?;
    value(structure, T::PARAMETER)
}
