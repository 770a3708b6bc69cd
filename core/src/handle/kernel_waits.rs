//! Waking calls that wait in the kernel, where only shutdown(2) reaches them.

use super::handle::Handle;
use crate::sys::holders::{holders, Holders};
use crate::sys::wakeable_poll::events_now;
use crate::sys::{kernel, unix};
use std::net::Shutdown;
use std::os::fd::BorrowedFd;
use std::time::Instant;

impl Handle {
    /// Wakes the calls that wait in the kernel, unless the socket has another holder since they began; in that case
    /// they leave when something arrives. Only holders seen after `since` count as found. `Transient` if another try later
    /// is worthwhile; `spares_stream` if there will be one in any case.
    pub(super) fn wake_kernel_waits(&self, since: Instant, spares_stream: bool) -> Holders {
        if self.state.calls().in_kernel == 0 {
            return Holders::None;
        }
        let fd = self.descriptor.lend();
        let given_out = self.exposure.fd_was_given_out_before_close();
        let holders = if self.is_private() {
            Holders::None
        } else {
            holders(fd, given_out, since)
        };
        if holders != Holders::None {
            return holders;
        }
        // With a linger time of zero the close should be a reset on the wire, without an end of stream before it.
        let resets = matches!(unix::resets_on_close(fd), Ok(true));
        if resets && unix::disconnect(fd).is_ok() {
            return Holders::None;
        }
        let ended = if resets && spares_stream {
            before_reset(fd)
        } else {
            Shutdown::Both
        };
        // It wakes the calls even if it fails because the socket is not connected.
        let _ = unix::sock(&fd).shutdown(ended);
        if ended == Shutdown::Both {
            Holders::None
        } else {
            Holders::Transient // a call that was sending may have used up the room just now, and waits
        }
    }

    /// After the close: wakes calls that wait in the kernel and could not be woken earlier. Returns true when another
    /// try later is worthwhile.
    pub(crate) fn wake_again(&self) -> bool {
        if self.is_private() {
            return false; // they have been woken
        }
        let inside = self.enter_closed();
        inside.is_some_and(|_inside| self.wake_kernel_waits(Instant::now(), false) == Holders::Transient)
    }
}

/// What to shut down where connect(2) could not reset, for example because a filter of system calls forbids it: if possible not our
/// own stream, whose end the peer would receive before the reset. Only calls that send need that, and they wait only
/// while there is no room.
fn before_reset(fd: BorrowedFd<'_>) -> Shutdown {
    let has_room = || matches!(events_now(fd, libc::POLLOUT), Ok(events) if events & libc::POLLOUT != 0);
    if matches!(kernel::is_tcp(fd), Ok(true)) && has_room() {
        Shutdown::Read
    } else {
        Shutdown::Both
    }
}
