//! Messages: several pieces at once, control messages, addresses (sendmsg, recvmsg, sendto, recvfrom).

use super::{Call, Socket};
use crate::address::Address;
use crate::ancillary::{Ancillary, Control};
use crate::buffer::{RecvBuf, SendBuf};
use crate::caller::Caller;
use crate::error::{Error, Operation, Result};
use crate::flags::Flags;
use crate::handle::Direction;
use crate::op::{self, Receiving, RecvFrom, RecvMessage, SendMessage, SendTo};
use crate::time::Timeout;
use std::os::fd::OwnedFd;

/// The result of one receive.
#[derive(Debug)]
#[non_exhaustive]
pub struct Received {
    /// How many bytes were stored; with [`Flags::TRUNCATE`] the length of the whole datagram, of which the buffer holds
    /// the beginning.
    pub count: usize,
    /// The sender's address; empty where the sender has none and on streams.
    pub address: Address,
    /// The flags that the kernel set: `MSG_TRUNC`, `MSG_CTRUNC`, `MSG_EOR`, `MSG_OOB`, `MSG_ERRQUEUE`.
    pub flags: Flags,
    /// The control messages that came with the bytes.
    pub ancillary: Vec<Ancillary>,
    /// The system wrote a control message whose length is wrong: the last one may be cut, or some are missing. Linux does
    /// not do that.
    pub malformed: bool,
}

impl Received {
    pub(super) fn of(count: usize, address: Address) -> Self {
        Self {
            count,
            address,
            flags: Flags::NONE,
            ancillary: Vec::new(),
            malformed: false,
        }
    }

    /// How much room the control messages take.
    pub(super) fn control_space(&self) -> usize {
        let lengths = self.ancillary.iter().map(|message| match message {
            Ancillary::Rights(descriptors) => size_of_val(descriptors.as_slice()),
            Ancillary::Other { data, .. } => data.len(),
        });
        lengths.filter_map(Ancillary::space).sum()
    }

    /// Whether the datagram was longer than the buffer; the rest of it is lost.
    pub fn truncated(&self) -> bool {
        self.flags.contains(Flags::TRUNCATE)
    }

    /// Whether control messages were cut or left out because they did not fit; descriptors that did not fit are closed.
    pub fn control_truncated(&self) -> bool {
        self.flags.contains(Flags::CONTROL_TRUNCATED)
    }

    /// Takes the received descriptors out of [`ancillary`](Self::ancillary) (`SCM_RIGHTS`; Python `recv_fds`).
    pub fn take_descriptors(&mut self) -> Vec<OwnedFd> {
        let taken = self.ancillary.iter_mut().map(|message| match message {
            Ancillary::Rights(descriptors) => std::mem::take(descriptors),
            Ancillary::Other { .. } => Vec::new(),
        });
        taken.flatten().collect()
    }
}

impl Socket {
    /// Sends one datagram to an address. See [`Call::send_to`].
    ///
    /// # Errors
    /// See [`Call::send_message`].
    pub fn send_to<'b>(&self, data: impl Into<SendBuf<'b>>, to: &Address) -> Result<usize> {
        self.call().send_to(data, to)
    }

    /// Receives one datagram and the sender's address. See [`Call::recv_from`].
    ///
    /// # Errors
    /// See [`Call::recv_message`].
    pub fn recv_from<'b>(&self, buf: impl Into<RecvBuf<'b>>) -> Result<Received> {
        self.call().recv_from(buf)
    }
}

impl<C: Caller> Call<'_, C> {
    /// Sends one datagram to an address (sendto(2); Python `sendto`, Java `DatagramSocket.send`).
    ///
    /// # Errors
    /// See [`send_message`](Self::send_message).
    pub fn send_to<'b>(&mut self, data: impl Into<SendBuf<'b>>, to: &Address) -> Result<usize> {
        self.send_to_with(data, to, Flags::NONE)
    }

    /// Sends one datagram to an address with flags.
    ///
    /// # Errors
    /// See [`send_message`](Self::send_message).
    pub fn send_to_with<'b>(
        &mut self,
        data: impl Into<SendBuf<'b>>,
        to: &Address,
        flags: Flags,
    ) -> Result<usize> {
        let timeout = self.send_timeout(flags);
        let send = op::Send::new(self.socket.kind(), data.into(), flags, timeout);
        self.run(timeout, &mut SendTo { send, to })
    }

    /// Receives one datagram, the sender's address, and whether the datagram was cut (recvfrom(2); Python `recvfrom`, Java
    /// `DatagramSocket.receive`). An empty datagram has a count of 0.
    ///
    /// # Errors
    /// See [`recv_message`](Self::recv_message).
    pub fn recv_from<'b>(&mut self, buf: impl Into<RecvBuf<'b>>) -> Result<Received> {
        self.recv_from_with(buf, Flags::NONE)
    }

    /// Receives one datagram with flags.
    ///
    /// # Errors
    /// See [`recv_message`](Self::recv_message).
    pub fn recv_from_with<'b>(&mut self, buf: impl Into<RecvBuf<'b>>, flags: Flags) -> Result<Received> {
        let mut address = Address::EMPTY;
        let (count, flags) = self.recv_from_into(buf, flags, &mut address)?;
        Ok(Received {
            count,
            address,
            flags,
            ancillary: Vec::new(),
            malformed: false,
        })
    }

    /// Receives one datagram with flags, and stores the sender's address in `from`. Returns the count and the flags of
    /// [`Received`].
    ///
    /// # Errors
    /// See [`recv_message`](Self::recv_message).
    pub fn recv_from_into<'b>(
        &mut self,
        buf: impl Into<RecvBuf<'b>>,
        flags: Flags,
        from: &mut Address,
    ) -> Result<(usize, Flags)> {
        let (socket, buf) = (self.socket, buf.into());
        let receiving = Receiving::new(&socket.handle, socket.kind(), flags, buf.len());
        if !RecvFrom::suffices(&receiving) {
            let received = self.recv_message(&[buf], 0, flags);
            let received = received.map_err(|error| error.with_operation(Operation::RecvFrom))?;
            *from = received.address;
            return Ok((received.count, received.flags));
        }
        let timeout = Receiving::timeout(flags, self.timeout(Direction::Receive));
        self.run(timeout, &mut RecvFrom { receiving, buf, from })
    }

    /// Sends several pieces as one message or contiguous piece of a stream (writev(2)).
    ///
    /// # Errors
    /// See [`send_message`](Self::send_message).
    pub fn send_vectored(&mut self, parts: &[SendBuf<'_>]) -> Result<usize> {
        self.send_message(parts, &[], None, Flags::NONE)
    }

    /// Receives into several buffers, one after the other (readv(2)).
    ///
    /// # Errors
    /// See [`recv_message`](Self::recv_message).
    pub fn recv_vectored(&mut self, parts: &[RecvBuf<'_>]) -> Result<usize> {
        self.recv_message(parts, 0, Flags::NONE)
            .map(|received| received.count)
    }

    /// Sends pieces and control messages to an address in one call (sendmsg(2)) and returns how many bytes were sent.
    ///
    /// On a stream it behaves as [`send_with`](Self::send_with): without a time limit it waits until everything is
    /// on its way. Control messages travel with the first byte.
    ///
    /// # Errors
    /// See [`send_with`](Self::send_with); also `EMSGSIZE` for a datagram that is too long, `EDESTADDRREQ` without an
    /// address; `EINVAL` for more than 253 descriptors, on Linux. The address, or the number of descriptors, is in the
    /// detail.
    pub fn send_message(
        &mut self,
        parts: &[SendBuf<'_>],
        messages: &[Control<'_>],
        to: Option<&Address>,
        flags: Flags,
    ) -> Result<usize> {
        let timeout = self.send_timeout(flags);
        let mut send = SendMessage::new(self.socket.kind(), parts, messages, to, flags, timeout)
            .map_err(|kind| Error::new(Operation::SendMsg, kind))?;
        self.run(timeout, &mut send)
    }

    /// Receives into several buffers, with up to `control_capacity` bytes of control messages and the sender's address
    /// (recvmsg(2)). Received descriptors are close-on-exec.
    ///
    /// # Errors
    /// See [`recv_with`](Self::recv_with).
    pub fn recv_message(
        &mut self,
        parts: &[RecvBuf<'_>],
        control_capacity: usize,
        flags: Flags,
    ) -> Result<Received> {
        if self.socket.handle.may_be_ahead() {
            return self.recv_message_after_ahead(parts, control_capacity, flags);
        }
        let timeout = Receiving::timeout(flags, self.timeout(Direction::Receive));
        self.recv_message_from(parts, 0, control_capacity, flags, timeout)
    }

    /// Receives into pieces of which the first `done` bytes have already been filled.
    pub(super) fn recv_message_from(
        &mut self,
        parts: &[RecvBuf<'_>],
        done: usize,
        control_capacity: usize,
        flags: Flags,
        timeout: Timeout,
    ) -> Result<Received> {
        let (handle, kind) = (&self.socket.handle, self.socket.kind());
        let mut receive = RecvMessage::new(handle, kind, parts, done, control_capacity, flags)
            .map_err(|kind| Error::new(Operation::RecvMsg, kind))?;
        let arrival = self.run(timeout, &mut receive)?;
        Ok(Received {
            count: arrival.count,
            address: receive.from,
            flags: arrival.flags,
            ancillary: receive.ancillary,
            malformed: arrival.malformed,
        })
    }
}
