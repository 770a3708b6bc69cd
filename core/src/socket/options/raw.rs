//! Options by number, for all those that have no name here.

use super::super::Socket;
use crate::error::{Error, Operation, Result};
use crate::handle::{note_low_water, Direction};
use crate::sys::{kernel, unix};
use crate::trace::Line;
use std::io;
use std::os::fd::BorrowedFd;

/// Options by number.
impl Socket {
    /// Sets any option from bytes (setsockopt(2)).
    ///
    /// # Errors
    /// `Closed`; the system's, such as `ENOPROTOOPT`.
    pub fn set_option(&self, level: i32, name: i32, value: &[u8]) -> Result<()> {
        match self.enter_unwatched(Operation::SetOption)? {
            Some(inside) => self
                .set_at(inside.fd(), level, name, value)
                .map_err(|error| Error::os(Operation::SetOption, &error)),
            None => self.set_option_watched(level, name, value),
        }
    }

    #[cold]
    #[inline(never)]
    fn set_option_watched(&self, level: i32, name: i32, value: &[u8]) -> Result<()> {
        let arguments = |line: &mut Line| {
            line.number("level", level);
            line.number("option", name);
            match value.try_into() {
                Ok(number) => line.number("value", i32::from_ne_bytes(number)),
                Err(_) => line.number("value_bytes", value.len()),
            }
        };
        self.immediate_watched(Operation::SetOption, arguments, |fd| {
            self.set_at(fd, level, name, value)
        })
    }

    // Compiled twice, it would otherwise be called where it used to be a part of the call.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn set_at(&self, fd: BorrowedFd<'_>, level: i32, name: i32, value: &[u8]) -> io::Result<()> {
        if (level, name) == (libc::SOL_SOCKET, libc::SO_RCVLOWAT) {
            note_low_water();
        }
        let set = || unix::set_option(fd, level, name, value);
        match limited(level, name) {
            Some(direction) => self.handle.set_limit_of_program(direction, set),
            None => set(),
        }
    }

    /// Sets an option that has no value, only a length (setsockopt(2) with a null pointer).
    ///
    /// # Errors
    /// See [`set_option`](Self::set_option).
    pub fn set_option_null(&self, level: i32, name: i32, length: u32) -> Result<()> {
        let arguments = move |line: &mut Line| {
            line.number("level", level);
            line.number("option", name);
            line.number("value_bytes", length);
        };
        self.immediate_with(Operation::SetOption, arguments, move |fd| {
            unix::set_option_null(fd, level, name, length)
        })
    }

    /// Reads any option into `value` and returns its length in bytes (getsockopt(2)).
    ///
    /// # Errors
    /// See [`set_option`](Self::set_option).
    pub fn option(&self, level: i32, name: i32, value: &mut [u8]) -> Result<usize> {
        match self.enter_unwatched(Operation::GetOption)? {
            Some(inside) => self
                .get_at(inside.fd(), level, name, value)
                .map_err(|error| Error::os(Operation::GetOption, &error)),
            None => self.option_watched(level, name, value),
        }
    }

    #[cold]
    #[inline(never)]
    fn option_watched(&self, level: i32, name: i32, value: &mut [u8]) -> Result<usize> {
        let arguments = |line: &mut Line| {
            line.number("level", level);
            line.number("option", name);
        };
        self.immediate_watched(Operation::GetOption, arguments, |fd| {
            self.get_at(fd, level, name, value)
        })
    }

    // As above.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn get_at(&self, fd: BorrowedFd<'_>, level: i32, name: i32, value: &mut [u8]) -> io::Result<usize> {
        let length = unix::get_option(fd, level, name, value)?;
        if let (libc::SOL_SOCKET, libc::SO_ERROR, Some(&error)) = (level, name, value.first_chunk()) {
            self.handle.connection_end.note(fd, i32::from_ne_bytes(error));
        }
        if limited(level, name).is_some_and(|direction| self.handle.hides_limit(direction)) {
            value.iter_mut().take(length).for_each(|byte| *byte = 0); // none
        }
        Ok(length)
    }

    /// Reads an option that is an `int`.
    ///
    /// # Errors
    /// See [`set_option`](Self::set_option).
    pub fn int_option(&self, level: i32, name: i32) -> Result<i32> {
        let mut value = [0; size_of::<i32>()];
        self.option(level, name, &mut value)?;
        Ok(i32::from_ne_bytes(value))
    }

    /// Sets an option that is an `int`.
    ///
    /// # Errors
    /// See [`set_option`](Self::set_option).
    pub fn set_int_option(&self, level: i32, name: i32, value: i32) -> Result<()> {
        self.set_option(level, name, &value.to_ne_bytes())
    }
}

/// The direction in which an option limits how long calls wait in the kernel.
fn limited(level: i32, name: i32) -> Option<Direction> {
    if level != libc::SOL_SOCKET {
        None
    } else if kernel::RECEIVE_LIMITS.contains(&name) {
        Some(Direction::Receive)
    } else if kernel::SEND_LIMITS.contains(&name) {
        Some(Direction::Send)
    } else {
        None
    }
}
