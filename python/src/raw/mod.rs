//! All `unsafe` of this crate: audit events, buffers, bytes, descriptors, entries, the finalizer, numbers, threads and
//! their end.
#![allow(unsafe_code)]

pub mod audit;
pub mod buffer;
pub mod bytes;
pub mod descriptor;
pub mod entry;
pub mod finalize;
pub mod number;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod thread_end;
pub mod threads;
