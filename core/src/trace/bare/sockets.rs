//! The sockets of the program's descriptors.
//!
//! A descriptor may be closed and its number used again without our notice: by fclose(3), by a system call. So a number that is
//! used in a call counts only together with the socket's number in the kernel.

use super::observing::{is_observed, observe};
use crate::memory;
use crate::sys::fork::{self, ForkLock, Held, InChild};
use crate::sys::unix::descriptor::socket_at;
use crate::trace::Traced;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;

static SOCKETS: ForkLock<Sockets> = ForkLock::inherited(Sockets {
    at: Vec::new(),
    departed: Vec::new(),
});

/// How many sockets are kept for calls inside them. Beyond that the calls in the oldest were left by longjmp(3) or cancelled, and
/// never end.
const MOST_DEPARTED: usize = 1024;

/// A socket under one of its descriptors. Duplicates have one each.
pub(super) struct Socket {
    /// Its number in the kernel.
    pub(super) inode: u64,
    pub(super) traced: Traced,
    /// How many calls are inside.
    pub(super) inside: AtomicUsize,
    /// How often the process had forked when the socket was made in it.
    made_at: Option<u32>,
    /// The program has sent it to another process.
    sent: AtomicBool,
}

#[derive(Default)]
pub(super) struct Sockets {
    /// By the number of the descriptor.
    at: Vec<Option<Arc<Socket>>>,
    /// Those whose descriptor is closed while calls are still inside.
    departed: Vec<Arc<Socket>>,
}

impl InChild for Sockets {
    /// The child has the same descriptors.
    fn in_child(parents: Option<Self>) -> Self {
        parents.unwrap_or_default()
    }
}

/// A descriptor and the socket behind it.
#[derive(Clone, Copy)]
pub(super) struct Descriptor {
    pub(super) fd: BorrowedFd<'static>,
    pub(super) inode: u64,
}

impl Descriptor {
    /// `None` if the number does not stand for a socket.
    pub(super) fn of(number: RawFd) -> Option<Self> {
        let (fd, inode) = socket_at(number)?;
        Some(Self { fd, inode })
    }
}

impl Socket {
    fn new(inode: u64, made_at: Option<u32>) -> Arc<Self> {
        Arc::new(Self {
            inode,
            traced: Traced::default(),
            inside: AtomicUsize::new(0),
            made_at,
            sent: AtomicBool::new(false),
        })
    }

    /// Whether another process may have it, too.
    pub(super) fn may_be_shared(&self) -> bool {
        self.made_at != Some(fork::sharing()) || self.sent.load(Ordering::Relaxed)
    }
}

fn lock() -> Held<'static, Sockets> {
    SOCKETS.lock()
}

impl Sockets {
    fn get(&self, number: RawFd) -> Option<&Arc<Socket>> {
        self.at.get(usize::try_from(number).ok()?)?.as_ref()
    }

    fn with_inode(&self, inode: u64) -> Option<&Arc<Socket>> {
        self.at.iter().flatten().find(|socket| socket.inode == inode)
    }

    /// Puts a socket in its place; returns the one whose descriptor was closed without our notice.
    fn put(&mut self, number: RawFd, socket: Arc<Socket>) -> Option<Arc<Socket>> {
        let place = usize::try_from(number).ok()?;
        if place >= self.at.len() {
            let more = place + 1 - self.at.len();
            self.at.try_reserve(more).ok()?;
            self.at.resize_with(place + 1, || None);
        }
        let before = self.at.get_mut(place)?.replace(socket);
        self.keep(before)
    }

    /// Takes a socket out, whose descriptor is about to be closed.
    fn take(&mut self, number: RawFd) -> Option<Arc<Socket>> {
        let taken = self.at.get_mut(usize::try_from(number).ok()?)?.take();
        self.keep(taken)
    }

    /// Keeps a socket that has left its place for the calls inside it.
    fn keep(&mut self, socket: Option<Arc<Socket>>) -> Option<Arc<Socket>> {
        if let Some(socket) = &socket {
            if socket.inside.load(Ordering::Relaxed) > 0 {
                if self.departed.len() >= MOST_DEPARTED {
                    self.departed.remove(0);
                }
                let _ = memory::push(&mut self.departed, Arc::clone(socket));
            }
        }
        socket
    }
}

/// The socket of a descriptor, which is described if it was not known.
pub(super) fn find(descriptor: Descriptor) -> Arc<Socket> {
    let number = descriptor.fd.as_raw_fd();
    let mut sockets = lock();
    if let Some(socket) = sockets.get(number) {
        if socket.inode == descriptor.inode {
            return Arc::clone(socket);
        }
    }
    let original = sockets.with_inode(descriptor.inode).map(Arc::clone);
    let socket = Socket::new(
        descriptor.inode,
        original.as_ref().and_then(|original| original.made_at),
    );
    let before = sockets.put(number, Arc::clone(&socket));
    drop(sockets);
    note_unseen_close(before.as_deref());
    let from = original.as_ref().map(|original| &original.traced);
    let how = if from.is_some() { "dup" } else { "seen" };
    socket.traced.describe(how, Some(descriptor.fd), from);
    socket
}

/// A socket that was made just now, `how`, and from which other.
pub(super) fn made(descriptor: Descriptor, how: &'static str, from: Option<&Socket>) -> Arc<Socket> {
    let socket = Socket::new(descriptor.inode, Some(fork::sharing()));
    let before = lock().put(descriptor.fd.as_raw_fd(), Arc::clone(&socket));
    note_unseen_close(before.as_deref());
    let from = from.map(|from| &from.traced);
    socket.traced.describe(how, Some(descriptor.fd), from);
    socket
}

/// Counts a call in.
pub(super) fn enter(socket: &Socket) {
    socket.inside.fetch_add(1, Ordering::Relaxed);
}

/// Counts it out, and returns the socket that it was made on, even if that was closed meanwhile.
pub(super) fn leave(number: RawFd, inode: u64) -> Option<Arc<Socket>> {
    let mut sockets = lock();
    let socket = sockets
        .get(number)
        .filter(|socket| socket.inode == inode)
        .or_else(|| sockets.departed.iter().find(|socket| socket.inode == inode))
        .map(Arc::clone)?;
    if socket.inside.fetch_sub(1, Ordering::Relaxed) == 1 {
        sockets
            .departed
            .retain(|departed| !Arc::ptr_eq(departed, &socket));
    }
    Some(socket)
}

/// Takes the socket of a descriptor out, which is about to be closed. Calls that are inside go on.
pub(super) fn depart(descriptor: Descriptor, socket: &Arc<Socket>) {
    let mut sockets = lock();
    let number = descriptor.fd.as_raw_fd();
    if sockets
        .get(number)
        .is_some_and(|there| Arc::ptr_eq(there, socket))
    {
        sockets.take(number);
    }
}

/// Undoes [`depart`] and [`enter`] for a descriptor that was not closed after all.
pub(super) fn put_back(number: RawFd, inode: u64) {
    if let Some(socket) = leave(number, inode) {
        let before = lock().put(number, socket);
        note_unseen_close(before.as_deref());
    }
}

/// Whether this process has the socket under another descriptor, too.
pub(super) fn has_duplicate(inode: u64) -> bool {
    lock().with_inode(inode).is_some()
}

/// Takes out the sockets whose descriptors have been closed, with their numbers.
pub(super) fn take_closed() -> Vec<(RawFd, Arc<Socket>)> {
    let mut closed = Vec::new();
    let mut sockets = lock();
    for number in 0..RawFd::try_from(sockets.at.len()).unwrap_or(0) {
        let Some(inode) = sockets.get(number).map(|socket| socket.inode) else {
            continue;
        };
        if socket_at(number).is_none_or(|(_, now)| now != inode) {
            let _ = sockets
                .take(number)
                .map(|socket| memory::push(&mut closed, (number, socket)));
        }
    }
    closed
}

/// Records that a socket was closed, as its number is used for another.
fn note_unseen_close(socket: Option<&Socket>) {
    if let Some(socket) = socket {
        socket.traced.note_close_by(None);
    }
}

/// Whether the number stands for a socket.
pub fn is_socket(number: RawFd) -> bool {
    socket_at(number).is_some()
}

/// Notes that the program sends the socket to another process, which may have it from now on.
pub fn note_sent(number: RawFd) {
    if is_observed() {
        observe(|_| {
            let socket = find(Descriptor::of(number)?);
            socket.sent.store(true, Ordering::Relaxed);
            Some(())
        });
    }
}

/// Records that the program has changed what a number stands for: a duplicate of a socket, or no socket any more.
#[cold]
#[inline(never)]
pub fn note_change(number: RawFd) {
    if is_observed() {
        observe(|_| {
            match Descriptor::of(number) {
                Some(descriptor) => drop(find(descriptor)),
                None => {
                    let before = lock().take(number);
                    note_unseen_close(before.as_deref());
                }
            }
            Some(())
        });
    }
}
