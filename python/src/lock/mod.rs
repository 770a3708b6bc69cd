//! The interpreter lock: when a call keeps it, and when it gives it up. Only [`caller`] detaches from the interpreter.
//!
//! A thread is *attached* while it holds the lock. A call that need not wait is made attached where no other thread can
//! be waiting for the lock, or where this thread has a [`budget`] of such calls: it was kept waiting for long by a thread
//! that computes. Everything else detaches, as the standard module does.

mod budget;
mod caller;
mod contention;
mod policy;
pub mod switch;

pub use caller::{brief, detach, PythonCaller};
pub use policy::{low_water_was_set, try_first, LockPolicy};
