//! A little memory kept back for when the system has none.
//!
//! Memory whose size a caller or a peer decides is requested with `try_reserve`, and running out is an error. Memory of
//! small and fixed size, such as a handle or a list of three waiters, is requested in dozens of places, most of them in
//! the standard library, which aborts when it gets none. Those requests are served from here, and nothing new is made
//! once half of it is used up.

use crate::error::Kind;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The unit in which it is given out; requests with a larger alignment are not served.
const BLOCK: usize = 64;
/// One bit per block.
const BLOCKS_PER_WORD: usize = u64::BITS as usize;
/// 64 words of 64 blocks of 64 bytes: 256 KiB, of which pages that are never needed are never allocated.
const WORDS: usize = 64;
const SIZE: usize = WORDS * BLOCKS_PER_WORD * BLOCK;
/// Beyond this nothing new is made: the rest is for the calls in progress, and for closing.
const SPENT: usize = WORDS * BLOCKS_PER_WORD / 2;

#[repr(C, align(64))]
struct Memory(UnsafeCell<[u8; SIZE]>);

// SAFETY: only pointers into it are made, and a block has one owner from `take` to `give_back`.
unsafe impl Sync for Memory {}

static MEMORY: Memory = Memory(UnsafeCell::new([0; SIZE]));
/// Which blocks are given out. Each change is a single step, so that a forked child finds it consistent.
static TAKEN: [AtomicU64; WORDS] = [const { AtomicU64::new(0) }; WORDS];
/// How many of them are given out.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator with 256 KiB kept back for small requests (up to 4 KiB) that the system refuses, so that a
/// program does not abort for lack of a few bytes.
///
/// It is the global allocator of the C library and the Python module. Once half of it is used up, calls that would make
/// something new fail with [`Kind::OutOfMemory`]; it fills up again as that is freed. A Rust program gets the same with
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: polysock::Reserve = polysock::Reserve;
/// # fn main() {}
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Reserve;

/// Refuses calls that would make something new while next to nothing is left.
pub fn check_left() -> Result<(), Kind> {
    if COUNT.load(Ordering::Relaxed) > SPENT {
        return Err(Kind::OutOfMemory);
    }
    Ok(())
}

// SAFETY: memory comes from the system, or from blocks that have no other owner until they are given back; they are
// large enough and aligned for their layout. Nothing here unwinds.
unsafe impl GlobalAlloc for Reserve {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by the caller's contract.
        let memory = unsafe { System.alloc(layout) };
        if memory.is_null() {
            return take(layout);
        }
        memory
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by the caller's contract.
        let memory = unsafe { System.alloc_zeroed(layout) };
        if !memory.is_null() {
            return memory;
        }
        let memory = take(layout);
        if !memory.is_null() {
            // SAFETY: it was given out just now, with room for the layout.
            unsafe { memory.write_bytes(0, layout.size()) };
        }
        memory
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        match place(memory) {
            Some(place) => give_back(place, blocks(layout)),
            // SAFETY: by the caller's contract, and it is not in the reserve.
            None => unsafe { System.dealloc(memory, layout) },
        }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's contract says that the new size fits the old alignment.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        match place(memory) {
            Some(place) if new_size <= layout.size() => {
                let kept = blocks(new_layout);
                give_back(place + kept * BLOCK, blocks(layout) - kept);
                return memory;
            }
            Some(_) => {}
            None => {
                // SAFETY: by the caller's contract, and it is not in the reserve.
                let moved = unsafe { System.realloc(memory, layout, new_size) };
                if !moved.is_null() {
                    return moved;
                }
                if new_size <= layout.size() && layout.align() <= align_of::<libc::max_align_t>() {
                    return memory; // larger than necessary: the system frees it by its address alone
                }
            }
        }
        // SAFETY: as above; the new size is not zero.
        let moved = unsafe { self.alloc(new_layout) };
        if !moved.is_null() {
            // SAFETY: both have at least that many bytes, and do not overlap.
            unsafe { ptr::copy_nonoverlapping(memory, moved, layout.size().min(new_size)) };
            // SAFETY: by the caller's contract; it has moved.
            unsafe { self.dealloc(memory, layout) };
        }
        moved
    }
}

fn blocks(layout: Layout) -> usize {
    layout.size().div_ceil(BLOCK).max(1)
}

fn mask(blocks: usize) -> u64 {
    u64::MAX >> (BLOCKS_PER_WORD - blocks)
}

/// The position of `count` free blocks in a row.
fn gap(taken: u64, blocks: usize) -> Option<u32> {
    let begins = (0..blocks).fold(u64::MAX, |begins, ahead| begins & (!taken >> ahead));
    (begins != 0).then(|| begins.trailing_zeros())
}

/// Memory for a small request; null when there is none, or the request is too large.
#[cold]
fn take(layout: Layout) -> *mut u8 {
    let wanted = blocks(layout);
    if wanted > BLOCKS_PER_WORD || layout.align() > BLOCK {
        return ptr::null_mut();
    }
    for (at, word) in TAKEN.iter().enumerate() {
        let mut taken = word.load(Ordering::Relaxed);
        while let Some(first) = gap(taken, wanted) {
            let with_ours = taken | mask(wanted) << first;
            match word.compare_exchange_weak(taken, with_ours, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => {
                    COUNT.fetch_add(wanted, Ordering::Relaxed);
                    let offset = (at * BLOCKS_PER_WORD + first as usize) * BLOCK;
                    return MEMORY.0.get().cast::<u8>().wrapping_add(offset);
                }
                Err(now) => taken = now,
            }
        }
    }
    ptr::null_mut()
}

/// The offset of memory in the reserve from its beginning.
fn place(memory: *mut u8) -> Option<usize> {
    let offset = memory.addr().wrapping_sub(MEMORY.0.get().addr());
    (offset < SIZE).then_some(offset)
}

#[cold]
fn give_back(place: usize, count: usize) {
    let block = place / BLOCK;
    if let (Some(word), 1..) = (TAKEN.get(block / BLOCKS_PER_WORD), count) {
        word.fetch_and(!(mask(count) << (block % BLOCKS_PER_WORD)), Ordering::Release);
        COUNT.fetch_sub(count, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_found_where_they_are() {
        assert_eq!(gap(0, 64), Some(0));
        assert_eq!(gap(1, 64), None);
        assert_eq!(gap(0b1011, 1), Some(2));
        assert_eq!(gap(0b1011, 2), Some(4));
        assert_eq!(gap(u64::MAX, 1), None);
        assert_eq!(gap(u64::MAX >> 3, 3), Some(61));
        assert_eq!(gap(u64::MAX >> 3, 4), None);
    }

    /// A single test, since there is only one reserve; in a separate process, since calls of other tests fail while
    /// it is spent.
    #[test]
    fn blocks_are_one_owners_at_a_time_and_come_back() {
        const ALONE: &str = "POLYSOCK_TEST_RESERVE_ALONE";
        if std::env::var_os(ALONE).is_none() {
            let name = "sys::reserve::tests::blocks_are_one_owners_at_a_time_and_come_back";
            let mut this = std::process::Command::new(std::env::current_exe().unwrap());
            let output = this.args(["--exact", name]).env(ALONE, "1").output().unwrap();
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && text.contains("1 passed"), "{text}");
            return;
        }
        let layouts = [1, 64, 65, 200, 4096].map(|size| Layout::from_size_align(size, 16).unwrap());
        assert!(take(Layout::from_size_align(4097, 1).unwrap()).is_null());
        assert!(take(Layout::from_size_align(1, 128).unwrap()).is_null());
        let mut held = Vec::new();
        'full: loop {
            for layout in layouts {
                let memory = take(layout);
                if memory.is_null() {
                    break 'full;
                }
                assert_eq!(memory.addr() % BLOCK, 0);
                held.push((memory, layout));
            }
        }
        assert!(COUNT.load(Ordering::Relaxed) > SPENT);
        assert_eq!(check_left(), Err(Kind::OutOfMemory));
        let mut spans: Vec<_> = held
            .iter()
            .map(|(memory, layout)| (place(*memory).unwrap(), layout.size()))
            .collect();
        spans.sort_unstable();
        assert!(spans.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0));
        for (memory, layout) in held {
            // SAFETY: it was taken above, once.
            unsafe { Reserve.dealloc(memory, layout) };
        }
        assert_eq!(COUNT.load(Ordering::Relaxed), 0);
        assert_eq!(check_left(), Ok(()));
        assert!(TAKEN.iter().all(|word| word.load(Ordering::Relaxed) == 0));

        // Shrinking memory stays where it is, and gives the rest back.
        let large = Layout::from_size_align(300, 1).unwrap();
        let memory = take(large);
        // SAFETY: it was taken above.
        assert_eq!(unsafe { Reserve.realloc(memory, large, 65) }, memory);
        assert_eq!(COUNT.load(Ordering::Relaxed), 2);
        // SAFETY: it has shrunk to that.
        unsafe { Reserve.dealloc(memory, Layout::from_size_align(65, 1).unwrap()) };
        assert_eq!(COUNT.load(Ordering::Relaxed), 0);

        // Growing memory keeps its bytes, and moves to the system as soon as that has memory again.
        let small = Layout::from_size_align(5, 1).unwrap();
        let memory = take(small);
        // SAFETY: there is room for five bytes.
        unsafe { memory.copy_from(b"hello".as_ptr(), 5) };
        // SAFETY: it was taken above.
        let grown = unsafe { Reserve.realloc(memory, small, 5000) };
        assert_eq!(place(grown), None);
        // SAFETY: five bytes of it were copied.
        assert_eq!(unsafe { std::slice::from_raw_parts(grown, 5) }, b"hello");
        // SAFETY: it is as large as it was made.
        unsafe { Reserve.dealloc(grown, Layout::from_size_align(5000, 1).unwrap()) };
        assert_eq!(COUNT.load(Ordering::Relaxed), 0);
    }
}
