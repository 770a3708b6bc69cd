//! Options of the socket level (socket(7)): the addresses a socket may take, how it closes, and what it is.

use super::super::Socket;
use super::limits::LONGEST_LINGER;
use super::{in_seconds, or_unsupported};
use crate::domain::{Family, Protocol, SocketType};
use crate::error::{Kind, Operation, Result};
use crate::sys::{kernel, os};
use std::io;
use std::ops::RangeInclusive;
use std::time::Duration;

/// In seconds.
const LINGER: RangeInclusive<u128> = 0..=LONGEST_LINGER.as_secs() as u128;

/// Options of the socket level.
impl Socket {
    /// Lets bind take an address that an earlier connection still holds in TIME_WAIT, and with UDP one that another
    /// socket has, if that socket has the option too (`SO_REUSEADDR`, socket(7); off by default; Python `SO_REUSEADDR`,
    /// Java `setReuseAddress`). A TCP address that a socket is listening on is still refused.
    ///
    /// # Errors
    /// `Closed`.
    pub fn set_reuse_address(&self, on: bool) -> Result<()> {
        self.set(("SO_REUSEADDR", on), move |sock| sock.set_reuse_address(on))
    }

    /// Whether `SO_REUSEADDR` is on.
    ///
    /// # Errors
    /// `Closed`.
    pub fn reuse_address(&self) -> Result<bool> {
        self.get("SO_REUSEADDR", |sock| sock.reuse_address())
    }

    /// Lets several sockets of one user bind to the same address, if all have the option; Linux spreads new
    /// connections and datagrams over them (`SO_REUSEPORT`, socket(7); off by default; Python `SO_REUSEPORT`, Java
    /// `SO_REUSEPORT`).
    ///
    /// # Errors
    /// `Unsupported` for a socket that is not IP; `Closed`.
    pub fn set_reuse_port(&self, on: bool) -> Result<()> {
        self.set(("SO_REUSEPORT", on), move |sock| sock.set_reuse_port(on))
    }

    /// Whether `SO_REUSEPORT` is on.
    ///
    /// # Errors
    /// `Closed`.
    pub fn reuse_port(&self) -> Result<bool> {
        self.get("SO_REUSEPORT", |sock| sock.reuse_port())
    }

    /// What close does with unsent data (`SO_LINGER`, socket(7); Python `SO_LINGER`, Java `setSoLinger`). `None`, the
    /// default: close returns at once and the kernel goes on sending. Zero: close drops the data and resets the
    /// connection. Otherwise close waits up to this long for the peer's acknowledgement; the kernel counts in seconds,
    /// and fractions are rounded up.
    ///
    /// # Errors
    /// `InvalidInput("linger")` above 65,535 s; `Closed`.
    pub fn set_linger(&self, linger: Option<Duration>) -> Result<()> {
        let seconds = linger
            .map(|linger| in_seconds(linger, &LINGER, "linger"))
            .transpose()?;
        let linger = seconds.map(|seconds| Duration::from_secs(super::count(seconds).into()));
        self.set(("SO_LINGER", linger), move |sock| sock.set_linger(linger))
    }

    /// The linger time; `None` when off.
    ///
    /// # Errors
    /// `Closed`.
    pub fn linger(&self) -> Result<Option<Duration>> {
        self.get("SO_LINGER", |sock| sock.linger())
    }

    /// Allows sending datagrams to a broadcast address; without it connect and send to one fail with `EACCES`
    /// (`SO_BROADCAST`, socket(7); off by default; Python `SO_BROADCAST`, Java `DatagramSocket.setBroadcast`, where
    /// it is on by default).
    ///
    /// # Errors
    /// `Closed`.
    pub fn set_broadcast(&self, on: bool) -> Result<()> {
        self.set(("SO_BROADCAST", on), move |sock| sock.set_broadcast(on))
    }

    /// Whether `SO_BROADCAST` is on.
    ///
    /// # Errors
    /// `Closed`.
    pub fn broadcast(&self) -> Result<bool> {
        self.get("SO_BROADCAST", |sock| sock.broadcast())
    }

    /// Leaves the urgent byte in its place in the stream instead of keeping it for
    /// [`OUT_OF_BAND`](crate::Flags::OUT_OF_BAND) (`SO_OOBINLINE`, socket(7); off by default; Python `SO_OOBINLINE`,
    /// Java `setOOBInline`).
    ///
    /// # Errors
    /// `Closed`.
    pub fn set_out_of_band_inline(&self, on: bool) -> Result<()> {
        self.set(("SO_OOBINLINE", on), move |sock| sock.set_out_of_band_inline(on))
    }

    /// Whether `SO_OOBINLINE` is on.
    ///
    /// # Errors
    /// `Closed`.
    pub fn out_of_band_inline(&self) -> Result<bool> {
        self.get("SO_OOBINLINE", |sock| sock.out_of_band_inline())
    }

    /// Takes the socket's pending error, such as that of a connect in the background (`SO_ERROR`,
    /// socket(7); Python `SO_ERROR`).
    ///
    /// # Errors
    /// `Closed`.
    pub fn take_error(&self) -> Result<Option<Kind>> {
        let errno = self.int_option(libc::SOL_SOCKET, libc::SO_ERROR)?;
        Ok((errno != 0).then(|| Kind::from_io(&io::Error::from_raw_os_error(errno))))
    }

    /// Whether it is listening (`SO_ACCEPTCONN`, socket(7); Python `SO_ACCEPTCONN`).
    ///
    /// # Errors
    /// `Closed`.
    pub fn accepting(&self) -> Result<bool> {
        self.is_on(Some((libc::SOL_SOCKET, libc::SO_ACCEPTCONN)))
    }

    /// The family according to the kernel (`SO_DOMAIN`, socket(7); Python `SO_DOMAIN`).
    ///
    /// # Errors
    /// `Closed`.
    pub fn kernel_family(&self) -> Result<Family> {
        self.immediate(Operation::GetOption, os::family)
            .map(Family)
            .map_err(or_unsupported)
    }

    /// The type according to the kernel (`SO_TYPE`, socket(7); Python `SO_TYPE`).
    ///
    /// # Errors
    /// `Closed`.
    pub fn kernel_type(&self) -> Result<SocketType> {
        self.number(Some((libc::SOL_SOCKET, libc::SO_TYPE)))
            .map(SocketType)
    }

    /// The protocol according to the kernel: TCP if an IP stream socket was made with the default
    /// (`SO_PROTOCOL`, socket(7); Python `SO_PROTOCOL`; `DEFAULT` on systems without it).
    ///
    /// # Errors
    /// `Closed`.
    pub fn kernel_protocol(&self) -> Result<Protocol> {
        self.immediate(Operation::GetOption, kernel::protocol)
            .map(Protocol)
            .map_err(or_unsupported)
    }
}
