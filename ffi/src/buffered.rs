//! Bytes that calls which receive messages have received ahead.

use crate::buffer::room;
use crate::guard;
use crate::handle::{borrow, polysock_t};
use crate::pointer::OutArray;
use libc::{c_int, c_void, ssize_t};
use std::os::fd::IntoRawFd;

/// Returns how many bytes polysock_recv_frame() and similar calls have received that no call has returned yet; 0 for a
/// closed handle.
///
/// BSD: none. Python: socket.pending. Java: InputStream.available, of a BufferedInputStream.
/// Every other receive on the handle finds them first; code that uses the descriptor itself does not see them. While
/// there are any, polysock_detach() and polysock_dup() fail with POLYSOCK_EBUSY. polysock_reader_pending() counts what a
/// polysock_reader has received.
/// @ingroup polysock_frames
#[no_mangle]
pub unsafe extern "C" fn polysock_pending(s: *const polysock_t) -> ssize_t {
    guard::count("polysock_pending", || Ok(borrow(s)?.pending()))
}

/// Takes at most `n` of the bytes that polysock_pending() counts, without receiving, and returns how many; 0 when there
/// are none.
///
/// BSD: none. Python: socket.take_buffered. Java: none.
/// For code that continues with the descriptor itself, or that gives the socket up. Fails with POLYSOCK_EBUSY while another
/// thread is receiving messages.
/// @ingroup polysock_frames
#[no_mangle]
pub unsafe extern "C" fn polysock_take_buffered(s: *mut polysock_t, buf: *mut c_void, n: usize) -> ssize_t {
    guard::count("polysock_take_buffered", || {
        let (socket, room) = (borrow(s)?, room(buf, n)?);
        Ok(socket.take_buffered_into(room)?)
    })
}

/// Takes at most `cap` of the descriptors that came with the bytes of messages on a Unix socket, in order, and returns how
/// many. The caller then owns them and must close them.
///
/// BSD: SCM_RIGHTS. Python: socket.take_descriptors. Java: none.
/// They are close-on-exec. Those not taken stay, up to 253 of them, until this or a polysock_recvmsg() with room for control
/// messages hands them out, or the handle is closed. Fails with POLYSOCK_EBUSY while another thread is receiving messages.
/// @ingroup polysock_frames
#[no_mangle]
pub unsafe extern "C" fn polysock_take_fds(s: *mut polysock_t, fds: *mut c_int, cap: usize) -> c_int {
    guard::number("polysock_take_fds", || {
        let (socket, fds) = (borrow(s)?, OutArray::new(fds, cap, "fds")?);
        let taken = socket.take_descriptors_up_to(fds.capacity())?;
        Ok(fds.fill(taken.into_iter().map(IntoRawFd::into_raw_fd)))
    })
}
