//! The program's memory, behind pointers that may be wrong.

use libc::{c_void, iovec};
use std::mem::MaybeUninit;

/// The unit in which memory can be readable or not.
const PAGE: usize = 4096;

/// How many values are copied at a time.
const BLOCK: usize = 64;

/// Copies the program's memory into `room`, and returns how many bytes are readable. The kernel copies them, so a wrong pointer is
/// an error and not a fault.
pub(crate) fn copy(from: *const c_void, room: &mut [u8]) -> usize {
    if from.is_null() || room.is_empty() {
        return 0;
    }
    let local = iovec {
        iov_base: room.as_mut_ptr().cast(),
        iov_len: room.len(),
    };
    let remote = iovec {
        iov_base: from.cast_mut(),
        iov_len: room.len(),
    };
    // SAFETY: `local` is `room`, which is ours to write; the memory at `remote` is only read, by the kernel, which checks it.
    let copied =
        unsafe { libc::process_vm_readv(libc::getpid(), &raw const local, 1, &raw const remote, 1, 0) };
    usize::try_from(copied).unwrap_or(0)
}

/// A value of the system's at this address.
///
/// # Safety
/// Any bytes must be a value of the type.
pub(crate) unsafe fn read<T: Copy>(from: *const T) -> Option<T> {
    let mut value = MaybeUninit::<T>::zeroed();
    // SAFETY: the value is ours, and zeroed bytes are initialized.
    let room = unsafe { std::slice::from_raw_parts_mut(value.as_mut_ptr().cast::<u8>(), size_of::<T>()) };
    // SAFETY: it was initialized from bytes, any of which are a value.
    (copy(from.cast(), room) == size_of::<T>()).then(|| unsafe { value.assume_init() })
}

/// Writes a value of the system's to this address; `false` if it is not writable.
pub(crate) fn write<T: Copy>(to: *mut T, value: T) -> bool {
    let local = iovec {
        iov_base: (&raw const value).cast_mut().cast(),
        iov_len: size_of::<T>(),
    };
    let remote = iovec {
        iov_base: to.cast(),
        iov_len: size_of::<T>(),
    };
    // SAFETY: `local` is ours, and only read; the kernel checks the memory at `remote`, which the program wants to have written.
    let written =
        unsafe { libc::process_vm_writev(libc::getpid(), &raw const local, 1, &raw const remote, 1, 0) };
    usize::try_from(written) == Ok(size_of::<T>())
}

/// The values at this address, up to the first that can't be read.
///
/// # Safety
/// Any bytes must be a value of the type.
pub(crate) unsafe fn items<T: Copy>(first: *const T, count: usize) -> impl Iterator<Item = T> {
    let mut block = [MaybeUninit::<T>::zeroed(); BLOCK];
    let (mut filled, mut next) = (0, 0);
    std::iter::from_fn(move || {
        if next == count {
            return None;
        }
        if next % BLOCK == 0 {
            let wanted = BLOCK.min(count - next);
            let length = wanted * size_of::<T>();
            // SAFETY: the block is ours, and zeroed bytes are initialized.
            let room = unsafe { std::slice::from_raw_parts_mut(block.as_mut_ptr().cast::<u8>(), length) };
            filled = next + copy(first.wrapping_add(next).cast(), room) / size_of::<T>();
        }
        let item = block.get(next % BLOCK).filter(|_| next < filled)?;
        next += 1;
        // SAFETY: it was initialized from bytes, any of which are a value.
        Some(unsafe { item.assume_init() })
    })
}

/// The text at this address, cut to `room`.
pub(crate) fn text(from: *const libc::c_char, room: &mut [u8]) -> Option<&[u8]> {
    if from.is_null() {
        return None;
    }
    let mut length = 0;
    while length < room.len() {
        let at = from.wrapping_add(length);
        let rest = PAGE - at as usize % PAGE;
        let part = room.get_mut(length..)?;
        let wanted = part.len().min(rest);
        let part = part.get_mut(..wanted)?;
        let copied = copy(at.cast(), part);
        if let Some(end) = part.get(..copied)?.iter().position(|byte| *byte == 0) {
            return room.get(..length + end);
        }
        length += copied;
        if copied < wanted {
            break;
        }
    }
    room.get(..length)
}
