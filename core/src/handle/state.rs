//! The state word of a handle: whether it is closed, and how many calls are inside.
//!
//! Entering is one atomic step that refuses a closed handle, and `close` marks it closed and counts itself in with the
//! same step. So no call ever uses a descriptor number that was closed and reused.

use super::atomic::{AtomicU64, Ordering};
use crate::error::Kind;
use crate::sys::entry::{Entry, GENERATION};
use crate::sys::fork;

#[cfg(all(test, not(loom)))]
mod tests;

/// The state of one handle.
pub(super) struct State(AtomicU64);

/// Where a call waits if it has to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WaitsIn {
    /// In poll, where the thread's wake-up descriptor ends the wait.
    Poll,
    /// In the system call itself, where only shutdown(2) does.
    Kernel,
}

/// What the thread whose call has left should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    Nothing,
    /// A close waits for the calls inside.
    WakeCloser,
    /// The close has stopped waiting, and this was the last call.
    CloseDescriptor,
}

/// A close that has begun: no call can enter any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Closing {
    /// No other call is inside.
    pub(super) alone: bool,
    /// There may be waiting threads to wake and subscribers to notify.
    pub(super) registered: bool,
}

/// How many calls are inside a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Calls {
    pub(super) inside: u64,
    /// Those of them that may wait in the kernel.
    pub(super) in_kernel: u64,
}

impl State {
    pub(super) fn new(entry: Entry) -> Self {
        Self(AtomicU64::new(Word::open(entry.generation()).0))
    }

    /// Counts a call in, and returns how many calls are inside with it.
    ///
    /// # Errors
    /// `Closed`; `Busy` when there are too many to count.
    #[inline]
    pub(super) fn enter(&self, waits: WaitsIn) -> Result<u64, Kind> {
        match self.try_to_enter(waits) {
            Some(inside) => Ok(inside),
            None => self.enter_slowly(waits),
        }
    }

    /// The same, but `None` while calls are watched.
    ///
    /// # Errors
    /// See [`enter`](Self::enter).
    #[inline]
    pub(super) fn enter_unwatched(&self, waits: WaitsIn) -> Result<Option<u64>, Kind> {
        match self.try_to_enter(waits) {
            Some(inside) => Ok(Some(inside)),
            None if Entry::now().is_watched() => Ok(None),
            None => self.enter_slowly(waits).map(Some),
        }
    }

    /// Counts a call in at once, or not at all.
    #[inline]
    fn try_to_enter(&self, waits: WaitsIn) -> Option<u64> {
        let word = self.load(Ordering::Relaxed);
        let entered = word.with(waits);
        let enters = Entry::now().admits(word.0 & BARS) && self.replace(word, entered);
        enters.then(|| entered.calls().inside)
    }

    /// Another thread changed the word first, the handle is closed, full, or inherited from a parent process, or calls are
    /// watched.
    #[cold]
    fn enter_slowly(&self, waits: WaitsIn) -> Result<u64, Kind> {
        let mut refusal = Kind::Closed;
        let entered = self.update(|word, _| {
            refusal = if word.has(CLOSED) {
                Kind::Closed
            } else {
                Kind::Busy
            };
            word.may_enter(fork::generation()).then(|| word.with(waits))
        });
        entered.map(|word| word.calls().inside).ok_or(refusal)
    }

    /// Counts a call in after the close if calls still wait in the kernel, for which the descriptor is kept open.
    pub(super) fn enter_closed(&self) -> bool {
        let entered = self.update(|word, _| {
            let needed = word.has(CLOSED) && word.calls().in_kernel > 0;
            needed.then(|| word.with(WaitsIn::Poll))
        });
        entered.is_some()
    }

    /// Counts out a call that was counted in.
    #[inline]
    pub(super) fn leave(&self, waits: WaitsIn) -> Left {
        let word = self.load(Ordering::Relaxed);
        if word.may_leave(fork::generation()) && self.replace(word, word.without(waits)) {
            Left::Nothing
        } else {
            self.leave_slowly(waits)
        }
    }

    #[cold]
    fn leave_slowly(&self, waits: WaitsIn) -> Left {
        if self.load(Ordering::Relaxed).is_inherited(fork::generation()) {
            return Left::Nothing; // counted in the parent process
        }
        let left = self.update(|word, _| (word.calls().inside > 0).then(|| word.without(waits)));
        match left {
            Some(word) if word.has(ORPHANED) && word.calls().inside == 0 => Left::CloseDescriptor,
            Some(word) if word.has(CLOSED) && !word.has(ORPHANED) => Left::WakeCloser,
            Some(_) | None => Left::Nothing,
        }
    }

    /// Marks the handle closed and counts the closing call in. `None` when it is already closed; but a close that was
    /// [suspended](Self::suspend_close) may go on, and a child forked while its parent was closing inherits the mark
    /// together with an open descriptor, and closes that.
    pub(super) fn close(&self, entry: Entry, is_open: impl Fn() -> bool) -> Option<Closing> {
        let mut registered = false;
        let closed = self.update_in(entry.generation(), |word, inherited| {
            registered = word.has(REGISTERED);
            let closes = !word.has(CLOSED) || word.has(SUSPENDED) || (inherited && is_open());
            closes.then(|| word.unmarked(SUSPENDED).marked(CLOSED).with(WaitsIn::Poll))
        })?;
        Some(Closing {
            alone: closed.calls().inside == 1,
            registered,
        })
    }

    /// The closing call leaves and keeps the descriptor open. No other call can enter, but another close may go on.
    pub(super) fn suspend_close(&self) {
        self.update(|word, inherited| {
            let left = if inherited {
                word
            } else {
                word.without(WaitsIn::Poll)
            };
            Some(left.marked(SUSPENDED))
        });
    }

    /// The closing call leaves. True when it was the last, so that it must close the descriptor; otherwise
    /// [`leave`](Self::leave) tells the last of the others to.
    pub(super) fn leave_closed(&self) -> bool {
        let left = self.update(|word, inherited| {
            // A signal handler may have forked: the child does not count its parent's calls.
            let left = if inherited {
                word
            } else {
                word.without(WaitsIn::Poll)
            };
            let last = left.calls().inside == 0;
            Some(if last { left } else { left.marked(ORPHANED) })
        });
        left.is_some_and(|word| word.calls().inside == 0)
    }

    /// Marks the handle closed because its descriptor is given up.
    ///
    /// # Errors
    /// `Closed`; `Busy` while calls are inside.
    pub(super) fn detach(&self) -> Result<(), Kind> {
        let mut refusal = Kind::Closed;
        let detached = self.update(|word, _| {
            refusal = if word.has(CLOSED) {
                Kind::Closed
            } else {
                Kind::Busy
            };
            let free = !word.has(CLOSED) && word.calls().inside == 0;
            free.then(|| word.marked(CLOSED | DETACHED))
        });
        detached.map(drop).ok_or(refusal)
    }

    /// Counts a call that may wait in the kernel as one that does not. `false` when it is counted in the parent process.
    pub(super) fn end_kernel_wait(&self) -> bool {
        let counted =
            self.update(|word, inherited| (!inherited).then(|| Word(word.0.wrapping_sub(ONE_IN_KERNEL))));
        counted.is_some()
    }

    /// Whether a call may wait in the kernel, here or in the process that forked this one.
    ///
    /// A call counts itself in and then looks whether the socket is private; the caller of this has made it public, or has
    /// been forked. Both steps of both are sequentially consistent, so one of the two sees the other.
    pub(super) fn may_wait_in_kernel(&self) -> bool {
        let word = self.load(Ordering::SeqCst);
        word.calls().in_kernel > 0 || word.has(PARENT_WAITS)
    }

    /// Notes that a thread or a subscriber has registered, or is about to. It must check [`is_closed`](Self::is_closed)
    /// afterwards: a close before this moment does not notify it.
    pub(super) fn note_registered(&self) {
        self.update(|word, _| (!word.has(REGISTERED)).then(|| word.marked(REGISTERED)));
    }

    /// Notes that a receive must look for bytes that were received ahead, or that it need not.
    pub(super) fn mark_ahead(&self, may_be: bool) {
        self.update(|word, _| {
            let changed = if may_be {
                word.marked(AHEAD)
            } else {
                Word(word.0 & !AHEAD)
            };
            (changed != word).then_some(changed)
        });
    }

    /// Whether there may be bytes that were received ahead.
    #[inline]
    pub(super) fn may_be_ahead(&self) -> bool {
        self.load(Ordering::Relaxed).has(AHEAD)
    }

    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        self.load(Ordering::Acquire).has(CLOSED)
    }

    pub(super) fn is_detached(&self) -> bool {
        self.load(Ordering::Acquire).has(DETACHED)
    }

    pub(super) fn calls(&self) -> Calls {
        self.load(Ordering::Acquire).calls()
    }

    #[inline]
    fn load(&self, ordering: Ordering) -> Word {
        Word(self.0.load(ordering))
    }

    /// What a call did inside happens before the close that sees that it has left; what a close did happens before a
    /// refusal. Why it is sequentially consistent: [`may_wait_in_kernel`](Self::may_wait_in_kernel).
    #[inline]
    fn replace(&self, old: Word, new: Word) -> bool {
        let replaced = self
            .0
            .compare_exchange_weak(old.0, new.0, Ordering::SeqCst, Ordering::Relaxed);
        replaced.is_ok()
    }

    /// Replaces the word with what `change` makes of it; `None` leaves it as it is. `change` also learns whether the
    /// word is inherited from the process that forked this one, whose calls don't count here.
    fn update(&self, change: impl FnMut(Word, bool) -> Option<Word>) -> Option<Word> {
        self.update_in(fork::generation(), change)
    }

    fn update_in(&self, generation: u32, mut change: impl FnMut(Word, bool) -> Option<Word>) -> Option<Word> {
        loop {
            let word = self.load(Ordering::Relaxed);
            let inherited = word.is_inherited(generation);
            let seen = if inherited {
                word.in_child(generation)
            } else {
                word
            };
            let new = change(seen, inherited)?;
            if self.replace(word, new) {
                return Some(new);
            }
        }
    }
}

/// A value of the word. From the lowest bit up: the calls inside, those of them that may wait in the kernel, seven
/// marks, and the generation of the process, of which 19 bits are enough to distinguish a child from its ancestors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Word(u64);

const INSIDE: u64 = ONE_IN_KERNEL - 1;
const ONE_IN_KERNEL: u64 = 1 << 20;
const IN_KERNEL: u64 = REGISTERED - ONE_IN_KERNEL;
/// The highest bits of the two counts. When one is set no further call can enter, so neither count overflows into its
/// neighbour.
const FULL: u64 = ONE_IN_KERNEL >> 1 | REGISTERED >> 1;
const REGISTERED: u64 = 1 << 38;
/// The close has stopped waiting: the last call to leave closes the descriptor.
const ORPHANED: u64 = 1 << 39;
const DETACHED: u64 = 1 << 40;
const CLOSED: u64 = 1 << 41;
/// A close was interrupted, and another one may go on.
const SUSPENDED: u64 = 1 << 42;
/// There may be bytes that were received ahead.
const AHEAD: u64 = 1 << 43;
/// When this process was forked, a call of its parent may have been waiting in the kernel.
const PARENT_WAITS: u64 = 1 << 44;
const GENERATION_MASK: u64 = u64::MAX << GENERATION;
/// What keeps a call from entering.
const BARS: u64 = GENERATION_MASK | CLOSED | FULL;

impl Word {
    fn open(generation: u32) -> Self {
        Self(u64::from(generation) << GENERATION)
    }

    #[inline]
    fn is_inherited(self, generation: u32) -> bool {
        (self.0 ^ Self::open(generation).0) & GENERATION_MASK != 0
    }

    /// What a forked child takes over: the marks except `ORPHANED`, since it has none of its parent's calls.
    fn in_child(self, generation: u32) -> Self {
        let parent_waits = if self.calls().in_kernel > 0 {
            PARENT_WAITS
        } else {
            0
        };
        let kept = self.0 & (CLOSED | DETACHED | REGISTERED | AHEAD | PARENT_WAITS);
        Self(Self::open(generation).0 | kept | parent_waits)
    }

    #[inline]
    fn has(self, mark: u64) -> bool {
        self.0 & mark != 0
    }

    fn marked(self, marks: u64) -> Self {
        Self(self.0 | marks)
    }

    fn unmarked(self, marks: u64) -> Self {
        Self(self.0 & !marks)
    }

    /// Whether a call may enter with the word as it is: it is ours, open, and not full.
    #[inline]
    fn may_enter(self, generation: u32) -> bool {
        (self.0 ^ Self::open(generation).0) & BARS == 0
    }

    /// Whether a call may leave with the word as it is and has nothing to do afterwards: it is ours, open, and counts a
    /// call.
    #[inline]
    fn may_leave(self, generation: u32) -> bool {
        (self.0 ^ Self::open(generation).0) & (GENERATION_MASK | CLOSED) == 0 && self.0 & INSIDE != 0
    }

    #[inline]
    fn calls(self) -> Calls {
        Calls {
            inside: self.0 & INSIDE,
            in_kernel: (self.0 & IN_KERNEL) / ONE_IN_KERNEL,
        }
    }

    #[inline]
    fn with(self, call: WaitsIn) -> Self {
        Self(self.0.wrapping_add(call.count()))
    }

    #[inline]
    fn without(self, call: WaitsIn) -> Self {
        Self(self.0.wrapping_sub(call.count()))
    }
}

impl WaitsIn {
    #[inline]
    pub(super) fn either(kernel: bool) -> Self {
        if kernel {
            Self::Kernel
        } else {
            Self::Poll
        }
    }

    /// What a call adds to the word.
    #[inline]
    fn count(self) -> u64 {
        match self {
            Self::Poll => 1,
            Self::Kernel => ONE_IN_KERNEL + 1,
        }
    }
}
