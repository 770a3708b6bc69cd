//! The descriptors that a poll or a select waits for, where the program has them.
//!
//! A thread that waits does not read them: an address may be wrong, and finding out takes a system call. A thread that closes a
//! socket reads them, at any moment. The memory may be unmapped by then, and is read through the kernel.

use crate::sys::direct;
use libc::{c_int, c_short, c_ulong, fd_set, nfds_t, pollfd};
use std::ops::ControlFlow;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// How much is read at a time. A handler that closes a socket may have little stack.
const BLOCK: usize = 1024;
const ENTRY: usize = size_of::<pollfd>();
const WORD: usize = size_of::<c_ulong>();
const WORDS: usize = 16;
const BITS: usize = c_ulong::BITS as usize;

/// Where the descriptors are.
#[derive(Clone, Copy)]
pub(super) struct Set {
    /// Entries of poll(2) at the first address, or sets of select(2) at all that are not 0.
    is_bits: bool,
    count: usize,
    places: [usize; 3],
}

impl Set {
    /// For a wait that no close ends.
    pub(super) const EMPTY: Self = Self {
        is_bits: false,
        count: 0,
        places: [0; 3],
    };

    pub(super) fn of_entries(first: *const pollfd, count: nfds_t) -> Self {
        Self {
            is_bits: false,
            count: usize::try_from(count).unwrap_or(usize::MAX),
            places: [first.addr(), 0, 0],
        }
    }

    pub(super) fn of_bits(count: c_int, places: [*mut fd_set; 3]) -> Self {
        Self {
            is_bits: true,
            count: usize::try_from(count).unwrap_or(0),
            places: places.map(|place| place.addr()),
        }
    }

    /// How many entries a poll has, or how many numbers a select looks at.
    pub(super) fn length(&self) -> usize {
        self.count
    }

    /// Whether the kernel writes its result over the set.
    pub(super) fn is_overwritten(&self) -> bool {
        self.is_bits
    }

    /// Shows each descriptor to `visit`, until `visit` breaks off.
    pub(super) fn visit(&self, mut visit: impl FnMut(RawFd) -> ControlFlow<()>) -> ControlFlow<()> {
        if self.is_bits {
            self.visit_bits(visit)
        } else {
            self.visit_entries(|_, entry| visit(entry.fd))
        }
    }

    /// Shows the entries of a poll, and their addresses.
    pub(super) fn visit_entries(
        &self,
        mut visit: impl FnMut(usize, pollfd) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let [mut at, _, _] = self.places;
        let mut left = self.count;
        let mut room = [0; BLOCK];
        while left > 0 {
            let wanted = left.min(BLOCK / ENTRY);
            let copied = direct::copy(at, room.get_mut(..wanted * ENTRY).unwrap_or_default()) / ENTRY;
            for entry in room.chunks_exact(ENTRY).take(copied) {
                if let Some(entry) = entry_of(entry) {
                    visit(at, entry)?;
                }
                at = at.wrapping_add(ENTRY);
            }
            if copied < wanted {
                break;
            }
            left -= wanted;
        }
        ControlFlow::Continue(())
    }

    fn visit_bits(&self, mut visit: impl FnMut(RawFd) -> ControlFlow<()>) -> ControlFlow<()> {
        let words = self.count.div_ceil(BITS);
        for first in (0..words).step_by(WORDS) {
            for (at, word) in (first..words).zip(self.words(first)) {
                let mut left = word;
                while left != 0 {
                    let bit = usize::try_from(left.trailing_zeros()).unwrap_or(0);
                    left &= left - 1;
                    match RawFd::try_from(at * BITS + bit) {
                        Ok(number) if at * BITS + bit < self.count => visit(number)?,
                        _ => break,
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Some words of bits: the descriptors that are in any of the sets. What can't be read is left out.
    fn words(&self, first: usize) -> [c_ulong; WORDS] {
        let mut all = [0; WORDS];
        let wanted = self.count.div_ceil(BITS).saturating_sub(first).min(WORDS) * WORD;
        for place in self.places.into_iter().filter(|place| *place != 0) {
            let mut room = [0; WORDS * WORD];
            let room = room.get_mut(..wanted).unwrap_or_default();
            direct::copy(place.wrapping_add(first * WORD), room);
            for (all, word) in all.iter_mut().zip(room.chunks_exact(WORD)) {
                *all |= word.first_chunk().map_or(0, |word| c_ulong::from_ne_bytes(*word));
            }
        }
        all
    }

    fn has(&self, number: RawFd) -> bool {
        if self.is_bits {
            let Ok(number) = usize::try_from(number) else {
                return false;
            };
            let [word, ..] = self.words(number / BITS);
            return number < self.count && word >> (number % BITS) & 1 == 1;
        }
        let is_it = |other| {
            if other == number {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        self.visit(is_it).is_break()
    }
}

/// The entry that has these bytes.
fn entry_of(bytes: &[u8]) -> Option<pollfd> {
    let (fd, rest) = bytes.split_first_chunk()?;
    let (events, rest) = rest.split_first_chunk()?;
    Some(pollfd {
        fd: c_int::from_ne_bytes(*fd),
        events: c_short::from_ne_bytes(*events),
        revents: c_short::from_ne_bytes(*rest.first_chunk()?),
    })
}

/// The most entries that a set may have if closes are to remember what they have read of it.
const SMALL: usize = 4;

/// The set of the call that a thread is in. Those who read it have to find afterwards that the thread is still in this call.
pub(super) struct Shown {
    is_bits: AtomicBool,
    count: AtomicUsize,
    places: [AtomicUsize; 3],
    /// What closes have read of a small set: the descriptors, above each the mark of the call. A thread may wait for long, and be looked at
    /// by each close meanwhile.
    seen: [AtomicU64; SMALL],
}

impl Shown {
    pub(super) const fn nothing() -> Self {
        Self {
            is_bits: AtomicBool::new(false),
            count: AtomicUsize::new(0),
            places: [const { AtomicUsize::new(0) }; 3],
            seen: [const { AtomicU64::new(0) }; SMALL],
        }
    }

    /// Shows a set, in a place where no call was noted before.
    pub(super) fn show(&self, set: &Set) {
        self.is_bits.store(set.is_bits, Ordering::Release);
        self.count.store(set.count, Ordering::Release);
        for (shown, place) in self.places.iter().zip(set.places) {
            shown.store(place, Ordering::Release);
        }
    }

    pub(super) fn set(&self) -> Set {
        let [first, second, third] = &self.places;
        Set {
            is_bits: self.is_bits.load(Ordering::Acquire),
            count: self.count.load(Ordering::Acquire),
            places: [first, second, third].map(|place| place.load(Ordering::Acquire)),
        }
    }

    /// Whether a descriptor is in the set of the call with this mark, which is not 0, while `is_in_call`.
    pub(super) fn has(&self, number: RawFd, mark: u32, is_in_call: impl Fn() -> bool) -> bool {
        let set = self.set();
        let has = if set.is_bits || set.count > SMALL {
            set.has(number)
        } else {
            self.has_among_few(&set, number, mark, &is_in_call)
        };
        has && is_in_call()
    }

    fn has_among_few(&self, set: &Set, number: RawFd, mark: u32, is_in_call: &impl Fn() -> bool) -> bool {
        let tag = u64::from(mark) << 32;
        let tagged = |number: RawFd| tag | u64::from(u32::from_ne_bytes(number.to_ne_bytes()));
        let seen = || {
            self.seen
                .iter()
                .take(set.count)
                .map(|seen| seen.load(Ordering::Relaxed))
        };
        if seen().all(|seen| seen >> 32 == u64::from(mark)) {
            return seen().any(|seen| seen == tagged(number));
        }
        let (mut has, mut seen) = (false, self.seen.iter());
        let _ = set.visit(|other| {
            has |= other == number;
            if let Some(seen) = seen.next().filter(|_| is_in_call()) {
                seen.store(tagged(other), Ordering::Relaxed);
            }
            ControlFlow::Continue(())
        });
        has
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr;

    fn in_entries(entries: &[pollfd], number: RawFd) -> bool {
        Set::of_entries(entries.as_ptr(), entries.len() as nfds_t).has(number)
    }

    fn entries(count: usize) -> Vec<pollfd> {
        let entry = |fd| pollfd {
            fd,
            events: 0,
            revents: 0,
        };
        (0..count)
            .map(|at| entry(7 * RawFd::try_from(at).unwrap()))
            .collect()
    }

    #[test]
    fn entries_are_found_wherever_they_are() {
        for count in [0, 1, 5, BLOCK / ENTRY, BLOCK / ENTRY + 1, 2000] {
            let entries = entries(count);
            for entry in &entries {
                assert!(in_entries(&entries, entry.fd));
                assert!(!in_entries(&entries, entry.fd + 1));
            }
            assert!(!in_entries(&entries, 7 * RawFd::try_from(count).unwrap()));
        }
    }

    #[test]
    fn numbers_in_any_of_the_sets_are_found() {
        let mut words = [[0 as c_ulong; 40]; 3];
        let wanted = [0, BITS - 1, BITS, 20 * BITS + 3, 40 * BITS - 2];
        for (at, number) in wanted.into_iter().enumerate() {
            words[at % 3][number / BITS] |= 1 << (number % BITS);
        }
        words[0][39] |= 1 << (BITS - 1); // not among the first numbers
        let places = [0, 1, 2].map(|at| (&raw mut words[at]).cast::<fd_set>());
        let count = c_int::try_from(40 * BITS - 1).unwrap();
        let set = Set::of_bits(count, places);
        for number in 0..41 * BITS {
            assert_eq!(
                set.has(RawFd::try_from(number).unwrap()),
                wanted.contains(&number)
            );
        }
        let mut found = Vec::new();
        let _ = set.visit(|number| {
            found.push(usize::try_from(number).unwrap());
            ControlFlow::Continue(())
        });
        assert_eq!(found, wanted);
        let none = Set::of_bits(count, [ptr::null_mut(); 3]);
        assert!(!none.has(0));
    }

    #[test]
    fn memory_that_is_not_there_is_no_fault() {
        let nowhere = ptr::without_provenance_mut::<pollfd>(8);
        assert!(!Set::of_entries(nowhere, 3).has(0));
        assert!(!Set::of_entries(nowhere, nfds_t::MAX).has(0));
        assert!(!Set::of_bits(c_int::MAX, [nowhere.cast(); 3]).has(c_int::MAX - 1));
    }

    #[test]
    fn what_was_read_of_a_small_set_is_remembered_for_one_call() {
        let mut few = entries(2);
        let shown = Shown::nothing();
        shown.show(&Set::of_entries(few.as_ptr(), 2));
        assert!(shown.has(7, 1, || true));
        few[1].fd = 8;
        assert!(shown.has(7, 1, || true));
        assert!(!shown.has(7, 2, || true));
        assert!(shown.has(8, 2, || true));
        assert!(!shown.has(8, 2, || false));
    }
}
