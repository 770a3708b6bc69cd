//! Whether the program has set a low-water mark (`SO_RCVLOWAT`): then a receive may have to wait for more than one byte, and one
//! that does not wait returns fewer. Accepted sockets inherit the mark.

use std::sync::atomic::{AtomicBool, Ordering};

static SET: AtomicBool = AtomicBool::new(false);

pub(crate) fn note_low_water() {
    SET.store(true, Ordering::Relaxed);
}

/// Whether a socket of this process may have a low-water mark, so that no receive should be tried before it waits.
#[inline]
pub fn has_low_water() -> bool {
    SET.load(Ordering::Relaxed)
}
