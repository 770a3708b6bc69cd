//! Pollers: waiting for many sockets, each registered once.

use crate::error::Failure;
use crate::guard;
use crate::handle::{borrow, give, polysock_t, take, Handle};
use crate::pointer::{Out, OutArray};
use crate::time;
use libc::{c_int, c_short};
use polysock::{Event, Events, PollTarget, Poller, Trigger};

/// Level-triggered: every wait reports the socket while it is ready.
/// @ingroup polysock_waiting
pub const POLYSOCK_POLL_LEVEL: c_int = 0;
/// Edge-triggered: reported once each time the socket becomes ready; read or write until there is nothing left to do.
/// @ingroup polysock_waiting
pub const POLYSOCK_POLL_EDGE: c_int = 1;
/// One-shot: reported once, and again only after polysock_poller_modify().
/// @ingroup polysock_waiting
pub const POLYSOCK_POLL_ONESHOT: c_int = 2;

/// A set of sockets, each registered once. A wait returns those that are ready; its cost does not depend on how many are
/// registered.
///
/// BSD: epoll(7), kqueue(2). Python: select.epoll. Java: Selector.
/// Any number of threads may add, remove and wait. Closing a registered socket ends its registration: a closed socket
/// never has an event. The poller and its sockets may be freed in any order. In a forked child the poller has the same
/// registrations, so daemon(3) may be called after everything is set up; neither process disturbs the other. (If a
/// thread was changing the poller at the moment of the fork, the child's calls fail with POLYSOCK_ECLOSED.) Free it
/// once with polysock_poller_free().
/// @code
/// polysock_poller *poller;
/// polysock_event events[64];
/// polysock_poller_new(&poller);
/// polysock_poller_add(poller, listener, 0, POLYSOCK_POLLIN, POLYSOCK_POLL_LEVEL);
/// int n = polysock_poller_wait(poller, events, 64, POLYSOCK_INFINITE);
/// for (int i = 0; i < n; i++)
///     handle(events[i].token, events[i].events);
/// polysock_poller_free(poller);
/// @endcode
/// @ingroup polysock_waiting
pub struct polysock_poller(Poller);

impl Handle for polysock_poller {
    const PARAMETER: &'static str = "p";
}

/// A socket or descriptor that is ready.
///
/// BSD: struct epoll_event. Python: a pair of select.epoll.poll. Java: SelectionKey.
/// Its layout is frozen.
/// @ingroup polysock_waiting
#[repr(C)]
#[derive(Clone, Copy)]
pub struct polysock_event {
    /// The number it was registered with.
    pub token: u64,
    /// What it is ready for: POLYSOCK_POLLIN, POLYSOCK_POLLOUT, ...
    pub events: c_int,
    /// Zero.
    pub reserved: c_int,
}

const _: () = assert!(size_of::<polysock_event>() == 16);

impl From<&Event> for polysock_event {
    fn from(event: &Event) -> Self {
        Self {
            token: event.token,
            events: c_int::from(event.events.0),
            reserved: 0,
        }
    }
}

/// Makes an empty poller; the caller owns `*out`.
///
/// BSD: epoll_create1(2). Python: select.epoll. Java: Selector.open.
/// It uses two descriptors. Fails with POLYSOCK_EMFILE.
/// @ingroup polysock_waiting
#[no_mangle]
pub unsafe extern "C" fn polysock_poller_new(out: *mut *mut polysock_poller) -> c_int {
    guard::code("polysock_poller_new", || {
        let out = Out::new(out, "out")?;
        give(&out, polysock_poller(Poller::new()?));
        Ok(())
    })
}

/// Registers a socket. Its events have `token`, a number or pointer that the caller chooses.
///
/// BSD: epoll_ctl(2) with EPOLL_CTL_ADD. Python: select.epoll.register. Java: SelectableChannel.register.
/// `events` are POLYSOCK_POLLIN and the like; POLYSOCK_POLLERR and POLYSOCK_POLLHUP are always reported. `mode` is
/// POLYSOCK_POLL_LEVEL, POLYSOCK_POLL_EDGE or POLYSOCK_POLL_ONESHOT. Fails with POLYSOCK_EEXIST when the socket is
/// already registered.
/// @ingroup polysock_waiting
#[no_mangle]
pub unsafe extern "C" fn polysock_poller_add(
    p: *mut polysock_poller,
    s: *mut polysock_t,
    token: u64,
    events: c_int,
    mode: c_int,
) -> c_int {
    guard::code("polysock_poller_add", || {
        let (poller, socket) = (borrow(p)?, borrow(s)?);
        let (events, mode) = interest(events, mode)?;
        Ok(poller.0.add(PollTarget::Socket(&socket), token, events, mode)?)
    })
}

/// Changes the token, events and mode of a registered socket; rearms POLYSOCK_POLL_ONESHOT.
///
/// BSD: epoll_ctl(2) with EPOLL_CTL_MOD. Python: select.epoll.modify. Java: SelectionKey.interestOps.
/// Fails with POLYSOCK_ENOENT when it is not registered.
/// @ingroup polysock_waiting
#[no_mangle]
pub unsafe extern "C" fn polysock_poller_modify(
    p: *mut polysock_poller,
    s: *mut polysock_t,
    token: u64,
    events: c_int,
    mode: c_int,
) -> c_int {
    guard::code("polysock_poller_modify", || {
        let (poller, socket) = (borrow(p)?, borrow(s)?);
        let (events, mode) = interest(events, mode)?;
        Ok(poller
            .0
            .modify(PollTarget::Socket(&socket), token, events, mode)?)
    })
}

/// Ends the registration of a socket: no wait that begins later reports it.
///
/// BSD: epoll_ctl(2) with EPOLL_CTL_DEL. Python: select.epoll.unregister. Java: SelectionKey.cancel.
/// Fails with POLYSOCK_ENOENT when it is not registered, and with POLYSOCK_ECLOSED when it is closed, which ended its
/// registration.
/// @ingroup polysock_waiting
#[no_mangle]
pub unsafe extern "C" fn polysock_poller_remove(p: *mut polysock_poller, s: *mut polysock_t) -> c_int {
    guard::code("polysock_poller_remove", || {
        let (poller, socket) = (borrow(p)?, borrow(s)?);
        Ok(poller.0.remove(PollTarget::Socket(&socket))?)
    })
}

/// Registers a plain descriptor, which stays the caller's and must be removed before the caller closes it.
///
/// BSD: epoll_ctl(2) with EPOLL_CTL_ADD. Python: select.epoll.register. Java: none.
/// Otherwise like polysock_poller_add(). Fails with POLYSOCK_EBADF when it is not open, and with POLYSOCK_EPERM when it
/// can't be waited for, such as a file.
/// @ingroup polysock_waiting
#[no_mangle]
pub unsafe extern "C" fn polysock_poller_add_fd(
    p: *mut polysock_poller,
    fd: c_int,
    token: u64,
    events: c_int,
    mode: c_int,
) -> c_int {
    guard::code("polysock_poller_add_fd", || {
        let poller = borrow(p)?;
        let (events, mode) = interest(events, mode)?;
        Ok(poller.0.add(PollTarget::Number(fd), token, events, mode)?)
    })
}

/// Changes the token, events and mode of a registered descriptor.
///
/// BSD: epoll_ctl(2) with EPOLL_CTL_MOD. Python: select.epoll.modify. Java: none.
/// Otherwise like polysock_poller_modify().
/// @ingroup polysock_waiting
#[no_mangle]
pub unsafe extern "C" fn polysock_poller_modify_fd(
    p: *mut polysock_poller,
    fd: c_int,
    token: u64,
    events: c_int,
    mode: c_int,
) -> c_int {
    guard::code("polysock_poller_modify_fd", || {
        let poller = borrow(p)?;
        let (events, mode) = interest(events, mode)?;
        Ok(poller.0.modify(PollTarget::Number(fd), token, events, mode)?)
    })
}

/// Ends the registration of a descriptor.
///
/// BSD: epoll_ctl(2) with EPOLL_CTL_DEL. Python: select.epoll.unregister. Java: none.
/// Otherwise like polysock_poller_remove().
/// @ingroup polysock_waiting
#[no_mangle]
pub unsafe extern "C" fn polysock_poller_remove_fd(p: *mut polysock_poller, fd: c_int) -> c_int {
    guard::code("polysock_poller_remove_fd", || {
        Ok(borrow(p)?.0.remove(PollTarget::Number(fd))?)
    })
}

/// Waits until something registered is ready and returns how many events it wrote to `events`, at most `n` and at most
/// 256 (the next wait returns the others); 0 when time is up or after polysock_poller_wake().
///
/// BSD: epoll_wait(2). Python: select.epoll.poll. Java: Selector.select.
/// POLYSOCK_DEFAULT waits forever. Fails with POLYSOCK_EINVAL when `n` is 0, and with POLYSOCK_ECLOSED when the poller
/// is closed.
/// @ingroup polysock_waiting
#[no_mangle]
pub unsafe extern "C" fn polysock_poller_wait(
    p: *mut polysock_poller,
    events: *mut polysock_event,
    n: usize,
    timeout_ms: c_int,
) -> c_int {
    guard::number("polysock_poller_wait", || {
        let poller = borrow(p)?;
        let timeout = time::timeout_or_never(timeout_ms)?;
        let to = OutArray::new(events, n, "events")?;
        let mut found = [Event::default(); Poller::MOST_EVENTS];
        let room = found.len().min(n);
        let count = poller
            .0
            .wait(found.get_mut(..room).unwrap_or_default(), timeout)?;
        to.fill(found.iter().take(count).map(polysock_event::from));
        Ok(count)
    })
}

/// Makes at least one polysock_poller_wait() return early: one in progress, or else the next. Any thread may call it.
///
/// BSD: a write to an eventfd(2). Python: none. Java: Selector.wakeup.
/// @ingroup polysock_waiting
#[no_mangle]
pub unsafe extern "C" fn polysock_poller_wake(p: *mut polysock_poller) -> c_int {
    guard::code("polysock_poller_wake", || Ok(borrow(p)?.0.wake()?))
}

/// Ends all registrations; waits of all threads end with POLYSOCK_ECLOSED. Closing again returns 0. The sockets do not
/// change.
///
/// BSD: close(2). Python: select.epoll.close. Java: Selector.close.
/// The poller must still be freed.
/// @ingroup polysock_waiting
#[no_mangle]
pub unsafe extern "C" fn polysock_poller_close(p: *mut polysock_poller) -> c_int {
    guard::code("polysock_poller_close", || {
        borrow(p)?.0.close();
        Ok(())
    })
}

/// Closes the poller if it is open, and frees it: `p` must not be used again. NULL is allowed.
///
/// BSD: close(2). Python: del. Java: none.
/// Calls that other threads are inside keep what they need and end with POLYSOCK_ECLOSED.
/// @ingroup polysock_waiting
#[no_mangle]
pub unsafe extern "C" fn polysock_poller_free(p: *mut polysock_poller) {
    guard::code("polysock_poller_free", || {
        if let Some(poller) = take(p) {
            poller.0.close();
        }
        Ok(())
    });
}

fn interest(events: c_int, mode: c_int) -> Result<(Events, Trigger), Failure> {
    let events = c_short::try_from(events)
        .map_err(|_| Failure::argument("events", "has bits outside the POLYSOCK_POLL numbers"))?;
    let mode = match mode {
        POLYSOCK_POLL_LEVEL => Trigger::Level,
        POLYSOCK_POLL_EDGE => Trigger::Edge,
        POLYSOCK_POLL_ONESHOT => Trigger::OneShot,
        _ => return Err(Failure::argument("mode", "is not a POLYSOCK_POLL_ number")),
    };
    Ok((Events(events), mode))
}
