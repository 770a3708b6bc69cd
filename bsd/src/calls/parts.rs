//! Data in several parts, as the program describes them.

use crate::memory;
use libc::{c_int, iovec};
use polysock::bare::{self, Call};

/// The most parts that the system takes (`IOV_MAX`).
const MOST: usize = 1024;

/// An array of parts in the program's memory.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    first: *const iovec,
    count: usize,
}

impl Parts {
    pub(super) fn new(first: *const iovec, count: usize) -> Self {
        Self {
            first,
            count: count.min(MOST),
        }
    }

    fn iter(self) -> impl Iterator<Item = iovec> {
        // SAFETY: any bytes are a pointer and a length.
        unsafe { memory::items(self.first, self.count) }
    }

    /// How many bytes they have room for.
    pub(super) fn length(self) -> usize {
        self.iter()
            .map(|part| part.iov_len)
            .fold(0, usize::saturating_add)
    }

    /// Copies bytes from an offset on, and returns how many.
    pub(super) fn copy(self, offset: usize, room: &mut [u8]) -> usize {
        let mut before = offset;
        for part in self.iter() {
            if before < part.iov_len {
                let wanted = room.len().min(part.iov_len - before);
                let from = part.iov_base.cast::<u8>().wrapping_add(before);
                return memory::copy(from.cast(), room.get_mut(..wanted).unwrap_or_default());
            }
            before -= part.iov_len;
        }
        0
    }
}

/// Begins the record of a call with parts, given their length.
#[cold]
#[inline(never)]
pub(super) fn begin_parts(
    fd: c_int,
    first: *const iovec,
    count: c_int,
    begin: impl FnOnce(usize) -> Option<Call>,
) -> Option<Call> {
    if !bare::is_observed() || !bare::is_socket(fd) {
        return None;
    }
    bare::aside(|| begin(Parts::new(first, usize::try_from(count).unwrap_or(0)).length()))
}
