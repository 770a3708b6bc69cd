//! Transfers through the C library's functions.

pub use libc::{recv, recvfrom, recvmsg, send, sendmsg, sendto};
