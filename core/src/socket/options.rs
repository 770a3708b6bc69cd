//! Timeouts, the blocking mode, and socket options.

use super::Socket;
use crate::error::{Error, Kind, Operation, Result};
use crate::handle::Direction;
use crate::sys::{special, unix};
use crate::time::Timeout;
use std::io;
use std::ops::RangeInclusive;
use std::time::Duration;

/// The three numbers of keepalive; `None` keeps the system's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keepalive {
    /// How long a connection is quiet before the first probe (`TCP_KEEPIDLE`; Linux: 2 hours), whole seconds.
    pub idle: Option<Duration>,
    /// The time between probes (`TCP_KEEPINTVL`; Linux: 75 s), whole seconds.
    pub interval: Option<Duration>,
    /// How many probes go unanswered before the connection is dropped (`TCP_KEEPCNT`; Linux: 9).
    pub count: Option<u32>,
}

/// What Linux takes for the times of keepalive, in seconds (`MAX_TCP_KEEPIDLE`), …
const KEEPALIVE_SECONDS: RangeInclusive<u64> = 1..=32767;
/// … and for the number of probes (`MAX_TCP_KEEPCNT`).
const KEEPALIVE_COUNT: RangeInclusive<u32> = 1..=127;
/// The longest linger that every system takes (some keep 16 bits), in seconds.
const MAX_LINGER: u64 = 65_535;

/// Timeouts and the blocking mode: of the handle, not of the kernel's socket.
impl Socket {
    /// Sets the timeout of calls that name none, in both directions: recv, accept; send, connect.
    pub fn set_timeout(&self, timeout: impl Into<Timeout>) {
        let timeout = timeout.into();
        self.set_recv_timeout(timeout);
        self.set_send_timeout(timeout);
    }

    /// Sets the timeout of recv and accept.
    pub fn set_recv_timeout(&self, timeout: impl Into<Timeout>) {
        self.handle.set_timeout(Direction::Receive, timeout.into());
    }

    /// Sets the timeout of send and connect.
    pub fn set_send_timeout(&self, timeout: impl Into<Timeout>) {
        self.handle.set_timeout(Direction::Send, timeout.into());
    }

    /// The timeout of recv and accept; `Never` unless set.
    pub fn recv_timeout(&self) -> Timeout {
        self.handle.timeout(Direction::Receive)
    }

    /// The timeout of send and connect; `Never` unless set.
    pub fn send_timeout(&self) -> Timeout {
        self.handle.timeout(Direction::Send)
    }

    /// Makes the socket blocking (calls wait for ever) or non-blocking (calls never wait), the descriptor's mode
    /// included.
    ///
    /// # Errors
    /// `Closed`.
    pub fn set_blocking(&self, on: bool) -> Result<()> {
        self.set_descriptor_nonblocking(!on)?;
        self.set_timeout(if on { Timeout::Never } else { Timeout::NonBlocking });
        Ok(())
    }

    /// Sets only the descriptor's mode (`O_NONBLOCK`), for those who use its number elsewhere; the calls here wait
    /// as their timeouts say in either mode.
    ///
    /// # Errors
    /// `Closed`.
    pub fn set_descriptor_nonblocking(&self, on: bool) -> Result<()> {
        self.now(Operation::SetOption, |fd| special::set_nonblocking(fd, on))?;
        self.handle.note_nonblocking(on);
        Ok(())
    }
}

/// Options of the socket level (socket(7)).
impl Socket {
    /// What close does with data not sent yet (`SO_LINGER`; Java `setSoLinger`). `None`, the default: close returns
    /// at once and the kernel goes on sending. Zero: close drops them and resets the connection. Otherwise close
    /// waits so long for the peer's acknowledgement; the kernel counts in seconds, and parts are rounded up.
    ///
    /// # Errors
    /// `InvalidInput("linger")` above 65,535 s; `Closed`.
    pub fn set_linger(&self, linger: Option<Duration>) -> Result<()> {
        let round_up = |linger: Duration| {
            linger
                .as_secs()
                .saturating_add(u64::from(linger.subsec_nanos() > 0))
        };
        let seconds = linger.map(round_up);
        if seconds.is_some_and(|seconds| seconds > MAX_LINGER) {
            return Err(Error::invalid(Operation::SetOption, "linger"));
        }
        self.set(|sock| sock.set_linger(seconds.map(Duration::from_secs)))
    }

    /// The linger time; `None` when off.
    ///
    /// # Errors
    /// `Closed`.
    pub fn linger(&self) -> Result<Option<Duration>> {
        self.get(|sock| sock.linger())
    }

    /// Lets bind take an address that an earlier connection still holds in TIME_WAIT (`SO_REUSEADDR`; off by
    /// default; Java `setReuseAddress`). Both listeners must not be alive at once.
    ///
    /// # Errors
    /// `Closed`.
    pub fn set_reuse_address(&self, on: bool) -> Result<()> {
        self.set(|sock| sock.set_reuse_address(on))
    }

    /// Whether `SO_REUSEADDR` is on.
    ///
    /// # Errors
    /// `Closed`.
    pub fn reuse_address(&self) -> Result<bool> {
        self.get(|sock| sock.reuse_address())
    }

    /// Probes a quiet connection (`SO_KEEPALIVE`; off by default; Java `setKeepAlive`); `None` stops that.
    ///
    /// # Errors
    /// `InvalidInput` naming the number that is out of range; `Closed`.
    pub fn set_keepalive(&self, keepalive: Option<Keepalive>) -> Result<()> {
        let Some(numbers) = keepalive else {
            return self.set(|sock| sock.set_keepalive(false));
        };
        let out_of_range = |time: Option<Duration>| {
            time.is_some_and(|time| !KEEPALIVE_SECONDS.contains(&time.as_secs()) || time.subsec_nanos() > 0)
        };
        let wrong = if out_of_range(numbers.idle) {
            Some("keepalive idle")
        } else if out_of_range(numbers.interval) {
            Some("keepalive interval")
        } else if numbers
            .count
            .is_some_and(|count| !KEEPALIVE_COUNT.contains(&count))
        {
            Some("keepalive count")
        } else {
            None
        };
        if let Some(argument) = wrong {
            return Err(Error::invalid(Operation::SetOption, argument));
        }
        self.set(|sock| {
            let mut params = socket2::TcpKeepalive::new();
            if let Some(idle) = numbers.idle {
                params = params.with_time(idle);
            }
            if let Some(interval) = numbers.interval {
                params = params.with_interval(interval);
            }
            if let Some(count) = numbers.count {
                params = params.with_retries(count);
            }
            sock.set_keepalive(true)?;
            if numbers == Keepalive::default() {
                return Ok(());
            }
            sock.set_tcp_keepalive(&params)
        })
    }

    /// Keepalive's numbers as they are in force; `None` when it is off.
    ///
    /// # Errors
    /// `Closed`; the system's for a socket that is not TCP and has keepalive on.
    pub fn keepalive(&self) -> Result<Option<Keepalive>> {
        self.get(|sock| {
            if !sock.keepalive()? {
                return Ok(None);
            }
            Ok(Some(Keepalive {
                idle: Some(sock.tcp_keepalive_time()?),
                interval: Some(sock.tcp_keepalive_interval()?),
                count: Some(sock.tcp_keepalive_retries()?),
            }))
        })
    }
}

/// Options of TCP (tcp(7)).
impl Socket {
    /// Sends small pieces at once instead of gathering them (`TCP_NODELAY`; off by default; Java `setTcpNoDelay`).
    ///
    /// # Errors
    /// `Closed`; the system's for a socket that is not TCP.
    pub fn set_nodelay(&self, on: bool) -> Result<()> {
        self.set(|sock| sock.set_tcp_nodelay(on))
    }

    /// Whether `TCP_NODELAY` is on.
    ///
    /// # Errors
    /// As [`set_nodelay`](Self::set_nodelay).
    pub fn nodelay(&self) -> Result<bool> {
        self.get(|sock| sock.tcp_nodelay())
    }
}

/// Options by number.
impl Socket {
    /// Sets any option from bytes (setsockopt(2)).
    ///
    /// # Errors
    /// `Closed`; the system's, such as `ENOPROTOOPT`.
    pub fn set_option(&self, level: i32, name: i32, value: &[u8]) -> Result<()> {
        self.now(Operation::SetOption, |fd| {
            unix::set_option(fd, level, name, value)
        })
    }

    /// Sets an option that has no value, only a length (setsockopt(2) with a null pointer).
    ///
    /// # Errors
    /// As [`set_option`](Self::set_option).
    pub fn set_option_null(&self, level: i32, name: i32, length: u32) -> Result<()> {
        self.now(Operation::SetOption, |fd| {
            unix::set_option_null(fd, level, name, length)
        })
    }

    /// Reads any option into `value` and says how many bytes it took (getsockopt(2)).
    ///
    /// # Errors
    /// As [`set_option`](Self::set_option).
    pub fn option(&self, level: i32, name: i32, value: &mut [u8]) -> Result<usize> {
        self.now(Operation::GetOption, |fd| {
            unix::get_option(fd, level, name, value)
        })
    }

    /// Reads an option that is an `int`.
    ///
    /// # Errors
    /// As [`set_option`](Self::set_option).
    pub fn int_option(&self, level: i32, name: i32) -> Result<i32> {
        self.now(Operation::GetOption, |fd| unix::get_int(fd, level, name))
    }

    /// Takes the error that waits on the socket (`SO_ERROR`), such as that of a connect in the background.
    ///
    /// # Errors
    /// `Closed`.
    pub fn take_error(&self) -> Result<Option<Kind>> {
        self.get(|sock| Ok(sock.take_error()?.map(|error| Kind::from_io(&error))))
    }

    fn set(&self, call: impl FnOnce(&socket2::SockRef<'_>) -> io::Result<()>) -> Result<()> {
        self.now(Operation::SetOption, |fd| call(&unix::sock(&fd)))
    }

    fn get<T>(&self, call: impl FnOnce(&socket2::SockRef<'_>) -> io::Result<T>) -> Result<T> {
        self.now(Operation::GetOption, |fd| call(&unix::sock(&fd)))
    }
}
