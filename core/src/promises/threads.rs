//! A seat for each thread, with the calls that it is in: one, and those of the signal handlers that have interrupted it.
//!
//! Only the thread itself writes to its seat, and its signal handlers in between, which leave it as they found it.

use super::numbers::{self, Number};
use super::set::{Set, Shown};
use crate::sys::direct;
use crate::sys::fork;
use crate::sys::local::PerThread;
use crate::sys::once_box::OnceBox;
use crate::sys::undisturbed::{errno, set_errno};
use crate::sys::wake_signal;
use std::cell::Cell;
use std::ops::ControlFlow;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How many calls a thread may be in; further ones are made without being noted.
const DEEPEST: usize = 8;

/// How many threads there may be.
const IN_BLOCK: usize = 64;
const BLOCKS: usize = 1024;

const NO_NUMBER: RawFd = -1;
/// Instead of its number, a call that waits for several has a mark, which is this or lower and tells it from those before.
const FIRST_MARK: RawFd = -2;
const MARKS: u32 = 1 << 30;

/// How long a thread that leaves a call waits for a signal that was sent to it, so that no other call of it is interrupted.
const LONGEST_WAIT_FOR_SIGNAL: Duration = Duration::from_secs(1);

pub(super) struct Seat {
    /// The thread's number in the kernel, above it the generation of the process; 0 if the seat is free.
    owner: AtomicU64,
    depth: AtomicUsize,
    places: [Place; DEEPEST],
    /// What the calls in the places wait for if they have a mark.
    waits_for: [Shown; DEEPEST],
    /// How many signals were sent and have not arrived.
    signals: AtomicU32,
    /// How many calls there were that wait for several numbers.
    waits: AtomicU32,
}

/// A call that a thread is in.
struct Place {
    number: AtomicI32,
    /// An address in the frame of the call.
    frame: AtomicUsize,
    /// A signal of ours has arrived since it began.
    woken: AtomicBool,
}

impl Place {
    fn is_on(&self, number: RawFd, waits_for: &Shown) -> bool {
        let on = self.number.load(Ordering::SeqCst);
        on == number || on <= FIRST_MARK && self.is_on_one_of(waits_for, on, number)
    }

    /// Whether the call with this mark waits for a number. Not inlined: an address in the frame of the caller is compared with those of
    /// calls.
    #[cold]
    #[inline(never)]
    fn is_on_one_of(&self, waits_for: &Shown, mark: RawFd, number: RawFd) -> bool {
        let is_in_call = || self.number.load(Ordering::SeqCst) == mark;
        waits_for.has(number, mark.unsigned_abs(), is_in_call)
    }

    /// Shows `visit` the numbers that the call is on.
    #[inline(never)]
    fn visit(&self, waits_for: &Shown, visit: &mut dyn FnMut(RawFd)) {
        match self.number.load(Ordering::SeqCst) {
            NO_NUMBER => {}
            mark if mark <= FIRST_MARK => {
                let _ = waits_for.set().visit(|number| {
                    visit(number);
                    ControlFlow::Continue(())
                });
            }
            number => visit(number),
        }
    }
}

/// A call that is noted in the seat of its thread. It has nothing to drop: the thread may never come back to it.
#[derive(Clone, Copy)]
pub(super) struct Seated {
    seat: &'static Seat,
    place: usize,
}

static SEATS: [OnceBox<[Seat; IN_BLOCK]>; BLOCKS] = [const { OnceBox::nothing() }; BLOCKS];

/// How many of them have been used, from the first on.
static USED: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    // Without a destructor, so that nothing is registered.
    static MINE: Cell<Option<&'static Seat>> = const { Cell::new(None) };
}

/// Frees the seat of a thread that ends.
#[derive(Default)]
struct Ending;

static ENDING: PerThread<Ending> = PerThread::new();

impl Drop for Ending {
    fn drop(&mut self) {
        end();
    }
}

/// Frees the seat of this thread, which ends without the C library. Not in a child that uses its parent's memory
/// (vfork(2)).
pub fn end_thread() {
    if fork::is_owner() {
        end();
    }
}

fn end() {
    if let Some(seat) = MINE.take() {
        seat.leave_from(0);
        seat.owner.store(0, Ordering::SeqCst);
        seat.wait_for_signals();
    }
}

/// Prepares what a signal handler must not be the first to do.
pub(super) fn prepare() {
    wake_signal::prepare(|| {
        if let Some(seat) = MINE.get() {
            seat.note_signal();
        }
    });
    let _ = mine();
}

fn owner(thread: i32) -> u64 {
    u64::from(fork::generation()) << 32 | u64::from(thread.unsigned_abs())
}

fn is_of_this_process(owner: u64) -> bool {
    owner != 0 && owner >> 32 == u64::from(fork::generation())
}

/// The seat of this thread; `None` if there is no memory for one.
#[inline]
fn mine() -> Option<&'static Seat> {
    match MINE.get() {
        Some(seat) if is_of_this_process(seat.owner.load(Ordering::Relaxed)) => Some(seat),
        inherited => take_seat(inherited),
    }
}

#[cold]
fn take_seat(inherited: Option<&'static Seat>) -> Option<&'static Seat> {
    let owner = owner(direct::thread_number());
    if let Some(seat) = inherited {
        // This process was forked by the thread of this seat. The calls that it is in go on here.
        seat.owner.store(owner, Ordering::SeqCst);
        seat.signals.store(0, Ordering::SeqCst);
        return inherited;
    }
    let (at, seat) = SEATS
        .iter()
        .zip((0..).step_by(IN_BLOCK))
        .find_map(|(block, first)| {
            let seats = block.get_or_fill(Seat::free)?;
            (first..).zip(seats).find(|(_, seat)| seat.take(owner))
        })?;
    USED.fetch_max(at + 1, Ordering::SeqCst);
    ENDING.with(|_| ());
    if let Some(taken) = MINE.get() {
        // By a signal handler, just now.
        seat.owner.store(0, Ordering::SeqCst);
        return Some(taken);
    }
    MINE.set(Some(seat));
    Some(seat)
}

/// The seats of this process that are taken.
fn taken() -> impl Iterator<Item = &'static Seat> {
    let seats = SEATS.iter().map_while(OnceBox::get).flatten();
    seats
        .take(USED.load(Ordering::SeqCst))
        .filter(|seat| is_of_this_process(seat.owner.load(Ordering::SeqCst)))
}

/// The calls that are on a number.
pub(super) struct Inside {
    /// Threads other than this one are in them.
    pub(super) others: bool,
    /// This thread is, beneath a signal handler.
    pub(super) this: bool,
}

/// Looks for calls on a number.
pub(super) fn inside(number: RawFd) -> Inside {
    let mut inside = Inside {
        others: false,
        this: false,
    };
    let mine = MINE.get();
    if let Some(seat) = mine {
        seat.leave_abandoned(here());
    }
    for seat in taken().filter(|seat| seat.is_on(number)) {
        if mine.is_some_and(|mine| std::ptr::eq(mine, seat)) {
            inside.this = true;
        } else {
            inside.others = true;
        }
    }
    inside
}

/// Shows `visit` the numbers that calls are on, each maybe several times.
pub(super) fn visit_numbers_in_use(mut visit: impl FnMut(RawFd)) {
    for (place, waits_for) in taken().flat_map(|seat| seat.places.iter().zip(&seat.waits_for)) {
        place.visit(waits_for, &mut visit);
    }
}

/// Whether this thread is in a call, beneath a signal handler or abandoned.
#[inline]
pub(super) fn is_in_call() -> bool {
    MINE.get()
        .is_some_and(|seat| seat.depth.load(Ordering::Relaxed) > 0)
}

/// Whether any call is on a number, or waits for it.
pub(super) fn is_in_use(number: RawFd) -> bool {
    taken().any(|seat| seat.is_on(number))
}

/// Sends a signal to each other thread that has a call on a number, unless one is on its way to it.
pub(super) fn wake(number: RawFd) {
    let mine = MINE.get();
    for seat in taken().filter(|seat| seat.is_on(number)) {
        if mine.is_none_or(|mine| !std::ptr::eq(mine, seat)) {
            seat.wake(number);
        }
    }
}

/// An address in the frame of a caller, or slightly below it.
#[inline(never)]
fn here() -> usize {
    let local = 0_u8;
    std::hint::black_box(&raw const local).addr()
}

impl Seat {
    fn free() -> Self {
        Self {
            owner: AtomicU64::new(0),
            depth: AtomicUsize::new(0),
            places: std::array::from_fn(|_| Place {
                number: AtomicI32::new(NO_NUMBER),
                frame: AtomicUsize::new(0),
                woken: AtomicBool::new(false),
            }),
            waits_for: [const { Shown::nothing() }; DEEPEST],
            signals: AtomicU32::new(0),
            waits: AtomicU32::new(0),
        }
    }

    /// Takes it if it is free, or was inherited from another thread of the process that forked this one.
    fn take(&self, owner: u64) -> bool {
        let before = self.owner.load(Ordering::SeqCst);
        if is_of_this_process(before) {
            return false;
        }
        let taken = self
            .owner
            .compare_exchange(before, owner, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok();
        if taken {
            self.depth.store(0, Ordering::Relaxed);
            self.signals.store(0, Ordering::SeqCst);
            for place in &self.places {
                place.number.store(NO_NUMBER, Ordering::SeqCst);
            }
        }
        taken
    }

    fn is_on(&self, number: RawFd) -> bool {
        let mut places = self.places.iter().zip(&self.waits_for);
        places.any(|(place, waits_for)| place.is_on(number, waits_for))
    }

    /// Notes a call, on the number or with the mark that `note` returns.
    ///
    /// A signal handler may run between any two steps. It finds the depth raised before the place is filled, and uses the next
    /// place; or it takes this place for an abandoned one and lowers the depth, which is therefore set again at the end.
    #[inline]
    fn sit(&'static self, note: impl FnOnce(usize) -> RawFd) -> Option<Seated> {
        let here = here();
        if self.depth.load(Ordering::Relaxed) > 0 {
            self.leave_abandoned(here);
        }
        let at = self.depth.load(Ordering::Relaxed);
        let place = self.places.get(at)?;
        self.depth.store(at + 1, Ordering::Relaxed);
        place.woken.store(false, Ordering::Relaxed);
        place.frame.store(here, Ordering::Relaxed);
        place.number.store(note(at), Ordering::SeqCst);
        self.depth.store(at + 1, Ordering::Relaxed);
        Some(Seated {
            seat: self,
            place: at,
        })
    }

    /// The mark of the next call that waits for several numbers.
    fn next_mark(&self) -> RawFd {
        let waits = self.waits.load(Ordering::Relaxed).wrapping_add(1) % MARKS;
        self.waits.store(waits, Ordering::Relaxed);
        FIRST_MARK - RawFd::try_from(waits).unwrap_or(0)
    }

    /// Leaves calls that the thread will not come back to, since a handler has left them by longjmp(3): stacks grow downwards,
    /// so their frames are no longer above this one. They can't be left when the handler jumps: where it jumps to is hidden in
    /// the buffer, and may still be in the handler, which then returns to the call.
    fn leave_abandoned(&self, here: usize) {
        let depth = self.depth.load(Ordering::Relaxed).min(DEEPEST);
        let places = self.places.get(..depth).unwrap_or_default();
        let first = places
            .iter()
            .position(|place| place.frame.load(Ordering::Relaxed) <= here);
        if let Some(first) = first {
            // Unless a handler runs on a separate stack.
            if !direct::is_on_alternate_stack() {
                self.leave_from(first);
            }
        }
    }

    /// Leaves the call at this place, and those in later places.
    #[inline]
    fn leave_from(&self, first: usize) {
        for place in self.places.iter().skip(first) {
            let number = place.number.load(Ordering::Relaxed);
            if number == NO_NUMBER {
                break;
            }
            place.number.store(NO_NUMBER, Ordering::SeqCst);
            free_if_last(number);
        }
        self.depth.store(first, Ordering::Relaxed);
        if self.signals.load(Ordering::SeqCst) > 0 {
            self.wait_for_signals_beside(first);
        }
    }

    /// Lets signals arrive that were sent for the call at this place. They have not interrupted the one that is left then, beneath a
    /// signal handler.
    #[cold]
    fn wait_for_signals_beside(&self, place: usize) {
        let outer = place.checked_sub(1).and_then(|at| self.places.get(at));
        let was_woken = outer.map(|outer| outer.woken.load(Ordering::Relaxed));
        self.wait_for_signals();
        if let (Some(outer), Some(was_woken)) = (outer, was_woken) {
            outer.woken.store(was_woken, Ordering::Relaxed);
        }
    }

    /// Lets signals arrive that were sent to this thread while it was in a call.
    #[cold]
    fn wait_for_signals(&self) {
        let before = errno();
        let began = Instant::now();
        while self.signals.load(Ordering::SeqCst) > 0 && began.elapsed() < LONGEST_WAIT_FOR_SIGNAL {
            // In case the program has blocked it.
            wake_signal::unblocked(std::hint::spin_loop);
            if self.signals.load(Ordering::SeqCst) > 0 {
                let _ = direct::pause(Duration::from_micros(20));
            }
        }
        set_errno(before);
    }

    /// Sends the thread a signal, unless it has left the number meanwhile or one is on its way.
    fn wake(&self, number: RawFd) {
        if self
            .signals
            .compare_exchange(0, 1, Ordering::SeqCst, Ordering::SeqCst)
            .is_err()
        {
            return;
        }
        // From here on the thread does not leave a call without waiting for the signal.
        let owner = self.owner.load(Ordering::SeqCst);
        let thread = i32::try_from(owner & u64::from(u32::MAX)).unwrap_or(0);
        if !is_of_this_process(owner) || !self.is_on(number) {
            self.signals.store(0, Ordering::SeqCst);
        } else if let Err(error) = wake_signal::send(thread) {
            self.signals.store(0, Ordering::SeqCst);
            // It ended in the middle of a call, by a system call that was not seen.
            if error.raw_os_error() == Some(libc::ESRCH) {
                let _ = self
                    .owner
                    .compare_exchange(owner, 0, Ordering::SeqCst, Ordering::SeqCst);
            }
        }
    }

    /// The signal has arrived in this thread.
    fn note_signal(&self) {
        let innermost = self.depth.load(Ordering::Relaxed).checked_sub(1);
        if let Some(place) = innermost.and_then(|at| self.places.get(at)) {
            place.woken.store(true, Ordering::Relaxed);
        }
        self.signals.store(0, Ordering::SeqCst);
    }
}

/// Frees a number whose close was left to the last call on it.
#[inline]
fn free_if_last(number: RawFd) {
    match Number::of(number) {
        Some(number) if number.is_orphaned() => free_orphaned(number),
        // The call waited for several, which may have been overwritten.
        None if number <= FIRST_MARK && numbers::any_is_orphaned() => free_all_orphaned(),
        _ => {}
    }
}

#[cold]
#[inline(never)]
fn free_all_orphaned() {
    numbers::orphaned().for_each(free_orphaned);
}

#[cold]
pub(super) fn free_orphaned(number: Number) {
    if !is_in_use(number.number) && number.adopt() {
        direct::close(number.number);
    }
}

impl Seated {
    /// Notes a call of this thread on a number; `None` if it can't be noted.
    #[inline]
    pub(super) fn on(number: RawFd) -> Option<Self> {
        mine()?.sit(|_| number)
    }

    /// Notes a call of this thread that waits for any of a set.
    #[inline]
    pub(super) fn waiting_for(set: &Set) -> Option<Self> {
        let seat = mine()?;
        seat.sit(|at| {
            if let Some(shown) = seat.waits_for.get(at) {
                shown.show(set);
            }
            seat.next_mark()
        })
    }

    /// Whether a signal of ours has arrived since this was last asked.
    pub(super) fn was_woken(self) -> bool {
        let place = self.seat.places.get(self.place);
        place.is_some_and(|place| place.woken.swap(false, Ordering::Relaxed))
    }

    /// The call is over.
    #[inline]
    pub(super) fn leave(self) {
        self.seat.leave_from(self.place);
    }
}
