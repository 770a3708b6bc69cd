//! Calls that take or report sizes, offsets and inode numbers of files in 64 bits. On Linux these have names of their own: under the
//! older names, 32-bit programs get 32 bits, and fstat(2) fails for larger files.

#[cfg(not(target_os = "linux"))]
pub use libc::{fstat, getrlimit, mmap, off_t, pread, rlimit, stat, truncate, RLIM_INFINITY};
#[cfg(target_os = "linux")]
pub use libc::{
    fstat64 as fstat, getrlimit64 as getrlimit, mmap64 as mmap, off64_t as off_t, pread64 as pread,
    rlimit64 as rlimit, stat64 as stat, truncate64 as truncate, RLIM64_INFINITY as RLIM_INFINITY,
};
