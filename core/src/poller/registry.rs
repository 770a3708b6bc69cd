//! The state shared by a poller and the sockets registered with it.

use super::event::Event;
use crate::caller::Interruptible;
use crate::error::Kind;
use crate::handle::{Subscriber, Subscription};
use crate::memory;
use crate::poll::{Events, PollTarget};
use crate::sys::fork::{ForkLock, Held, InChild};
use crate::sys::selector::{Interest, Selector, Trigger, WAKE};
use crate::sys::unix::Readiness;
use crate::table::Table;
use crate::time::{Deadline, Left};
use crate::trace::Sleep;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

type Result<T> = std::result::Result<T, Kind>;

const NOT_REGISTERED: Kind = Kind::Os(libc::ENOENT);

/// What is registered with a poller, and the selector that watches it.
pub(super) struct Registry {
    make: fn() -> io::Result<Arc<dyn Selector>>,
    closed: AtomicBool,
    state: ForkLock<State>,
}

#[derive(Default)]
struct State {
    selector: Option<Arc<dyn Selector>>,
    /// What is registered, by keys that are never used again: an event whose key is gone is stale.
    registered: Table<Registered>,
    /// The keys of plain descriptors.
    numbers: HashMap<RawFd, u64>,
    /// How many sockets have bytes that were received ahead.
    ahead: usize,
    /// Their keys, in the order in which they should be reported. It may also contain some that no longer have any.
    queue: VecDeque<u64>,
    /// The number of the last report.
    round: u64,
    /// How many waits are in progress.
    waits: usize,
    /// The program has woken the poller, and no wait has returned for that yet.
    woken: bool,
    /// This is a forked child, and its parent's registrations are unknown.
    lost: bool,
}

struct Registered {
    token: u64,
    fd: RawFd,
    interest: Interest,
    /// It is a [`Trigger::OneShot`] that has already reported.
    silent: bool,
    /// It has bytes that were received ahead, which are still to be reported.
    ahead: bool,
    /// It is in the queue of those that have.
    queued: bool,
    /// The last report with an event of this one.
    reported_in: u64,
}

impl InChild for State {
    /// The same registrations, for the child's own selector: changing the parent's would change it for the parent.
    fn in_child(parents: Option<Self>) -> Self {
        let Some(mut state) = parents else {
            return Self {
                lost: true,
                ..Self::default()
            };
        };
        state.waits = 0;
        if let Some(selector) = state.selector.take() {
            selector.leave_to_parent();
        }
        state
    }
}

impl Registry {
    pub(super) fn new(make: fn() -> io::Result<Arc<dyn Selector>>) -> Result<Arc<Self>> {
        let registry = Self {
            make,
            closed: AtomicBool::new(false),
            state: ForkLock::new(),
        };
        registry.selector(&mut registry.state.lock())?;
        Ok(Arc::new(registry))
    }

    /// How many sockets and descriptors there are.
    pub(super) fn len(&self) -> usize {
        self.state.lock().registered.len()
    }

    pub(super) fn add(
        self: &Arc<Self>,
        target: PollTarget<'_>,
        token: u64,
        interest: Interest,
    ) -> Result<()> {
        match target {
            PollTarget::Socket(socket) => socket.handle.with_subscriptions(|fd, subscriptions, ahead| {
                self.check_open()?;
                subscriptions.retain(|subscription| subscription.subscriber.strong_count() > 0);
                if self.position(subscriptions).is_some() {
                    return Err(Kind::Os(libc::EEXIST));
                }
                memory::reserve(subscriptions, 1)?;
                let mut state = self.state.lock();
                let key = self.add_to(&mut state, fd.as_raw_fd(), token, interest)?;
                state.note_ahead(key, ahead);
                let subscriber: Weak<Self> = Arc::downgrade(self);
                subscriptions.push(Subscription { subscriber, key });
                Ok(())
            }),
            PollTarget::Descriptor(fd) => self.add_number(fd.as_raw_fd(), token, interest),
            PollTarget::Number(number) => self.add_number(number, token, interest),
        }
    }

    pub(super) fn modify(&self, target: PollTarget<'_>, token: u64, interest: Interest) -> Result<()> {
        match target {
            PollTarget::Socket(socket) => socket.handle.with_subscriptions(|fd, subscriptions, ahead| {
                let key = self.key_in(subscriptions)?;
                self.modify_key(fd.as_raw_fd(), key, token, interest)?;
                self.state.lock().note_ahead(key, ahead);
                Ok(())
            }),
            PollTarget::Descriptor(fd) => self.modify_number(fd.as_raw_fd(), token, interest),
            PollTarget::Number(number) => self.modify_number(number, token, interest),
        }
    }

    pub(super) fn remove(&self, target: PollTarget<'_>) -> Result<()> {
        match target {
            PollTarget::Socket(socket) => socket.handle.with_subscriptions(|fd, subscriptions, _| {
                let at = self.position(subscriptions).ok_or(NOT_REGISTERED)?;
                let Subscription { key, .. } = subscriptions.swap_remove(at);
                self.remove_key(fd.as_raw_fd(), key)
            }),
            PollTarget::Descriptor(fd) => self.remove_number(fd.as_raw_fd()),
            PollTarget::Number(number) => self.remove_number(number),
        }
    }

    pub(super) fn wake(&self) -> Result<()> {
        let mut state = self.state.lock();
        let selector = self.selector(&mut state)?;
        state.woken = true;
        selector.wake();
        Ok(())
    }

    fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::SeqCst) {
            Err(Kind::Closed)
        } else {
            Ok(())
        }
    }

    /// The selector, made anew in a forked child.
    fn selector(&self, state: &mut Held<'_, State>) -> Result<Arc<dyn Selector>> {
        self.check_open()?;
        if state.lost {
            return Err(Kind::Closed);
        }
        if let Some(selector) = &state.selector {
            return Ok(Arc::clone(selector));
        }
        let selector = (self.make)().map_err(|error| kind(&error))?;
        for (key, one) in state.registered.iter().filter(|(_, one)| !one.silent) {
            match selector
                .add(one.fd, key, one.interest)
                .map_err(|error| kind(&error))
            {
                // A daemon closes descriptors that it does not need.
                Ok(()) | Err(Kind::Os(libc::EBADF | libc::EPERM)) => {}
                Err(kind) => return Err(kind),
            }
        }
        state.selector = Some(Arc::clone(&selector));
        Ok(selector)
    }

    pub(super) fn close(&self) {
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

    fn key_in(&self, subscriptions: &[Subscription]) -> Result<u64> {
        let ours = self.position(subscriptions).and_then(|at| subscriptions.get(at));
        ours.map(|subscription| subscription.key).ok_or(NOT_REGISTERED)
    }

    fn add_to(&self, state: &mut Held<'_, State>, fd: RawFd, token: u64, interest: Interest) -> Result<u64> {
        let selector = self.selector(state)?;
        // Before anything else, so that nothing is registered without being in the table.
        let key = state.registered.next_key()?;
        let most = state.registered.len() + 1;
        let more = most.saturating_sub(state.queue.len());
        state.queue.try_reserve(more).map_err(|_| Kind::OutOfMemory)?;
        selector.add(fd, key, interest).map_err(|error| kind(&error))?;
        let one = Registered {
            token,
            fd,
            interest,
            silent: false,
            ahead: false,
            queued: false,
            reported_in: 0,
        };
        state.registered.add(key, one);
        Ok(key)
    }

    fn modify_key(&self, fd: RawFd, key: u64, token: u64, interest: Interest) -> Result<()> {
        let mut state = self.state.lock();
        let selector = self.selector(&mut state)?;
        let kept = state.registered.get_mut(key).ok_or(NOT_REGISTERED)?;
        match selector.modify(fd, key, interest).map_err(|error| kind(&error)) {
            // It reported before the fork.
            Err(NOT_REGISTERED) if kept.silent => {
                selector.add(fd, key, interest).map_err(|error| kind(&error))
            }
            result => result,
        }?;
        kept.token = token;
        kept.fd = fd;
        kept.interest = interest;
        kept.silent = false;
        Ok(())
    }

    fn remove_key(&self, fd: RawFd, key: u64) -> Result<()> {
        let mut state = self.state.lock();
        self.check_open()?;
        let one = state.remove(key).ok_or(NOT_REGISTERED)?;
        // A forked child that only closes needs no selector.
        let Some(selector) = &state.selector else {
            return Ok(());
        };
        match selector.remove(fd, key).map_err(|error| kind(&error)) {
            Err(NOT_REGISTERED) if one.silent => Ok(()),
            result => result,
        }
    }

    fn add_number(&self, fd: RawFd, token: u64, interest: Interest) -> Result<()> {
        let mut state = self.state.lock();
        state.numbers.try_reserve(1).map_err(|_| Kind::OutOfMemory)?;
        let key = self.add_to(&mut state, fd, token, interest)?;
        // It was closed without being removed: the system has forgotten it, and so do we.
        if let Some(stale) = state.numbers.insert(fd, key) {
            state.remove(stale);
        }
        Ok(())
    }

    fn modify_number(&self, fd: RawFd, token: u64, interest: Interest) -> Result<()> {
        let key = self.state.lock().numbers.get(&fd).copied();
        self.modify_key(fd, key.ok_or(NOT_REGISTERED)?, token, interest)
    }

    fn remove_number(&self, fd: RawFd) -> Result<()> {
        let key = self.state.lock().numbers.remove(&fd);
        self.remove_key(fd, key.ok_or(NOT_REGISTERED)?)
    }

    /// Waits, sleeping, until there is something to return: the number of events, 0 when it was woken.
    pub(super) fn wait(
        &self,
        events: &mut [Event],
        deadline: Deadline,
    ) -> Result<Interruptible<Option<usize>>> {
        loop {
            let left = match deadline.left() {
                Left::Forever => None,
                Left::Some(left) => Some(left),
                Left::Nothing => Some(Duration::ZERO),
            };
            let (mut count, mut woken) = (0, false);
            let (waiting, selector) = Waiting::begin(self, events.len())?;
            let pause = if waiting.ahead { Some(Duration::ZERO) } else { left };
            let room = events.len() - waiting.reserved;
            let mut note = |key, seen| match events.get_mut(count) {
                _ if key == WAKE => woken = true,
                Some(event) => {
                    // The key for now; replaced by its token once we know that it is still registered.
                    *event = Event {
                        token: key,
                        events: Events(seen),
                    };
                    count += 1;
                }
                None => {}
            };
            let waited = if room > 0 {
                let (sleep, pause) = Sleep::begin(pause);
                let waited = selector.wait(room, pause, &mut note);
                sleep.end(matches!(waited, Ok(Readiness::Interrupted)));
                waited
            } else {
                Ok(Readiness::Ready)
            };
            if waited.map_err(|error| kind(&error))? == Readiness::Interrupted {
                return Ok(Interruptible::Interrupted);
            }
            let count = waiting.end(events, count);
            self.check_open()?;
            // Otherwise it was woken because a socket has bytes that were received ahead.
            let woken = woken && self.take_wake(&*selector);
            if count > 0 || woken {
                return Ok(Interruptible::Done(Some(count)));
            }
            if left == Some(Duration::ZERO) {
                return Ok(Interruptible::Done(None));
            }
        }
    }

    /// Takes back a wake-up, but not the one that closing sends, which is for every thread. Returns whether the program
    /// has woken the poller.
    fn take_wake(&self, selector: &dyn Selector) -> bool {
        selector.take_wake();
        if self.check_open().is_err() {
            selector.wake();
        }
        // After the wake-up: the program says that it wakes before it does.
        std::mem::take(&mut self.state.lock().woken)
    }
}

impl State {
    /// Notes whether a socket has bytes that were received ahead.
    fn note_ahead(&mut self, key: u64, readable: bool) {
        let Some(one) = self.registered.get_mut(key) else {
            return;
        };
        let ahead = readable && one.interest.events & libc::POLLIN != 0 && !one.silent;
        if ahead == one.ahead {
            return;
        }
        one.ahead = ahead;
        if !ahead {
            self.ahead -= 1;
            return;
        }
        self.ahead += 1;
        if !std::mem::replace(&mut one.queued, true) {
            self.queue.push_back(key); // `add_to` has made room
        }
        if self.waits > 0 {
            if let Some(selector) = &self.selector {
                selector.wake();
            }
        }
    }

    fn remove(&mut self, key: u64) -> Option<Registered> {
        self.note_ahead(key, false);
        let one = self.registered.remove(key)?;
        if one.queued {
            self.queue.retain(|queued| *queued != key);
        }
        Some(one)
    }

    /// Replaces keys with tokens and drops stale events, and adds those of sockets with bytes that were received ahead;
    /// returns how many events there are.
    fn keep_registered(&mut self, events: &mut [Event], count: usize) -> usize {
        let mut kept = 0;
        self.round += 1;
        for at in 0..count {
            let Some(&Event {
                token: key,
                events: seen,
            }) = events.get(at)
            else {
                break;
            };
            if let (Some(event), Some(to)) = (self.report(key, seen), events.get_mut(kept)) {
                *to = event;
                kept += 1;
            }
        }
        if self.queue.is_empty() {
            return kept;
        }
        kept + self.report_ahead(events.get_mut(kept..).unwrap_or_default())
    }

    /// The event of a registration that has one, unless it is silent.
    fn report(&mut self, key: u64, events: Events) -> Option<Event> {
        let one = self.registered.get_mut(key).filter(|one| !one.silent)?;
        one.silent = one.interest.mode == Trigger::OneShot;
        one.reported_in = self.round;
        let event = Event {
            token: one.token,
            events: if one.ahead {
                events | Events::READABLE
            } else {
                events
            },
        };
        if one.ahead && one.interest.mode != Trigger::Level {
            one.ahead = false;
            self.ahead -= 1;
        }
        Some(event)
    }

    /// Writes the events of sockets with bytes that were received ahead which this round has not reported yet, as far as
    /// there is room, beginning with those that have waited longest; returns how many.
    fn report_ahead(&mut self, room: &mut [Event]) -> usize {
        let mut count = 0;
        for _ in 0..self.queue.len() {
            let Some(to) = room.get_mut(count) else { break };
            let Some(key) = self.queue.pop_front() else { break };
            let Some(one) = self.registered.get_mut(key) else {
                continue;
            };
            let reports = one.ahead && one.reported_in != self.round;
            if reports {
                if let Some(event) = self.report(key, Events::READABLE) {
                    *to = event;
                    count += 1;
                }
            }
            // At the end of the queue, if it goes on having them.
            if let Some(one) = self.registered.get_mut(key) {
                one.queued = one.ahead;
                if one.queued {
                    self.queue.push_back(key);
                }
            }
        }
        count
    }
}

/// A wait in progress, until dropped.
struct Waiting<'a> {
    registry: &'a Registry,
    /// There are sockets with bytes that were received ahead.
    ahead: bool,
    /// How many events to leave to those.
    reserved: usize,
}

impl<'a> Waiting<'a> {
    /// Begins one on the selector that it returns.
    fn begin(registry: &'a Registry, room: usize) -> Result<(Self, Arc<dyn Selector>)> {
        let mut state = registry.state.lock();
        let selector = registry.selector(&mut state)?;
        state.waits += 1;
        // Where there is room for one event, the sockets with such bytes and the others take turns.
        let share = if room == 1 {
            usize::from(state.round % 2 == 0)
        } else {
            room / 2
        };
        let waiting = Self {
            registry,
            ahead: state.ahead > 0,
            reserved: state.ahead.min(share),
        };
        Ok((waiting, selector))
    }

    /// Ends it. The first `count` of the `events` hold keys; see [`State::keep_registered`].
    fn end(self, events: &mut [Event], count: usize) -> usize {
        let mut state = self.registry.state.lock();
        state.end_wait();
        std::mem::forget(self);
        state.keep_registered(events, count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.registry.state.lock().end_wait();
    }
}

impl State {
    fn end_wait(&mut self) {
        self.waits = self.waits.saturating_sub(1);
    }
}

impl Subscriber for Registry {
    fn readable_ahead(&self, key: u64, readable: bool) {
        self.state.lock().note_ahead(key, readable);
    }

    fn descriptor_goes(&self, key: u64, fd: BorrowedFd<'_>) {
        // Fails if the poller was closed meanwhile, or is a child's: then the descriptor is not registered.
        let _ = self.remove_key(fd.as_raw_fd(), key);
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // In a forked child this gives up the parent's state, or forgets it if a thread of the parent was changing it.
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
    use crate::sys::selector::{new_selector, PollSet};

    fn both(test: fn(Arc<Registry>)) {
        test(Registry::new(new_selector).unwrap());
        test(Registry::new(|| Ok(Arc::new(PollSet::new()))).unwrap());
    }

    #[test]
    fn an_event_on_its_way_is_dropped_when_its_socket_closes() {
        both(|registry| {
            let socket = crate::socket::Socket::tcp(crate::domain::Family::IPV4).unwrap();
            let interest = Interest {
                events: Events::READABLE.0,
                mode: Trigger::Level,
            };
            registry.add((&socket).into(), 7, interest).unwrap();
            let key = registry.state.lock().registered.iter().last().unwrap().0;
            let event = Event {
                token: key,
                events: Events::READABLE,
            };
            let mut events = [event; 2];
            assert_eq!(registry.state.lock().keep_registered(&mut events, 2), 2);
            assert_eq!(events.map(|event| event.token), [7, 7]);
            socket.close().unwrap();
            assert_eq!(registry.state.lock().keep_registered(&mut [event; 2], 2), 0);
        });
    }

    #[test]
    fn a_wake_up_taken_back_after_closing_is_given_on() {
        both(|registry| {
            let selector = registry.selector(&mut registry.state.lock()).unwrap();
            registry.wake().unwrap();
            registry.close();
            registry.take_wake(&*selector);
            let mut woken = false;
            let look = selector.wait(1, Some(Duration::ZERO), &mut |key, _| woken = key == WAKE);
            assert_eq!(look.unwrap(), Readiness::Ready);
            assert!(woken);
        });
    }
}
