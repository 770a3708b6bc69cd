//! What a stream of the C library still has to send before it is closed.

use libc::{c_int, size_t, FILE};

/// Sends what a stream still has, and nothing else: fflush(3) would also seek back over what was read ahead.
pub(super) unsafe fn flush(file: *mut FILE) -> c_int {
    extern "C" {
        fn __fpending(file: *mut FILE) -> size_t;
    }
    if __fpending(file) == 0 {
        return 0;
    }
    libc::fflush(file)
}
