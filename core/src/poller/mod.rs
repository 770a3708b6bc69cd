//! Waiting for many sockets at a cost that does not grow with their number.

mod event;
mod registry;

pub use event::Event;

use crate::adaptive_spin::AdaptiveSpin;
use crate::caller::{look_then_block, Caller, NativeCaller};
use crate::error::{Error, Kind, Operation, Result};
use crate::poll::{add_target, Events, PollTarget};
use crate::sys::reserve::check_left;
use crate::sys::selector::{new_selector, Interest, PollSet, Selector, Trigger, MOST_EVENTS};
use crate::time::{Deadline, Timeout};
use crate::trace::{self, Line, Moved};
use registry::Registry;
use std::io;
use std::sync::Arc;
use std::time::Instant;

/// A set of sockets, registered once, of which each wait reports the ready ones (epoll(7); Python `select.epoll`, Java
/// `Selector`).
///
/// Closing a registered socket ends its registration before the descriptor is closed, so an event never comes from a socket
/// that was closed: neither for another one that got its number, nor because a duplicate or a child process keeps the
/// connection open. A plain descriptor must be removed before it is closed. Dropping the poller leaves the sockets as
/// they are; neither needs to outlive the other.
///
/// Any number of threads may add, remove and wait. In a forked child the poller has the same registrations, so a
/// program may become a daemon after it has set its poller up; neither process disturbs the other, and both are
/// notified of readiness. If a thread was changing the poller at the moment of the fork, the child's poller is closed
/// (`Closed`).
///
/// ```
/// use polysock::{create_connection, create_server, Event, Events, Trigger, Poller};
/// use std::time::Duration;
///
/// # fn main() -> polysock::Result<()> {
/// let poller = Poller::new()?;
/// let server = create_server("127.0.0.1", 0, 16)?;
/// poller.add(&server, 7, Events::READABLE, Trigger::Level)?;
///
/// let port = server.local_address()?.port().unwrap_or(0);
/// let _client = create_connection("127.0.0.1", port, Duration::from_secs(5))?;
///
/// let mut events = [Event::default(); 64];
/// assert_eq!(poller.wait(&mut events, Duration::from_secs(5))?, 1);
/// assert_eq!(events[0].token, 7);
/// # Ok(())
/// # }
/// ```
pub struct Poller(Arc<Registry>);

impl Poller {
    /// The most events that one [`wait`](Self::wait) writes.
    pub const MOST_EVENTS: usize = MOST_EVENTS;

    /// Makes an empty poller; it takes two descriptors.
    ///
    /// # Errors
    /// The system's, such as `EMFILE`.
    pub fn new() -> Result<Self> {
        Self::with(new_selector)
    }

    /// Makes one that works as on systems without epoll: each wait is a poll(2) over all sockets, and there is no
    /// [`Trigger::Edge`].
    #[doc(hidden)]
    pub fn portable() -> Result<Self> {
        Self::with(|| Ok(Arc::new(PollSet::new())))
    }

    fn with(make: fn() -> io::Result<Arc<dyn Selector>>) -> Result<Self> {
        named(check_left())?;
        named(Registry::new(make)).map(Self)
    }

    /// Registers a socket or descriptor: its events carry `token`. `ERROR` and `HANGUP` are always reported.
    ///
    /// # Errors
    /// `Closed`; `EEXIST` when it is already registered, `EPERM` for a descriptor that can't be waited for (a file);
    /// `Unsupported` for [`Trigger::Edge`] without epoll.
    pub fn add<'a>(
        &self,
        target: impl Into<PollTarget<'a>>,
        token: u64,
        events: Events,
        trigger: Trigger,
    ) -> Result<()> {
        let target = target.into();
        recorded("add", Some((&target, token, events)), || {
            self.0.add(target, token, interest(events, trigger))
        })
    }

    /// Changes the token, the events or the trigger of a registration; arms a [`Trigger::OneShot`] again.
    ///
    /// # Errors
    /// `Closed`; `ENOENT` when it is not registered.
    pub fn modify<'a>(
        &self,
        target: impl Into<PollTarget<'a>>,
        token: u64,
        events: Events,
        trigger: Trigger,
    ) -> Result<()> {
        let target = target.into();
        recorded("modify", Some((&target, token, events)), || {
            self.0.modify(target, token, interest(events, trigger))
        })
    }

    /// Ends a registration. A wait that begins afterwards returns no event for it.
    ///
    /// # Errors
    /// `Closed` (closing a socket ends its registration); `ENOENT` when it is not registered.
    pub fn remove<'a>(&self, target: impl Into<PollTarget<'a>>) -> Result<()> {
        let target = target.into();
        recorded("remove", Some((&target, 0, Events::NONE)), || {
            self.0.remove(target)
        })
    }

    /// Waits until something registered is ready, and returns how many `events` were written (at most
    /// [`MOST_EVENTS`](Self::MOST_EVENTS); the rest comes with the next wait); 0 when time is up or the poller was [woken](Self::wake).
    ///
    /// # Errors
    /// `Closed` when the poller is closed or is closed meanwhile; `InvalidInput("events")` when `events` is empty.
    pub fn wait(&self, events: &mut [Event], timeout: impl Into<Timeout>) -> Result<usize> {
        self.wait_with(events, timeout, &mut NativeCaller)
    }

    /// Waits as [`wait`](Self::wait) does, for another language.
    ///
    /// # Errors
    /// See [`wait`](Self::wait); also `Interrupted` when the caller ends the call.
    pub fn wait_with<C: Caller>(
        &self,
        events: &mut [Event],
        timeout: impl Into<Timeout>,
        caller: &mut C,
    ) -> Result<usize> {
        let timeout = timeout.into();
        let deadline = Deadline::after(timeout);
        if events.is_empty() {
            return Err(Error::invalid(
                Operation::Poller,
                "events",
                "must have room for at least one event",
            ));
        }
        let recorded = trace::is_on();
        if recorded {
            trace::begin(Operation::Poller, None, Some(timeout), |line| {
                line.text("step", "wait")
            });
        }
        let found = look_then_block(caller, deadline, |deadline| self.0.wait(events, deadline));
        let found = named(found).map(Option::unwrap_or_default);
        if recorded {
            end_wait_record(events, &found);
        }
        found
    }

    /// Waits as [`wait_with`](Self::wait_with) does, but spins first where something is expected soon, unless waits are recorded. A
    /// spin that finds nothing has the caller check for signals, which a record would show as an interruption.
    pub(crate) fn wait_spinning<C: Caller>(
        &self,
        events: &mut [Event],
        timeout: Timeout,
        caller: &mut C,
        spin: &mut AdaptiveSpin,
    ) -> Result<usize> {
        if trace::is_on() || events.is_empty() {
            return self.wait_with(events, timeout, caller);
        }
        let found = look_then_block(caller, Deadline::after(timeout), |deadline| {
            spin.wait(deadline, Instant::now, |deadline| self.0.wait(events, deadline))
        });
        named(found).map(Option::unwrap_or_default)
    }

    /// Makes at least one [`wait`](Self::wait) return early: one in progress, or else the next.
    ///
    /// # Errors
    /// `Closed`.
    pub fn wake(&self) -> Result<()> {
        recorded("wake", None, || self.0.wake())
    }

    /// Ends all registrations and makes every wait fail with `Closed`; the descriptors are closed when the last wait
    /// returns. Closing again does nothing.
    pub fn close(&self) {
        self.0.close();
    }
}

/// Makes a call that changes a poller, and records it.
#[inline]
fn recorded(
    step: &'static str,
    target: Option<(&PollTarget<'_>, u64, Events)>,
    call: impl FnOnce() -> std::result::Result<(), Kind>,
) -> Result<()> {
    let arguments = |line: &mut Line| {
        line.text("step", step);
        if let Some((target, token, events)) = target {
            add_target(line, target);
            line.number("token", token);
            line.kernel_name("events", events);
        }
    };
    trace::recorded(Operation::Poller, arguments, || named(call()), |_, ()| {})
}

/// How many events a record shows.
const MOST_SHOWN: usize = 64;

#[cold]
fn end_wait_record(events: &[Event], found: &Result<usize>) {
    trace::end(
        Operation::Poller,
        None,
        found.as_ref().err(),
        Moved::Nothing,
        |line| {
            let Ok(found) = *found else { return };
            line.number("found", found);
            line.list(
                "ready",
                events.iter().take(found.min(MOST_SHOWN)),
                |line, event| {
                    line.number("token", event.token);
                    line.kernel_name("events", event.events);
                },
            );
        },
    );
}

impl std::fmt::Debug for Poller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Poller")
            .field("registered", &self.0.len())
            .finish()
    }
}

fn interest(events: Events, trigger: Trigger) -> Interest {
    Interest {
        events: events.0,
        mode: trigger,
    }
}

fn named<T>(result: std::result::Result<T, Kind>) -> Result<T> {
    result.map_err(|kind| Error::new(Operation::Poller, kind))
}
