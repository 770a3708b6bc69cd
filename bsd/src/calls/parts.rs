//! Data in several parts, as the program describes them.

use crate::memory;
use libc::{c_int, iovec, msghdr};
use polysock::bare::{self, Call};

/// The most parts that the system takes (`IOV_MAX`).
pub(super) const MOST: usize = 1024;

pub(super) const NO_PART: iovec = iovec {
    iov_base: std::ptr::null_mut(),
    iov_len: 0,
};

/// What the program describes, if its pointer is good.
pub(super) fn described(message: *const msghdr) -> Option<msghdr> {
    // SAFETY: any bytes are pointers and lengths.
    unsafe { memory::read(message) }
}

/// A length, which is an int in some C libraries.
pub(super) fn size(length: impl TryInto<usize>) -> usize {
    length.try_into().unwrap_or(0)
}

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

    /// Those of a message.
    pub(super) fn of(message: &msghdr) -> Self {
        Self::new(message.msg_iov, size(message.msg_iovlen))
    }

    /// Puts what is left of them after `done` bytes into `rest`, and returns how many parts that are.
    pub(super) fn after(self, done: usize, rest: &mut [iovec]) -> usize {
        let mut before = done;
        let left = self.iter().filter_map(|part| {
            let skipped = before.min(part.iov_len);
            before -= skipped;
            let part = iovec {
                iov_base: part.iov_base.cast::<u8>().wrapping_add(skipped).cast(),
                iov_len: part.iov_len - skipped,
            };
            (part.iov_len > 0).then_some(part)
        });
        rest.iter_mut()
            .zip(left)
            .map(|(place, part)| *place = part)
            .count()
    }

    fn iter(self) -> impl Iterator<Item = iovec> {
        // SAFETY: any bytes are a pointer and a length.
        unsafe { memory::items(self.first, self.count) }
    }

    /// How many bytes they have room for.
    #[inline(never)] // its copies of parts would take room on the stack of calls that don't need them
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
