//! Time limits: of peers that are idle, and of callbacks.

use super::connection::Owner;
use super::reason::CloseReason;
use super::recording::record;
use super::shared::MessageServer;
use super::state::State;
use super::worker::MessageWorker;
use crate::caller::NativeCaller;
use crate::sys::thread;
use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a peer may take nothing of what is still to be sent before a close, if there is no idle time limit.
const CLOSE_LIMIT: Duration = Duration::from_secs(30);

/// How often the connections are looked at within the idle time limit.
const LOOKS: u64 = 16;

/// How many connections are looked at under the lock at a time.
pub(super) const AT_A_TIME: usize = 64;

/// The longest that a worker sleeps that may not call callbacks.
const GUARD: Duration = Duration::from_millis(50);

impl MessageWorker {
    /// Ends connections whose time is up; returns when the next one's may be.
    pub(super) fn enforce_limits(&mut self, now: Instant) -> Option<Instant> {
        let server = Arc::clone(&self.server);
        let callbacks = server.close_overdue(now);
        let ms = server.milliseconds();
        let (next_look, open) = {
            let state = server.state.lock();
            (state.next_look, state.connections.len() > 0)
        };
        let limited = server.options.idle_timeout.is_some() || server.ending.load(Ordering::SeqCst);
        if !open || !limited {
            return callbacks;
        }
        let next_look = if ms >= next_look {
            self.close_idle(ms)
        } else {
            next_look
        };
        let looks = now + Duration::from_millis(next_look.saturating_sub(ms));
        Some(callbacks.map_or(looks, |callbacks| callbacks.min(looks)))
    }

    /// Ends connections whose peers have been idle for too long; returns when to look again.
    fn close_idle(&mut self, now: u64) -> u64 {
        let server = Arc::clone(&self.server);
        let idle = server.options.idle_timeout.map(milliseconds);
        let limit = idle.unwrap_or(milliseconds(CLOSE_LIMIT));
        server.ending.store(false, Ordering::SeqCst);
        let mut earliest = now.saturating_add(limit);
        let (mut place, mut places) = (0, 1);
        while place < places {
            {
                let state = server.state.lock();
                places = state.connections.places();
                for at in place..places.min(place + AT_A_TIME) {
                    let Some(connection) = state.connections.at(at) else {
                        continue;
                    };
                    let end = connection.last_active().saturating_add(limit);
                    if end < now || idle.is_none() {
                        self.silent.push(Arc::clone(connection)); // `make_room` has made room
                    } else {
                        earliest = earliest.min(end + 1);
                    }
                }
            }
            place += AT_A_TIME;
            for connection in self.silent.drain(..) {
                let due = {
                    let mut traffic = connection.traffic.lock();
                    if traffic.in_hands || (idle.is_none() && traffic.ending.is_none()) {
                        continue;
                    }
                    let end = connection.last_active().saturating_add(limit);
                    if end >= now {
                        server.ending.store(true, Ordering::SeqCst);
                        earliest = earliest.min(end + 1);
                        continue;
                    }
                    traffic.cut_off(CloseReason::IdleTimeout);
                    traffic.aborted |= traffic.unsent() > 0; // the end of the stream would look like that of the data
                    traffic.drop_unsent();
                    connection.settle_idle(&*server, &mut traffic)
                };
                if due {
                    server.end(connection.key(), false);
                }
            }
        }
        let next = earliest.max(now + (limit / LOOKS).max(1));
        server.state.lock().next_look = next;
        next
    }

    /// Enforces the time limit of callbacks while as many are running as may be.
    pub(super) fn guard(&self) {
        let now = Instant::now();
        let next = self.server.close_overdue(now);
        let pause = next.map_or(GUARD, |next| next.saturating_duration_since(now).min(GUARD));
        thread::park_timeout(pause);
    }
}

impl MessageServer {
    /// Closes the connections of callbacks whose time is up; returns when the next one's is.
    fn close_overdue(&self, now: Instant) -> Option<Instant> {
        let limit = self.options.handler_timeout?;
        let (mut next, mut overdue) = (None, Vec::new());
        {
            let mut state = self.state.lock();
            let State {
                workers, connections, ..
            } = &mut *state;
            for entry in workers.iter_mut().flatten() {
                let Some(end) = entry.since.and_then(|since| since.checked_add(limit)) else {
                    continue;
                };
                if end <= now {
                    entry.since = None;
                    overdue.extend(entry.working_on.and_then(|key| connections.get(key).cloned()));
                } else {
                    next = Some(next.map_or(end, |next: Instant| next.min(end)));
                }
            }
        }
        for connection in overdue {
            record("handler_timeout", Some(&connection));
            connection.close_under_callback(CloseReason::HandlerTimeout);
        }
        next
    }
}

impl super::connection::Connection {
    /// Closes the connection while its callback runs, with a reset if something is unsent; `on_close` follows when the
    /// callback has returned.
    pub(super) fn close_under_callback(&self, reason: CloseReason) {
        {
            let mut traffic = self.traffic.lock();
            if traffic.over {
                return;
            }
            traffic.end(reason.clone());
        }
        let (aborts, returned) = {
            let mut traffic = self.lock_between_sends();
            if traffic.over {
                return;
            }
            if traffic.in_hands {
                traffic.cut_off_callback(reason);
            } else {
                traffic.cut_off(reason);
            }
            traffic.aborted |= traffic.unsent() > 0;
            (traffic.aborted, !traffic.in_hands)
        };
        if returned {
            return self.settle();
        }
        // There is no caller to report a failure to.
        let mut call = self.socket.on(NativeCaller);
        let _ = if aborts {
            call.abort()
        } else {
            call.close_under_handler()
        };
    }
}

/// Rounded up: a limit never ends early.
fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros().div_ceil(1000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::connection::{Connection, Owner};
    use super::super::shared::MessageServer;
    use super::*;
    use crate::domain::{Family, Protocol, SocketType};
    use crate::socket::Socket;
    use std::sync::Weak;

    #[test]
    fn a_reply_that_is_just_being_sent_is_not_taken_for_unsent() {
        let (socket, _peer) = Socket::pair(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT).unwrap();
        let owner: Weak<dyn Owner> = Weak::<MessageServer>::new();
        let peer = crate::address::Address::EMPTY;
        let connection = Connection::new(owner, 1, socket, peer, None, 100, 0);
        let (bytes, taken) = {
            let mut traffic = connection.traffic.lock();
            traffic.append([b"", b"reply", b""]).unwrap();
            traffic.take_to_send().unwrap()
        };
        std::thread::scope(|scope| {
            scope.spawn(|| connection.close_under_callback(CloseReason::Stopped));
            while connection.traffic.lock().ending.is_none() {
                std::thread::yield_now();
            }
            connection.traffic.lock().note_sent(bytes, taken, Ok(5));
        });
        assert!(!connection.traffic.lock().aborted);
    }
}
