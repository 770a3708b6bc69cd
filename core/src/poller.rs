//! Waiting for many sockets at a cost that does not grow with their number.

use crate::caller::{look_then_block, Caller, Interruptible, NativeCaller};
use crate::error::{Error, Kind, Operation, Result};
use crate::handle::{Subscriber, Subscription};
use crate::memory;
use crate::poll::{Events, PollTarget};
use crate::sys::fork::{ForkLock, Held, InChild};
use crate::sys::reserve::check_left;
use crate::sys::selector::{new_selector, Interest, PollSet, Selector, Trigger, MOST_EVENTS, WAKE};
use crate::sys::unix::Readiness;
use crate::time::{Deadline, Left, Timeout};
use std::collections::HashMap;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// A set of sockets, registered once, of which each wait reports the ready ones (epoll(7); Python `select.epoll`, Java
/// `Selector`).
///
/// Closing a registered socket ends its registration before the descriptor goes, so an event never comes from a
/// socket that was closed: not for another one that got its number, nor because a duplicate or a child process keeps
/// the connection open. A plain descriptor is to be removed before it is closed. Dropping the poller leaves the
/// sockets as they are; sockets need not outlive it, nor it them.
///
/// Any number of threads may add, remove and wait. In a forked child the poller has the same registrations, so a program
/// may become a daemon after it has set its poller up; neither process disturbs the other, and both are notified of
/// readiness. If a thread was changing the poller at the moment of the fork, the child's is closed (`Closed`).
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

/// A socket or descriptor that is ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The number it was registered with.
    pub token: u64,
    /// What it is ready for.
    pub events: Events,
}

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

    /// Makes one as systems without epoll have it: by poll(2) over all sockets at each wait, without [`Trigger::Edge`].
    #[doc(hidden)]
    pub fn portable() -> Result<Self> {
        Self::with(|| Ok(Arc::new(PollSet::new())))
    }

    fn with(make: fn() -> io::Result<Arc<dyn Selector>>) -> Result<Self> {
        named(check_left())?;
        let registry = Registry {
            make,
            closed: AtomicBool::new(false),
            state: ForkLock::new(),
        };
        named(registry.selector(&mut registry.state.lock()).map(drop))?;
        Ok(Self(Arc::new(registry)))
    }

    /// Registers a socket or descriptor: `token` comes with its events, `ERROR` and `HANGUP` always among them.
    ///
    /// # Errors
    /// `Closed`; `EEXIST` when it is registered already, `EPERM` for a descriptor that can't be waited for (a file);
    /// `Unsupported` for [`Trigger::Edge`] without epoll.
    pub fn add<'a>(
        &self,
        target: impl Into<PollTarget<'a>>,
        token: u64,
        events: Events,
        mode: Trigger,
    ) -> Result<()> {
        let interest = interest(events, mode);
        named(match target.into() {
            PollTarget::Socket(socket) => socket.handle.with_subscriptions(|fd, subscriptions| {
                self.0.check_open()?;
                subscriptions.retain(|subscription| subscription.subscriber.strong_count() > 0);
                if self.0.position(subscriptions).is_some() {
                    return Err(Kind::Os(libc::EEXIST));
                }
                memory::reserve(subscriptions, 1)?;
                let key = self.0.add(fd.as_raw_fd(), token, interest)?;
                let subscriber: Weak<Registry> = Arc::downgrade(&self.0);
                subscriptions.push(Subscription { subscriber, key });
                Ok(())
            }),
            PollTarget::Descriptor(fd) => self.0.add_number(fd.as_raw_fd(), token, interest),
            PollTarget::Number(number) => self.0.add_number(number, token, interest),
        })
    }

    /// Changes the token, the events or the mode of a registration; arms a [`Trigger::OneShot`] again.
    ///
    /// # Errors
    /// `Closed`; `ENOENT` when it is not registered.
    pub fn modify<'a>(
        &self,
        target: impl Into<PollTarget<'a>>,
        token: u64,
        events: Events,
        mode: Trigger,
    ) -> Result<()> {
        let interest = interest(events, mode);
        named(match target.into() {
            PollTarget::Socket(socket) => socket.handle.with_subscriptions(|fd, subscriptions| {
                let key = self.0.key_in(subscriptions)?;
                self.0.modify(fd.as_raw_fd(), key, token, interest)
            }),
            PollTarget::Descriptor(fd) => self.0.modify_number(fd.as_raw_fd(), token, interest),
            PollTarget::Number(number) => self.0.modify_number(number, token, interest),
        })
    }

    /// Ends a registration. No event of it is returned by a wait that begins afterwards.
    ///
    /// # Errors
    /// `Closed` (closing a socket has ended its registration); `ENOENT` when it is not registered.
    pub fn remove<'a>(&self, target: impl Into<PollTarget<'a>>) -> Result<()> {
        named(match target.into() {
            PollTarget::Socket(socket) => socket.handle.with_subscriptions(|fd, subscriptions| {
                let at = self.0.position(subscriptions).ok_or(NOT_REGISTERED)?;
                let Subscription { key, .. } = subscriptions.swap_remove(at);
                self.0.remove(fd.as_raw_fd(), key)
            }),
            PollTarget::Descriptor(fd) => self.0.remove_number(fd.as_raw_fd()),
            PollTarget::Number(number) => self.0.remove_number(number),
        })
    }

    /// Waits until something registered is ready, and returns how many `events` were written (at most
    /// [`MOST_EVENTS`](Self::MOST_EVENTS); the rest
    /// comes with the next wait); 0 when time is up or the poller was [woken](Self::wake).
    ///
    /// # Errors
    /// `Closed` when the poller is or gets closed; `InvalidInput("events")` without room.
    pub fn wait(&self, events: &mut [Event], timeout: impl Into<Timeout>) -> Result<usize> {
        self.wait_with(events, timeout, &mut NativeCaller)
    }

    /// Waits as [`wait`](Self::wait) does, for another language.
    ///
    /// # Errors
    /// As [`wait`](Self::wait); `Interrupted` when the caller ends the call.
    pub fn wait_with<C: Caller>(
        &self,
        events: &mut [Event],
        timeout: impl Into<Timeout>,
        caller: &mut C,
    ) -> Result<usize> {
        let deadline = Deadline::after(timeout.into());
        if events.is_empty() {
            return Err(Error::invalid(
                Operation::Poller,
                "events",
                "must have room for one at least",
            ));
        }
        let found = look_then_block(caller, deadline, |deadline| self.0.wait(events, deadline));
        named(found).map(Option::unwrap_or_default)
    }

    /// Makes at least one [`wait`](Self::wait) return early: one that is under way, or else the next.
    ///
    /// # Errors
    /// `Closed`.
    pub fn wake(&self) -> Result<()> {
        let selector = named(self.0.selector(&mut self.0.state.lock()))?;
        selector.wake();
        Ok(())
    }

    /// Ends all registrations and makes every wait fail with `Closed`; the descriptors go with the last wait that
    /// leaves. Closing again does nothing.
    pub fn close(&self) {
        self.0.close();
    }
}

impl std::fmt::Debug for Poller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Poller")
            .field("registered", &self.0.state.lock().registered.len())
            .finish()
    }
}

const NOT_REGISTERED: Kind = Kind::Os(libc::ENOENT);

fn interest(events: Events, mode: Trigger) -> Interest {
    Interest {
        events: events.0,
        mode,
    }
}

fn named<T>(result: std::result::Result<T, Kind>) -> Result<T> {
    result.map_err(|kind| Error::new(Operation::Poller, kind))
}

/// What a poller and the sockets registered with it share.
struct Registry {
    make: fn() -> io::Result<Arc<dyn Selector>>,
    closed: AtomicBool,
    state: ForkLock<State>,
}

#[derive(Default)]
struct State {
    selector: Option<Arc<dyn Selector>>,
    /// What is registered, by keys that are never used again: an event whose key is gone is stale.
    registered: HashMap<u64, Registered>,
    /// The keys of plain descriptors.
    numbers: HashMap<RawFd, u64>,
    last_key: u64,
    /// This is a forked child, and its parent's registrations can't be known.
    lost: bool,
}

struct Registered {
    token: u64,
    fd: RawFd,
    interest: Interest,
    /// It is a [`Trigger::OneShot`] that has reported.
    silent: bool,
}

impl InChild for State {
    /// The same registrations, for a selector of the child's own: to change the parent's would change it for the parent.
    fn in_child(parents: Option<Self>) -> Self {
        let Some(mut state) = parents else {
            return Self {
                lost: true,
                ..Self::default()
            };
        };
        if let Some(selector) = state.selector.take() {
            selector.leave_to_parent();
        }
        state
    }
}

impl Registry {
    fn check_open(&self) -> std::result::Result<(), Kind> {
        if self.closed.load(Ordering::SeqCst) {
            Err(Kind::Closed)
        } else {
            Ok(())
        }
    }

    /// The selector, made anew in a forked child.
    fn selector(&self, state: &mut Held<'_, State>) -> std::result::Result<Arc<dyn Selector>, Kind> {
        self.check_open()?;
        if state.lost {
            return Err(Kind::Closed);
        }
        if let Some(selector) = &state.selector {
            return Ok(Arc::clone(selector));
        }
        let selector = (self.make)().map_err(|error| kind(&error))?;
        for (&key, one) in state.registered.iter().filter(|(_, one)| !one.silent) {
            match selector
                .add(one.fd, key, one.interest)
                .map_err(|error| kind(&error))
            {
                // A daemon closes what it does not need.
                Ok(()) | Err(Kind::Os(libc::EBADF | libc::EPERM)) => {}
                Err(kind) => return Err(kind),
            }
        }
        state.selector = Some(Arc::clone(&selector));
        Ok(selector)
    }

    fn close(&self) {
        if self.closed.swap(true, Ordering::SeqCst) {
            return;
        }
        let state = std::mem::take(&mut *self.state.lock());
        if let Some(selector) = state.selector {
            selector.wake();
        }
    }

    /// Which of a socket's registrations is ours.
    fn position(&self, subscriptions: &[Subscription]) -> Option<usize> {
        let us = std::ptr::from_ref(self).cast::<()>();
        subscriptions
            .iter()
            .position(|subscription| subscription.subscriber.as_ptr().cast() == us)
    }

    fn key_in(&self, subscriptions: &[Subscription]) -> std::result::Result<u64, Kind> {
        let ours = self.position(subscriptions).and_then(|at| subscriptions.get(at));
        ours.map(|subscription| subscription.key).ok_or(NOT_REGISTERED)
    }

    fn add(&self, fd: RawFd, token: u64, interest: Interest) -> std::result::Result<u64, Kind> {
        self.add_to(&mut self.state.lock(), fd, token, interest)
    }

    fn add_to(
        &self,
        state: &mut Held<'_, State>,
        fd: RawFd,
        token: u64,
        interest: Interest,
    ) -> std::result::Result<u64, Kind> {
        let selector = self.selector(state)?;
        let key = state.last_key + 1;
        // Before anything is registered that nobody would know of.
        state.registered.try_reserve(1).map_err(|_| Kind::OutOfMemory)?;
        selector.add(fd, key, interest).map_err(|error| kind(&error))?;
        state.last_key = key;
        let silent = false;
        let one = Registered {
            token,
            fd,
            interest,
            silent,
        };
        state.registered.insert(key, one);
        Ok(key)
    }

    fn modify(&self, fd: RawFd, key: u64, token: u64, interest: Interest) -> std::result::Result<(), Kind> {
        let mut state = self.state.lock();
        let selector = self.selector(&mut state)?;
        let kept = state.registered.get_mut(&key).ok_or(NOT_REGISTERED)?;
        match selector.modify(fd, key, interest).map_err(|error| kind(&error)) {
            // It told before the fork.
            Err(NOT_REGISTERED) if kept.silent => {
                selector.add(fd, key, interest).map_err(|error| kind(&error))
            }
            result => result,
        }?;
        *kept = Registered {
            token,
            fd,
            interest,
            silent: false,
        };
        Ok(())
    }

    fn remove(&self, fd: RawFd, key: u64) -> std::result::Result<(), Kind> {
        let mut state = self.state.lock();
        self.check_open()?;
        let one = state.registered.remove(&key).ok_or(NOT_REGISTERED)?;
        // A forked child that only closes needs no selector.
        let Some(selector) = &state.selector else {
            return Ok(());
        };
        match selector.remove(fd, key).map_err(|error| kind(&error)) {
            Err(NOT_REGISTERED) if one.silent => Ok(()),
            result => result,
        }
    }

    fn add_number(&self, fd: RawFd, token: u64, interest: Interest) -> std::result::Result<(), Kind> {
        let mut state = self.state.lock();
        state.numbers.try_reserve(1).map_err(|_| Kind::OutOfMemory)?;
        let key = self.add_to(&mut state, fd, token, interest)?;
        // One that was closed without being removed: the system has forgotten it, so do we.
        if let Some(stale) = state.numbers.insert(fd, key) {
            state.registered.remove(&stale);
        }
        Ok(())
    }

    fn modify_number(&self, fd: RawFd, token: u64, interest: Interest) -> std::result::Result<(), Kind> {
        let key = self.state.lock().numbers.get(&fd).copied();
        self.modify(fd, key.ok_or(NOT_REGISTERED)?, token, interest)
    }

    fn remove_number(&self, fd: RawFd) -> std::result::Result<(), Kind> {
        let key = self.state.lock().numbers.remove(&fd);
        self.remove(fd, key.ok_or(NOT_REGISTERED)?)
    }

    /// Waits until there is something to return: how many events, none when it was woken. Sleeps.
    fn wait(
        &self,
        events: &mut [Event],
        deadline: Deadline,
    ) -> std::result::Result<Interruptible<Option<usize>>, Kind> {
        let selector = self.selector(&mut self.state.lock())?;
        loop {
            let left = match deadline.left() {
                Left::Forever => None,
                Left::Some(left) => Some(left),
                Left::Nothing => Some(Duration::ZERO),
            };
            let (mut count, mut woken) = (0, false);
            let waited = selector.wait(events.len(), left, &mut |key, seen| match events.get_mut(count) {
                _ if key == WAKE => woken = true,
                Some(event) => {
                    // The key for now; its token once we have looked whether it is still registered.
                    *event = Event {
                        token: key,
                        events: Events(seen),
                    };
                    count += 1;
                }
                None => {}
            });
            if waited.map_err(|error| kind(&error))? == Readiness::Interrupted {
                return Ok(Interruptible::Interrupted);
            }
            let count = self.keep_registered(events, count);
            self.check_open()?;
            if woken {
                self.take_wake(&*selector);
            }
            if count > 0 || woken {
                return Ok(Interruptible::Done(Some(count)));
            }
            if left == Some(Duration::ZERO) {
                return Ok(Interruptible::Done(None));
            }
        }
    }

    /// Puts tokens for keys and drops what is stale; returns how many events are left.
    fn keep_registered(&self, events: &mut [Event], count: usize) -> usize {
        let mut state = self.state.lock();
        let mut kept = 0;
        for at in 0..count {
            let Some(&Event {
                token: key,
                events: seen,
            }) = events.get(at)
            else {
                break;
            };
            if let (Some(one), Some(to)) = (state.registered.get_mut(&key), events.get_mut(kept)) {
                one.silent = one.interest.mode == Trigger::OneShot;
                *to = Event {
                    token: one.token,
                    events: seen,
                };
                kept += 1;
            }
        }
        kept
    }

    /// Takes back a wake-up, but not the one that closing sends: it is for every thread.
    fn take_wake(&self, selector: &dyn Selector) {
        selector.take_wake();
        if self.check_open().is_err() {
            selector.wake();
        }
    }
}

impl Subscriber for Registry {
    fn descriptor_goes(&self, key: u64, fd: BorrowedFd<'_>) {
        // Closed meanwhile, or the child's: then nothing of it is registered.
        let _ = self.remove(fd.as_raw_fd(), key);
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // In a forked child this gives up what is the parent's, or forgets it where a thread of the parent was changing it.
        drop(self.state.lock());
    }
}

fn kind(error: &io::Error) -> Kind {
    if error.raw_os_error() == Some(libc::EOPNOTSUPP) {
        return Kind::Unsupported;
    }
    Kind::from_io(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(test: fn(Poller)) {
        test(Poller::new().unwrap());
        test(Poller::portable().unwrap());
    }

    #[test]
    fn an_event_on_its_way_is_dropped_when_its_socket_closes() {
        both(|poller| {
            let socket = crate::socket::Socket::tcp(crate::domain::Family::IPV4).unwrap();
            poller.add(&socket, 7, Events::READABLE, Trigger::Level).unwrap();
            let key = poller.0.state.lock().last_key;
            let event = Event {
                token: key,
                events: Events::READABLE,
            };
            let mut events = [event; 2];
            assert_eq!(poller.0.keep_registered(&mut events, 2), 2);
            assert_eq!(events.map(|event| event.token), [7, 7]);
            socket.close().unwrap();
            assert_eq!(poller.0.keep_registered(&mut [event; 2], 2), 0);
        });
    }

    #[test]
    fn a_wake_up_taken_back_after_closing_is_given_on() {
        both(|poller| {
            let selector = poller.0.selector(&mut poller.0.state.lock()).unwrap();
            poller.wake().unwrap();
            poller.close();
            poller.0.take_wake(&*selector);
            let mut woken = false;
            let look = selector.wait(1, Some(Duration::ZERO), &mut |key, _| woken = key == WAKE);
            assert_eq!(look.unwrap(), Readiness::Ready);
            assert!(woken);
        });
    }
}
