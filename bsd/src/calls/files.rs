//! sendfile(2) and splice(2).

use super::send::{raises_sigpipe, waits};
use crate::memory;
use crate::next;
use crate::result::{sent, set_errno};
use libc::{c_int, c_uint, off64_t, off_t, size_t, ssize_t};
use polysock::bare::{self, Call};
use polysock::promises::{self, Amount};
use std::mem::MaybeUninit;

// In other C libraries all offsets have 64 bits.
#[cfg(not(target_env = "gnu"))]
use libc::{fstat as fstat64, lseek as lseek64, pread as pread64, stat as stat64};
#[cfg(target_env = "gnu")]
use libc::{fstat64, lseek64, pread64, stat64};
#[cfg(not(target_env = "gnu"))]
use next::sendfile as next_sendfile64;
#[cfg(target_env = "gnu")]
use next::sendfile64 as next_sendfile64;

/// An offset of a file: `off64_t`, or `off_t`, which has 32 bits in 32-bit programs.
trait Offset: Copy + Into<off64_t> + TryFrom<off64_t> {}
impl<N: Copy + Into<off64_t> + TryFrom<off64_t>> Offset for N {}

/// The largest offset of this type.
const fn largest<N: Offset>() -> off64_t {
    off64_t::MAX >> (off64_t::BITS as usize - 8 * size_of::<N>())
}

#[inline]
fn begin<N: Offset>(to: c_int, from: c_int, offset: *const N, count: size_t) -> Option<Call> {
    bare::begin("sendfile", to, waits(count, 0), raises_sigpipe(0), |fields| {
        fields.number("file", from);
        // SAFETY: any bytes are an offset.
        if let Some(offset) = unsafe { memory::read(offset) } {
            fields.number("from_offset", offset.into());
        }
        fields.number("asked", count);
    })
}

#[inline]
fn end(call: Option<Call>, result: ssize_t) {
    if let Some(call) = call {
        bare::end(call, sent(result), |_| {});
    }
}

pub(crate) unsafe fn sendfile(to: c_int, from: c_int, offset: *mut off_t, count: size_t) -> ssize_t {
    let call = begin(to, from, offset, count);
    let result = match Source::new(to, from, offset) {
        Some(source) => source.send(to, count),
        None => promises::send_file(to, || next::sendfile(to, from, offset, count)),
    };
    end(call, result);
    result
}

#[cfg(target_env = "gnu")]
pub(crate) unsafe fn sendfile64(to: c_int, from: c_int, offset: *mut off64_t, count: size_t) -> ssize_t {
    let call = begin(to, from, offset, count);
    let result = match Source::new(to, from, offset) {
        Some(source) => source.send(to, count),
        None => promises::send_file(to, || next::sendfile64(to, from, offset, count)),
    };
    end(call, result);
    result
}

pub(crate) unsafe fn splice(
    from: c_int,
    from_offset: *mut off64_t,
    to: c_int,
    to_offset: *mut off64_t,
    length: size_t,
    flags: c_uint,
) -> ssize_t {
    let splice = || next::splice(from, from_offset, to, to_offset, length, flags);
    promises::send_file(to, || {
        if flags & libc::SPLICE_F_NONBLOCK == 0 && length > 0 {
            promises::receive_ready(from, splice)
        } else {
            promises::call(from, splice)
        }
    })
}

/// A file of which a part is sent with a time limit. The kernel gives each piece of it the whole limit again, and has no flag against waiting:
/// so the part is read and sent here.
struct Source<N> {
    file: c_int,
    begin: off64_t,
    /// How much of the file can be sent: the offset after it must fit this type.
    most: size_t,
    /// Where the program wants to know how far the file was sent; null if in the file itself.
    offset: *mut N,
}

impl<N: Offset> Source<N> {
    /// `None` if there is no limit, or the kernel may refuse the file or the offset.
    unsafe fn new(to: c_int, file: c_int, offset: *mut N) -> Option<Self> {
        if !promises::has_send_limit(to) || !is_regular(file) {
            return None;
        }
        let (begin, largest) = if offset.is_null() {
            (lseek64(file, 0, libc::SEEK_CUR), off64_t::MAX)
        } else {
            (memory::read(offset)?.into(), largest::<N>())
        };
        (0..largest).contains(&begin).then(|| Self {
            file,
            begin,
            most: size_t::try_from(largest - begin).map_or(MOST, |most| most.min(MOST)),
            offset,
        })
    }

    #[cold]
    #[inline(never)]
    unsafe fn send(self, to: c_int, count: size_t) -> ssize_t {
        let count = count.min(self.most);
        let sent = promises::send(to, 0, Amount::All(count), |flags, done| {
            let mut begin = self.begin + done as off64_t;
            let left = count - done;
            if flags & libc::MSG_DONTWAIT == 0 {
                // There is no limit any more.
                return promises::send_file(to, || next_sendfile64(to, self.file, &raw mut begin, left));
            }
            let mut room = MaybeUninit::<[u8; PIECE]>::uninit();
            let read = pread64(self.file, room.as_mut_ptr().cast(), left.min(PIECE), begin);
            match usize::try_from(read) {
                Ok(length @ 1..) => next::send(to, room.as_ptr().cast(), length, flags),
                _ => read,
            }
        });
        if sent <= 0 {
            return sent;
        }
        let end = self.begin + sent as off64_t;
        if self.offset.is_null() {
            lseek64(self.file, end, libc::SEEK_SET);
        } else if !N::try_from(end).is_ok_and(|end| memory::write(self.offset, end)) {
            set_errno(libc::EFAULT);
            return -1;
        }
        sent
    }
}

/// How much of a file is read at a time.
const PIECE: usize = 8192;

/// The most that the kernel sends in a call (`MAX_RW_COUNT`).
const MOST: usize = 0x7fff_f000;

fn is_regular(file: c_int) -> bool {
    let mut found = MaybeUninit::<stat64>::zeroed();
    // SAFETY: the description is ours to write, and zeros are a value of it.
    let found = unsafe {
        fstat64(file, found.as_mut_ptr());
        found.assume_init()
    };
    found.st_mode & libc::S_IFMT == libc::S_IFREG
}
