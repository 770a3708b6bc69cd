//! fdopen(3) of a socket: a stream whose reads and writes are calls of the layer, so that promises are kept for them.
//!
//! The C library's own streams make system calls inside it, where no other library sees them. fopencookie(3) makes streams
//! whose reads and writes are functions. Such a stream differs from one of fdopen(3) in three places, which are
//! put right in fields that <bits/types/struct_FILE.h> declares: it has no descriptor, it can't become wide-oriented, and it
//! has no mode. A stream of fdopen(3), its twin, is made beside it, and checks the arguments; its mode is copied, and the memory that
//! it has for wide characters is used (docs/decisions/stdio-on-sockets.md).

use super::flush::flush;
use super::send::write_all;
use crate::next;
use crate::result::{errno, set_errno};
use libc::{c_char, c_int, c_long, c_void, off64_t, size_t, ssize_t, FILE};
use polysock::promises;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::time::Duration;

/// The beginning of `struct _IO_FILE`, which is part of the binary interface: macros of programs have used it.
#[repr(C)]
struct Fields {
    flags: c_int,
    buffers: [*mut c_char; 11],
    markers: *mut c_void,
    next: *mut c_void,
    number: c_int,
    more_flags: c_int,
    old_offset: c_long,
    column: u16,
    vtable_offset: i8,
    short_buffer: [c_char; 1],
    lock: *mut c_void,
    offset: off64_t,
    conversion: *mut c_void,
    wide: *mut c_void,
    freed_list: *mut c_void,
    freed_buffer: *mut c_void,
    padding: size_t,
    orientation: c_int,
}

/// What fopencookie(3) leaves in them.
const NO_NUMBER: c_int = -2;
const NO_WIDE: *mut c_void = ptr::without_provenance_mut(usize::MAX);
const BYTES: c_int = -1;

/// What the mode decides: `_IO_NO_READS`, `_IO_NO_WRITES`, `_IO_IS_APPENDING`.
const OF_MODE: c_int = 0x4 | 0x8 | 0x1000;

/// `cookie_io_functions_t`
#[repr(C)]
#[derive(Clone, Copy)]
struct Functions {
    read: unsafe extern "C-unwind" fn(*mut c_void, *mut c_char, size_t) -> ssize_t,
    write: unsafe extern "C-unwind" fn(*mut c_void, *const c_char, size_t) -> ssize_t,
    seek: unsafe extern "C-unwind" fn(*mut c_void, *mut off64_t, c_int) -> c_int,
    close: unsafe extern "C-unwind" fn(*mut c_void) -> c_int,
}

extern "C" {
    fn fopencookie(cookie: *mut c_void, mode: *const c_char, functions: Functions) -> *mut FILE;
    fn ftrylockfile(stream: *mut FILE) -> c_int;
    fn funlockfile(stream: *mut FILE);
    fn __fwriting(stream: *mut FILE) -> c_int;
}

/// The pauses between attempts to lock a stream that another thread writes to.
const FIRST_PAUSE: Duration = Duration::from_micros(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(5);

/// The largest buffer that a stream gets by itself.
const LARGEST_BUFFER: usize = libc::BUFSIZ as usize;

/// What belongs to a stream of ours. It is used again for another, and never freed: no lock is needed to find it.
struct Stream {
    next: *mut Stream,
    stream: AtomicPtr<FILE>,
    twin: AtomicPtr<FILE>,
    number: c_int,
    /// How many reads have not returned: a thread is in them, or will never return from them because it was cancelled, has left them
    /// by longjmp(3), or does not exist in this forked child.
    reads: AtomicU32,
    buffer: [MaybeUninit<u8>; LARGEST_BUFFER],
}

static STREAMS: AtomicPtr<Stream> = AtomicPtr::new(ptr::null_mut());

/// In the place of a stream that is being made or closed.
const RESERVED: *mut FILE = ptr::without_provenance_mut(1);

fn streams() -> impl Iterator<Item = *mut Stream> {
    let mut next = STREAMS.load(Ordering::Acquire);
    std::iter::from_fn(move || {
        let this = next;
        if this.is_null() {
            return None;
        }
        // SAFETY: it was put into the list whole, and is never freed.
        next = unsafe { (*this).next };
        Some(this)
    })
}

/// One that no stream has; null without memory.
fn reserve() -> *mut Stream {
    let is_free = |stream: &*mut Stream| {
        // SAFETY: what is in the list is never freed.
        let owner = unsafe { &(**stream).stream };
        owner.load(Ordering::Relaxed).is_null()
            && owner
                .compare_exchange(ptr::null_mut(), RESERVED, Ordering::SeqCst, Ordering::SeqCst)
                .is_ok()
    };
    if let Some(free) = streams().find(is_free) {
        return free;
    }
    // SAFETY: the size is not zero.
    let made = unsafe { libc::malloc(size_of::<Stream>()) }.cast::<Stream>();
    if made.is_null() {
        return made;
    }
    // SAFETY: the fields are ours to write; the buffer needs no value.
    unsafe {
        (&raw mut (*made).stream).write(AtomicPtr::new(RESERVED));
        (&raw mut (*made).twin).write(AtomicPtr::new(ptr::null_mut()));
        (&raw mut (*made).reads).write(AtomicU32::new(0));
    }
    let mut first = STREAMS.load(Ordering::Acquire);
    loop {
        // SAFETY: no other thread has seen it yet.
        unsafe { (&raw mut (*made).next).write(first) };
        match STREAMS.compare_exchange(first, made, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return made,
            Err(now) => first = now,
        }
    }
}

fn give_back(stream: *mut Stream) {
    // SAFETY: what is in the list is never freed.
    unsafe { &(*stream).stream }.store(ptr::null_mut(), Ordering::SeqCst);
}

unsafe extern "C-unwind" fn read(cookie: *mut c_void, room: *mut c_char, length: size_t) -> ssize_t {
    // No reference to the whole: the room may be its buffer.
    let stream = cookie.cast::<Stream>();
    let (reads, number) = (&(*stream).reads, (*stream).number);
    reads.fetch_add(1, Ordering::SeqCst);
    let result = super::read(number, room.cast(), length);
    reads.fetch_sub(1, Ordering::SeqCst);
    result
}

unsafe extern "C-unwind" fn write(cookie: *mut c_void, data: *const c_char, length: size_t) -> ssize_t {
    write_all((*cookie.cast::<Stream>()).number, data.cast(), length)
}

/// Fails as on every socket, unless the number stands for another file by now.
unsafe extern "C-unwind" fn seek(cookie: *mut c_void, offset: *mut off64_t, whence: c_int) -> c_int {
    let found = libc::lseek64((*cookie.cast::<Stream>()).number, *offset, whence);
    if found < 0 {
        return -1;
    }
    *offset = found;
    0
}

/// fclose(3) has made the promised part of the close when it calls this.
unsafe extern "C-unwind" fn close(cookie: *mut c_void) -> c_int {
    next::close((*cookie.cast::<Stream>()).number)
}

const FUNCTIONS: Functions = Functions {
    read,
    write,
    seek,
    close,
};

/// The size of the buffer that fdopen(3) would give the stream; `None` if the number does not stand for a socket any more.
unsafe fn buffer_size(number: c_int) -> Option<usize> {
    let mut found = MaybeUninit::<libc::stat64>::zeroed();
    libc::fstat64(number, found.as_mut_ptr());
    let found = found.assume_init();
    let size = usize::try_from(found.st_blksize).unwrap_or(0);
    let size = if (1..LARGEST_BUFFER).contains(&size) {
        size
    } else {
        LARGEST_BUFFER
    };
    (found.st_mode & libc::S_IFMT == libc::S_IFSOCK).then_some(size)
}

pub(crate) unsafe fn fdopen(number: c_int, mode: *const c_char) -> *mut FILE {
    let twin = next::fdopen(number, mode);
    if twin.is_null() || !promises::are_kept() || !promises::is_stream(number) {
        return twin;
    }
    let before = errno();
    let Some(size) = buffer_size(number) else {
        set_errno(before);
        return twin;
    };
    match promised(number, twin, size) {
        Some(stream) => {
            set_errno(before);
            stream
        }
        None => {
            free(twin);
            set_errno(libc::ENOMEM);
            ptr::null_mut()
        }
    }
}

/// The promised stream beside its twin. `None` without memory.
unsafe fn promised(number: c_int, twin: *mut FILE, buffer_size: usize) -> Option<*mut FILE> {
    let ours = reserve();
    if ours.is_null() {
        return None;
    }
    (*ours).number = number;
    (*ours).reads.store(0, Ordering::SeqCst);
    let stream = fopencookie(ours.cast(), c"r+".as_ptr(), FUNCTIONS);
    if stream.is_null() {
        give_back(ours);
        return None;
    }
    let (fields, of_twin) = (stream.cast::<Fields>(), twin.cast::<Fields>());
    let is_as_known = ((*fields).number, (*fields).wide, (*fields).orientation)
        == (NO_NUMBER, NO_WIDE, BYTES)
        && ((*of_twin).number, (*of_twin).orientation) == (number, 0);
    if !is_as_known {
        // Another C library's: its own stream is used.
        (*ours).number = -1;
        next::fclose(stream);
        give_back(ours);
        return Some(twin);
    }
    (*fields).flags |= (*of_twin).flags & OF_MODE;
    (*fields).more_flags |= (*of_twin).more_flags;
    (*fields).number = number;
    (*fields).wide = (*of_twin).wide;
    (*fields).orientation = 0;
    (*of_twin).number = -1;
    libc::setvbuf(
        stream,
        (*ours).buffer.as_mut_ptr().cast(),
        libc::_IOFBF,
        buffer_size,
    );
    (*ours).twin.store(twin, Ordering::SeqCst);
    (*ours).stream.store(stream, Ordering::SeqCst);
    Some(stream)
}

/// Frees a twin, which has no descriptor.
unsafe fn free(twin: *mut FILE) {
    (*twin.cast::<Fields>()).number = -1;
    next::fclose(twin);
}

/// A stream of ours that is being closed.
pub(super) struct Leaving(*mut Stream);

/// Whether this is a stream of ours, which is about to be closed.
pub(super) fn leaving(stream: *mut FILE) -> Option<Leaving> {
    if stream.is_null() {
        return None;
    }
    let is_it = |ours: &*mut Stream| {
        // SAFETY: what is in the list is never freed.
        let owner = unsafe { &(**ours).stream };
        owner.load(Ordering::Relaxed) == stream
            && owner
                .compare_exchange(stream, RESERVED, Ordering::SeqCst, Ordering::SeqCst)
                .is_ok()
    };
    streams().find(is_it).map(Leaving)
}

impl Leaving {
    /// Sends what the stream still has, but leaves errno alone if that succeeds. If another thread holds the stream because it waits
    /// in a read, there is nothing to send, and the close ends the read.
    pub(super) unsafe fn flush(&self, stream: *mut FILE) -> c_int {
        let mut pause = FIRST_PAUSE;
        while ftrylockfile(stream) != 0 {
            if __fwriting(stream) == 0 && (*self.0).reads.load(Ordering::SeqCst) > 0 {
                return 0;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        let before = errno();
        let flushed = flush(stream);
        if flushed == 0 {
            set_errno(before);
        }
        funlockfile(stream);
        flushed
    }

    /// The stream is closed.
    pub(super) unsafe fn end(self) {
        free((*self.0).twin.swap(ptr::null_mut(), Ordering::SeqCst));
        give_back(self.0);
    }
}
