//! Batches of datagrams: send_batch, recv_batch, send_segments.

use super::{Call, Socket};
use crate::address::Address;
use crate::buffer::{RecvBuf, SendBuf};
use crate::caller::Caller;
use crate::datagram::{IncomingDatagram, OutgoingDatagram};
use crate::error::{Error, Kind, Operation, Result};
use crate::flags::Flags;
use crate::handle::Direction;
use crate::op::{RecvBatch, SendBatch, SendSegments};
use std::num::NonZeroU16;

/// The length field of UDP has 16 bits.
const SEGMENT_SIZE: (i64, i64) = (1, u16::MAX as i64);

impl Socket {
    /// Sends many datagrams. See [`Call::send_batch`].
    ///
    /// # Errors
    /// See [`Call::send_batch`].
    pub fn send_batch(&self, datagrams: &mut [OutgoingDatagram<'_>]) -> Result<usize> {
        self.call().send_batch(datagrams)
    }

    /// Receives all datagrams that have arrived. See [`Call::recv_batch`].
    ///
    /// # Errors
    /// See [`Call::recv_batch`].
    pub fn recv_batch(&self, rooms: &[RecvBuf<'_>], arrived: &mut [IncomingDatagram]) -> Result<usize> {
        self.call().recv_batch(rooms, arrived)
    }

    /// Sends one buffer as datagrams of equal length. See [`Call::send_segments`].
    ///
    /// # Errors
    /// See [`Call::send_segments`].
    pub fn send_segments<'b>(
        &self,
        data: impl Into<SendBuf<'b>>,
        segment_size: usize,
        to: Option<&Address>,
    ) -> Result<usize> {
        self.call().send_segments(data, segment_size, to)
    }

    fn check_datagrams(&self, operation: Operation) -> Result<()> {
        if self.is_stream() {
            return Err(Error::new(operation, Kind::Unsupported));
        }
        Ok(())
    }
}

impl<C: Caller> Call<'_, C> {
    /// Sends datagrams in their order and returns how many were sent (sendmmsg(2); Python `send_batch`). Any number of them,
    /// each to its own address or to the connected peer.
    ///
    /// A datagram that is refused, for its address or its length, does not stop the others: its
    /// [`result`](OutgoingDatagram::result) says why, and those after it are sent. When time is up, or the socket was
    /// closed, after some were sent, the call returns how many, and the others have that reason as their result.
    ///
    /// Datagrams in a row of the same length to the same address travel through the kernel together where it can do that
    /// (`UDP_SEGMENT`, udp(7), Linux 4.18): each arrives as a separate datagram, at a fraction of the cost.
    ///
    /// ```
    /// use polysock::{Family, IncomingDatagram, OutgoingDatagram, Protocol, RecvBuf, Socket, SocketType};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let one = Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::DEFAULT)?;
    /// let other = Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::DEFAULT)?;
    /// other.bind(&"127.0.0.1:0".parse()?)?;
    /// let to = other.local_address()?;
    /// let nowhere = to.with_port(0);
    ///
    /// let mut batch = [("first", &to), ("lost", &nowhere), ("last", &to)].map(|(text, to)| OutgoingDatagram::new(text,
    /// to)); assert_eq!(one.send_batch(&mut batch)?, 2);
    /// println!("{:?}", batch[1].result); // Err(Os(22))
    ///
    /// let mut memory = [[0; 1500]; 8];
    /// let rooms: Vec<RecvBuf> = memory.iter_mut().map(RecvBuf::from).collect();
    /// let mut arrived = [IncomingDatagram::EMPTY; 8];
    /// let count = other.recv_batch(&rooms, &mut arrived)?;
    /// assert_eq!(count, 2);
    /// assert_eq!(&memory[1][..arrived[1].count], b"last");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When none was sent: the reason of the first that was refused, with its index in the detail, or what ended the call:
    /// `TimedOut`, `WouldBlock`, `Closed`. `Unsupported` for a stream.
    pub fn send_batch(&mut self, datagrams: &mut [OutgoingDatagram<'_>]) -> Result<usize> {
        let socket = self.socket;
        socket.check_datagrams(Operation::SendBatch)?;
        if datagrams.is_empty() {
            return socket.immediate(Operation::SendBatch, |_| Ok(0));
        }
        let timeout = self.send_timeout(Flags::NONE);
        self.run(timeout, &mut SendBatch::new(socket.kind(), datagrams))
    }

    /// Waits for a datagram, receives it and all others that have arrived, each into the buffer of its index, and returns
    /// how many (recvmmsg(2) with `MSG_WAITFORONE`; Python `recv_batch_into`): at most as many as there are buffers, and
    /// elements of `arrived`. Each of these is set to what is known of its datagram: its length, its sender, and whether
    /// it was longer than its buffer.
    ///
    /// It returns 0 after the socket was shut down for reading; an empty datagram counts.
    ///
    /// With [`set_receive_offload`](Socket::set_receive_offload) a buffer may receive several datagrams together;
    /// [`IncomingDatagram::split`] takes them apart.
    ///
    /// # Errors
    /// See [`recv_with`](Self::recv_with). `Unsupported` for a stream.
    pub fn recv_batch(&mut self, rooms: &[RecvBuf<'_>], arrived: &mut [IncomingDatagram]) -> Result<usize> {
        let socket = self.socket;
        socket.check_datagrams(Operation::RecvBatch)?;
        let count = rooms.len().min(arrived.len());
        let (Some(rooms @ [_, ..]), Some(arrived)) = (rooms.get(..count), arrived.get_mut(..count)) else {
            return socket.immediate(Operation::RecvBatch, |_| Ok(0));
        };
        let timeout = self.timeout(Direction::Receive);
        let mut receive = RecvBatch::new(&socket.handle, socket.kind(), rooms, arrived);
        self.run(timeout, &mut receive)
    }

    /// Sends `data` as datagrams of `segment_size` bytes, the last one perhaps shorter, to an address or to the connected
    /// peer, and returns how many bytes were sent (sendmsg(2) with `UDP_SEGMENT`, udp(7), Linux 4.18; Python
    /// `send_segments`).
    ///
    /// `data` may have any length; nothing is sent if it is empty. Where the kernel can't cut it into
    /// datagrams, or can't on this path, they are sent one by one. When something ends the call after some were sent, it
    /// returns how many bytes those had, which is a multiple of `segment_size`.
    ///
    /// # Errors
    /// `InvalidInput("segment_size")` outside 1–65,535; otherwise as [`send_message`](Self::send_message): nothing was sent
    /// then. `Unsupported` for a stream.
    pub fn send_segments<'b>(
        &mut self,
        data: impl Into<SendBuf<'b>>,
        segment_size: usize,
        to: Option<&Address>,
    ) -> Result<usize> {
        const OPERATION: Operation = Operation::SendSegments;
        let (socket, data) = (self.socket, data.into());
        socket.check_datagrams(OPERATION)?;
        let Some(size) = u16::try_from(segment_size).ok().and_then(NonZeroU16::new) else {
            let given = i64::try_from(segment_size).unwrap_or(i64::MAX);
            return Err(Error::out_of_range(
                OPERATION,
                "segment_size",
                SEGMENT_SIZE,
                "",
                given,
            ));
        };
        if data.is_empty() {
            return socket.immediate(OPERATION, |_| Ok(0));
        }
        let timeout = self.send_timeout(Flags::NONE);
        self.run(timeout, &mut SendSegments::new(socket.kind(), data, size, to))
    }
}
