//! A connection, as callbacks and other threads see it.

use super::reason::CloseReason;
use super::traffic::Traffic;
use crate::address::Address;
use crate::caller::{block_until_done, Caller, Interruptible, NativeCaller};
use crate::error::{Error, Kind, Operation, Result};
use crate::framing::Framing;
use crate::memory;
use crate::poll::Events;
use crate::poller::Poller;
use crate::server::monitor::SIGNAL_INTERVAL;
use crate::socket::Socket;
use crate::sys::fork::{ForkLock, Held};
use crate::sys::selector::Trigger;
use crate::sys::thread::{self, ThreadId};
use crate::time::{Deadline, Left, Timeout};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Weak;
use std::time::Duration;

/// What a connection needs of its server.
pub(super) trait Owner: Send + Sync {
    /// Where its socket is registered.
    fn poller(&self) -> &Poller;

    /// Milliseconds since the server was made.
    fn now(&self) -> u64;

    /// A connection will be closed when its peer has taken what is unsent: there is a time limit to enforce.
    fn note_ending(&self);

    /// Closes a connection that is due, and queues the call of `on_close`; `wakes`: the leader if it is in the poller.
    fn end(&self, key: u64, wakes: bool);
}

/// A connection of a [`MessageServer`](super::MessageServer). Any thread may send on it and close it, at any time.
#[repr(C)] // what every message needs lies together; `Socket` begins with what every call needs
pub struct Connection {
    key: u64,
    /// The number of the thread whose callbacks' replies and sends are collected, to be sent together; 0 is none. It is the
    /// leader's, so that the stand-by sees when a callback takes long. It is changed without the lock: a thread that has
    /// stopped collecting afterwards sends what is queued, under the lock.
    collector: AtomicU64,
    /// When bytes last moved, in the server's milliseconds.
    active: AtomicU64,
    max_unsent: usize,
    framing: Option<Framing>,
    pub(super) traffic: ForkLock<Traffic>,
    pub(super) socket: Socket,
    owner: Weak<dyn Owner>,
    peer: Address,
}

/// How often, and at most how many times, a thread checks whether another one has finished its send.
const BETWEEN_LOOKS: Duration = Duration::from_micros(50);
const MOST_LOOKS: u32 = 2000;

/// How often a thread that waits for room tries to send itself.
const OWN_ATTEMPTS: Duration = Duration::from_millis(5);

/// How much of what was queued has been sent.
#[derive(Clone, Copy)]
pub(super) struct Sent {
    /// Nothing is left, and nothing has failed.
    pub(super) all: bool,
    pub(super) some: bool,
}

/// Whether a message is queued beyond the limit of what may be unsent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Room {
    Unlimited,
    Limited,
    /// Not beyond the limit, but this thread is then woken when bytes have been sent.
    Awaited,
}

impl Connection {
    pub(super) fn new(
        owner: Weak<dyn Owner>,
        key: u64,
        socket: Socket,
        peer: Address,
        framing: Option<Framing>,
        max_unsent: usize,
        now: u64,
    ) -> Self {
        let traffic = ForkLock::<Traffic>::new();
        traffic.lock().in_hands = true;
        Self {
            key,
            socket,
            peer,
            framing,
            max_unsent,
            owner,
            traffic,
            active: AtomicU64::new(now),
            collector: AtomicU64::new(0),
        }
    }

    /// A number that no other connection of the server ever has.
    pub fn key(&self) -> u64 {
        self.key
    }

    /// The peer's address.
    pub fn peer(&self) -> &Address {
        &self.peer
    }

    /// How many bytes are still to be sent.
    pub fn unsent(&self) -> usize {
        self.traffic.lock().unsent()
    }

    /// Whether it is closed or about to be, so that nothing more can be sent.
    pub fn is_closed(&self) -> bool {
        let traffic = self.traffic.lock();
        traffic.over || traffic.ending.is_some()
    }

    /// Sends a message without waiting. See [`send_with`](Self::send_with).
    ///
    /// # Errors
    /// See [`send_with`](Self::send_with).
    pub fn send(&self, message: &[u8]) -> Result<()> {
        self.send_with(message, Timeout::NonBlocking, &mut NativeCaller)
    }

    /// Sends a message, framed as replies are. What the kernel does not take at once is queued, and sent as the peer takes
    /// it.
    ///
    /// Messages are sent in the order of the calls. From a callback of this connection they are sent together with the
    /// replies, when the callbacks of what has arrived have returned.
    ///
    /// # Errors
    /// `WouldBlock` when more than [`max_unsent`](super::MessageServeOptions::max_unsent) bytes would be queued, `TimedOut`
    /// when there was no room in time: nothing of the message is queued or sent. (A message larger than `max_unsent` is
    /// accepted when nothing is queued.) `Closed` once the connection is closed or about to be; `EMSGSIZE` and
    /// `InvalidInput` for a message that the framing does not allow; `Interrupted` when the caller ends the wait.
    pub fn send_with<C: Caller>(
        &self,
        message: &[u8],
        timeout: impl Into<Timeout>,
        caller: &mut C,
    ) -> Result<()> {
        let limit = timeout.into();
        let deadline = Deadline::after(limit);
        let header = self.check(message)?;
        let parts = [
            header.as_ref().map_or(&[][..], |header| header.as_bytes()),
            message,
            self.trailer(),
        ];
        let failed = |kind| Error::new(Operation::Send, kind).within(limit);
        if self.queue(parts, Room::Limited).map_err(failed)? {
            return Ok(());
        }
        // Bytes that wait for the end of this thread's callback may make room.
        self.flush();
        self.settle();
        let sent = block_until_done(caller, || {
            let pause = match deadline.left() {
                Left::Nothing => Duration::ZERO,
                Left::Forever => SIGNAL_INTERVAL,
                Left::Some(left) => left.min(SIGNAL_INTERVAL),
            };
            if self.queue(parts, Room::Awaited)? {
                return Ok(Interruptible::Done(()));
            }
            self.wait_for_room(pause);
            self.traffic.lock().stop_waiting(thread::me());
            match deadline {
                _ if !pause.is_zero() => Ok(Interruptible::Interrupted), // parking reports no signal
                Deadline::NonBlocking => Err(Kind::WouldBlock),
                Deadline::At(_) | Deadline::Never => Err(Kind::TimedOut),
            }
        });
        sent.map_err(failed)
    }

    /// Waits at most this long until another thread has sent something, or ended the connection.
    fn wait_for_room(&self, longest: Duration) {
        let mut left = longest;
        while !left.is_zero() {
            let now = left.min(OWN_ATTEMPTS);
            thread::park_timeout(now);
            left -= now;
            if !self.traffic.lock().waits(thread::me()) {
                return;
            }
            // Perhaps no worker waits in the poller, because all their callbacks wait for room.
            if !self.flush() {
                self.settle();
            }
        }
    }

    /// Sends a reply from a callback of this connection: a message that is accepted however much is unsent.
    ///
    /// # Errors
    /// Those of [`send_with`](Self::send_with) that do not come from waiting.
    #[doc(hidden)]
    pub fn reply(&self, message: &[u8]) -> Result<()> {
        let header = self.check(message)?;
        let parts = [
            header.as_ref().map_or(&[][..], |header| header.as_bytes()),
            message,
            self.trailer(),
        ];
        self.queue(parts, Room::Unlimited)
            .map(drop)
            .map_err(|kind| Error::new(Operation::Send, kind))
    }

    /// Closes the connection with FIN once everything has been sent. If a callback of this connection calls this, its later
    /// replies are still sent, too.
    /// Messages that have not been handled yet are dropped. Returns at once; `on_close` follows.
    ///
    /// A peer that does not take what is sent delays this for no longer than
    /// [`idle_timeout`](super::MessageServeOptions::idle_timeout), or half a minute if there is none.
    pub fn close(&self) {
        if let Some(owner) = self.owner.upgrade() {
            self.note_active(owner.now());
        }
        self.traffic.lock().end(CloseReason::ByProgram);
        self.settle();
    }

    /// Ends the connection with a reset; what is unsent is dropped. Returns at once; `on_close` follows.
    pub fn abort(&self) {
        self.abort_for(CloseReason::ByProgram);
    }

    pub(super) fn abort_for(&self, reason: CloseReason) {
        {
            let mut traffic = self.traffic.lock();
            traffic.end(reason);
            traffic.aborted = true;
            traffic.drop_unsent();
        }
        self.settle();
    }

    fn check(&self, message: &[u8]) -> Result<Option<crate::framing::Header>> {
        let Some(framing) = &self.framing else {
            return Ok(None);
        };
        if framing.has_trailer() {
            framing.check(message)?;
        }
        framing.header(message.len()).map(Some)
    }

    fn trailer(&self) -> &[u8] {
        self.framing.as_ref().map_or(b"", Framing::trailer)
    }

    /// Queues a message, and sends what is queued unless a callback of this thread has it in hand; false when there is no
    /// room.
    fn queue(&self, parts: [&[u8]; 3], room: Room) -> std::result::Result<bool, Kind> {
        let size: usize = parts.iter().map(|part| part.len()).sum();
        let sends = {
            let mut traffic = self.traffic.lock();
            let replies = room == Room::Unlimited && traffic.takes_replies();
            if traffic.over || (traffic.ending.is_some() && !replies) {
                return Err(Kind::Closed);
            }
            let unsent = traffic.unsent();
            if room != Room::Unlimited && unsent > 0 && unsent.saturating_add(size) > self.max_unsent {
                if room == Room::Awaited {
                    memory::push(&mut traffic.waiting, thread::current())?;
                }
                return Ok(false);
            }
            traffic.append(parts)?;
            !self.is_collected_by(thread::me())
        };
        if sends && !self.flush() {
            self.settle();
        }
        Ok(true)
    }

    /// Sends what is queued, as far as the kernel takes it; another thread that is sending does the rest. False when
    /// something is left or the connection has failed: what is waited for must be [settled](Self::settle).
    pub(super) fn flush(&self) -> bool {
        let sent = self.send_queued(|_, sent| sent);
        if sent.some {
            self.note_taken();
        }
        sent.all
    }

    /// The peer, or the kernel on its behalf, has taken something.
    fn note_taken(&self) {
        if let Some(owner) = self.owner.upgrade() {
            self.note_active(owner.now());
        }
    }

    /// Sends what is queued, as far as the kernel takes it, and lets `finish` change what is then the state, before another
    /// thread does.
    #[inline]
    pub(super) fn send_queued<R>(&self, finish: impl FnOnce(&mut Traffic, Sent) -> R) -> R {
        let mut sent = Sent {
            all: true,
            some: false,
        };
        let mut traffic = self.traffic.lock();
        while let Some((bytes, taken)) = traffic.take_to_send() {
            drop(traffic);
            let rest = bytes.get(taken..).unwrap_or_default();
            let mut call = self.socket.on(NativeCaller).within(Timeout::NonBlocking);
            let outcome = call.send(rest);
            sent.some |= outcome.is_ok();
            traffic = self.traffic.lock();
            if !traffic.note_sent(bytes, taken, outcome) {
                sent.all = false;
                break;
            }
        }
        finish(&mut traffic, sent)
    }

    /// The state while no thread is sending: the bytes of a send that has not returned count as unsent, although the peer may
    /// have them. No send waits, so this takes a moment, unless a thread that sends is kept from running for long.
    pub(super) fn lock_between_sends(&self) -> Held<'_, Traffic> {
        let mut traffic = self.traffic.lock();
        for _ in 0..MOST_LOOKS {
            if !traffic.is_sending() {
                break;
            }
            drop(traffic);
            std::thread::sleep(BETWEEN_LOOKS);
            traffic = self.traffic.lock();
        }
        traffic
    }

    /// The thread collects replies and sends from now on, or no thread does.
    pub(super) fn set_collector(&self, collector: Option<ThreadId>) {
        let number = collector.map_or(0, ThreadId::number);
        self.collector.store(number, Ordering::Release);
    }

    fn is_collected_by(&self, thread: ThreadId) -> bool {
        self.collector.load(Ordering::Acquire) == thread.number()
    }

    /// Sends what was collected, and no longer collects: the callback takes long.
    pub(super) fn stop_collecting(&self) {
        self.set_collector(None);
        if !self.flush() {
            self.settle();
        }
    }

    /// Has the poller wait for what the connection needs next, or has it closed if it is due; unless a worker has it in
    /// hand, which does this afterwards.
    pub(super) fn settle(&self) {
        let Some(owner) = self.owner.upgrade() else { return };
        let due = {
            let mut traffic = self.traffic.lock();
            if !traffic.in_hands {
                self.settle_idle(&*owner, &mut traffic)
            } else {
                // Its worker does the rest, but a peer that takes bytes makes room for the callback that waits for it.
                if traffic.unsent() > 0 && !traffic.over {
                    let wanted = traffic.watched | Events::WRITABLE;
                    self.watch(owner.poller(), &mut traffic, wanted);
                }
                false
            }
        };
        if due {
            owner.end(self.key, true);
        }
    }

    /// The same for a connection that no worker has in hand; true when this thread must now [end](Owner::end) it.
    pub(super) fn settle_idle(&self, owner: &dyn Owner, traffic: &mut Traffic) -> bool {
        if !traffic.is_due_to_end() {
            let wanted = traffic.wanted(self.max_unsent);
            self.watch(owner.poller(), traffic, wanted);
        }
        let due = traffic.is_due_to_end();
        if due {
            traffic.in_hands = true;
            traffic.over = true;
            traffic.drop_unsent();
        } else if traffic.ending.is_some() {
            owner.note_ending();
        }
        due
    }

    /// Changes what the poller waits for.
    pub(super) fn watch(&self, poller: &Poller, traffic: &mut Traffic, wanted: Events) {
        if wanted == traffic.watched {
            return;
        }
        let changed = if wanted.is_empty() {
            // A registration without events would still report a peer that has gone, again and again.
            poller.remove(&self.socket)
        } else if traffic.watched.is_empty() {
            poller.add(&self.socket, self.key, wanted, Trigger::Level)
        } else {
            poller.modify(&self.socket, self.key, wanted, Trigger::Level)
        };
        match changed {
            Ok(()) => traffic.watched = wanted,
            Err(error) => {
                traffic.cut_off(CloseReason::Failed(error));
                traffic.drop_unsent();
            }
        }
    }

    pub(super) fn note_active(&self, now: u64) {
        self.active.store(now, Ordering::Relaxed);
    }

    pub(super) fn last_active(&self) -> u64 {
        self.active.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("key", &self.key)
            .field("peer", &self.peer)
            .field("unsent", &self.unsent())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As docs/servers.md says. Besides, it has a place in the server's table and one in the poller's.
    #[test]
    fn an_idle_connection_takes_less_than_a_kibibyte() {
        let size = size_of::<Connection>() + 2 * size_of::<usize>();
        assert!(size < 900, "{size} bytes");
    }
}
