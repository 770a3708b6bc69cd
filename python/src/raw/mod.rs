//! All `unsafe` of this crate: buffers, bytes, descriptors, and the finalizer.
#![allow(unsafe_code)]

pub mod buffer;
pub mod bytes;
pub mod descriptor;
pub mod finalize;
