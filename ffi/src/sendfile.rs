//! sendfile.

use crate::code::POLYSOCK_EBADF;
use crate::done::Done;
use crate::error::Failure;
use crate::guard;
use crate::handle::{borrow, polysock_t};
use crate::time;
use libc::c_int;
use std::os::fd::BorrowedFd;

/// Sends `count` bytes of a file from `offset` on, or everything to its end with POLYSOCK_TO_END, without copying them
/// through this process.
///
/// BSD: sendfile(2). Python: socket.sendfile. Java: FileChannel.transferTo.
/// `fd` stays the caller's, and its position does not change. Like polysock_sendall() it never interleaves with other
/// calls and never raises SIGPIPE. Stores the number of bytes sent in `*done`, unless NULL, on failure too. Fails with
/// POLYSOCK_EEOF when the file ends before `count` bytes, with POLYSOCK_EBADF for a descriptor that is not open, with
/// POLYSOCK_ESPIPE for one without offsets, such as a pipe, and like polysock_sendall().
/// @ingroup polysock_streams
#[no_mangle]
pub unsafe extern "C" fn polysock_sendfile(
    s: *mut polysock_t,
    fd: c_int,
    offset: u64,
    count: u64,
    done: *mut u64,
    timeout_ms: c_int,
) -> c_int {
    let done = Done::new(done);
    guard::code("polysock_sendfile", || {
        let socket = borrow(s)?;
        if fd < 0 {
            return Err(Failure::new(POLYSOCK_EBADF, "the descriptor is negative"));
        }
        // SAFETY: C's contract: `fd` stays open until the call returns; if it is not open, the kernel says so.
        let file = unsafe { BorrowedFd::borrow_raw(fd) };
        let count = (count != u64::MAX).then_some(count);
        done.report(time::call(&socket, timeout_ms)?.sendfile(file, offset, count))
    })
}
