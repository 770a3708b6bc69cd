//! All `unsafe` of this crate: buffers, bytes, descriptors, the finalizer, and threads.
#![allow(unsafe_code)]

pub mod buffer;
pub mod bytes;
pub mod descriptor;
pub mod finalize;
pub mod threads;
