//! `java.net.Socket`.

use super::address::{destination, dual_stack, local, look_up, name_of, shown, WILDCARD};
use super::lazy_socket::LazySocket;
use super::refusal::{Refusal, Result};
use super::stream;
use crate::buffer::{RecvBuf, SendBuf};
use crate::caller::Caller;
use crate::connection::{connect_to_any, ConnectOptions};
use crate::domain::SocketType;
use crate::error::{legible, Error, Kind, Operation};
use crate::flags::Flags;
use crate::lookup::eai;
use crate::socket::Half;
use crate::time::Timeout;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

/// Where to connect: an address, and the name that it was looked up from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct To {
    /// The name of the host, if there is one.
    pub host: Option<String>,
    /// The address, unless it was never looked up.
    pub address: Option<SocketAddr>,
}

/// A TCP connection, or what will become one, that behaves like `java.net.Socket`.
///
/// It may be used by any number of threads and closed by any of them. After close it still reports that it was bound
/// and connected, and to which address.
#[derive(Default)]
pub struct Socket {
    socket: LazySocket,
    bound: OnceLock<SocketAddr>,
    peer: OnceLock<To>,
}

impl Socket {
    /// A socket without an address and without a connection (Java `new Socket()`). The descriptor is made when it is
    /// needed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Connects to a host by name or number: tries all its addresses, IPv4 first, and the first to answer wins. An
    /// empty host means this host (Java `new Socket(host, port)`, which tries one address only).
    ///
    /// # Errors
    /// See [`create_connection_with`](crate::create_connection_with).
    pub fn connected<C: Caller>(
        name: &str,
        port: u16,
        from: Option<SocketAddr>,
        caller: &mut C,
    ) -> Result<Self> {
        let addresses = look_up(name, port, caller)?;
        let options = ConnectOptions {
            local_address: from.map(Into::into),
            ..ConnectOptions::default()
        };
        let (made, address) = connect_to_any(&addresses, &options, Timeout::Never, caller)?;
        let socket = Self::new();
        let to = To {
            host: name_of(name),
            address: shown(&address),
        };
        let to = reached(&made, to);
        socket.begin(made.into(), to)?;
        Ok(socket)
    }

    /// The connection that a listener or a [`Server`](crate::Server) accepted, from this peer.
    ///
    /// # Errors
    /// `Closed`.
    pub fn accepted(made: impl Into<Arc<crate::Socket>>, peer: &crate::Address) -> Result<Self> {
        let socket = Self::new();
        let to = To {
            host: None,
            address: shown(peer),
        };
        socket.begin(made.into(), to)?;
        Ok(socket)
    }

    /// Adopts a connection.
    fn begin(&self, made: Arc<crate::Socket>, to: To) -> Result<()> {
        self.note_bound(&made)?;
        // The socket is new: no other thread can have set these.
        let _ = self.peer.set(to);
        self.socket.set(made);
        Ok(())
    }

    fn note_bound(&self, made: &crate::Socket) -> Result<()> {
        if let Some(address) = shown(&made.local_address()?) {
            let _ = self.bound.set(address);
        }
        Ok(())
    }

    /// The BSD socket underneath, made if there is none yet; for options.
    ///
    /// # Errors
    /// `Closed`; see also [`crate::Socket::new`].
    pub fn open(&self) -> Result<&crate::Socket> {
        Ok(self.socket.open(|| dual_stack(SocketType::STREAM))?)
    }

    /// The BSD socket underneath of a connection.
    fn stream(&self, operation: Operation) -> Result<&crate::Socket> {
        match self.socket.get() {
            Some(made) if self.is_connected() => Ok(made),
            _ => Err(Error::new(operation, Kind::Os(libc::ENOTCONN)).into()),
        }
    }

    /// Binds the socket to an address; `None` means a port of the system's choice on every interface.
    ///
    /// # Errors
    /// `AlreadyBound`, `Closed`; see also [`crate::Socket::bind`].
    pub fn bind(&self, address: Option<SocketAddr>) -> Result<()> {
        let made = self.open()?;
        if self.is_bound() {
            return Err(Refusal::AlreadyBound);
        }
        let address = address.unwrap_or_else(|| SocketAddr::new(WILDCARD, 0));
        made.bind(&local(made, address))?;
        self.note_bound(made)
    }

    /// Connects, with its own time limit; any failure closes the socket.
    ///
    /// # Errors
    /// `AlreadyConnected`, `Closed`; the resolver's errors for an address that was never looked up; as
    /// [`Call::connect`](crate::Call::connect).
    pub fn connect<C: Caller>(&self, to: To, timeout: Timeout, caller: &mut C) -> Result<()> {
        let made = self.open()?;
        if self.is_connected() {
            return Err(Refusal::AlreadyConnected);
        }
        let connected = match to.address {
            Some(address) => {
                let address = destination(made, address);
                made.on(&mut *caller).within(timeout).connect(&address)
            }
            None => Err(Error::new(Operation::Resolve, Kind::Resolve(eai::NONAME))
                .with_detail(legible(to.host.as_deref().unwrap_or_default()))),
        };
        if let Err(error) = connected {
            // The failure to report is that of connect, not that of closing.
            let _ = self.close(caller);
            return Err(error.into());
        }
        self.note_bound(made)?;
        let _ = self.peer.set(reached(made, to));
        Ok(())
    }

    /// Receives at least one byte; 0 means the end of the stream. See [`read`](super::read()).
    ///
    /// # Errors
    /// See [`read`](super::read()); also `ENOTCONN` before it is connected.
    pub fn read<'b, C: Caller>(&self, caller: &mut C, room: impl Into<RecvBuf<'b>>) -> Result<usize> {
        Ok(stream::read(self.stream(Operation::Recv)?, caller, room)?)
    }

    /// Sends all of `data`. See [`write`](super::write()).
    ///
    /// # Errors
    /// See [`write`](super::write()); also `ENOTCONN` before it is connected.
    pub fn write<'b, C: Caller>(&self, caller: &mut C, data: impl Into<SendBuf<'b>>) -> Result<()> {
        Ok(stream::write(self.stream(Operation::SendAll)?, caller, data)?)
    }

    /// How many bytes a read would find without waiting: 0 once the input was shut down.
    ///
    /// # Errors
    /// See [`crate::Socket::available`].
    pub fn available(&self) -> Result<usize> {
        let made = self.stream(Operation::Available)?;
        let bytes = made.available()?;
        Ok(if self.is_input_shut() { 0 } else { bytes })
    }

    /// Sends one byte out of band; a peer that does not receive such bytes in line never sees it.
    ///
    /// # Errors
    /// `NotConnected`; `Closed`; see also [`write`](Self::write).
    pub fn send_urgent<C: Caller>(&self, byte: u8, caller: &mut C) -> Result<()> {
        if !self.is_connected() {
            return Err(Refusal::NotConnected);
        }
        let made = self.stream(Operation::SendAll)?;
        let mut call = made.on(caller).within(Timeout::Never);
        Ok(call.send_all_with(&[byte], Flags::OUT_OF_BAND)?)
    }

    /// Whether a stream to read from can be made.
    ///
    /// # Errors
    /// `Closed`, `NotConnected`, `InputShut`.
    pub fn check_input(&self) -> Result<()> {
        self.check_half(Half::InputShut, Refusal::InputShut)
    }

    /// Whether a stream to write to can be made.
    ///
    /// # Errors
    /// `Closed`, `NotConnected`, `OutputShut`.
    pub fn check_output(&self) -> Result<()> {
        self.check_half(Half::OutputShut, Refusal::OutputShut)
    }

    fn check_half(&self, half: Half, shut: Refusal) -> Result<()> {
        let made = self.open()?;
        if !self.is_connected() {
            return Err(Refusal::NotConnected);
        }
        if made.halves.has(half) {
            return Err(shut);
        }
        Ok(())
    }

    /// Ends receiving, once; the peer is not notified.
    ///
    /// # Errors
    /// See [`check_input`](Self::check_input); also `InputShut` the second time.
    pub fn shutdown_input(&self) -> Result<()> {
        self.check_input()?;
        self.end(Half::InputShut, Refusal::InputShut)
    }

    /// Ends sending, once; the peer reads up to the end of the stream.
    ///
    /// # Errors
    /// See [`check_output`](Self::check_output); also `OutputShut` the second time.
    pub fn shutdown_output(&self) -> Result<()> {
        self.check_output()?;
        self.end(Half::OutputShut, Refusal::OutputShut)
    }

    fn end(&self, half: Half, shut: Refusal) -> Result<()> {
        let made = self.open()?;
        match stream::end(made, half) {
            Ok(true) => Ok(()),
            Ok(false) => Err(shut),
            // Reset meanwhile: there is nothing left to end, and it counts as ended.
            Err(error) if error.kind() == Kind::Os(libc::ENOTCONN) => {
                made.halves.note(half);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Closes the socket, sending FIN first unless the linger time is zero, and ends every call that waits in another
    /// thread. Closing again does nothing.
    ///
    /// # Errors
    /// See [`Call::close`](crate::Call::close).
    pub fn close<C: Caller>(&self, caller: &mut C) -> Result<()> {
        self.socket.close(|made| stream::close(made, caller))
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.socket.is_closed()
    }

    /// Whether it was ever bound.
    pub fn is_bound(&self) -> bool {
        self.bound.get().is_some()
    }

    /// Whether it was ever connected.
    pub fn is_connected(&self) -> bool {
        self.peer.get().is_some()
    }

    /// Whether the receiving half was shut down.
    pub fn is_input_shut(&self) -> bool {
        self.socket
            .get()
            .is_some_and(|made| made.halves.has(Half::InputShut))
    }

    /// Whether the sending half was shut down.
    pub fn is_output_shut(&self) -> bool {
        self.socket
            .get()
            .is_some_and(|made| made.halves.has(Half::OutputShut))
    }

    /// The address it was connected to.
    pub fn peer(&self) -> Option<&To> {
        self.peer.get()
    }

    /// Its local port, also after close; `None` before it had one.
    pub fn local_port(&self) -> Option<u16> {
        self.bound.get().map(SocketAddr::port)
    }

    /// Its local address: "every interface" before it had one, and after close.
    pub fn local_address(&self) -> IpAddr {
        let actual = match self.socket.get() {
            Some(made) if !self.is_closed() => made.local_address().ok(),
            _ => None,
        };
        actual
            .and_then(|address| shown(&address))
            .map_or(WILDCARD, |address| address.ip())
    }
}

/// The peer that a connect to `to` reached: "every interface" stands for this host, and the system reports which
/// address that was.
fn reached(made: &crate::Socket, to: To) -> To {
    if !to.address.is_some_and(|address| address.ip().is_unspecified()) {
        return to;
    }
    let address = made.peer_address().ok().and_then(|peer| shown(&peer));
    To {
        address: address.or(to.address),
        ..to
    }
}
