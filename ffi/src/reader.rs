//! Readers: messages, lines and bytes of a stream.

use crate::buffer::room;
use crate::code::POLYSOCK_EBUSY;
use crate::done::Done;
use crate::error::Failure;
use crate::framing::{framing, polysock_frame, polysock_framing};
use crate::guard;
use crate::handle::{borrow, give, into_core, polysock_t, take, Handle};
use crate::pointer::{Out, OutArray};
use crate::recv_frame::END;
use crate::time;
use libc::{c_char, c_int, c_void, ssize_t};
use polysock::{check_left, NativeCaller, Reader, ReaderCall, Socket};
use std::os::fd::IntoRawFd;
use std::sync::{Arc, Mutex, TryLockError};

/// Receives messages, lines and bytes from a stream, and keeps what arrived ahead of them.
///
/// BSD: a FILE made by fdopen(3). Python: polysock.Reader. Java: DataInputStream or BufferedReader over a socket's stream.
/// It keeps the socket in memory: the two may be freed in either order. After polysock_close() or polysock_free() of the
/// socket it returns what it has received ahead, and then its calls fail with POLYSOCK_ECLOSED. One thread uses it at a
/// time; a call by a second one fails with POLYSOCK_EBUSY. Meanwhile other threads may send on the socket, or close it.
/// Other receives on the socket do not find what a reader has received ahead: see polysock_reader_pending(). Free it once
/// with polysock_reader_free().
/// @code
/// polysock_reader *reader;
/// const void *message;
/// ssize_t n;
/// polysock_reader_new(&reader, s, NULL);
/// while ((n = polysock_reader_frame(reader, &message, 5000)) >= 0)
///     handle(message, (size_t)n);
/// if (n != POLYSOCK_EEOF)
///     fprintf(stderr, "%s\n", polysock_last_detail());
/// polysock_reader_free(reader);
/// @endcode
/// @ingroup polysock_frames
pub struct polysock_reader(Mutex<Reader<Arc<Socket>>>);

impl Handle for polysock_reader {
    const PARAMETER: &'static str = "r";
}

/// Makes a reader for a stream; the caller owns `*out`.
///
/// BSD: fdopen(3). Python: polysock.Reader. Java: new DataInputStream(socket.getInputStream()).
/// `f` says how the messages are delimited, NULL for the default. Nothing is received yet. Fails with POLYSOCK_ENOMEM. On a
/// datagram socket the reader's calls fail with POLYSOCK_EINVAL.
/// @ingroup polysock_frames
#[no_mangle]
pub unsafe extern "C" fn polysock_reader_new(
    out: *mut *mut polysock_reader,
    s: *mut polysock_t,
    f: *const polysock_framing,
) -> c_int {
    guard::code("polysock_reader_new", || {
        let out = Out::new(out, "out")?;
        let (socket, framing) = (into_core(borrow(s)?), framing(f)?);
        check_left().map_err(Failure::no_memory)?;
        give(&out, polysock_reader(Mutex::new(Reader::new(socket, framing))));
        Ok(())
    })
}

/// Frees a reader and the bytes it has received ahead. The socket stays open. NULL is allowed.
///
/// BSD: none (fclose(3) closes the descriptor too). Python: del. Java: none.
/// @ingroup polysock_frames
#[no_mangle]
pub unsafe extern "C" fn polysock_reader_free(r: *mut polysock_reader) {
    guard::code("polysock_reader_free", || {
        drop(take(r));
        Ok(())
    });
}

/// Changes how messages are delimited from the next one on, NULL for the default; bytes received ahead are kept.
///
/// BSD: none. Python: what polysock.Reader takes. Java: another stream class over the same stream.
/// @ingroup polysock_frames
#[no_mangle]
pub unsafe extern "C" fn polysock_reader_set_framing(
    r: *mut polysock_reader,
    f: *const polysock_framing,
) -> c_int {
    guard::code("polysock_reader_set_framing", || {
        let framing = framing(f)?;
        with(r, |reader| {
            reader.set_framing(framing);
            Ok(())
        })
    })
}

/// Receives the next message and returns its length; `*frame` points at it until the next call on the reader.
///
/// BSD: none. Python: Reader.frame. Java: DataInputStream.readInt and readFully.
/// Fails with POLYSOCK_EEOF when the peer has ended the stream after the last message, and with POLYSOCK_ETRUNCATED inside
/// one (polysock_last_missing() says how many bytes are missing). Fails with POLYSOCK_EMSGSIZE for a message beyond the
/// limit and POLYSOCK_EBADMSG for a length of more than 64 bits; every later call then fails too, as nothing says where the
/// next message begins. A peer that announces much and sends little costs the memory for what it sends. Otherwise fails
/// like polysock_recv(), and loses nothing: after POLYSOCK_ETIMEDOUT or POLYSOCK_EAGAIN the next call continues.
/// @ingroup polysock_frames
#[no_mangle]
pub unsafe extern "C" fn polysock_reader_frame(
    r: *mut polysock_reader,
    frame: *mut *const c_void,
    timeout_ms: c_int,
) -> ssize_t {
    guard::count("polysock_reader_frame", || {
        let frame = Out::new(frame, "frame")?;
        with(r, |reader| {
            let message = call(reader, timeout_ms)?.frame()?.ok_or(END)?;
            frame.set(message.as_ptr().cast());
            Ok(message.len())
        })
    })
}

/// Receives at least one message and all others that have arrived with it, at most `n`, and returns how many; they are
/// valid until the next call on the reader.
///
/// BSD: none. Python: socket.recv_frames. Java: none.
/// The fastest way to receive many small messages: one receive fills the whole array. The same array may be passed to
/// polysock_send_frames(). Fails like polysock_reader_frame(), and with POLYSOCK_EINVAL when `n` is 0; messages that came
/// before the one that fails are returned first.
/// @code
/// polysock_frame frames[256];
/// ssize_t n = polysock_reader_frames(reader, frames, 256, 5000);
/// for (ssize_t i = 0; i < n; i++)
///     handle(frames[i].data, frames[i].len);
/// @endcode
/// @ingroup polysock_frames
#[no_mangle]
pub unsafe extern "C" fn polysock_reader_frames(
    r: *mut polysock_reader,
    frames: *mut polysock_frame,
    n: usize,
    timeout_ms: c_int,
) -> ssize_t {
    guard::count("polysock_reader_frames", || {
        let to = OutArray::new(frames, n, "frames")?;
        if n == 0 {
            return Err(Failure::argument("n", "is 0"));
        }
        with(r, |reader| {
            let messages = call(reader, timeout_ms)?.frames()?;
            match to.fill(messages.map(polysock_frame::from)) {
                0 => Err(END),
                count => Ok(count),
            }
        })
    })
}

/// Receives the next line and returns its length; `*line` points at it until the next call on the reader.
///
/// BSD: getline(3). Python: Reader.line. Java: BufferedReader.readLine.
/// The line ends with "\\n" or "\\r\\n", which is not part of it, whatever the framing; a last line may have neither. It is
/// not followed by a NUL: print it with "%.*s". It may be as long as the framing's limit. Fails like
/// polysock_reader_frame().
/// @ingroup polysock_frames
#[no_mangle]
pub unsafe extern "C" fn polysock_reader_line(
    r: *mut polysock_reader,
    line: *mut *const c_char,
    timeout_ms: c_int,
) -> ssize_t {
    guard::count("polysock_reader_line", || {
        let line = Out::new(line, "line")?;
        with(r, |reader| {
            let text = call(reader, timeout_ms)?.line()?.ok_or(END)?;
            line.set(text.as_ptr().cast());
            Ok(text.len())
        })
    })
}

/// Receives at least one and at most `n` bytes, whatever the framing, and returns how many; 0 is the end of the stream.
///
/// BSD: recv(2). Python: Reader.read. Java: InputStream.read (-1 at the end).
/// Bytes received ahead come first, without waiting for more. Fails like polysock_recv().
/// @ingroup polysock_frames
#[no_mangle]
pub unsafe extern "C" fn polysock_reader_read(
    r: *mut polysock_reader,
    buf: *mut c_void,
    n: usize,
    timeout_ms: c_int,
) -> ssize_t {
    guard::count("polysock_reader_read", || {
        let room = room(buf, n)?;
        with(r, |reader| Ok(call(reader, timeout_ms)?.read(room)?))
    })
}

/// Receives exactly `n` bytes, whatever the framing. Bytes received ahead come first.
///
/// BSD: recv(2) with MSG_WAITALL. Python: Reader.read_exact. Java: DataInputStream.readFully.
/// Stores the number of bytes received in `*done`, unless NULL, on failure too; they are in `buf`. Fails like
/// polysock_recv_exact().
/// @ingroup polysock_frames
#[no_mangle]
pub unsafe extern "C" fn polysock_reader_read_exact(
    r: *mut polysock_reader,
    buf: *mut c_void,
    n: usize,
    done: *mut usize,
    timeout_ms: c_int,
) -> c_int {
    let done = Done::new(done);
    guard::code("polysock_reader_read_exact", || {
        let room = room(buf, n)?;
        with(r, |reader| {
            let result = call(reader, timeout_ms)?.read_exact(room);
            done.report(result.map(|()| n))
        })
    })
}

/// Returns how many bytes the reader has received that no call has returned yet.
///
/// BSD: none. Python: Reader.pending. Java: InputStream.available, of a BufferedInputStream.
/// Waiting for the socket to become readable does not notice them: before you wait, call the reader with timeout 0 until it
/// fails with POLYSOCK_EAGAIN.
/// @ingroup polysock_frames
#[no_mangle]
pub unsafe extern "C" fn polysock_reader_pending(r: *mut polysock_reader) -> ssize_t {
    guard::count("polysock_reader_pending", || {
        with(r, |reader| Ok(reader.pending()))
    })
}

/// Takes at most `n` of the bytes that no call has returned yet, without receiving, and returns how many; 0 when there are
/// none.
///
/// BSD: none. Python: Reader.take_buffered. Java: none.
/// For code that continues with the socket itself, for example after the headers that precede TLS or a file.
/// @ingroup polysock_frames
#[no_mangle]
pub unsafe extern "C" fn polysock_reader_take_buffered(
    r: *mut polysock_reader,
    buf: *mut c_void,
    n: usize,
) -> ssize_t {
    guard::count("polysock_reader_take_buffered", || {
        let room = room(buf, n)?;
        with(r, |reader| Ok(reader.take_buffered_into(room)))
    })
}

/// Takes at most `cap` of the descriptors that came with the bytes on a Unix socket, in order, and returns how many. The
/// caller then owns them and must close them.
///
/// BSD: SCM_RIGHTS. Python: socket.take_descriptors. Java: none.
/// They are close-on-exec. Those not taken stay, up to 253 of them, until they are or the reader is freed.
/// @ingroup polysock_frames
#[no_mangle]
pub unsafe extern "C" fn polysock_reader_take_fds(
    r: *mut polysock_reader,
    fds: *mut c_int,
    cap: usize,
) -> c_int {
    guard::number("polysock_reader_take_fds", || {
        let fds = OutArray::new(fds, cap, "fds")?;
        with(r, |reader| {
            let taken = reader.take_descriptors_up_to(fds.capacity());
            Ok(fds.fill(taken.into_iter().map(IntoRawFd::into_raw_fd)))
        })
    })
}

/// Runs a call on a reader, which is used by one thread at a time.
fn with<T>(
    r: *const polysock_reader,
    call: impl FnOnce(&mut Reader<Arc<Socket>>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let reader = borrow(r)?;
    let mut reader = match reader.0.try_lock() {
        Ok(reader) => reader,
        // A panic has left it as it was before or after a receive.
        Err(TryLockError::Poisoned(reader)) => reader.into_inner(),
        Err(TryLockError::WouldBlock) => {
            return Err(Failure::new(
                POLYSOCK_EBUSY,
                "another thread is inside a call on this reader",
            ))
        }
    };
    call(&mut reader)
}

/// The next call on a reader, with the timeout that C gave.
fn call(reader: &mut Reader<Arc<Socket>>, timeout_ms: c_int) -> Result<ReaderCall<'_>, Failure> {
    let call = reader.on(NativeCaller);
    Ok(match time::timeout(timeout_ms, "timeout_ms")? {
        Some(timeout) => call.within(timeout),
        None => call,
    })
}
