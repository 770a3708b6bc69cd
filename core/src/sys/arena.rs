//! Memory that does not come from malloc(3).

use super::fork::{ForkLock, InChild};
use super::undisturbed::{is_undisturbed, undisturbed};
use std::alloc::{GlobalAlloc, Layout};
use std::ptr;

/// An allocator for code that runs inside a program's calls, which a signal handler that has interrupted malloc(3) may make.
/// Memory comes from mmap(2); freed pieces are kept for requests of the same size.
pub struct Arena;

/// The smallest piece; a request is rounded up to a power of two.
const SMALLEST: usize = 16;
/// 16 bytes to 64 KiB; larger requests are mapped separately.
const SIZES: usize = 13;
const LARGEST: usize = SMALLEST << (SIZES - 1);
/// How much is mapped at a time.
const CHUNK: usize = 256 << 10;

static PIECES: ForkLock<Pieces> = ForkLock::inherited(Pieces::NONE);

struct Pieces {
    /// The first free piece of each size, which begins with the address of the next.
    free: [*mut u8; SIZES],
    /// What is left of the last chunk.
    rest: *mut u8,
    rest_length: usize,
    /// A chunk for when no more can be mapped: what has begun must not fail for lack of memory.
    spare: *mut u8,
}

// SAFETY: the pieces point to memory that belongs to them alone, whichever thread holds the lock.
unsafe impl Send for Pieces {}

impl Pieces {
    const NONE: Self = Self {
        free: [ptr::null_mut(); SIZES],
        rest: ptr::null_mut(),
        rest_length: 0,
        spare: ptr::null_mut(),
    };
}

impl Default for Pieces {
    fn default() -> Self {
        Self::NONE
    }
}

impl InChild for Pieces {
    /// If a thread of the parent was changing the lists, what was free then stays unused.
    fn in_child(parents: Option<Self>) -> Self {
        parents.unwrap_or_default()
    }
}

/// The place of a size among the lists, and the size of its pieces.
fn size_of_piece(layout: Layout) -> Option<(usize, usize)> {
    let size = layout
        .size()
        .max(layout.align())
        .max(SMALLEST)
        .checked_next_power_of_two()?;
    let place = usize::try_from(size.trailing_zeros() - SMALLEST.trailing_zeros()).ok()?;
    (size <= LARGEST).then_some((place, size))
}

fn map(length: usize) -> *mut u8 {
    let (access, kind) = (
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
    );
    // SAFETY: a new mapping at an address that the system chooses.
    let start = unsafe { libc::mmap(ptr::null_mut(), length, access, kind, -1, 0) };
    if start == libc::MAP_FAILED {
        return ptr::null_mut();
    }
    start.cast()
}

impl Pieces {
    fn take(&mut self, place: usize, size: usize) -> *mut u8 {
        let Some(first) = self.free.get_mut(place) else {
            return ptr::null_mut();
        };
        if !first.is_null() {
            let piece = *first;
            // SAFETY: a free piece is at least 16 bytes, aligned to its size, and begins with the address of the next.
            *first = unsafe { piece.cast::<*mut u8>().read() };
            return piece;
        }
        let piece = self.cut(size);
        if !piece.is_null() {
            return piece;
        }
        self.rest = if self.spare.is_null() {
            map(CHUNK)
        } else {
            std::mem::replace(&mut self.spare, ptr::null_mut())
        };
        self.rest_length = if self.rest.is_null() { 0 } else { CHUNK };
        self.cut(size)
    }

    /// Cuts a piece off the last chunk; null if it has too little left. Every piece is aligned to its size; what has to be
    /// skipped for that stays unused.
    fn cut(&mut self, size: usize) -> *mut u8 {
        let skipped = self.rest.align_offset(size);
        if self.rest_length < size.saturating_add(skipped) {
            return ptr::null_mut();
        }
        // SAFETY: the chunk has this much left.
        let piece = unsafe { self.rest.add(skipped) };
        // SAFETY: as above.
        self.rest = unsafe { piece.add(size) };
        self.rest_length -= skipped + size;
        piece
    }

    fn give_back(&mut self, piece: *mut u8, place: usize) {
        if let Some(first) = self.free.get_mut(place) {
            // SAFETY: the piece is at least 16 bytes, aligned to its size, and no longer in use.
            unsafe { piece.cast::<*mut u8>().write(*first) };
            *first = piece;
        }
    }
}

/// Whether work can begin that would abort the program if a small allocation failed: there is enough memory for dozens of
/// threads that do so at once.
pub fn has_spare_memory() -> bool {
    let mut pieces = PIECES.lock();
    if pieces.spare.is_null() {
        pieces.spare = map(CHUNK);
    }
    !pieces.spare.is_null()
}

/// Uses the lists while no signal handler can.
fn with_pieces<T>(work: impl FnOnce(&mut Pieces) -> T) -> Option<T> {
    if is_undisturbed() {
        Some(work(&mut PIECES.lock()))
    } else {
        undisturbed(|_| work(&mut PIECES.lock()))
    }
}

// SAFETY: pieces and mappings are at least as large and as aligned as requested (up to a page, beyond which there are no requests
// here), and have one owner until they are given back.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match size_of_piece(layout) {
            Some((place, size)) => with_pieces(|pieces| pieces.take(place, size)).unwrap_or(ptr::null_mut()),
            None => map(layout.size()),
        }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        match size_of_piece(layout) {
            Some((place, _)) => {
                with_pieces(|pieces| pieces.give_back(memory, place));
            }
            // SAFETY: it was mapped with this length.
            None => drop(unsafe { libc::munmap(memory.cast(), layout.size()) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_separate_aligned_and_used_again() {
        let arena = Arena;
        let mut pieces = Vec::new();
        for round in 0..2000_usize {
            let size = 1 + (round * 7919) % 70_000;
            let layout = Layout::from_size_align(size, 1 << (round % 8)).unwrap();
            // SAFETY: the size is not zero.
            let memory = unsafe { arena.alloc(layout) };
            assert!(!memory.is_null());
            assert_eq!(memory as usize % layout.align(), 0);
            // SAFETY: it has this size.
            unsafe { ptr::write_bytes(memory, round as u8, size) };
            pieces.push((memory, layout, round as u8));
            if round % 3 == 0 {
                let (memory, layout, value) = pieces.swap_remove(pieces.len() / 2);
                // SAFETY: it has this size, and was written.
                let bytes = unsafe { std::slice::from_raw_parts(memory, layout.size()) };
                assert!(bytes.iter().all(|byte| *byte == value));
                // SAFETY: it came from this arena with this layout.
                unsafe { arena.dealloc(memory, layout) };
            }
        }
        for (memory, layout, value) in pieces {
            // SAFETY: it has this size, and was written.
            let bytes = unsafe { std::slice::from_raw_parts(memory, layout.size()) };
            assert!(bytes.iter().all(|byte| *byte == value));
            // SAFETY: it came from this arena with this layout.
            unsafe { arena.dealloc(memory, layout) };
        }
        let layout = Layout::from_size_align(100, 8).unwrap();
        // SAFETY: the size is not zero.
        let one = unsafe { arena.alloc(layout) };
        // SAFETY: it came from this arena with this layout.
        unsafe { arena.dealloc(one, layout) };
        // SAFETY: the size is not zero.
        assert_eq!(unsafe { arena.alloc(layout) }, one);
    }
}
