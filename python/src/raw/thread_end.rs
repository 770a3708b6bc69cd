//! Threads that the interpreter ends.
//!
//! Up to CPython 3.13 a daemon thread that wants the interpreter lock back after the interpreter began to finalize is
//! ended by pthread_exit(3), wherever it is: in a hook, a finalizer, an `__index__` that we called. With glibc that
//! unwinds its stack, and a Rust frame in the way would abort the process ("exception not rethrown"). So the first of
//! our frames that the unwinding reaches blocks the thread forever instead, as CPython itself does from 3.14 on.
//!
//! The unwinder asks each frame's personality function what to do, and all frames of this module name the same one.
//! The linker puts ours in its place (`build.rs`), which costs nothing until a thread ends.

use std::ffi::{c_int, c_void};

/// `_UA_FORCE_UNWIND`: nothing may catch this unwinding (Itanium C++ ABI, Level I: 1.3).
const FORCED: c_int = 8;

extern "C" {
    /// The linker's name for the function it replaced.
    fn __real_rust_eh_personality(
        version: c_int,
        actions: c_int,
        class: u64,
        exception: *mut c_void,
        context: *mut c_void,
    ) -> c_int;
}

/// Blocks a thread that is being ended; a panic unwinds as usual.
#[no_mangle]
unsafe extern "C" fn __wrap_rust_eh_personality(
    version: c_int,
    actions: c_int,
    class: u64,
    exception: *mut c_void,
    context: *mut c_void,
) -> c_int {
    if actions & FORCED != 0 {
        loop {
            // SAFETY: no memory is involved. After a signal the thread goes back to sleep.
            unsafe { libc::pause() };
        }
    }
    // SAFETY: passed on as the unwinder gave it to us.
    unsafe { __real_rust_eh_personality(version, actions, class, exception, context) }
}
