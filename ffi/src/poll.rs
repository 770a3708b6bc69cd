//! Waiting for several handles and descriptors.

use crate::error::Failure;
use crate::guard;
use crate::handle::{self, polysock_t};
use crate::pointer;
use crate::time;
use libc::{c_int, c_short};
use polysock::{memory, poll, Events, PollEntry, PollTarget};

/// The largest number of entries in one polysock_poll().
/// @ingroup polysock_waiting
pub const POLYSOCK_POLL_MAX: usize = 1 << 20;

/// What to wait for: a handle, or a plain descriptor.
///
/// BSD: struct pollfd. Python: select.poll.register. Java: SelectionKey.
/// Its layout is frozen.
/// @ingroup polysock_waiting
#[repr(C)]
#[derive(Clone, Copy)]
pub struct polysock_pollfd {
    /// The handle, or NULL for a plain descriptor.
    pub socket: *mut polysock_t,
    /// The descriptor when there is no handle; a negative one is ignored.
    pub fd: c_int,
    /// What to wait for: POLYSOCK_POLLIN, POLYSOCK_POLLOUT, ...
    pub events: c_short,
    /// What was found; POLYSOCK_POLLERR, POLYSOCK_POLLHUP and POLYSOCK_POLLNVAL even when not asked for.
    pub revents: c_short,
    /// Must be zero.
    pub reserved: u64,
}

const _: () =
    assert!(size_of::<polysock_pollfd>() == (size_of::<usize>() + 8).next_multiple_of(align_of::<u64>()) + 8);

/// Waits until at least one entry has an event and returns how many have; 0 when time is up. Sets `revents` of all
/// entries.
///
/// BSD: poll(2). Python: select.poll. Java: Selector.select.
/// A closed handle has POLYSOCK_POLLNVAL at once, and the wait ends when another thread closes one. POLYSOCK_DEFAULT
/// waits forever: an entry has no timeout. Signals do not end the wait. Fails with POLYSOCK_EINVAL for more entries
/// than the process may have descriptors. For thousands of sockets use polysock_poller_new().
/// @code
/// polysock_pollfd set[] = {{.socket = s, .events = POLYSOCK_POLLIN}, {.fd = STDIN_FILENO, .events = POLYSOCK_POLLIN}};
/// if (polysock_poll(set, 2, 5000) > 0 && set[0].revents != 0)
///     n = polysock_recv(s, buf, sizeof buf, 0, 0);
/// @endcode
/// @ingroup polysock_waiting
#[no_mangle]
pub unsafe extern "C" fn polysock_poll(set: *mut polysock_pollfd, n: usize, timeout_ms: c_int) -> c_int {
    guard::number("polysock_poll", || {
        let timeout = time::timeout_or_never(timeout_ms)?;
        if n > POLYSOCK_POLL_MAX {
            return Err(Failure::argument("n", "is above POLYSOCK_POLL_MAX (1048576)"));
        }
        let wanted = pointer::values(set, n, "set")?;
        let wanted = memory::collect(wanted).map_err(Failure::no_memory)?;
        if wanted.iter().any(|entry| entry.reserved != 0) {
            return Err(Failure::argument("reserved", "of an entry is not zero"));
        }
        let handles = wanted.iter().map(|entry| handle::borrow(entry.socket).ok());
        let handles = memory::collect(handles).map_err(Failure::no_memory)?;
        let targets = handles.iter().zip(&wanted).map(|(handle, entry)| match handle {
            Some(handle) => PollTarget::Socket(handle),
            None => PollTarget::Number(entry.fd),
        });
        let entries = targets
            .zip(&wanted)
            .map(|(target, entry)| PollEntry::new(target, Events(entry.events)));
        let mut entries = memory::collect(entries).map_err(Failure::no_memory)?;
        let ready = poll(&mut entries, timeout)?;
        for (at, entry) in entries.iter().enumerate() {
            // SAFETY: C's contract: `set` has `n` entries, and `at` is less. Only this field is written.
            unsafe { (&raw mut (*set.add(at)).revents).write_unaligned(entry.revents.0) };
        }
        Ok(ready)
    })
}
