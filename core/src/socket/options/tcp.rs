//! Options of TCP (tcp(7)).

use super::super::Socket;
use super::limits::NATURAL;
use super::{check, count, in_milliseconds, in_range, in_seconds, kernel_name, name, size};
use crate::error::{Operation, Result};
use crate::sys::kernel::number;
use std::ffi::c_int;
use std::ops::RangeInclusive;
use std::time::Duration;

/// The longest time that Linux can turn into a number of SYN-ACKs (255 of them, 1 s, 2 s, 4 s … 120 s apart).
const DEFER_ACCEPT: RangeInclusive<u128> = 1..=29_887;
const USER_TIMEOUT: RangeInclusive<u128> = 1..=i32::MAX as u128;
/// `TCP_MIN_MSS` and `MAX_TCP_WINDOW`.
const SEGMENT: RangeInclusive<usize> = 88..=32_767;
/// `TCP_CA_NAME_MAX` less its NUL.
const LONGEST_CONGESTION: usize = 15;
const NOTSENT_LOW_WATER: RangeInclusive<usize> = 1..=u32::MAX as usize;

/// Options of TCP. On a socket that is not TCP each fails with `Unsupported`.
impl Socket {
    /// Sends small pieces at once instead of collecting them until the peer has acknowledged the data in flight
    /// (`TCP_NODELAY`, tcp(7); off by default; Python `TCP_NODELAY`, Java `setTcpNoDelay`).
    ///
    /// # Errors
    /// `Unsupported`; `Closed`.
    pub fn set_nodelay(&self, on: bool) -> Result<()> {
        self.set(("TCP_NODELAY", on), move |sock| sock.set_tcp_nodelay(on))
    }

    /// Whether `TCP_NODELAY` is on.
    ///
    /// # Errors
    /// See [`set_nodelay`](Self::set_nodelay).
    pub fn nodelay(&self) -> Result<bool> {
        self.get("TCP_NODELAY", |sock| sock.tcp_nodelay())
    }

    /// Holds back a segment that is not full, at most 200 ms, until uncorked (`TCP_CORK`, tcp(7); off by default;
    /// Linux; Python `TCP_CORK`). It is stronger than [`set_nodelay`](Self::set_nodelay).
    ///
    /// # Errors
    /// `Unsupported`; `Closed`.
    pub fn set_cork(&self, on: bool) -> Result<()> {
        self.set_number(number::CORK, on.into())
    }

    /// Whether `TCP_CORK` is on.
    ///
    /// # Errors
    /// See [`set_cork`](Self::set_cork).
    pub fn cork(&self) -> Result<bool> {
        self.is_on(number::CORK)
    }

    /// Acknowledges at once instead of about 40 ms later (`TCP_QUICKACK`, tcp(7); on by default; Linux; Python
    /// `TCP_QUICKACK`, Java `TCP_QUICKACK`). Not permanent: the kernel changes it as the connection goes on.
    ///
    /// # Errors
    /// `Unsupported`; `Closed`.
    pub fn set_quickack(&self, on: bool) -> Result<()> {
        self.set_number(number::QUICKACK, on.into())
    }

    /// Whether acknowledgements currently go out at once.
    ///
    /// # Errors
    /// See [`set_quickack`](Self::set_quickack).
    pub fn quickack(&self) -> Result<bool> {
        self.is_on(number::QUICKACK)
    }

    /// Accepts a connection only once its first data are there, or this time has passed; `None` ends that
    /// (`TCP_DEFER_ACCEPT`, tcp(7); off by default; Linux; Python `TCP_DEFER_ACCEPT`). Linux rounds the time up to one
    /// of 1, 3, 7, 15, 31, 63, 127, 247, 367 … s, by the times at which it repeats the SYN-ACK.
    ///
    /// # Errors
    /// `InvalidInput("defer accept")` for zero and above 29,887 s; `Unsupported`; `Closed`.
    pub fn set_defer_accept(&self, time: Option<Duration>) -> Result<()> {
        let seconds = or_off(time, |time| in_seconds(time, &DEFER_ACCEPT, "defer accept"))?;
        self.set_number(number::DEFER_ACCEPT, seconds)
    }

    /// How long accept is deferred, as rounded; `None` when it is not.
    ///
    /// # Errors
    /// See [`set_defer_accept`](Self::set_defer_accept).
    pub fn defer_accept(&self) -> Result<Option<Duration>> {
        self.number(number::DEFER_ACCEPT)
            .map(|seconds| on(Duration::from_secs(count(seconds).into())))
    }

    /// Accepts data that come with the SYN, on a socket that is or will be listening; `queue` is how many such
    /// connections may wait for the end of their handshake, and 0 allows none (`TCP_FASTOPEN`, tcp(7), RFC 7413; 0;
    /// Python `TCP_FASTOPEN`; macOS and FreeBSD only know on and off). On Linux, bit 2 of `net.ipv4.tcp_fastopen` must allow it;
    /// it is off by default, and the option then silently does nothing. Linux cuts the number to `net.core.somaxconn`.
    ///
    /// # Errors
    /// `InvalidInput("fastopen queue")` above 2,147,483,647; `EINVAL` on a connection; `Unsupported`; `Closed`.
    pub fn set_fastopen(&self, queue: u32) -> Result<()> {
        let queue = in_range(queue, &NATURAL, "fastopen queue")?;
        self.set_number(number::FASTOPEN, queue)
    }

    /// The length of the queue of connections opened with data; 0 when there is none.
    ///
    /// # Errors
    /// See [`set_fastopen`](Self::set_fastopen).
    pub fn fastopen(&self) -> Result<u32> {
        self.number(number::FASTOPEN).map(count)
    }

    /// Lets connect return at once and the first send carry its data in the SYN, if an earlier connection to that
    /// server provided a cookie; otherwise connect works as usual (`TCP_FASTOPEN_CONNECT`, tcp(7); off by default;
    /// Linux 4.11; Python by number 30). That send then succeeds even if the connection fails: a refusal is reported by
    /// the call after it, such as a receive.
    ///
    /// # Errors
    /// `Unsupported` (the kernel's `EOPNOTSUPP`) when bit 1 of `net.ipv4.tcp_fastopen` is off; `EINVAL` after connect;
    /// `Closed`.
    pub fn set_fastopen_connect(&self, on: bool) -> Result<()> {
        self.set_number(number::FASTOPEN_CONNECT, on.into())
    }

    /// Whether `TCP_FASTOPEN_CONNECT` is on.
    ///
    /// # Errors
    /// See [`set_fastopen_connect`](Self::set_fastopen_connect).
    pub fn fastopen_connect(&self) -> Result<bool> {
        self.is_on(number::FASTOPEN_CONNECT)
    }

    /// How long sent data may stay unacknowledged, or unsent because the peer has no room, before the connection ends
    /// with `ETIMEDOUT`; rounded up to milliseconds, `None` leaves it to the system, some 15 minutes
    /// (`TCP_USER_TIMEOUT`, tcp(7), RFC 5482; none by default; Linux; Python `TCP_USER_TIMEOUT`). The kernel checks
    /// when it repeats a segment or a probe, so the connection ends late, never early. Also bounds keepalive.
    ///
    /// # Errors
    /// `InvalidInput("user timeout")` for zero and above 2,147,483,647 ms; `Unsupported`; `Closed`.
    pub fn set_user_timeout(&self, time: Option<Duration>) -> Result<()> {
        let milliseconds = or_off(time, |time| in_milliseconds(time, &USER_TIMEOUT, "user timeout"))?;
        self.set_number(number::USER_TIMEOUT, milliseconds)
    }

    /// The user timeout; `None` when it is the system's.
    ///
    /// # Errors
    /// See [`set_user_timeout`](Self::set_user_timeout).
    pub fn user_timeout(&self) -> Result<Option<Duration>> {
        self.number(number::USER_TIMEOUT)
            .map(|milliseconds| on(Duration::from_millis(count(milliseconds).into())))
    }

    /// Sends and announces no larger segments than this, in bytes, when set before connect or listen; `None`
    /// leaves it to the path (`TCP_MAXSEG`, tcp(7); Python `TCP_MAXSEG`).
    ///
    /// # Errors
    /// `InvalidInput("maximum segment")` outside 88–32,767; `Unsupported`; `Closed`.
    pub fn set_max_segment(&self, bytes: Option<usize>) -> Result<()> {
        let bytes = or_off(bytes, |bytes| in_range(bytes, &SEGMENT, "maximum segment"))?;
        self.set_number(Some((libc::IPPROTO_TCP, libc::TCP_MAXSEG)), bytes)
    }

    /// The largest segment now, in bytes: for a connection the negotiated size, less the room for TCP options; before
    /// that the size that was set, or 536.
    ///
    /// # Errors
    /// See [`set_max_segment`](Self::set_max_segment).
    pub fn max_segment(&self) -> Result<usize> {
        self.number(Some((libc::IPPROTO_TCP, libc::TCP_MAXSEG))).map(size)
    }

    /// Chooses the congestion control by name, such as `cubic` or `reno` (`TCP_CONGESTION`, tcp(7); what
    /// `net.ipv4.tcp_congestion_control` says; Linux, FreeBSD; Python `TCP_CONGESTION`).
    ///
    /// # Errors
    /// `InvalidInput("congestion control")` for an empty name and one longer than 15 bytes; `ENOENT` when the kernel
    /// has none of this name, `EPERM` when it is not among those allowed; `Unsupported`; `Closed`.
    pub fn set_congestion(&self, name: &str) -> Result<()> {
        let name = kernel_name(name, "congestion control")?;
        self.set_bytes(number::CONGESTION, name)
    }

    /// The name of the congestion control.
    ///
    /// # Errors
    /// See [`set_congestion`](Self::set_congestion).
    pub fn congestion(&self) -> Result<String> {
        let (level, option) = super::known(Operation::GetOption, number::CONGESTION)?;
        let mut room = [0; LONGEST_CONGESTION + 1];
        let length = self
            .option(level, option, &mut room)
            .map_err(super::or_unsupported)?;
        Ok(room.get(..length).map(name).unwrap_or_default())
    }

    /// Counts as writable only while fewer bytes than this wait to be sent for the first time; `None` is the
    /// system's (`TCP_NOTSENT_LOWAT`, tcp(7); `net.ipv4.tcp_notsent_lowat`, without limit; Linux, macOS; Python
    /// `TCP_NOTSENT_LOWAT`).
    ///
    /// # Errors
    /// `InvalidInput("not-sent low-water mark")` for 0 and above 4,294,967,295; `Unsupported`; `Closed`.
    pub fn set_notsent_low_water(&self, bytes: Option<usize>) -> Result<()> {
        if let Some(bytes) = bytes {
            check(bytes, &NOTSENT_LOW_WATER, "", "not-sent low-water mark")?;
        }
        // The range ends at 32 bits.
        let bytes = u32::try_from(bytes.unwrap_or(0)).unwrap_or(u32::MAX);
        self.set_bytes(number::NOTSENT_LOWAT, &bytes.to_ne_bytes())
    }

    /// The bytes that may wait to be sent for the first time; `None` when it is the system's.
    ///
    /// # Errors
    /// See [`set_notsent_low_water`](Self::set_notsent_low_water).
    pub fn notsent_low_water(&self) -> Result<Option<usize>> {
        let bytes = self.number(number::NOTSENT_LOWAT).map(super::unsigned)?;
        Ok(usize::try_from(bytes).ok().filter(|&bytes| bytes > 0))
    }
}

/// The kernel's zero for "off", or the value of `given`.
fn or_off<T>(given: Option<T>, convert: impl FnOnce(T) -> Result<c_int>) -> Result<c_int> {
    given.map_or(Ok(0), convert)
}

fn on(time: Duration) -> Option<Duration> {
    Some(time).filter(|time| !time.is_zero())
}
