//! Where the calls of this thread come from.

use libc::{c_int, c_void};
use std::ops::ControlFlow;

#[repr(C)]
struct Context {
    opaque: [u8; 0],
}

type Visit = extern "C" fn(*mut Context, *mut c_void) -> c_int;

// They belong to the unwinder, which the standard library needs for panics, so every program has them.
extern "C" {
    fn _Unwind_Backtrace(visit: Visit, argument: *mut c_void) -> c_int;
    fn _Unwind_GetIPInfo(context: *mut Context, before: *mut c_int) -> usize;
}

const GO_ON: c_int = 0;
const END: c_int = 4; // _URC_NORMAL_STOP

/// Calls `visit` with the return address of each frame of this thread's stack, innermost first, until it breaks or a frame
/// without unwind tables is reached. No memory is allocated, so signal handlers may do this, too.
pub fn walk<F: FnMut(usize) -> ControlFlow<()>>(mut visit: F) {
    extern "C" fn step<F: FnMut(usize) -> ControlFlow<()>>(
        context: *mut Context,
        visit: *mut c_void,
    ) -> c_int {
        let mut before = 0;
        // SAFETY: the unwinder lends the context for this call, and `before` is ours to write.
        let address = unsafe { _Unwind_GetIPInfo(context, &raw mut before) };
        // SAFETY: `walk` passes its closure, which nothing else uses meanwhile.
        let visit = unsafe { &mut *visit.cast::<F>() };
        if address == 0 || visit(address).is_break() {
            END
        } else {
            GO_ON
        }
    }
    // SAFETY: `step` matches the type that it is called with, and does not unwind: the closures given to `walk` don't panic.
    unsafe { _Unwind_Backtrace(step::<F>, (&raw mut visit).cast()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frames_of_this_thread_are_seen_until_enough_are() {
        let mut addresses = Vec::new();
        walk(|address| {
            addresses.push(address);
            ControlFlow::Continue(())
        });
        assert!(addresses.len() > 3, "{addresses:?}");
        let mut count = 0;
        walk(|_| {
            count += 1;
            if count == 2 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        assert_eq!(count, 2);
    }
}
