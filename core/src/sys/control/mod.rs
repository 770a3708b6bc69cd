//! The control messages whose contents every system lays out in its own way: credentials, packet information over IPv4,
//! timestamps. No system calls.

#[cfg(target_vendor = "apple")]
mod apple;
#[cfg(target_os = "freebsd")]
mod freebsd;
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
mod in_pktinfo;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(any(target_os = "linux", target_vendor = "apple", target_os = "freebsd")))]
mod other;

#[cfg(target_vendor = "apple")]
pub use apple::*;
#[cfg(target_os = "freebsd")]
pub use freebsd::*;
#[cfg(target_os = "linux")]
pub use linux::*;
#[cfg(not(any(target_os = "linux", target_vendor = "apple", target_os = "freebsd")))]
pub use other::*;

use std::time::Duration;

/// A control message by its level, type and contents.
pub type Message<'a> = (i32, i32, &'a [u8]);

/// The number of four bytes at an offset.
fn number(data: &[u8], at: usize) -> Option<[u8; 4]> {
    data.get(at..at + 4)?.try_into().ok()
}

/// When a datagram arrived, since 1970, if that is what a message holds: a `timeval`, on Linux also a `timespec`.
pub fn timestamp((level, kind, data): Message<'_>) -> Option<Duration> {
    match (level, kind) {
        (libc::SOL_SOCKET, libc::SCM_TIMESTAMP) => time(data, 1000),
        #[cfg(target_os = "linux")]
        (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) => time(data, 1),
        _ => None,
    }
}

/// A `timespec` or `timeval`: seconds, and a fraction in this unit.
fn time(data: &[u8], unit: u64) -> Option<Duration> {
    const SECONDS: usize = size_of::<libc::timeval>() / 2;
    // Apple's microseconds have four bytes, and four follow that mean nothing.
    const FRACTION: usize = if cfg!(target_vendor = "apple") { 4 } else { SECONDS };
    let number = |bytes: &[u8]| match bytes.len() {
        4 => Some(i64::from(i32::from_ne_bytes(bytes.try_into().ok()?))),
        8 => Some(i64::from_ne_bytes(bytes.try_into().ok()?)),
        _ => None,
    };
    let (seconds, rest) = data.split_at_checked(SECONDS)?;
    let (seconds, fraction) = (number(seconds)?, number(rest.get(..FRACTION)?)?);
    let nanoseconds = u64::try_from(fraction).ok()?.checked_mul(unit)?;
    Some(Duration::from_secs(u64::try_from(seconds).ok()?) + Duration::from_nanos(nanoseconds))
}
