//! The interpreter lock: when a call keeps it, and when it gives it up. Only [`caller`] detaches from the interpreter.
//!
//! A thread is *attached* while it holds the lock. A call that does not need to wait is made attached if there is no other
//! thread, if all others are idle ([`idle_others`]: three calls in four), or if this thread has a [`budget`] for such calls
//! because a thread that computes kept it waiting for long. Everything else detaches, as in the standard module.

mod budget;
mod caller;
mod contention;
mod crowding;
mod idle_others;
mod policy;
pub mod switch;

pub use caller::{brief, detach, PythonCaller};
pub use contention::watch_forks;
pub use policy::{try_first, LockPolicy};
