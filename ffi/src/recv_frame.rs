//! Receiving messages on a socket that other calls receive from, too.

use crate::buffer::{copy_to, recv_buf_named, room_of_cap};
use crate::code::{POLYSOCK_EEOF, POLYSOCK_EMSGSIZE};
use crate::error::Failure;
use crate::framing::{framing, polysock_frame, polysock_framing};
use crate::guard;
use crate::handle::{borrow, polysock_t};
use crate::pointer::{set_optional, OutArray, NULL};
use crate::time;
use libc::{c_char, c_int, c_void, ssize_t};
use polysock::{Framing, Kind};

/// Receives the next message of a stream and returns its length.
///
/// BSD: none. Python: socket.recv_frame. Java: DataInputStream.readInt and readFully.
/// `f` says how messages are delimited, NULL for the default. What arrives with the message and belongs to the next ones
/// stays with the socket, see polysock_pending(): every other receive on it finds these bytes first, and polysock_poll() and
/// pollers count them as readable. Several threads may call it at the same time; each message goes to one of them.
/// When the message has more than `cap` bytes, fails with POLYSOCK_EMSGSIZE and keeps the message for the next call. Stores
/// the length in `*needed`, unless NULL, in that case and on success, and 0 on every other failure.
/// Fails with POLYSOCK_EEOF when the peer has ended the stream after the last message, and with POLYSOCK_ETRUNCATED inside
/// one (polysock_last_missing() says how many bytes are missing). Fails with POLYSOCK_EMSGSIZE, and `*needed` 0, for a
/// message beyond the framing's limit, and with POLYSOCK_EBADMSG for a length of more than 64 bits; later calls then fail
/// too, as nothing says where the next message begins. Otherwise fails like polysock_recv(), and loses nothing: after
/// POLYSOCK_ETIMEDOUT or POLYSOCK_EAGAIN the next call continues.
/// @code
/// char buf[1024];
/// ssize_t n;
/// while ((n = polysock_recv_frame(s, buf, sizeof buf, NULL, NULL, 5000)) >= 0)
///     if (polysock_send_frame(s, buf, (size_t)n, NULL, 5000) < 0)
///         break;
/// @endcode
/// @ingroup polysock_frames
#[no_mangle]
pub unsafe extern "C" fn polysock_recv_frame(
    s: *mut polysock_t,
    buf: *mut c_void,
    cap: usize,
    needed: *mut usize,
    f: *const polysock_framing,
    timeout_ms: c_int,
) -> ssize_t {
    let needed = Needed::new(needed);
    guard::count("polysock_recv_frame", || {
        let (socket, room, framing) = (borrow(s)?, recv_buf_named(buf, cap, BUF)?, framing(f)?);
        let received = time::call(&socket, timeout_ms)?.recv_frame_into(room, &framing);
        needed.report(received, 0)
    })
}

/// Receives the next line of a stream, ends it with a NUL, and returns its length.
///
/// BSD: getline(3). Python: socket.recv_line. Java: BufferedReader.readLine.
/// The line ends with "\\n" or "\\r\\n", which is not part of it; a last line may have neither. `cap` includes the NUL;
/// what the line needs, in `*needed`, does too. A NUL inside the line ends the C string early, but the returned length
/// counts the whole line. Otherwise like polysock_recv_frame(), with at most 16 MiB in a line.
/// @ingroup polysock_frames
#[no_mangle]
pub unsafe extern "C" fn polysock_recv_line(
    s: *mut polysock_t,
    buf: *mut c_char,
    cap: usize,
    needed: *mut usize,
    timeout_ms: c_int,
) -> ssize_t {
    let needed = Needed::new(needed);
    guard::count("polysock_recv_line", || {
        let socket = borrow(s)?;
        let Some(most) = cap.checked_sub(1) else {
            return Err(Failure::argument("cap", "is 0: the NUL needs room"));
        };
        if buf.is_null() {
            return Err(Failure::argument("buf", NULL));
        }
        let room = recv_buf_named(buf.cast(), most, BUF)?;
        let received = time::call(&socket, timeout_ms)?.recv_frame_into(room, &Framing::lines());
        let length = needed.report(received, 1)?;
        copy_to(buf.cast::<u8>().wrapping_add(length), b"\0");
        Ok(length)
    })
}

/// Receives at least one message and all others that have arrived, without waiting for them, at most `n`, and returns how
/// many.
///
/// BSD: none. Python: socket.recv_frames. Java: none.
/// The messages are copied to `buf`, one after the other, as many as it has room for, and `frames` says where each is.
/// When the first has more than `cap` bytes, fails with POLYSOCK_EMSGSIZE and stores its length in `*needed`, unless
/// NULL; that is 0 otherwise. Fails like polysock_recv_frame(), and with POLYSOCK_EINVAL when `n` is 0. For one thread
/// that receives all messages of a stream, polysock_reader_frames() is faster: it does not copy.
/// @ingroup polysock_frames
#[no_mangle]
pub unsafe extern "C" fn polysock_recv_frames(
    s: *mut polysock_t,
    buf: *mut c_void,
    cap: usize,
    needed: *mut usize,
    frames: *mut polysock_frame,
    n: usize,
    f: *const polysock_framing,
    timeout_ms: c_int,
) -> ssize_t {
    let needed = Needed::new(needed);
    guard::count("polysock_recv_frames", || {
        let (socket, framing) = (borrow(s)?, framing(f)?);
        let (mut room, to) = (room_of_cap(buf, cap)?, OutArray::new(frames, n, "frames")?);
        if n == 0 {
            return Err(Failure::argument("n", "is 0"));
        }
        let (mut count, mut too_long) = (0, None);
        time::call(&socket, timeout_ms)?.recv_each_frame(&framing, |message| {
            if count == n {
                return false;
            }
            let Some((start, rest)) = std::mem::take(&mut room).split_at_mut_checked(message.len()) else {
                too_long = Some(message.len());
                return false;
            };
            start.copy_from_slice(message);
            to.set(count, polysock_frame::from(&*start));
            room = rest;
            count += 1;
            true
        })?;
        match (count, too_long) {
            (0, None) => Err(END),
            (0, Some(length)) => {
                needed.set(length);
                Err(Failure::new(
                    POLYSOCK_EMSGSIZE,
                    "the message does not fit into buf",
                ))
            }
            _ => Ok(count),
        }
    })
}

/// What the parameters for the caller's buffer are called.
const BUF: (&str, &str) = ("buf", "cap");

pub(crate) const END: Failure = Failure::new(POLYSOCK_EEOF, "end of stream");

/// Where the length of a message goes that may not fit into the caller's buffer; NULL when the caller does not want it.
#[derive(Clone, Copy)]
struct Needed(*mut usize);

impl Needed {
    /// Sets the length to 0, for failures that are not about the buffer.
    fn new(needed: *mut usize) -> Self {
        set_optional(needed, 0);
        Self(needed)
    }

    fn set(self, length: usize) {
        set_optional(self.0, length);
    }

    /// The length of the message received. What it needs includes `more` bytes.
    fn report(self, received: polysock::Result<Option<usize>>, more: usize) -> Result<usize, Failure> {
        match received {
            Ok(Some(length)) => {
                self.set(length + more);
                Ok(length)
            }
            Ok(None) => Err(END),
            Err(error) => {
                if let Kind::MessageTooLarge { needed } = error.kind() {
                    self.set(needed + more);
                }
                Err(error.into())
            }
        }
    }
}
