//! The two halves of a connection: once the stream has ended it stays ended, and there is one reader and one writer at
//! a time.

use crate::buffer::{RecvBuf, SendBuf};
use crate::caller::Caller;
use crate::domain::Shutdown;
use crate::error::{Error, Kind, Operation, Result};
use crate::handle::Direction;
use crate::handle::Turn;
use crate::socket::{Half, Socket};
use crate::time::{LazyDeadline, Timeout};
use std::time::Duration;

/// Receives at least one byte; 0 means the end of the stream, and stays the answer from then on, even after close (Java
/// `InputStream.read`, which returns -1).
///
/// Threads that read at the same time take turns; waiting for the turn counts against the time limit, which is the
/// receive timeout. With an empty `room` it returns at once. Empty datagrams are skipped.
///
/// # Errors
/// `TimedOut`, after which reading may continue; `ECONNRESET`, which every later read returns too; `Closed`; the system's.
pub fn read<'b, C: Caller>(socket: &Socket, caller: &mut C, room: impl Into<RecvBuf<'b>>) -> Result<usize> {
    let room = room.into();
    if room.is_empty() {
        return Ok(0);
    }
    let whole = socket.recv_timeout();
    let failed = |kind| Error::new(Operation::Recv, kind).within(whole);
    let mut limit = LazyDeadline::new(whole);
    let turn = Turn::take(&socket.handle, Direction::Receive, caller, &mut limit);
    // The end of the stream is the answer even if the socket was closed since.
    if socket.halves.has(Half::Ended) {
        return Ok(0);
    }
    let _turn = turn.map_err(failed)?;
    if socket.is_closed() {
        return Err(failed(Kind::Closed));
    }
    if socket.halves.has(Half::InputShut) {
        // Unlike with the kernel, data that had arrived before is dropped.
        socket.halves.note(Half::Ended);
        return Ok(0);
    }
    let received = socket.on(&mut *caller).within(limit.left()).read(room);
    if let Ok(0) = received {
        socket.halves.note(Half::Ended);
    }
    received.map_err(|error| error.within(whole))
}

/// Java's time limit: zero means forever (Java `setSoTimeout`, `connect`).
pub fn time_limit(limit: Duration) -> Timeout {
    if limit.is_zero() {
        Timeout::Never
    } else {
        Timeout::After(limit)
    }
}

/// Sends all of `data`, however long that takes: no time limit applies (Java `OutputStream.write`).
///
/// # Errors
/// `Closed`, `EPIPE`, `ECONNRESET`; [`Error::done`] says how many bytes left this process.
pub fn write<'b, C: Caller>(socket: &Socket, caller: &mut C, data: impl Into<SendBuf<'b>>) -> Result<()> {
    let data = data.into();
    if data.is_empty() {
        return Ok(());
    }
    socket.on(caller).within(Timeout::Never).send_all(data)
}

/// Ends receiving: reads find the end of the stream from now on; the peer is not notified. Returns whether this call
/// ended it (Java `Socket.shutdownInput`, which throws the second time).
///
/// # Errors
/// `ENOTCONN`, also for a listener; `Closed`.
pub fn end_input(socket: &Socket) -> Result<bool> {
    end(socket, Half::InputShut)
}

/// Ends sending: the peer reads up to the end of the stream. Returns whether this call ended it (Java
/// `Socket.shutdownOutput`, which throws the second time).
///
/// # Errors
/// `ENOTCONN`, also for a listener; `Closed`.
pub fn end_output(socket: &Socket) -> Result<bool> {
    end(socket, Half::OutputShut)
}

pub(super) fn end(socket: &Socket, half: Half) -> Result<bool> {
    if socket.is_closed() {
        return Err(Error::new(Operation::Shutdown, Kind::Closed));
    }
    if socket.halves.has(half) {
        return Ok(false);
    }
    // On Linux shutdown(2) would succeed for a listener: for one half it does nothing, for the other it ends listening.
    if matches!(socket.accepting(), Ok(true)) {
        return Err(Error::new(Operation::Shutdown, Kind::Os(libc::ENOTCONN)));
    }
    socket.shutdown(if half == Half::InputShut {
        Shutdown::Read
    } else {
        Shutdown::Write
    })?;
    Ok(socket.halves.note(half))
}

/// Closes the socket, FIN first. See [`Call::close_fin_first`](crate::Call::close_fin_first).
///
/// # Errors
/// See [`Call::close_fin_first`](crate::Call::close_fin_first).
pub fn close<C: Caller>(socket: &Socket, caller: &mut C) -> Result<()> {
    socket.on(caller).close_fin_first()
}
