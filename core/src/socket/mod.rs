//! A socket: one handle with the calls on it, one file per subject.

mod accept;
mod batch;
mod buffered;
mod close;
mod connect;
mod convert;
mod delivery;
mod halves;
mod info;
pub(crate) mod listen;
mod message;
pub(crate) mod options;
mod recv;
mod recv_frame;
mod send;
mod send_frame;
mod sendfile;
mod std_io;
mod tcp_info;

pub use convert::LentFd;
pub use delivery::{CloseReport, CloseVerdict, SendQueue, DISCARD_LIMIT};
pub(crate) use halves::{Half, Halves};
pub use message::Received;
pub use options::{Interface, Keepalive};

use crate::caller::{Caller, NativeCaller};
use crate::domain::{Family, Protocol, SocketKind, SocketType};
use crate::error::{Error, Kind, Operation, Result};
use crate::handle::BlockingMode;
use crate::handle::{Direction, Handle, Inside};
use crate::op::{run, Attempt};
use crate::sys::reserve::check_left;
use crate::sys::{kernel, os, unix};
use crate::time::Timeout;
use crate::trace::{self, Line};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::atomic::AtomicBool;

/// A socket that any number of threads may use and any of them may close.
///
/// Calls wait as long as the socket's timeout allows ([`set_timeout`](Self::set_timeout), forever unless set);
/// [`within`](Self::within) gives a single call its own. Dropping a socket closes it.
///
/// The descriptor is close-on-exec. No call raises SIGPIPE.
#[repr(C)] // as in `Handle`
pub struct Socket {
    pub(crate) handle: Handle,
    family: Family,
    socket_type: SocketType,
    protocol: Protocol,
    /// It is known to be listening.
    listening: AtomicBool,
    /// The state that Java's reads and writes need.
    pub(crate) halves: Halves,
}

/// A call that is about to be made: on which socket, for which language, and how long it may take.
pub struct Call<'s, C = NativeCaller> {
    socket: &'s Socket,
    caller: C,
    timeout: Option<Timeout>,
}

/// A descriptor that could not be adopted, returned to the caller.
#[derive(Debug)]
pub struct AdoptError {
    /// The reason.
    pub error: Error,
    /// The descriptor, still open.
    pub fd: OwnedFd,
}

impl std::fmt::Display for AdoptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for AdoptError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl From<AdoptError> for Error {
    /// Closes the descriptor.
    fn from(refused: AdoptError) -> Self {
        refused.error
    }
}

impl Socket {
    /// Makes a socket (socket(2)); the type may carry `SOCK_NONBLOCK`, and is always close-on-exec.
    ///
    /// # Errors
    /// The system's, such as `EAFNOSUPPORT`, `EPROTONOSUPPORT` or `EMFILE`.
    pub fn new(family: Family, socket_type: SocketType, protocol: Protocol) -> Result<Self> {
        if trace::is_on() {
            Self::new_recorded(family, socket_type, protocol)
        } else {
            Self::make(family, socket_type, protocol)
        }
    }

    #[cold]
    #[inline(never)]
    fn new_recorded(family: Family, socket_type: SocketType, protocol: Protocol) -> Result<Self> {
        let described = |line: &mut Line| {
            line.kernel_name("family", family);
            line.kernel_name("type", socket_type.bare());
            line.count("protocol", usize::try_from(protocol.0).unwrap_or(0));
        };
        let make = || Self::make(family, socket_type, protocol);
        trace::recorded(Operation::Socket, described, make, |line, socket| {
            socket.note_made("socket", None);
            socket.handle.show(|on| line.socket(on));
        })
    }

    // A part of `new`, which otherwise would only pass its arguments on.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn make(family: Family, socket_type: SocketType, protocol: Protocol) -> Result<Self> {
        check_left().map_err(|kind| Error::new(Operation::Socket, kind))?;
        let bare = socket_type.bare();
        let number = (protocol != Protocol::DEFAULT).then(|| protocol.0.into());
        // connect and accept need non-blocking mode.
        let connects =
            bare == SocketType::STREAM && matches!(family, Family::IPV4 | Family::IPV6 | Family::UNIX);
        let nonblocking = if connects { os::MAKE_NONBLOCKING } else { 0 };
        let made = socket2::Socket::new(family.0.into(), (bare.0 | nonblocking).into(), number)
            .map_err(|error| Error::os(Operation::Socket, &error))?;
        let mode = BlockingMode::new(false, nonblocking != 0);
        // Built where it is returned: a socket that is named first would be copied there.
        if !socket_type.is_nonblocking() {
            return Ok(Self::from_parts(made.into(), mode, family, bare, protocol));
        }
        let socket = Self::from_parts(made.into(), mode, family, bare, protocol);
        socket.set_blocking(false)?;
        Ok(socket)
    }

    /// Makes a TCP socket over IPv4 or IPv6.
    ///
    /// # Errors
    /// See [`new`](Self::new).
    pub fn tcp(family: Family) -> Result<Self> {
        Self::stream(family)
    }

    /// A stream socket of a family; TCP for IPv4 and IPv6.
    pub(crate) fn stream(family: Family) -> Result<Self> {
        Self::new(family, SocketType::STREAM, Protocol::DEFAULT)
    }

    /// Makes two sockets connected to each other (socketpair(2)), of a family that supports it: `UNIX`.
    ///
    /// # Errors
    /// The system's, such as `EOPNOTSUPP` for other families.
    pub fn pair(family: Family, socket_type: SocketType, protocol: Protocol) -> Result<(Self, Self)> {
        let described = |line: &mut Line| {
            line.kernel_name("family", family);
            line.kernel_name("type", socket_type.bare());
        };
        let make = || Self::make_pair(family, socket_type, protocol);
        trace::recorded(Operation::SocketPair, described, make, |_, (one, other)| {
            one.note_made("socketpair", None);
            other.note_made("socketpair", Some(one));
        })
    }

    fn make_pair(family: Family, socket_type: SocketType, protocol: Protocol) -> Result<(Self, Self)> {
        check_left().map_err(|kind| Error::new(Operation::SocketPair, kind))?;
        let bare = socket_type.bare();
        let number = (protocol != Protocol::DEFAULT).then(|| protocol.0.into());
        let (one, other) = socket2::Socket::pair(family.0.into(), bare.0.into(), number)
            .map_err(|error| Error::os(Operation::SocketPair, &error))?;
        let pair = [one, other].map(|end| {
            Self::from_parts(
                end.into(),
                BlockingMode::new(false, false),
                family,
                bare,
                protocol,
            )
        });
        if socket_type.is_nonblocking() {
            pair.iter().try_for_each(|end| end.set_blocking(false))?;
        }
        let [one, other] = pair;
        Ok((one, other))
    }

    /// Makes another socket of the same connection, with its own descriptor and timeouts (dup(2)). Closing one
    /// leaves the other open. After the connection has broken, receives on both report why.
    ///
    /// # Errors
    /// `EMFILE`; `Closed`; `Busy` with [`pending`](Self::pending) bytes, which the copy would not have.
    pub fn duplicate(&self) -> Result<Self> {
        check_left().map_err(|kind| Error::new(Operation::Dup, kind))?;
        if self.pending() > 0 {
            return Err(self.explain_pending(Error::new(Operation::Dup, Kind::Busy)));
        }
        self.handle.note_copied();
        self.handle.expose();
        let fd = self.immediate(Operation::Dup, |fd| fd.try_clone_to_owned())?;
        let nonblocking = self.handle.mode.is_wanted_nonblocking();
        let mode = BlockingMode::new(nonblocking, nonblocking);
        let copy = Self::from_parts(fd, mode, self.family, self.socket_type, self.protocol);
        copy.handle.note_copied();
        self.handle.connection_end.share_with(&copy.handle.connection_end);
        copy.set_recv_timeout(self.recv_timeout());
        copy.set_send_timeout(self.send_timeout());
        copy.note_made("dup", Some(self));
        Ok(copy)
    }

    /// Adopts a descriptor; the kernel is asked for the family, type and protocol. The descriptor's flags stay as they are.
    ///
    /// # Errors
    /// `ENOTSOCK` when it is not a socket; the error returns the descriptor.
    pub fn from_fd(fd: OwnedFd) -> std::result::Result<Self, AdoptError> {
        Self::from_fd_as(fd, None, None, None)
    }

    /// Adopts a descriptor about which the caller already knows something: the kernel is asked only for what is `None`.
    ///
    /// # Errors
    /// See [`from_fd`](Self::from_fd).
    pub fn from_fd_as(
        fd: OwnedFd,
        family: Option<Family>,
        socket_type: Option<SocketType>,
        protocol: Option<Protocol>,
    ) -> std::result::Result<Self, AdoptError> {
        let recorded = trace::is_on(); // asked before the handle is made
        let inspected = check_left().and_then(|()| {
            let inspected = Self::inspect(fd.as_fd(), family, socket_type, protocol);
            inspected.map_err(|error| Kind::from_io(&error))
        });
        match inspected {
            Ok((family, socket_type, protocol, nonblocking)) => {
                let mode = BlockingMode::new(nonblocking, nonblocking);
                let socket = Self::from_parts(fd, mode, family, socket_type, protocol);
                socket.handle.note_copied();
                if recorded {
                    socket.note_made("from_fd", None);
                }
                Ok(socket)
            }
            Err(kind) => Err(AdoptError {
                error: Error::new(Operation::FromFd, kind),
                fd,
            }),
        }
    }

    fn inspect(
        fd: BorrowedFd<'_>,
        family: Option<Family>,
        socket_type: Option<SocketType>,
        protocol: Option<Protocol>,
    ) -> std::io::Result<(Family, SocketType, Protocol, bool)> {
        // Asked even when it is known: a descriptor that is not a socket fails here.
        let actual = unix::get_int(fd, libc::SOL_SOCKET, libc::SO_TYPE)?;
        kernel::suppress_sigpipe(fd);
        Ok((
            family.map_or_else(|| os::family(fd).map(Family), Ok)?,
            socket_type.unwrap_or(SocketType(actual)).bare(),
            protocol.map_or_else(|| kernel::protocol(fd).map(Protocol), Ok)?,
            unix::is_nonblocking(fd)?,
        ))
    }

    /// Records a socket that was made, and from which other one.
    #[inline]
    fn note_made(&self, how: &'static str, from: Option<&Self>) {
        self.handle.note_made(how, from.map(|from| &from.handle));
    }

    fn from_parts(
        fd: OwnedFd,
        mode: BlockingMode,
        family: Family,
        socket_type: SocketType,
        protocol: Protocol,
    ) -> Self {
        Self {
            handle: Handle::new(fd, mode),
            family,
            socket_type,
            protocol,
            listening: AtomicBool::new(false),
            halves: Halves::default(),
        }
    }

    /// The number of the descriptor, lent: the descriptor still belongs to the socket, and the number is valid until
    /// the socket is closed. A select(2) or poll(2) of the program's own does not see [`pending`](Self::pending) bytes;
    /// [`poll`](crate::poll()) and [`Poller`](crate::Poller) do.
    ///
    /// # Errors
    /// `Closed` after close or detach.
    pub fn fileno(&self) -> Result<RawFd> {
        let number = self.handle.expose_fd();
        number.ok_or_else(|| Error::new(Operation::Fileno, Kind::Closed))
    }

    /// Gives up the descriptor to the caller. The socket is then closed for everyone else, but the connection goes on.
    ///
    /// # Errors
    /// `Busy` while calls are inside, and with [`pending`](Self::pending) bytes, which the descriptor no longer has;
    /// `Closed` after close or detach.
    pub fn detach(&self) -> Result<OwnedFd> {
        self.handle.detach_recorded().map_err(|kind| {
            let error = Error::new(Operation::Detach, kind);
            if kind == Kind::Busy {
                self.explain_pending(error.with_remedy("calls are inside it"))
            } else {
                error
            }
        })
    }

    /// The address family it was made with.
    pub fn family(&self) -> Family {
        self.family
    }

    /// The type it was made with, without flag bits.
    pub fn socket_type(&self) -> SocketType {
        self.socket_type
    }

    /// The protocol it was made with.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The next call on behalf of another language.
    pub fn on<C: Caller>(&self, caller: C) -> Call<'_, C> {
        Call {
            socket: self,
            caller,
            timeout: None,
        }
    }

    /// The next call with its own time limit for the whole call, however many signals arrive.
    pub fn within(&self, timeout: impl Into<Timeout>) -> Call<'_> {
        self.call().within(timeout)
    }

    fn call(&self) -> Call<'_> {
        self.on(NativeCaller)
    }

    fn kind(&self) -> SocketKind {
        SocketKind {
            family: self.family,
            socket_type: self.socket_type,
        }
    }

    fn is_stream(&self) -> bool {
        self.kind().is_stream()
    }

    /// For calls that divide a stream into messages.
    pub(crate) fn check_is_stream(&self, operation: Operation) -> Result<()> {
        if self.is_stream() {
            return Ok(());
        }
        let must = "must be a stream: datagrams are messages already";
        Err(Error::invalid(operation, "socket", must))
    }

    /// Makes one system call that does not wait.
    fn immediate<T>(
        &self,
        operation: Operation,
        call: impl FnOnce(BorrowedFd<'_>) -> std::io::Result<T>,
    ) -> Result<T> {
        self.immediate_with(operation, |_| {}, call)
    }

    /// The same, with arguments for its record in a trace.
    #[inline]
    fn immediate_with<T>(
        &self,
        operation: Operation,
        arguments: impl FnOnce(&mut Line),
        call: impl FnOnce(BorrowedFd<'_>) -> std::io::Result<T>,
    ) -> Result<T> {
        match self.enter_unwatched(operation)? {
            Some(inside) => call(inside.fd()).map_err(|error| Error::os(operation, &error)),
            None => self.immediate_watched(operation, arguments, call),
        }
    }

    /// Enters for one system call; `None` while calls are watched, so that it may have to be recorded.
    #[allow(clippy::inline_always)] // as above
    #[inline(always)]
    fn enter_unwatched(&self, operation: Operation) -> Result<Option<Inside<'_>>> {
        self.handle
            .enter_unwatched(false)
            .map_err(|kind| Error::new(operation, kind))
    }

    /// The same while calls are watched.
    #[cold]
    #[inline(never)]
    fn immediate_watched<T>(
        &self,
        operation: Operation,
        arguments: impl FnOnce(&mut Line),
        call: impl FnOnce(BorrowedFd<'_>) -> std::io::Result<T>,
    ) -> Result<T> {
        if trace::is_on() {
            self.immediate_recorded(operation, arguments, call, |_, _| {})
        } else {
            self.immediate_unseen(operation, call)
        }
    }

    /// The same, not recorded: for what the library itself wants to know.
    // Otherwise the calls that are not recorded would pay for a call of it.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn immediate_unseen<T>(
        &self,
        operation: Operation,
        call: impl FnOnce(BorrowedFd<'_>) -> std::io::Result<T>,
    ) -> Result<T> {
        let inside = self.handle.enter().map_err(|kind| Error::new(operation, kind))?;
        call(inside.fd()).map_err(|error| Error::os(operation, &error))
    }

    #[cold]
    #[inline(never)]
    fn immediate_recorded<T>(
        &self,
        operation: Operation,
        arguments: impl FnOnce(&mut Line),
        call: impl FnOnce(BorrowedFd<'_>) -> std::io::Result<T>,
        outcome: impl FnOnce(&mut Line, &Result<T>),
    ) -> Result<T> {
        let handle = &self.handle;
        handle.show(|on| trace::begin(operation, Some(on), None, arguments));
        let result = self.immediate_unseen(operation, call);
        let error = result.as_ref().err();
        handle.show(|on| {
            trace::end(operation, Some(on), error, trace::Moved::Nothing, |line| {
                outcome(line, &result)
            })
        });
        result
    }
}

impl std::fmt::Debug for Socket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Socket")
            .field("fd", &self.handle.number())
            .field("family", &self.family)
            .field("type", &self.socket_type)
            .field("protocol", &self.protocol)
            .finish()
    }
}

impl<C: Caller> Call<'_, C> {
    /// Gives the call its own time limit.
    #[must_use]
    pub fn within(mut self, timeout: impl Into<Timeout>) -> Self {
        self.timeout = Some(timeout.into());
        self
    }

    fn timeout(&self, direction: Direction) -> Timeout {
        self.timeout
            .unwrap_or_else(|| self.socket.handle.timeout(direction))
    }

    fn run<A: Attempt>(&mut self, timeout: Timeout, operation: &mut A) -> Result<A::Output> {
        run(&self.socket.handle, &mut self.caller, timeout, operation)
    }
}
