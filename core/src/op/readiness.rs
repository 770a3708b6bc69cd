//! Waiting until a descriptor is ready, including descriptors that the kernel calls ready although there is nothing to do.

use crate::handle::{Handle, Reason, Registration};
use crate::sys::os::Changes;
use crate::sys::wakeable_poll::events_now;
use crate::time::Deadline;
use crate::wait::{wait_ready, wait_woken, WaitOutcome};
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// After this many false alarms in a row, reported readiness is no longer trusted and attempts are made at intervals (a
/// Unix datagram socket is always writable, however full its peer).
const FALSE_ALARMS: u32 = 3;

/// A descriptor that was not ready for this long is trusted again.
const BELIEVED_AFTER: Duration = Duration::from_millis(1);

/// The longest interval between such attempts.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// The waits of one call for a descriptor to be ready.
pub(super) struct ReadinessWait<'a> {
    handle: &'a Handle,
    fd: BorrowedFd<'a>,
    events: i16,
    registration: Option<Registration<'a>>,
    /// How many times in a row the descriptor was ready but there was nothing to do.
    false_alarms: u32,
    /// Reports changes of readiness, for a descriptor that stays ready.
    changes: Option<Changes>,
}

impl<'a> ReadinessWait<'a> {
    pub(super) fn new(handle: &'a Handle, fd: BorrowedFd<'a>, events: i16) -> Self {
        Self {
            handle,
            fd,
            events,
            registration: None,
            false_alarms: 0,
            changes: None,
        }
    }

    /// Waits until the descriptor is ready, or may be.
    pub(super) fn wait(&mut self, until: Deadline) -> WaitOutcome {
        let registration = self
            .registration
            .get_or_insert_with(|| Registration::new(self.handle, Reason::Readiness));
        if self.false_alarms == FALSE_ALARMS
            && self.changes.is_none()
            && has_only_reports(self.fd, self.events)
        {
            self.changes = Changes::of(self.fd, self.events).ok();
        }
        if self.false_alarms >= FALSE_ALARMS && self.changes.is_none() {
            let paused = pause(until, registration, self.false_alarms - FALSE_ALARMS);
            if paused != WaitOutcome::Ready {
                return paused;
            }
        }
        let began = (self.false_alarms > 0).then(Instant::now);
        let waited = match &self.changes {
            Some(changes) => {
                let waited = wait_ready((changes.poll_fd(), libc::POLLIN), until, registration);
                if !changes.take() {
                    self.changes = None; // otherwise it would stay readable
                }
                waited
            }
            None => wait_ready((self.fd, self.events), until, registration),
        };
        if began.is_some_and(|began| began.elapsed() >= BELIEVED_AFTER) {
            self.false_alarms = 0;
        }
        waited
    }

    /// Records an attempt that found nothing to do; `waited` says whether it followed a wait.
    pub(super) fn note_nothing(&mut self, waited: bool) {
        self.false_alarms = if waited { self.false_alarms + 1 } else { 0 };
    }
}

/// Whether the descriptor is ready only because of reports in its error queue (ip(7), timestamping, zero copy), which
/// stay until the program takes them out.
fn has_only_reports(fd: BorrowedFd<'_>, events: i16) -> bool {
    events_now(fd, events).is_ok_and(|seen| seen & events == 0 && seen & libc::POLLERR != 0)
}

/// Waits for a growing time, where readiness means nothing: `Ready` when the next attempt is due.
fn pause(until: Deadline, registration: &mut Registration<'_>, round: u32) -> WaitOutcome {
    let pause = Duration::from_millis(1 << round.min(6)).min(LONGEST_PAUSE);
    let paused = wait_woken(until.or_earlier(Instant::now() + pause), registration);
    if paused == WaitOutcome::TimeUp && !until.passed() {
        WaitOutcome::Ready
    } else {
        paused
    }
}
