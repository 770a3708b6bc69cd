//! Many messages in one call: sendmmsg(2) and recvmmsg(2), and datagrams that travel through the kernel together
//! (`UDP_SEGMENT`, `UDP_GRO`).

use super::batch_message::BatchMessage;
use super::transfer::Blocking;
use crate::address::Address;
use crate::ancillary::codec;
use crate::buffer::{RecvBuf, SendBuf};
use crate::datagram::IncomingDatagram;
use crate::error::Kind;
use crate::flags::Flags;
use crate::memory;
use crate::sys::kernel::{self, number};
use crate::sys::os;
use libc::c_int;
use std::io;
use std::os::fd::BorrowedFd;

/// How many messages one call takes. Linux takes 1024 (`UIO_MAXIOV`), but more than this save next to nothing.
pub const MOST_MESSAGES: usize = 64;

/// The room for the control messages of one received datagram: that of `UDP_GRO`, and timestamps and packet information
/// if the program has them delivered. Those are not returned.
const CONTROL_ROOM: usize = 128;

/// The size of the control message of `UDP_SEGMENT`, whose data is a `u16`.
const SEGMENT_CONTROL: usize = match codec::space(size_of::<u16>()) {
    Some(space) => space,
    None => 0,
};

/// A message to send: one datagram, or several that the kernel cuts apart.
pub struct ToSend<'a> {
    pub parts: &'a [SendBuf<'a>],
    pub to: Option<&'a Address>,
    /// The length of each datagram; the last one may be shorter. `None` for one datagram.
    pub segment_size: Option<u16>,
}

/// Sends at most [`MOST_MESSAGES`] and returns how many. An error belongs to the first of them; what happened to a later
/// one is not known before that becomes the first.
pub fn send_batch(fd: BorrowedFd<'_>, messages: &[ToSend<'_>], waiting: Blocking) -> io::Result<usize> {
    let messages = messages.get(..MOST_MESSAGES).unwrap_or(messages);
    let mut controls = reserve(messages.len() * SEGMENT_CONTROL)?;
    for message in messages {
        if let (Some(size), Some((level, kind))) = (message.segment_size, number::UDP_SEGMENT) {
            codec::push(&mut controls, level, kind, &size.to_ne_bytes())?;
        }
    }
    let mut batch = reserve(messages.len())?;
    let mut controls = controls.chunks(SEGMENT_CONTROL);
    for message in messages {
        let control = message.segment_size.and_then(|_| controls.next());
        let control = control.unwrap_or(&[]);
        batch.push(BatchMessage::to_send(message.parts, message.to, control));
    }
    os::sendmmsg(fd, &mut batch, waiting.flag() | kernel::NO_SIGNAL)
}

/// Receives at most [`MOST_MESSAGES`] datagrams, one into each room, and returns how many; it waits, if at all, for the
/// first one only. `with_control` says that control messages can come only from the kernel: those of a Unix socket may
/// hold descriptors.
pub fn recv_batch(
    fd: BorrowedFd<'_>,
    rooms: &[RecvBuf<'_>],
    arrived: &mut [IncomingDatagram],
    with_control: bool,
    waiting: Blocking,
) -> io::Result<usize> {
    let count = rooms.len().min(arrived.len()).min(MOST_MESSAGES);
    let control_room = if with_control { CONTROL_ROOM } else { 0 };
    let mut controls = memory::zeros(count * control_room).map_err(out_of_memory)?;
    let mut facts = reserve(count)?; // what was received must not be lost for lack of memory
    let mut batch = reserve(count)?;
    let mut control = controls.chunks_mut(CONTROL_ROOM);
    for (room, datagram) in rooms.iter().zip(&mut *arrived).take(count) {
        let control = control.next().unwrap_or(&mut []);
        batch.push(BatchMessage::to_receive(room, &mut datagram.address, control));
    }
    let received = os::recvmmsg(fd, &mut batch, waiting.flag())?;
    facts.extend(batch.iter().take(received).map(|message| Facts {
        count: message.length(),
        address: message.address_length(),
        control: message.control_length(),
        flags: message.flags(),
    }));
    let mut control = controls.chunks(CONTROL_ROOM);
    for (datagram, facts) in arrived.iter_mut().zip(facts) {
        let control = control.next().unwrap_or(&[]);
        let control = control.get(..facts.control).unwrap_or(&[]);
        datagram.address.set_length(facts.address);
        datagram.count = facts.count;
        datagram.flags = Flags(facts.flags & !os::CLOEXEC_RIGHTS);
        datagram.segment_size = segment_size(control);
    }
    Ok(received)
}

/// What the kernel says of a received message.
struct Facts {
    count: usize,
    address: usize,
    control: usize,
    flags: c_int,
}

/// The length of each of several datagrams that were received together; 0 for a single one.
fn segment_size(control: &[u8]) -> usize {
    let size = codec::messages(control)
        .find(|(level, kind, _)| Some((*level, *kind)) == number::UDP_GRO)
        .and_then(|(.., data)| data.get(..size_of::<c_int>())?.try_into().ok())
        .map_or(0, c_int::from_ne_bytes);
    usize::try_from(size).unwrap_or(0)
}

fn reserve<T>(room: usize) -> io::Result<Vec<T>> {
    memory::list(room).map_err(out_of_memory)
}

fn out_of_memory(_: Kind) -> io::Error {
    io::ErrorKind::OutOfMemory.into()
}
