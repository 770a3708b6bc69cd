//! The atomics of the code that loom examines: loom's own under `--cfg loom`.

#[cfg(all(test, loom))]
pub(super) use loom::sync::atomic::{fence, AtomicBool, AtomicU64, Ordering};
#[cfg(not(all(test, loom)))]
pub(super) use std::sync::atomic::{fence, AtomicBool, AtomicU64, Ordering};
