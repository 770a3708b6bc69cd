//! Memory handed to send and recv: valid for the length of the call, but perhaps shared with other threads.
//!
//! A Python `bytearray` may be changed by another thread while we wait, so no `&[u8]` may point at it.
//! [`SendBuf`] and [`RecvBuf`] carry a pointer and a length and are only ever given to the kernel.

#![allow(unsafe_code)] // memory by pointer and length is what this file is about

use crate::error::{Counted, Kind};
use std::marker::PhantomData;
use std::mem::MaybeUninit;

/// Bytes to send. Same layout as a `struct iovec`.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct SendBuf<'a> {
    part: libc::iovec,
    life: PhantomData<&'a [u8]>,
}

/// Room to receive into. Same layout as a `struct iovec`.
#[repr(transparent)]
pub struct RecvBuf<'a> {
    part: libc::iovec,
    life: PhantomData<&'a mut [u8]>,
}

// SAFETY: the pointer is only ever passed to the kernel, which is indifferent to the thread.
unsafe impl Send for SendBuf<'_> {}
// SAFETY: as above; nothing here is changed through a shared reference.
unsafe impl Sync for SendBuf<'_> {}
// SAFETY: as for `SendBuf`.
unsafe impl Send for RecvBuf<'_> {}
// SAFETY: as for `SendBuf`.
unsafe impl Sync for RecvBuf<'_> {}

const fn part(start: *mut u8, length: usize) -> libc::iovec {
    libc::iovec {
        iov_base: start.cast(),
        iov_len: length,
    }
}

fn part_after(part: &libc::iovec, done: usize) -> libc::iovec {
    let done = done.min(part.iov_len);
    libc::iovec {
        iov_base: part.iov_base.wrapping_byte_add(done),
        iov_len: part.iov_len - done,
    }
}

impl SendBuf<'_> {
    /// Takes a pointer and a length.
    ///
    /// # Safety
    /// `start` must be readable for `length` bytes during the life of the value. The bytes may change meanwhile.
    pub const unsafe fn from_raw_parts(start: *const u8, length: usize) -> Self {
        Self {
            part: part(start.cast_mut(), length),
            life: PhantomData,
        }
    }

    /// How many bytes there are.
    pub const fn len(&self) -> usize {
        self.part.iov_len
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) const fn start(&self) -> *const u8 {
        self.part.iov_base.cast()
    }

    /// Appends the bytes.
    pub(crate) fn append_to(&self, bytes: &mut Vec<u8>) -> Result<(), Kind> {
        bytes.try_reserve(self.len()).map_err(|_| Kind::OutOfMemory)?;
        if !self.is_empty() {
            // SAFETY: `SendBuf` promises that its memory is readable for its length, and that much room was reserved.
            unsafe {
                let end = bytes.as_mut_ptr().add(bytes.len());
                std::ptr::copy_nonoverlapping(self.start(), end, self.len());
            }
            // SAFETY: these bytes have just been written.
            unsafe { bytes.set_len(bytes.len() + self.len()) };
        }
        Ok(())
    }

    /// Copies the first bytes, as many as there are and there is room for, and returns how many.
    pub(crate) fn copy_to(&self, room: &mut [u8]) -> usize {
        let count = self.len().min(room.len());
        if count > 0 {
            // SAFETY: `SendBuf` promises that its memory is readable for its length, and `count` is no more than either.
            unsafe { std::ptr::copy_nonoverlapping(self.start(), room.as_mut_ptr(), count) };
        }
        count
    }

    /// What is left after the first `done` bytes.
    pub(crate) fn after(&self, done: usize) -> Self {
        Self {
            part: part_after(&self.part, done),
            life: PhantomData,
        }
    }

    /// The first `length` bytes, or all there are.
    pub(crate) fn first(&self, length: usize) -> Self {
        Self {
            part: part(self.start().cast_mut(), length.min(self.len())),
            life: PhantomData,
        }
    }
}

impl<'a, T: AsRef<[u8]> + ?Sized> From<&'a T> for SendBuf<'a> {
    fn from(bytes: &'a T) -> Self {
        let bytes = bytes.as_ref();
        Self {
            part: part(bytes.as_ptr().cast_mut(), bytes.len()),
            life: PhantomData,
        }
    }
}

impl<'a> RecvBuf<'a> {
    /// Takes a pointer and a length.
    ///
    /// # Safety
    /// `start` must be writable for `length` bytes during the life of the value. The bytes may change meanwhile.
    pub const unsafe fn from_raw_parts(start: *mut u8, length: usize) -> Self {
        Self {
            part: part(start, length),
            life: PhantomData,
        }
    }

    /// Takes uninitialised memory. A receive fills as many bytes as it counts, except with
    /// [`Flags::TRUNCATE`](crate::Flags::TRUNCATE): then the count may exceed the room, and from a TCP stream nothing
    /// is stored at all.
    pub fn uninit(room: &'a mut [MaybeUninit<u8>]) -> Self {
        Self {
            part: part(room.as_mut_ptr().cast(), room.len()),
            life: PhantomData,
        }
    }

    /// How many bytes there is room for.
    pub const fn len(&self) -> usize {
        self.part.iov_len
    }

    /// Whether there is no room.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) const fn start(&self) -> *mut u8 {
        self.part.iov_base.cast()
    }

    /// Copies back the first of `received` bytes that a call has stored here, and returns how many.
    pub(crate) fn copy_received(&self, received: usize, room: &mut [u8]) -> usize {
        let count = received.min(self.len()).min(room.len());
        if count > 0 {
            // SAFETY: `RecvBuf` promises that its memory is valid for its length; the call that received has written these.
            unsafe { std::ptr::copy_nonoverlapping(self.start(), room.as_mut_ptr(), count) };
        }
        count
    }

    /// Copies bytes into the room, as many as it takes.
    pub(crate) fn copy_from(&self, bytes: &[u8]) -> usize {
        let count = self.len().min(bytes.len());
        if count > 0 {
            // SAFETY: `RecvBuf` promises that its memory is writable for its length, and `count` is no more than that.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.start(), count) };
        }
        count
    }

    /// What is left after the first `done` bytes. The caller goes on using only one of the two.
    pub(crate) fn after(&self, done: usize) -> Self {
        Self {
            part: part_after(&self.part, done),
            life: PhantomData,
        }
    }
}

impl<'a, T: AsMut<[u8]> + ?Sized> From<&'a mut T> for RecvBuf<'a> {
    fn from(room: &'a mut T) -> Self {
        let room = room.as_mut();
        Self {
            part: part(room.as_mut_ptr(), room.len()),
            life: PhantomData,
        }
    }
}

impl std::fmt::Debug for SendBuf<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SendBuf({})", Counted(self.len(), "bytes"))
    }
}

impl std::fmt::Debug for RecvBuf<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecvBuf({})", Counted(self.len(), "bytes"))
    }
}
