//! A message server: what its workers share.

use super::connection::Owner;
use super::options::MessageServeOptions;
use super::reason::CloseReason;
use super::state::{Accepting, MessageServerStats, PeerCause, State, Stopping};
use crate::caller::{Caller, NativeCaller};
use crate::error::{Error, Kind, Operation, Result};
use crate::framing::Framing;
use crate::handle::{Subscriber, Subscription};
use crate::memory;
use crate::poller::Poller;
use crate::server::accepting;
use crate::server::monitor::{Monitor, Watched};
use crate::socket::Socket;
use crate::table::Table;
use crate::time::Timeout;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Instant;

/// A server that accepts, receives and sends, and leaves it to callbacks to answer messages.
///
/// A few threads serve any number of connections. Each has a [`MessageWorker`](super::MessageWorker). One of them waits
/// until something arrives, receives it, and calls the callbacks; another takes over when a callback takes longer than
/// a few milliseconds. For each connection, callbacks are called one after the other, in order: `on_open`, `on_message` for
/// each message, `on_close`. [`MessageServer::start`] does all this with its own threads.
///
/// A forked child inherits the listener, but none of the threads or connections.
pub struct MessageServer {
    pub(super) listener: Arc<Socket>,
    pub(super) framing: Option<Framing>,
    pub(super) options: MessageServeOptions,
    pub(super) poller: Poller,
    pub(super) state: Monitor<State>,
    /// There may be connections that wait for their peers to take the last bytes.
    pub(super) ending: AtomicBool,
    began: Instant,
}

impl MessageServer {
    /// Makes a server from a listening stream socket. It accepts as soon as it has a [worker](Self::worker). With a framing,
    /// callbacks get whole messages; without one, whatever a receive brought.
    ///
    /// Closing the listener, from anywhere, [stops](Self::stop) the server, without a time limit.
    ///
    /// # Errors
    /// `InvalidInput` for an option that is zero, and for a socket that is not a stream; `EINVAL` when it is not listening,
    /// `EOPNOTSUPP` when it can't; `Closed`; the system's error when there are no descriptors left.
    pub fn new(
        listener: impl Into<Arc<Socket>>,
        framing: Option<Framing>,
        options: MessageServeOptions,
    ) -> Result<Arc<Self>> {
        let listener = listener.into();
        options.check()?;
        listener.check_is_stream(Operation::Server)?;
        accepting::prepare(&listener)?;
        // Connections inherit it. Each send has whole messages, which should not wait for the peer's acknowledgement of the
        // last one (Nagle's algorithm). A Unix socket has no such option.
        let _ = listener.set_nodelay(true);
        let server = Arc::new(Self {
            listener,
            framing,
            options,
            poller: Poller::new()?,
            state: Monitor::new(),
            ending: AtomicBool::new(false),
            began: Instant::now(),
        });
        let us: Weak<Self> = Arc::downgrade(&server);
        let subscribed = server.listener.handle.with_subscriptions(|_, subscriptions, _| {
            memory::reserve(subscriptions, 1)?;
            subscriptions.push(Subscription {
                subscriber: us,
                key: 0,
            });
            Ok(())
        });
        subscribed.map_err(|kind| Error::new(Operation::Server, kind))?;
        Ok(server)
    }

    /// The socket it accepts on.
    pub fn listener(&self) -> &Arc<Socket> {
        &self.listener
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.state.lock().connections.len()
    }

    /// What the server has counted so far.
    pub fn stats(&self) -> MessageServerStats {
        self.state.lock().stats
    }

    /// Waits until accepting has ended: the server was stopped, its listener was closed, or it can't go on.
    ///
    /// # Errors
    /// Those of [`Server::wait`](crate::Server::wait).
    pub fn wait<C: Caller>(&self, timeout: impl Into<Timeout>, caller: &mut C) -> Result<()> {
        if self.state.lock().lost_workers_in_fork && !self.listener.is_closed() {
            return Err(accepting::lost_in_fork());
        }
        accepting::wait_until_closed(&self.listener, timeout.into(), caller)?;
        self.state.lock().failure.clone().map_or(Ok(()), Err)
    }

    /// How many connections there may be.
    pub(super) fn most_connections(&self) -> usize {
        self.options.max_connections.min(Table::<()>::MOST)
    }

    /// Frees the place of a connection whose last callback has returned, and wakes the leader if it may accept again.
    pub(super) fn free_place(&self) {
        let wakes = {
            let mut state = self.state.lock();
            state.leaving -= 1;
            state.polling && matches!(state.accepting, Accepting::Not) && state.stopping.is_none()
        };
        if wakes {
            let _ = self.poller.wake();
        }
    }

    /// Milliseconds since the server was made.
    pub(super) fn milliseconds(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Begins to stop. The listener is closed.
    pub(super) fn begin_stop(&self, deadline: Option<Instant>) {
        {
            let mut state = self.state.lock();
            match &mut state.stopping {
                Some(stopping) => {
                    stopping.deadline = match (stopping.deadline, deadline) {
                        (Some(one), Some(other)) => Some(one.min(other)),
                        (one, other) => one.or(other),
                    };
                    // Perhaps a worker let go of a connection before the listener was closed.
                    stopping.next = 0;
                }
                None => {
                    state.stopping = Some(Stopping {
                        deadline,
                        next: 0,
                        forced: false,
                    });
                }
            }
            state.wake_workers();
            state.wake_watchers();
        }
        let _ = self.poller.wake();
    }
}

/// How the end of a connection is counted, beside the number of ends.
enum Counted {
    Nothing,
    HandlerTimeout,
    OfPeer(PeerCause),
}

impl Counted {
    fn of(reason: &CloseReason) -> Self {
        match reason {
            CloseReason::Failed(error) if is_reset(error.kind()) => Self::OfPeer(PeerCause::Reset),
            CloseReason::IdleTimeout => Self::OfPeer(PeerCause::Idle),
            CloseReason::BadMessage(_) => Self::OfPeer(PeerCause::BadMessage),
            CloseReason::HandlerTimeout => Self::HandlerTimeout,
            CloseReason::PeerFinished
            | CloseReason::ByProgram
            | CloseReason::Failed(_)
            | CloseReason::HandlerFailed
            | CloseReason::Stopped => Self::Nothing,
        }
    }
}

impl State {
    fn note_end(&mut self, counted: Counted) {
        self.stats.handled += 1;
        match counted {
            Counted::Nothing => {}
            Counted::HandlerTimeout => self.stats.handler_timeouts += 1,
            Counted::OfPeer(cause) => {
                self.count(cause);
            }
        }
    }
}

pub(super) fn is_reset(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Os(libc::ECONNRESET | libc::EPIPE | libc::ECONNABORTED)
    )
}

impl Owner for MessageServer {
    fn poller(&self) -> &Poller {
        &self.poller
    }

    fn now(&self) -> u64 {
        self.milliseconds()
    }

    fn note_ending(&self) {
        if !self.ending.swap(true, Ordering::SeqCst) {
            let _ = self.poller.wake();
        }
    }

    fn end(&self, key: u64, wakes: bool) {
        let removed = {
            let mut state = self.state.lock();
            let removed = state.connections.remove(key);
            state.being_closed += usize::from(removed.is_some());
            state.leaving += usize::from(removed.is_some());
            removed
        };
        let Some(connection) = removed else { return };
        let (counted, aborted, refused) = {
            let mut traffic = connection.traffic.lock();
            traffic.kept = None;
            let counted = traffic.ending.as_deref().map_or(Counted::Nothing, Counted::of);
            (counted, traffic.aborted, traffic.refused)
        };
        // There is no caller to report a failure to.
        let mut call = connection.socket.on(NativeCaller);
        let _ = if aborted {
            call.abort()
        } else {
            call.close_handled()
        };
        let wakes = {
            let mut state = self.state.lock();
            state.note_end(counted);
            state.being_closed -= 1;
            if state.stopping.is_some() {
                state.wake_watchers();
            }
            if refused {
                state.leaving -= 1;
            } else {
                state.closed.push_back(connection); // `open` has made room
            }
            wakes && state.polling
        };
        if wakes {
            let _ = self.poller.wake();
        }
    }
}

impl Subscriber for MessageServer {
    /// The listener is being closed.
    fn descriptor_goes(&self, _: u64, _: BorrowedFd<'_>) {
        self.begin_stop(None);
    }

    fn readable_ahead(&self, _: u64, _: bool) {}
}

impl std::fmt::Debug for MessageServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MessageServer")
            .field("listener", &self.listener)
            .field("framing", &self.framing)
            .field("options", &self.options)
            .field("connections", &self.connections())
            .finish()
    }
}
