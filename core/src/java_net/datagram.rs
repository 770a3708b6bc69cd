//! `java.net.DatagramSocket`.

use super::address::{destination, dual_stack, local, shown, WILDCARD};
use super::lazy_socket::LazySocket;
use super::options;
use super::refusal::{Refusal, Result};
use crate::buffer::{RecvBuf, SendBuf};
use crate::caller::{Caller, NativeCaller};
use crate::domain::SocketType;
use crate::error::{Error, Kind, Operation};
use crate::sys::fork::ForkLock;
use crate::time::Timeout;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::OnceLock;

/// How many datagrams connect drops at most: more than a receive buffer holds, but limited, so that a peer can't keep
/// us busy.
const MOST_DROPPED: usize = 10_000;

/// How often disconnect takes its port again at most, while threads that send make the system choose another one.
const MOST_REBOUND: usize = 100;

/// A UDP socket that behaves like `java.net.DatagramSocket`: it reaches both versions of IP, may send broadcasts, and
/// receives only from groups that it joined itself.
pub struct DatagramSocket {
    socket: LazySocket,
    bound: OnceLock<SocketAddr>,
    connected: AtomicBool,
    /// Held while the address or the peer changes, which takes several system calls, none of which waits.
    peer: ForkLock<Option<SocketAddr>>,
    reuse_address: bool,
}

impl DatagramSocket {
    /// A socket without an address. If `reuse_address` is set, as `java.net.MulticastSocket` does, it may bind to an
    /// address that another socket has.
    pub fn new(reuse_address: bool) -> Self {
        Self {
            socket: LazySocket::default(),
            bound: OnceLock::new(),
            connected: AtomicBool::new(false),
            peer: ForkLock::new(),
            reuse_address,
        }
    }

    /// The BSD socket underneath, made if there is none yet; for options.
    ///
    /// # Errors
    /// `Closed`; see also [`crate::Socket::new`].
    pub fn open(&self) -> Result<&crate::Socket> {
        Ok(self.socket.open(|| {
            let made = dual_stack(SocketType::DATAGRAM)?;
            made.set_broadcast(true)?;
            made.set_reuse_address(self.reuse_address)?;
            options::take_own_groups_only(&made);
            Ok(made)
        })?)
    }

    /// Binds the socket to an address; `None` means a port of the system's choice on every interface.
    ///
    /// # Errors
    /// `AlreadyBound`, `Closed`; see also [`crate::Socket::bind`].
    pub fn bind(&self, address: Option<SocketAddr>) -> Result<()> {
        let made = self.open()?;
        let _changing = self.peer.lock();
        if self.is_bound() {
            return Err(Refusal::AlreadyBound);
        }
        let address = address.unwrap_or_else(|| SocketAddr::new(WILDCARD, 0));
        made.bind(&local(made, address))?;
        if let Some(address) = shown(&made.local_address()?) {
            let _ = self.bound.set(address);
        }
        Ok(())
    }

    fn ensure_bound(&self) -> Result<&crate::Socket> {
        let made = self.open()?;
        if !self.is_bound() {
            match self.bind(None) {
                // Another thread may have bound it meanwhile.
                Ok(()) | Err(Refusal::AlreadyBound) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(made)
    }

    /// Sends to and receives from this address only; datagrams that came from others before are dropped.
    ///
    /// # Errors
    /// `Closed`; `ConnectToPortZero`; see also [`Call::connect`](crate::Call::connect).
    pub fn connect<C: Caller>(&self, address: SocketAddr, caller: &mut C) -> Result<()> {
        let made = self.ensure_bound()?;
        if address.port() == 0 {
            return Err(Refusal::ConnectToPortZero); // Linux accepts it, and drops what is sent
        }
        let target = destination(made, address);
        {
            let mut peer = self.peer.lock();
            // Not with `caller`, which could wait for an interpreter while the lock is held.
            made.on(NativeCaller)
                .within(Timeout::NonBlocking)
                .connect(&target)?;
            *peer = Some(address);
            self.connected.store(true, Ordering::Release);
        }
        for _ in 0..MOST_DROPPED {
            let mut dropped = [0_u8; 1];
            let mut call = made.on(&mut *caller).within(Timeout::NonBlocking);
            if call.recv(&mut dropped).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Sends to and receives from any address again; the port stays.
    ///
    /// # Errors
    /// See [`crate::Socket::bind`], if the port had to be bound again.
    pub fn disconnect(&self) -> Result<()> {
        let mut peer = self.peer.lock();
        if self.is_closed() || !self.connected.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        *peer = None;
        let made = self.open()?;
        let mut tries = 0;
        loop {
            made.disconnect()?;
            tries += 1;
            match self.rebind(made) {
                Err(error) if error.errno() == Some(libc::EINVAL) && tries < MOST_REBOUND => {}
                done => return Ok(done?),
            }
        }
    }

    /// Takes the port again: Linux releases one that it chose itself. Fails with `EINVAL` if another thread has sent in the
    /// meantime, because Linux has then chosen another port.
    fn rebind(&self, made: &crate::Socket) -> crate::Result<()> {
        match (self.bound.get(), made.local_address()?.port()) {
            (Some(before), Some(port)) if port != before.port() => made.bind(&local(made, *before)),
            _ => Ok(()),
        }
    }

    /// Sends a datagram to its address, or to the peer of a connected socket, however long that takes.
    ///
    /// # Errors
    /// `NoPeer` without an address, `OtherPeer` for an address other than the connected one, `PortZero`, `Closed`;
    /// `ECONNREFUSED` when an earlier datagram of a connected socket found no receiver; as
    /// [`Call::send_to`](crate::Call::send_to).
    pub fn send<'b, C: Caller>(
        &self,
        data: impl Into<SendBuf<'b>>,
        to: Option<SocketAddr>,
        caller: &mut C,
    ) -> Result<()> {
        let peer = self.peer();
        let to = match (to, peer) {
            (Some(to), Some(peer)) if to != peer => return Err(Refusal::OtherPeer),
            (Some(address), _) | (None, Some(address)) => address,
            (None, None) => return Err(Refusal::NoPeer),
        };
        if to.port() == 0 {
            return Err(Refusal::PortZero);
        }
        if self.is_closed() {
            return Err(Error::new(Operation::SendTo, Kind::Closed).into());
        }
        let made = self.ensure_bound()?;
        let mut call = made.on(caller).within(Timeout::Never);
        if peer.is_some() {
            call.send(data)?;
        } else {
            call.send_to(data, &destination(made, to))?;
        }
        Ok(())
    }

    /// Waits for a datagram, as long as the receive timeout of the BSD socket allows. Returns how many of its bytes are
    /// in `room` (the rest is dropped), and the sender.
    ///
    /// # Errors
    /// `Closed`; `ECONNREFUSED` when a datagram of a connected socket found no receiver; as
    /// [`Call::recv_from`](crate::Call::recv_from).
    pub fn receive<'b, C: Caller>(
        &self,
        room: impl Into<RecvBuf<'b>>,
        caller: &mut C,
    ) -> Result<(usize, Option<SocketAddr>)> {
        if self.is_closed() {
            return Err(Error::new(Operation::RecvFrom, Kind::Closed).into());
        }
        let made = self.ensure_bound()?;
        let received = made.on(caller).recv_from(room)?;
        Ok((received.count, shown(&received.address)))
    }

    /// Joins a group on an interface, given by its index, or on the system's choice.
    ///
    /// # Errors
    /// See [`crate::Socket::join_multicast`]; also `Closed`.
    pub fn join(&self, group: IpAddr, interface: Option<u32>) -> Result<()> {
        Ok(self.open()?.join_multicast(group, by_index(interface), None)?)
    }

    /// Leaves a group, with the arguments it was joined with.
    ///
    /// # Errors
    /// See [`crate::Socket::leave_multicast`]; also `Closed`.
    pub fn leave(&self, group: IpAddr, interface: Option<u32>) -> Result<()> {
        Ok(self.open()?.leave_multicast(group, by_index(interface), None)?)
    }

    /// Closes the socket, which ends every call that waits in another thread. Closing again does nothing.
    ///
    /// # Errors
    /// See [`Call::close`](crate::Call::close).
    pub fn close<C: Caller>(&self, caller: &mut C) -> Result<()> {
        self.socket.close(|made| made.on(caller).close())
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.socket.is_closed()
    }

    /// Whether it was ever bound.
    pub fn is_bound(&self) -> bool {
        self.bound.get().is_some()
    }

    /// The address it is connected to, or was when it was closed.
    pub fn peer(&self) -> Option<SocketAddr> {
        if !self.connected.load(Ordering::Acquire) {
            return None;
        }
        let remembered = *self.peer.lock();
        // A child that was forked meanwhile has forgotten it, but can ask.
        remembered.or_else(|| shown(&self.socket.get()?.peer_address().ok()?))
    }

    /// Its local port; 0 before it has one, `None` once it is closed.
    pub fn local_port(&self) -> Option<u16> {
        (!self.is_closed()).then(|| self.bound.get().map_or(0, SocketAddr::port))
    }

    /// Its local address: "every interface" before it has one, `None` once it is closed.
    pub fn local_address(&self) -> Option<IpAddr> {
        if self.is_closed() {
            return None;
        }
        let actual = self.socket.get().and_then(|made| made.local_address().ok());
        let actual = actual.and_then(|address| shown(&address));
        Some(actual.map_or(WILDCARD, |address| address.ip()))
    }
}

fn by_index(index: Option<u32>) -> crate::Interface<'static> {
    index.map_or(crate::Interface::Default, crate::Interface::Index)
}
