//! Waking calls that wait in the kernel, where only shutdown(2) reaches them.

use super::handle::Handle;
use crate::sys::holders::{holders, Holders};
use crate::sys::unix;
use std::time::Instant;

impl Handle {
    /// Wakes the calls that wait in the kernel, unless the socket has another holder since they began; in that case
    /// they leave when something arrives. Only holders seen after `since` count as found.
    pub(super) fn wake_kernel_waits(&self, since: Instant) -> Holders {
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
        if holders == Holders::None {
            // With a linger time of zero the close should be a reset on the wire, without an end of stream before it.
            let resets = matches!(unix::resets_on_close(fd), Ok(true));
            if !resets || unix::disconnect(fd).is_err() {
                // It wakes the calls even if it fails because the socket is not connected.
                let _ = unix::sock(&fd).shutdown(std::net::Shutdown::Both);
            }
        }
        holders
    }

    /// After the close: wakes calls that wait in the kernel and could not be woken earlier. Returns true when another
    /// try later is worthwhile.
    pub(crate) fn wake_again(&self) -> bool {
        if self.is_private() {
            return false; // they have been woken
        }
        let inside = self.enter_closed();
        inside.is_some_and(|_inside| self.wake_kernel_waits(Instant::now()) == Holders::Transient)
    }
}
