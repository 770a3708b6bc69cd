//! Calls that take sizes and offsets of files in 64 bits. On Linux these have names of their own: under the older names, 32-bit
//! programs have 32 bits.

#[cfg(not(target_os = "linux"))]
pub use libc::{getrlimit, mmap, off_t, rlimit, truncate, RLIM_INFINITY};
#[cfg(target_os = "linux")]
pub use libc::{
    getrlimit64 as getrlimit, mmap64 as mmap, off64_t as off_t, rlimit64 as rlimit, truncate64 as truncate,
    RLIM64_INFINITY as RLIM_INFINITY,
};
