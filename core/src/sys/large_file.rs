//! The calls about files with 64 bits for sizes and offsets: their names differ, because those of programs with 32 bits are older.

#[cfg(not(target_os = "linux"))]
pub use libc::{getrlimit, mmap, off_t, rlimit, truncate, RLIM_INFINITY};
#[cfg(target_os = "linux")]
pub use libc::{
    getrlimit64 as getrlimit, mmap64 as mmap, off64_t as off_t, rlimit64 as rlimit, truncate64 as truncate,
    RLIM64_INFINITY as RLIM_INFINITY,
};
