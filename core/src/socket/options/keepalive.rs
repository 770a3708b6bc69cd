//! Keepalive and its three numbers (tcp(7)).

use super::super::Socket;
use super::{in_range, in_seconds};
use crate::error::Result;
use std::ops::RangeInclusive;
use std::time::Duration;

/// The three numbers of keepalive; `None` keeps the system's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keepalive {
    /// How long a connection is idle before the first probe: 1–32,767 s, rounded up to seconds (`TCP_KEEPIDLE`;
    /// Linux: 2 hours; Python `TCP_KEEPIDLE`, Java `TCP_KEEPIDLE`).
    pub idle: Option<Duration>,
    /// The time between probes: 1–32,767 s, rounded up to seconds (`TCP_KEEPINTVL`; Linux: 75 s; Python
    /// `TCP_KEEPINTVL`, Java `TCP_KEEPINTERVAL`).
    pub interval: Option<Duration>,
    /// How many probes may go unanswered before the connection is dropped: 1–127 (`TCP_KEEPCNT`; Linux: 9; Python
    /// `TCP_KEEPCNT`, Java `TCP_KEEPCOUNT`).
    pub count: Option<u32>,
}

/// What Linux accepts for the times, in seconds (`MAX_TCP_KEEPIDLE`), …
const SECONDS: RangeInclusive<u128> = 1..=32_767;
/// … and for the number of probes (`MAX_TCP_KEEPCNT`).
const COUNT: RangeInclusive<u32> = 1..=127;

/// Keepalive.
impl Socket {
    /// Probes an idle connection (`SO_KEEPALIVE`, socket(7); off by default; Python `SO_KEEPALIVE`, Java
    /// `setKeepAlive`); `None` stops that.
    ///
    /// # Errors
    /// `InvalidInput` with `"keepalive idle"`, `"keepalive interval"` or `"keepalive count"`; `Unsupported` for
    /// numbers on a socket that is not TCP; `Closed`.
    pub fn set_keepalive(&self, keepalive: Option<Keepalive>) -> Result<()> {
        let Some(numbers) = keepalive else {
            return self.set(("SO_KEEPALIVE", "off"), move |sock| sock.set_keepalive(false));
        };
        let mut params = socket2::TcpKeepalive::new();
        if let Some(idle) = numbers.idle {
            params = params.with_time(whole_seconds(idle, "keepalive idle")?);
        }
        if let Some(interval) = numbers.interval {
            params = params.with_interval(whole_seconds(interval, "keepalive interval")?);
        }
        if let Some(count) = numbers.count {
            in_range(count, &COUNT, "keepalive count")?;
            params = params.with_retries(count);
        }
        self.set(("SO_KEEPALIVE", numbers), move |sock| {
            if numbers == Keepalive::default() {
                return sock.set_keepalive(true);
            }
            // socket2 turns keepalive on before it sets the numbers: a socket without such numbers must stay as it is.
            sock.tcp_keepalive_retries()?;
            sock.set_tcp_keepalive(&params)
        })
    }

    /// Keepalive's numbers as they are in force; `None` when it is off.
    ///
    /// # Errors
    /// `Closed`; `Unsupported` for a socket that is not TCP and has keepalive on.
    pub fn keepalive(&self) -> Result<Option<Keepalive>> {
        self.get("SO_KEEPALIVE", |sock| {
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

fn whole_seconds(time: Duration, argument: &'static str) -> Result<Duration> {
    let seconds = in_seconds(time, &SECONDS, argument)?;
    Ok(Duration::from_secs(u64::from(super::count(seconds))))
}
