//! The kernel's buffers (socket(7)).

use super::super::Socket;
use super::limits::LARGEST_BUFFER;
use super::{in_range, size};
use crate::error::Result;
use std::ops::RangeInclusive;

const BUFFER: RangeInclusive<usize> = 1..=LARGEST_BUFFER;
/// What the kernel accepts; it turns 0 into 1.
const LOW_WATER: RangeInclusive<usize> = 1..=i32::MAX as usize;

/// Options of the kernel's buffers.
///
/// A size that is *requested* and the size *in force* differ: Linux cuts the request to a system limit
/// (`net.core.wmem_max`, `rmem_max`), doubles it, since half is for its own bookkeeping, and raises it to a minimum
/// (about 4.5 KiB to send, 2.25 KiB to receive). Setting a size ends TCP's automatic tuning; set the receive buffer
/// before connect or listen, since the window scale is fixed then.
impl Socket {
    /// Requests a send buffer of this many bytes (`SO_SNDBUF`, socket(7); TCP: 16 KiB, growing, `net.ipv4.tcp_wmem`;
    /// Python `SO_SNDBUF`, Java `setSendBufferSize`). [`send_buffer`](Self::send_buffer) reports the actual size.
    ///
    /// # Errors
    /// `InvalidInput("send buffer")` for 0 and above 1,073,741,823; `Closed`.
    pub fn set_send_buffer(&self, requested: usize) -> Result<()> {
        in_range(requested, &BUFFER, "send buffer")?;
        self.set(("SO_SNDBUF", requested), move |sock| {
            sock.set_send_buffer_size(requested)
        })
    }

    /// The size of the send buffer in force, in bytes, as the kernel counts it: twice what was requested, unless
    /// limited.
    ///
    /// # Errors
    /// `Closed`.
    pub fn send_buffer(&self) -> Result<usize> {
        self.get("SO_SNDBUF", |sock| sock.send_buffer_size())
    }

    /// Requests a receive buffer of this many bytes (`SO_RCVBUF`, socket(7); TCP: 128 KiB, growing,
    /// `net.ipv4.tcp_rmem`; Python `SO_RCVBUF`, Java `setReceiveBufferSize`). [`recv_buffer`](Self::recv_buffer)
    /// reports the actual size.
    ///
    /// # Errors
    /// `InvalidInput("receive buffer")` for 0 and above 1,073,741,823; `Closed`.
    pub fn set_recv_buffer(&self, requested: usize) -> Result<()> {
        in_range(requested, &BUFFER, "receive buffer")?;
        self.set(("SO_RCVBUF", requested), move |sock| {
            sock.set_recv_buffer_size(requested)
        })
    }

    /// The size of the receive buffer in force, in bytes, as the kernel counts it: twice what was requested, unless
    /// limited.
    ///
    /// # Errors
    /// `Closed`.
    pub fn recv_buffer(&self) -> Result<usize> {
        self.get("SO_RCVBUF", |sock| sock.recv_buffer_size())
    }

    /// Counts as readable, and ends a wait, only once this many bytes have arrived (`SO_RCVLOWAT`, socket(7); 1; Python
    /// `SO_RCVLOWAT`). It governs waiting, here and in poll: bytes that are there when a receive starts, or when its
    /// time is up, are returned even if they are fewer. With TCP the kernel cuts the number to half the receive buffer;
    /// [`recv_low_water`](Self::recv_low_water) reports the actual number.
    ///
    /// # Errors
    /// `InvalidInput("receive low-water mark")` for 0 and above 2,147,483,647; `Closed`.
    pub fn set_recv_low_water(&self, bytes: usize) -> Result<()> {
        let bytes = in_range(bytes, &LOW_WATER, "receive low-water mark")?;
        self.set_number(Some((libc::SOL_SOCKET, libc::SO_RCVLOWAT)), bytes)
    }

    /// The number of bytes that make the socket readable.
    ///
    /// # Errors
    /// `Closed`.
    pub fn recv_low_water(&self) -> Result<usize> {
        self.number(Some((libc::SOL_SOCKET, libc::SO_RCVLOWAT))).map(size)
    }
}
