//! Sending messages.

use crate::buffer::{send_buf, send_buf_named};
use crate::done::Done;
use crate::error::Failure;
use crate::framing::{framing, polysock_frame, polysock_framing};
use crate::guard;
use crate::handle::{borrow, polysock_t};
use crate::pointer;
use crate::time;
use libc::{c_int, c_void};
use polysock::memory;

/// Sends one message on a stream, with the length or delimiter of the framing. Messages from several threads on one
/// handle never interleave.
///
/// BSD: sendmsg(2) of a length and the bytes, in a loop. Python: socket.send_frame. Java: DataOutputStream.writeInt and
/// write. `f` says how messages are delimited, NULL for the default. One deadline covers the whole call. Fails with
/// POLYSOCK_EMSGSIZE for a message beyond the limit or beyond what the length has bits for, and with POLYSOCK_EINVAL for
/// one that contains the delimiter or does not have the fixed size; nothing was sent then. Fails like polysock_sendall();
/// when such a failure, POLYSOCK_ETIMEDOUT for example, stops it inside the message, the next call with the same message
/// and framing sends the rest, and other messages fail with POLYSOCK_EBUSY until then.
/// @code
/// if (polysock_send_frame(s, "hello", 5, NULL, 5000) < 0)
///     fprintf(stderr, "%s\n", polysock_last_detail());
/// @endcode
/// @ingroup polysock_frames
#[no_mangle]
pub unsafe extern "C" fn polysock_send_frame(
    s: *mut polysock_t,
    buf: *const c_void,
    n: usize,
    f: *const polysock_framing,
    timeout_ms: c_int,
) -> c_int {
    guard::code("polysock_send_frame", || {
        let (socket, message, framing) = (borrow(s)?, send_buf(buf, n)?, framing(f)?);
        Ok(time::call(&socket, timeout_ms)?.send_frame(message, &framing)?)
    })
}

/// Sends several messages; small ones share a system call.
///
/// BSD: writev(2) of lengths and bytes, in a loop. Python: socket.send_frames. Java: DataOutputStream over a
/// BufferedOutputStream.
/// Stores the number of messages sent completely in `*done`, unless NULL, on failure too: sending the rest, from that one
/// on, continues the stream. Fails like polysock_send_frame(); a message that the framing refuses is found before anything
/// is sent.
/// @ingroup polysock_frames
#[no_mangle]
pub unsafe extern "C" fn polysock_send_frames(
    s: *mut polysock_t,
    frames: *const polysock_frame,
    n: usize,
    done: *mut usize,
    f: *const polysock_framing,
    timeout_ms: c_int,
) -> c_int {
    let done = Done::new(done);
    guard::code("polysock_send_frames", || {
        let (socket, framing) = (borrow(s)?, framing(f)?);
        let frames = pointer::values(frames, n, "frames")?;
        let mut messages = memory::list(n).map_err(Failure::no_memory)?;
        for frame in frames {
            let fields = ("frames->data", "frames->len");
            messages.push(send_buf_named(frame.data, frame.len, fields)?);
        }
        let result = time::call(&socket, timeout_ms)?.send_frames(&messages, &framing);
        done.report(result.map(|()| n))
    })
}
