//! All `unsafe` of this crate: audit events, buffers, bytes, descriptors, entries, the finalizer, and threads.
#![allow(unsafe_code)]

pub mod audit;
pub mod buffer;
pub mod bytes;
pub mod descriptor;
pub mod entry;
pub mod finalize;
pub mod number;
pub mod threads;
