//! Socket options, one file per level, sorted like those of `socket2`: [`socket_level`] and [`steering`] and [`buffers`]
//! (socket(7)), [`keepalive`] and [`tcp`] (tcp(7)), [`udp`] (udp(7)), [`ip`] (ip(7)), [`ipv6`] (ipv6(7)), [`multicast`] (both); [`raw`]
//! for all others, and [`timeouts`], which belong to the handle.
//!
//! What holds for all of them:
//! - A setter refuses what the kernel would refuse or silently cut, names the argument (`InvalidInput("ttl")`), and
//!   then has changed nothing.
//! - Times are `Duration`, rounded up to the kernel's unit, so never down to zero, which often means "off".
//! - An option that this system or this kind of socket does not have fails with `Unsupported`.
//! - Accepted sockets start with what the listener had, unless stated otherwise.
//!
//! "Python" is the name in CPython's `socket`, with a number where CPython 3.11 has no name; "Java" the method or
//! the constant in `StandardSocketOptions` and `ExtendedSocketOptions`; none is named where Java has none.

mod buffers;
mod interface;
mod ip;
mod ipv6;
mod keepalive;
pub(crate) mod limits;
pub(crate) mod multicast;
mod raw;
mod socket_level;
mod steering;
mod tcp;
mod timeouts;
mod udp;

pub use interface::Interface;
pub use keepalive::Keepalive;

use super::Socket;
use crate::domain::Family;
use crate::error::{legible, Error, Kind, Operation, Result};
use crate::sys::interface_index::LONGEST_NAME;
use crate::sys::kernel::OptionNumber;
use crate::sys::unix;
use crate::trace::Line;
use std::ffi::c_int;
use std::fmt;
use std::io;
use std::ops::RangeInclusive;
use std::time::Duration;

/// How every typed option reaches the system: through `socket2` if that has it on every Unix, otherwise by its number.
impl Socket {
    fn set(
        &self,
        (name, value): (&'static str, impl fmt::Debug),
        call: impl FnOnce(&socket2::SockRef<'_>) -> io::Result<()>,
    ) -> Result<()> {
        match self.enter_unwatched(Operation::SetOption)? {
            Some(inside) => call(&unix::sock(&inside.fd()))
                .map_err(|error| or_unsupported(Error::os(Operation::SetOption, &error))),
            None => self.set_watched(name, value, call),
        }
    }

    /// The same while calls are watched. A separate function, so that a call that is not recorded need not keep its arguments in
    /// memory.
    #[cold]
    #[inline(never)]
    fn set_watched(
        &self,
        name: &'static str,
        value: impl fmt::Debug,
        call: impl FnOnce(&socket2::SockRef<'_>) -> io::Result<()>,
    ) -> Result<()> {
        let arguments = |line: &mut Line| {
            line.text("option", name);
            line.text("value", format_args!("{value:?}"));
        };
        self.immediate_watched(Operation::SetOption, arguments, |fd| call(&unix::sock(&fd)))
            .map_err(or_unsupported)
    }

    fn get<T>(
        &self,
        name: &'static str,
        call: impl FnOnce(&socket2::SockRef<'_>) -> io::Result<T>,
    ) -> Result<T> {
        match self.enter_unwatched(Operation::GetOption)? {
            Some(inside) => call(&unix::sock(&inside.fd()))
                .map_err(|error| or_unsupported(Error::os(Operation::GetOption, &error))),
            None => self.get_watched(name, call),
        }
    }

    /// See [`set_watched`](Self::set_watched).
    #[cold]
    #[inline(never)]
    fn get_watched<T>(
        &self,
        name: &'static str,
        call: impl FnOnce(&socket2::SockRef<'_>) -> io::Result<T>,
    ) -> Result<T> {
        let arguments = |line: &mut Line| line.text("option", name);
        self.immediate_watched(Operation::GetOption, arguments, |fd| call(&unix::sock(&fd)))
            .map_err(or_unsupported)
    }

    fn set_number(&self, number: OptionNumber, value: c_int) -> Result<()> {
        self.set_bytes(number, &value.to_ne_bytes())
    }

    fn set_bytes(&self, number: OptionNumber, value: &[u8]) -> Result<()> {
        let (level, name) = known(Operation::SetOption, number)?;
        self.set_option(level, name, value).map_err(or_unsupported)
    }

    fn number(&self, number: OptionNumber) -> Result<c_int> {
        let (level, name) = known(Operation::GetOption, number)?;
        self.int_option(level, name).map_err(or_unsupported)
    }

    fn is_on(&self, number: OptionNumber) -> Result<bool> {
        self.number(number).map(|value| value != 0)
    }

    /// What belongs to the socket's version of IP.
    fn by_version<T>(&self, operation: Operation, ipv4: T, ipv6: T) -> Result<T> {
        match self.family {
            Family::IPV4 => Ok(ipv4),
            Family::IPV6 => Ok(ipv6),
            _ => Err(Error::new(operation, Kind::Unsupported)),
        }
    }
}

fn known(operation: Operation, number: OptionNumber) -> Result<(c_int, c_int)> {
    number.ok_or(Error::new(operation, Kind::Unsupported))
}

/// The error of an option: a missing option is always reported in the same way, though the kernel has two.
pub(super) fn or_unsupported(error: Error) -> Error {
    if matches!(error.kind(), Kind::Os(libc::ENOPROTOOPT | libc::EOPNOTSUPP)) {
        return Error::new(error.operation(), Kind::Unsupported);
    }
    error
}

fn invalid(argument: &'static str, rule: &'static str) -> Error {
    Error::invalid(Operation::SetOption, argument, rule)
}

/// `value` as the kernel takes it.
pub(crate) fn in_range<T>(value: T, range: &RangeInclusive<T>, argument: &'static str) -> Result<c_int>
where
    T: Copy + PartialOrd + TryInto<c_int> + TryInto<i64>,
{
    check(value, range, "", argument)?;
    to_number(value, argument)
}

/// `time` in whole seconds, rounded up, as the kernel takes it.
fn in_seconds(time: Duration, range: &RangeInclusive<u128>, argument: &'static str) -> Result<c_int> {
    let begun = time.subsec_nanos() > 0;
    let seconds = u128::from(time.as_secs()) + u128::from(begun);
    check(seconds, range, " s", argument)?;
    to_number(seconds, argument)
}

/// `time` in whole milliseconds, rounded up, as the kernel takes it.
fn in_milliseconds(time: Duration, range: &RangeInclusive<u128>, argument: &'static str) -> Result<c_int> {
    let milliseconds = time.as_nanos().div_ceil(1_000_000);
    check(milliseconds, range, " ms", argument)?;
    to_number(milliseconds, argument)
}

/// Refuses a value outside its range. A unit starts with a space.
fn check<T>(value: T, range: &RangeInclusive<T>, unit: &'static str, argument: &'static str) -> Result<()>
where
    T: Copy + PartialOrd + TryInto<i64>,
{
    if range.contains(&value) {
        return Ok(());
    }
    let wide = |number: T| number.try_into().unwrap_or(i64::MAX);
    let limits = (wide(*range.start()), wide(*range.end()));
    let operation = Operation::SetOption;
    Err(Error::out_of_range(
        operation,
        argument,
        limits,
        unit,
        wide(value),
    ))
}

fn to_number(value: impl TryInto<c_int>, argument: &'static str) -> Result<c_int> {
    value.try_into().map_err(|_| invalid(argument, "is too large"))
}

/// A count of the kernel's, which is never below zero.
fn count(value: c_int) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

/// The unsigned number behind an `int` that stands for any 32 bits.
fn unsigned(value: c_int) -> u32 {
    u32::from_ne_bytes(value.to_ne_bytes())
}

fn size(value: c_int) -> usize {
    usize::try_from(value).unwrap_or(0)
}

/// A name as the kernel hands it back: up to its NUL.
fn name(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or(bytes)).into_owned()
}

/// A name in the form that the kernel takes. It would silently cut one that is too long or has a NUL.
fn kernel_name<'n>(name: &'n str, argument: &'static str) -> Result<&'n [u8]> {
    if name.is_empty() || name.len() > LONGEST_NAME || name.contains('\0') {
        return Err(invalid(argument, "must have 1 to 15 bytes and no NUL").with_detail(legible(name)));
    }
    Ok(name.as_bytes())
}
