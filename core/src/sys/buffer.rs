//! Memory handed to send and recv: ours for the length of the call, but perhaps not ours alone.
//!
//! A Python `bytearray` may be changed by another thread while we wait, so no `&[u8]` may point at it.
//! [`Data`] and [`Room`] carry a pointer and a length and are only ever given to the kernel.

use std::marker::PhantomData;
use std::mem::MaybeUninit;

/// Bytes to send.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    start: *const u8,
    length: usize,
    life: PhantomData<&'a [u8]>,
}

/// Room to receive into.
#[derive(Debug)]
pub struct Room<'a> {
    start: *mut u8,
    length: usize,
    life: PhantomData<&'a mut [u8]>,
}

// SAFETY: the pointer is only ever passed to the kernel, which is indifferent to the thread.
unsafe impl Send for Data<'_> {}
// SAFETY: as above; nothing here is changed through a shared reference.
unsafe impl Sync for Data<'_> {}
// SAFETY: as for `Data`.
unsafe impl Send for Room<'_> {}
// SAFETY: as for `Data`.
unsafe impl Sync for Room<'_> {}

impl<'a> Data<'a> {
    /// Takes a pointer and a length.
    ///
    /// # Safety
    /// `start` must be readable for `length` bytes during `'a`. The bytes may change meanwhile.
    pub const unsafe fn from_raw_parts(start: *const u8, length: usize) -> Self {
        Self {
            start,
            length,
            life: PhantomData,
        }
    }

    /// How many bytes there are.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(crate) const fn start(&self) -> *const u8 {
        self.start
    }

    /// What is left after the first `done` bytes.
    pub(crate) fn after(&self, done: usize) -> Self {
        let done = done.min(self.length);
        Self {
            start: self.start.wrapping_add(done),
            length: self.length - done,
            life: PhantomData,
        }
    }
}

impl<'a, T: AsRef<[u8]> + ?Sized> From<&'a T> for Data<'a> {
    fn from(bytes: &'a T) -> Self {
        let bytes = bytes.as_ref();
        Self {
            start: bytes.as_ptr(),
            length: bytes.len(),
            life: PhantomData,
        }
    }
}

impl<'a> Room<'a> {
    /// Takes a pointer and a length.
    ///
    /// # Safety
    /// `start` must be writable for `length` bytes during `'a`. The bytes may change meanwhile.
    pub const unsafe fn from_raw_parts(start: *mut u8, length: usize) -> Self {
        Self {
            start,
            length,
            life: PhantomData,
        }
    }

    /// Takes memory that holds nothing yet.
    pub fn uninit(room: &'a mut [MaybeUninit<u8>]) -> Self {
        Self {
            start: room.as_mut_ptr().cast(),
            length: room.len(),
            life: PhantomData,
        }
    }

    /// How many bytes there is room for.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there is no room.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(crate) const fn start(&self) -> *mut u8 {
        self.start
    }

    /// What is left after the first `done` bytes. The caller keeps using only one of both.
    pub(crate) fn after(&self, done: usize) -> Self {
        let done = done.min(self.length);
        Self {
            start: self.start.wrapping_add(done),
            length: self.length - done,
            life: PhantomData,
        }
    }
}

impl<'a, T: AsMut<[u8]> + ?Sized> From<&'a mut T> for Room<'a> {
    fn from(room: &'a mut T) -> Self {
        let room = room.as_mut();
        Self {
            start: room.as_mut_ptr(),
            length: room.len(),
            life: PhantomData,
        }
    }
}
