//! What polysock promises, for the calls that a program makes by itself on bare descriptors. The layer below its calls
//! (`libpolysock-bsd`) uses this.
//!
//! No SIGPIPE; a close ends the calls that wait in other threads; no call uses a number after it was closed and given to another
//! file; time limits hold for the whole call. Everything else is as without polysock: the kernel waits, so signals interrupt and
//! restart calls as always. That is why nothing here is a `Handle`, whose calls wait in poll
//! (docs/decisions/promises-below-calls.md).
//!
//! - `numbers` has a word for each descriptor number: what is known of it, and whether it is being closed.
//! - `threads` has a seat for each thread, with the calls that it is in.
//! - A call (`call`) notes in its thread's seat that it is on the number, and then looks whether the number is being closed. A
//!   close (`close`) notes that, and then looks into the seats. So one of them sees the other.
//! - A poll or a select (`wait`) notes in the seat where the program has its descriptors (`set`), and the close reads them.
//! - A close that finds calls puts a file in the socket's place on which every call fails, sends a signal to the threads, and waits
//!   until they have left.
//!
//! A signal handler may make any of these calls, in the middle of another, and may leave it by longjmp(3): there are no locks, and
//! nothing has to be dropped. A call that was left in this way is recognised by the thread's stack.

mod call;
mod close;
mod count;
mod limits;
mod numbers;
mod result;
mod set;
mod switch;
mod threads;
mod wait;

pub use call::{call, send_file, write};
pub use close::{close, close_range, close_stream, flush_stream, replace};
pub use limits::{accept, connect, has_send_limit, receive, receive_ready, send, Amount};
pub use numbers::{arrived, copied, is_stream, made, may_be_limited, option_was_set};
pub use result::Returned;
pub use switch::{are_kept, end_before_restriction, quiet};
pub use threads::end_thread;
pub use wait::{poll, select, unblocked, undisturbed};

use crate::sys::{fork, modules, process, undisturbed, wake_signal};

/// The environment variable that turns the promises on; `0` turns them off even for a program that is linked with the layer.
const VARIABLE: &str = "POLYSOCK_SAFE";

/// Turns the promises on if the environment asks for it, or if the program is linked with the `library` and the
/// environment does not say otherwise. Returns whether they are on. Called once, before the program makes a call.
pub fn begin(library: &'static [u8]) -> bool {
    let kept = match process::trusted_environment(VARIABLE) {
        Some(value) => value != "0",
        None => modules::is_needed(library),
    };
    if kept {
        fork::watch();
        threads::prepare();
        numbers::prepare();
        switch::keep();
    }
    kept
}

/// Takes the signal that wakes threads out of the set that one blocks while a handler runs.
pub fn leave_unblocked_in_handler(set: &mut libc::sigset_t) {
    if are_kept() {
        wake_signal::take_out_all(set);
    }
}

/// Takes the signal that wakes threads out of a set that one is about to block.
pub fn leave_unblocked(set: &mut libc::sigset_t) {
    if !are_kept() {
        return;
    }
    if undisturbed::is_undisturbed() {
        // The library blocks all, not the program.
        wake_signal::take_out_all(set);
    } else {
        wake_signal::take_out(set);
    }
}
