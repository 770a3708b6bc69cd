//! A word for each descriptor number: what is known of the file that it stands for, and whether it is being closed.
//!
//! The program may change what a number stands for without our notice. Then the word is wrong, and a call that finds out corrects
//! it.

use super::count::Count;
use super::switch::are_kept;
use crate::sys::direct;
use crate::sys::fork;
use crate::sys::kernel;
use crate::sys::once_box::OnceBox;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Numbers up to four million; calls on higher ones are passed on.
const IN_BLOCK: usize = 1024;
const BLOCKS: usize = 4096;

static BLOCKS_MADE: [OnceBox<[AtomicU32; IN_BLOCK]>; BLOCKS] = [const { OnceBox::nothing() }; BLOCKS];

/// Nothing is known.
const UNKNOWN: u32 = 0;
/// It is not a socket.
const OTHER: u32 = 1;
const SOCKET: u32 = 1 << 1;
/// Its bytes are one stream.
const STREAM: u32 = 1 << 2;
/// It keeps records apart, each of which a write(2) ends (`SOCK_SEQPACKET`).
const RECORDS: u32 = 1 << 3;
/// A time limit may be set in the kernel.
const LIMITED: u32 = 1 << 4;
/// No call may begin.
const CLOSING: u32 = 1 << 5;
/// The close has stopped waiting: the last call that leaves frees the number.
const ORPHANED: u32 = 1 << 6;
/// No call is on it any more: the number is being closed, or was and may stand for another file already.
const LAST: u32 = 1 << 7;
/// The program has set how much a receive waits for (`SO_RCVLOWAT`), which is left to the kernel.
const MARKED: u32 = 1 << 8;
/// The generation of the process that closes it, since a forked child does not finish what a thread of its parent has begun.
const GENERATION: u32 = 16;

/// How long it takes at most from the last look at a number until the kernel has closed it, and the pauses between looks.
const LONGEST_LAST_STEP: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_micros(20);

/// How many numbers are marked as `CLOSING` by this process, and how many as `ORPHANED`.
static CLOSINGS: Count = Count::new();
static ORPHANS: Count = Count::new();

/// The word of a number.
#[derive(Clone, Copy)]
pub(super) struct Number {
    pub(super) number: RawFd,
    word: &'static AtomicU32,
}

/// How a close begins.
pub(super) enum Closing {
    /// This thread closes it.
    Begun,
    /// Another does, or it is closed already and not free yet.
    ByAnother,
}

/// Makes the words of the lowest numbers, so that a close of any of them is noticed, whatever is known of it.
pub(super) fn prepare() {
    let _ = Number::of(0);
}

impl Number {
    /// `None` if there is no memory for the word, or this is not a descriptor number.
    #[inline]
    pub(super) fn of(number: RawFd) -> Option<Self> {
        let at = usize::try_from(number).ok()?;
        let words = BLOCKS_MADE.get(at / IN_BLOCK)?.get_or_fill(AtomicU32::default)?;
        let word = words.get(at % IN_BLOCK)?;
        Some(Self { number, word })
    }

    /// The number if something may be known of it; makes nothing.
    pub(super) fn known(number: RawFd) -> Option<Self> {
        let at = usize::try_from(number).ok()?;
        let words = BLOCKS_MADE.get(at / IN_BLOCK)?.get()?;
        let word = words.get(at % IN_BLOCK)?;
        Some(Self { number, word })
    }

    /// The number if it stands for a socket, which is found out if it is not known. If it is just being closed, that does not matter:
    /// the call fails.
    #[inline]
    pub(super) fn of_socket(number: RawFd) -> Option<Self> {
        let this = Self::of(number)?;
        let word = this.word.load(Ordering::Relaxed);
        let is_socket = if word & (SOCKET | OTHER | CLOSING) == 0 {
            this.find_out()
        } else {
            word & (SOCKET | CLOSING) != 0
        };
        is_socket.then_some(this)
    }

    #[cold]
    fn find_out(self) -> bool {
        let described = match direct::number_option(self.number, libc::SOL_SOCKET, libc::SO_TYPE) {
            Ok(socket_type) if self.has_limit() => word_of(socket_type) | LIMITED | self.mark(),
            Ok(socket_type) => word_of(socket_type),
            Err(error) if error.raw_os_error() == Some(libc::ENOTSOCK) => OTHER,
            Err(_) => return false,
        };
        self.replace(UNKNOWN, described) && described != OTHER
            || self.word.load(Ordering::Relaxed) & (SOCKET | CLOSING) != 0
    }

    fn has_limit(self) -> bool {
        let options = [libc::SO_RCVTIMEO, libc::SO_SNDTIMEO];
        options
            .iter()
            .any(|option| direct::limit_option(self.number, *option).is_some())
    }

    fn mark(self) -> u32 {
        match direct::number_option(self.number, libc::SOL_SOCKET, libc::SO_RCVLOWAT) {
            Ok(2..) => MARKED,
            _ => 0,
        }
    }

    /// Notes that it turned out to be something else.
    pub(super) fn is_other(self) {
        // In a child that uses its parent's memory (vfork(2)), what has changed is the child's descriptor, not its parent's.
        if fork::is_owner() {
            self.set(OTHER);
        }
    }

    pub(super) fn is_stream(self) -> bool {
        self.has(STREAM)
    }

    pub(super) fn has_records(self) -> bool {
        self.has(RECORDS)
    }

    pub(super) fn may_be_limited(self) -> bool {
        self.has(LIMITED)
    }

    /// Whether a receive may wait for more than the first byte.
    pub(super) fn is_marked(self) -> bool {
        self.has(MARKED)
    }

    fn has(self, mark: u32) -> bool {
        self.word.load(Ordering::Relaxed) & mark != 0
    }

    /// Whether it is known to stand for something other than a socket.
    pub(super) fn is_known_other(self) -> bool {
        self.has(OTHER)
    }

    /// Whether it is known as a socket.
    pub(super) fn is_known_socket(self) -> bool {
        self.has(SOCKET)
    }

    /// Whether it stands for a socket; if that is not known, the kernel is asked. Not inlined: an address in the frame of the caller is
    /// compared with those of calls.
    #[cold]
    #[inline(never)]
    pub(super) fn is_socket(self) -> bool {
        self.is_known_socket() || direct::number_option(self.number, libc::SOL_SOCKET, libc::SO_TYPE).is_ok()
    }

    /// Whether a thread of this process is closing it. Looked at after a call is noted in its thread's seat.
    #[inline]
    pub(super) fn is_closing(self) -> bool {
        let word = self.word.load(Ordering::SeqCst);
        word & CLOSING != 0 && self.is_closed_here(word) && (word & LAST == 0 || self.is_in_last_step(word))
    }

    /// Waits until the number is closed, or stands for another file: a call on it fails then by itself, or is one on that file. If
    /// the thread that closes it never gets there, because it was cancelled or has left the close by longjmp(3), nothing closes it.
    #[cold]
    fn is_in_last_step(self, word: u32) -> bool {
        let began = Instant::now();
        while direct::number_option(self.number, libc::SOL_SOCKET, libc::SO_TYPE).is_ok() {
            if self.word.load(Ordering::SeqCst) != word {
                return self.is_closing();
            }
            if began.elapsed() >= LONGEST_LAST_STEP {
                let _ = self.replace(word, UNKNOWN);
                return false;
            }
            let _ = direct::pause(PAUSE);
        }
        false
    }

    /// In a forked child, a number that its parent was closing is open until the child closes it.
    #[cold]
    fn is_closed_here(self, word: u32) -> bool {
        let here = word >> GENERATION == generation();
        if !here {
            let _ = self.replace(word, UNKNOWN);
        }
        here
    }

    /// Keeps calls from beginning. A close looks into the seats afterwards.
    pub(super) fn begin_closing(self) -> Closing {
        loop {
            let word = self.word.load(Ordering::SeqCst);
            // The last step of a close may have been left by longjmp(3) or a cancellation: then it is made again.
            if word & (CLOSING | LAST) == CLOSING && self.is_closed_here(word) {
                return Closing::ByAnother;
            }
            let closing =
                word & !(ORPHANED | LAST | u32::MAX << GENERATION) | CLOSING | generation() << GENERATION;
            if self.replace(word, closing) {
                return Closing::Begun;
            }
        }
    }

    /// Leaves it to the last call to free the number.
    pub(super) fn orphan(self) {
        loop {
            let word = self.word.load(Ordering::SeqCst);
            if self.replace(word, word | ORPHANED) {
                return;
            }
        }
    }

    /// Whether the last call that leaves should free the number.
    #[inline]
    pub(super) fn is_orphaned(self) -> bool {
        self.word.load(Ordering::SeqCst) & ORPHANED != 0
    }

    /// Takes over what was left to the last call; `false` if another thread has done so.
    pub(super) fn adopt(self) -> bool {
        let word = self.word.load(Ordering::SeqCst);
        word & ORPHANED != 0 && self.replace(word, UNKNOWN)
    }

    /// The number is about to be closed by `close`: calls that begin before it is fail. Then all is forgotten.
    pub(super) fn forget_after<R>(self, close: impl FnOnce() -> R) -> R {
        let last = self.is_about_to_be_closed();
        let result = close();
        // Unless a socket was made under the number meanwhile.
        let _ = self.replace(last, UNKNOWN);
        result
    }

    /// From now on, calls that begin before the number is closed fail. Returns the word that says so.
    pub(super) fn is_about_to_be_closed(self) -> u32 {
        let word = self.word.load(Ordering::SeqCst);
        let last = word & !(ORPHANED | u32::MAX << GENERATION) | CLOSING | LAST | generation() << GENERATION;
        if last != word {
            self.set(last);
        }
        last
    }

    /// The number was closed: what was known is forgotten, unless a socket was made under it meanwhile.
    pub(super) fn is_closed(self) {
        let word = self.word.load(Ordering::SeqCst);
        if word & LAST != 0 && is_marked_here(word) {
            let _ = self.replace(word, UNKNOWN);
        }
    }

    /// Forgets that it stands for something other than a socket.
    pub(super) fn forget_other(self) {
        let _ = self.replace(OTHER, UNKNOWN);
    }

    /// Adds a mark to what is known of a socket, and returns that; `None` if it is no known socket, or is being closed: then the
    /// number may stand for another file by now.
    fn add(self, mark: u32) -> Option<u32> {
        let marked = |word| (word & (SOCKET | CLOSING) == SOCKET).then_some(word | mark);
        let before = self
            .word
            .fetch_update(Ordering::SeqCst, Ordering::Relaxed, marked);
        before.ok().map(|word| word | mark)
    }

    fn set(self, new: u32) {
        count_in(new);
        count_out(self.word.swap(new, Ordering::SeqCst));
    }

    fn replace(self, old: u32, new: u32) -> bool {
        count_in(new);
        let replaced = self
            .word
            .compare_exchange(old, new, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok();
        count_out(if replaced { old } else { new });
        replaced
    }
}

/// Counts the marks of a word that is about to be seen.
fn count_in(word: u32) {
    if is_marked_here(word) {
        CLOSINGS.add();
        if word & ORPHANED != 0 {
            ORPHANS.add();
        }
    }
}

/// Takes the marks of a word that is not seen any more from the counts.
fn count_out(word: u32) {
    if is_marked_here(word) {
        CLOSINGS.subtract();
        if word & ORPHANED != 0 {
            ORPHANS.subtract();
        }
    }
}

/// Whether a word says that this process closes the number.
fn is_marked_here(word: u32) -> bool {
    word & CLOSING != 0 && word >> GENERATION == generation()
}

/// Whether this process is closing any socket. Looked at after a call is noted in its thread's seat.
#[inline]
pub(super) fn any_is_closing() -> bool {
    CLOSINGS.is_positive()
}

/// Whether any number was left to the last call on it.
#[inline]
pub(super) fn any_is_orphaned() -> bool {
    ORPHANS.is_positive()
}

/// The numbers that were left to the last call on them.
pub(super) fn orphaned() -> impl Iterator<Item = Number> {
    with_words(0, RawFd::MAX).filter(|number| number.is_orphaned())
}

/// The numbers from `first` to `last` that have words, whatever is known of them.
pub(super) fn with_words(first: RawFd, last: RawFd) -> impl Iterator<Item = Number> {
    let first = usize::try_from(first).unwrap_or(0);
    let last = usize::try_from(last).unwrap_or(0);
    let blocks = BLOCKS_MADE.iter().enumerate().skip(first / IN_BLOCK);
    let blocks = blocks.take_while(move |(at, _)| at * IN_BLOCK <= last);
    let words = blocks.flat_map(|(at, block)| {
        let words = block.get().into_iter().flatten().enumerate();
        words.map(move |(within, word)| (at * IN_BLOCK + within, word))
    });
    words
        .filter(move |(number, _)| (first..=last).contains(number))
        .filter_map(|(number, word)| {
            let number = RawFd::try_from(number).ok()?;
            Some(Number { number, word })
        })
}

fn generation() -> u32 {
    fork::generation() & u32::MAX >> GENERATION
}

/// The word of a socket of this type.
fn word_of(socket_type: i32) -> u32 {
    let form = match socket_type & 0xf {
        libc::SOCK_STREAM => STREAM,
        libc::SOCK_SEQPACKET => RECORDS,
        _ => 0,
    };
    SOCKET | form
}

/// Notes that a socket of this type was made under a number; `from` is the one that accepted it, whose limits it has.
pub fn made(number: RawFd, socket_type: i32, from: Option<RawFd>) {
    if !are_kept() {
        return;
    }
    let Some(made) = Number::of(number) else {
        return;
    };
    let word = match from.and_then(Number::of) {
        Some(from) => from.word.load(Ordering::Relaxed) & (SOCKET | STREAM | RECORDS | LIMITED | MARKED),
        None => word_of(socket_type),
    };
    made.set(word);
}

/// Notes that a number now stands for the same file as another.
pub fn copied(from: RawFd, number: RawFd) {
    // In a child of vfork(2), the words are its parent's, but the descriptors are not.
    if !are_kept() || from == number || !fork::is_owner() {
        return;
    }
    if let (Some(from), Some(copy)) = (Number::of(from), Number::of(number)) {
        // A limit that is set later is seen under one number only.
        copy.set(from.add(LIMITED).unwrap_or(UNKNOWN));
    }
}

/// Notes that a number now stands for a file that has come in a message. What was known of the number may be of a file that was closed
/// unseen.
pub fn arrived(number: RawFd) {
    if !are_kept() || !fork::is_owner() {
        return;
    }
    if let Some(number) = Number::known(number) {
        number.set(UNKNOWN);
    }
}

/// Whether calls on a socket may have a time limit.
pub fn may_be_limited(number: RawFd) -> bool {
    are_kept() && Number::of_socket(number).is_some_and(Number::may_be_limited)
}

/// Whether the bytes of a socket are one stream.
pub fn is_stream(number: RawFd) -> bool {
    Number::of_socket(number).is_some_and(Number::is_stream)
}

/// Notes that the program has set an option of a socket, which may be a time limit.
pub fn option_was_set(number: RawFd, level: i32, name: i32) {
    if !are_kept() || level != libc::SOL_SOCKET {
        return;
    }
    let mark = match name {
        libc::SO_RCVLOWAT => MARKED,
        limit if kernel::RECEIVE_LIMITS.contains(&limit) || kernel::SEND_LIMITS.contains(&limit) => LIMITED,
        _ => return,
    };
    if let Some(socket) = Number::of_socket(number) {
        socket.add(mark);
    }
}
