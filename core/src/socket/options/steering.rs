//! Options of the socket level (socket(7)) that decide which way packets go and what is recorded about them.

use super::super::Socket;
use super::interface::{choose, Chosen, Interface};
use super::limits::NATURAL;
use super::{count, in_range, kernel_name, name, unsigned};
use crate::credentials::Credentials;
use crate::domain::Family;
use crate::error::{Error, Kind, Operation, Result};
use crate::sys::interface_index::LONGEST_NAME;
use crate::sys::kernel::{number, peer_credentials, OptionNumber, PEER_CREDENTIALS_ROOM};
use crate::sys::names::interface_name;

const V6_PACKET_INFO: OptionNumber = Some((libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO));

/// Options of the socket level that steer packets.
impl Socket {
    /// Sends and receives through this network interface only; `None` ends that (`SO_BINDTODEVICE`, socket(7);
    /// none by default; Python `SO_BINDTODEVICE`). A socket that is bound to one needs `CAP_NET_RAW` to change it.
    ///
    /// # Errors
    /// `InvalidInput("device")` for an empty name and one longer than 15 bytes; `ENODEV` when there is no such
    /// interface; `EPERM`; `Unsupported` on systems other than Linux and macOS (`IP_BOUND_IF`, `IPV6_BOUND_IF`); `Closed`.
    pub fn set_device(&self, device: Option<&str>) -> Result<()> {
        if let Some(option) = self.bound_by_index() {
            let interface = device.map_or(Interface::Default, Interface::Name);
            return match choose(interface)? {
                Chosen::Index(index) => self.set_bytes(Some(option), &index.to_ne_bytes()),
                Chosen::Address(_) => Err(Error::new(Operation::SetOption, Kind::Unsupported)), // not asked for
            };
        }
        let device = device.map(|device| kernel_name(device, "device")).transpose()?;
        self.set_bytes(number::BIND_TO_DEVICE, device.unwrap_or(b"\0"))
    }

    /// The option that binds the socket to an interface by its index, where the system has that instead.
    fn bound_by_index(&self) -> OptionNumber {
        if self.family == Family::IPV6 {
            number::BIND_TO_INDEX_V6
        } else {
            number::BIND_TO_INDEX
        }
    }

    /// The interface the socket is bound to.
    ///
    /// # Errors
    /// `Unsupported` on systems other than Linux and macOS; `Closed`.
    pub fn device(&self) -> Result<Option<String>> {
        if let Some(option) = self.bound_by_index() {
            let index = self.number(Some(option)).map(unsigned)?;
            return Ok(interface_name(index)
                .ok()
                .and_then(|name| name.into_string().ok()));
        }
        let (level, option) = super::known(Operation::GetOption, number::BIND_TO_DEVICE)?;
        let mut room = [0; LONGEST_NAME + 1];
        let length = self
            .option(level, option, &mut room)
            .map_err(super::or_unsupported)?;
        let device = room.get(..length).map(name).unwrap_or_default();
        Ok(Some(device).filter(|device| !device.is_empty()))
    }

    /// Marks every packet for routing and filter rules (`SO_MARK`, socket(7); 0; needs `CAP_NET_ADMIN` or, since
    /// Linux 5.17, `CAP_NET_RAW`; Python `SO_MARK`).
    ///
    /// # Errors
    /// `EPERM`; `Unsupported` on systems other than Linux; `Closed`.
    pub fn set_mark(&self, mark: u32) -> Result<()> {
        self.set_bytes(number::MARK, &mark.to_ne_bytes())
    }

    /// The mark.
    ///
    /// # Errors
    /// See [`set_mark`](Self::set_mark), except that reading needs no privilege.
    pub fn mark(&self) -> Result<u32> {
        self.number(number::MARK).map(unsigned)
    }

    /// The priority of packets in the queue of their interface (`SO_PRIORITY`, socket(7); 0; above 6 needs
    /// `CAP_NET_ADMIN` or `CAP_NET_RAW`; Python `SO_PRIORITY`). Setting the type of service sets it too.
    ///
    /// # Errors
    /// `InvalidInput("priority")` above 2,147,483,647; `EPERM`; `Unsupported` on systems other than Linux; `Closed`.
    pub fn set_priority(&self, priority: u32) -> Result<()> {
        let priority = in_range(priority, &NATURAL, "priority")?;
        self.set_number(number::PRIORITY, priority)
    }

    /// The priority.
    ///
    /// # Errors
    /// `Unsupported` on systems other than Linux; `Closed`.
    pub fn priority(&self) -> Result<u32> {
        self.number(number::PRIORITY).map(count)
    }

    /// Asks for the packets that arrive on this CPU, among sockets that share a port through
    /// [`set_reuse_port`](Self::set_reuse_port) (`SO_INCOMING_CPU`, socket(7); any; Python `SO_INCOMING_CPU`). The
    /// kernel accepts numbers of CPUs that do not exist.
    ///
    /// # Errors
    /// `InvalidInput("cpu")` above 2,147,483,647; `Unsupported` on systems other than Linux; `Closed`.
    pub fn set_incoming_cpu(&self, cpu: u32) -> Result<()> {
        let cpu = in_range(cpu, &NATURAL, "cpu")?;
        self.set_number(number::INCOMING_CPU, cpu)
    }

    /// The CPU that handled the last packet of this socket, or the one that was asked for; `None` before the first packet.
    ///
    /// # Errors
    /// `Unsupported` on systems other than Linux; `Closed`.
    pub fn incoming_cpu(&self) -> Result<Option<u32>> {
        self.number(number::INCOMING_CPU)
            .map(|cpu| u32::try_from(cpu).ok())
    }

    /// Records for each datagram when the kernel received it, in ancillary data: a `timespec` with
    /// `SCM_TIMESTAMPNS` on Linux (`SO_TIMESTAMPNS`, socket(7)), a `timeval` with `SCM_TIMESTAMP` elsewhere
    /// (`SO_TIMESTAMP`); system clock, off by default; Python by number.
    ///
    /// # Errors
    /// `Closed`.
    pub fn set_timestamps(&self, on: bool) -> Result<()> {
        self.set_number(number::TIMESTAMPS, on.into())
    }

    /// Whether datagrams carry the time they were received.
    ///
    /// # Errors
    /// `Closed`.
    pub fn timestamps(&self) -> Result<bool> {
        self.is_on(number::TIMESTAMPS)
    }

    /// Records for each message over a Unix domain socket the credentials of its sender, in ancillary data
    /// (`SO_PASSCRED`, unix(7); FreeBSD: `LOCAL_CREDS_PERSISTENT`; off by default; Python by number 16). On Linux a socket
    /// without an address then gets one when it sends.
    ///
    /// # Errors
    /// `Unsupported` on systems other than Linux and FreeBSD; `Closed`.
    pub fn set_pass_credentials(&self, on: bool) -> Result<()> {
        self.set_number(number::PASS_CREDENTIALS, on.into())
    }

    /// Whether messages carry the credentials of their sender.
    ///
    /// # Errors
    /// See [`set_pass_credentials`](Self::set_pass_credentials).
    pub fn pass_credentials(&self) -> Result<bool> {
        self.is_on(number::PASS_CREDENTIALS)
    }

    /// The process, user and group at the other end of a Unix domain socket, as they were when it called connect, listen or
    /// socketpair (`SO_PEERCRED`, unix(7); macOS and FreeBSD: `LOCAL_PEERCRED`; Python `SO_PEERCRED`; Java `SO_PEERCRED`).
    ///
    /// # Errors
    /// `ENOTCONN` without a peer; `Unsupported` for another kind of socket; `Closed`.
    pub fn peer_credentials(&self) -> Result<Credentials> {
        let failed = |kind| Error::new(Operation::GetOption, kind);
        let (level, option) = super::known(Operation::GetOption, number::PEER_CREDENTIALS)?;
        if self.family != Family::UNIX {
            return Err(failed(Kind::Unsupported));
        }
        let mut room = [0; PEER_CREDENTIALS_ROOM];
        self.option(level, option, &mut room)
            .map_err(super::or_unsupported)?;
        let mut who = peer_credentials(&room)
            .filter(|who| *who != Credentials::UNKNOWN)
            .ok_or_else(|| failed(Kind::Os(libc::ENOTCONN)))?;
        if number::PEER_PROCESS.is_some() {
            who.pid = self.number(number::PEER_PROCESS)?;
        }
        Ok(who)
    }

    /// Records for each datagram to which address and over which interface it came, in ancillary data (`IP_PKTINFO`,
    /// ip(7), `IPV6_RECVPKTINFO`, ipv6(7), RFC 3542; off by default; Python by number 8, for IPv6 `IPV6_RECVPKTINFO`). FreeBSD
    /// does not report the interface over IPv4 (`IP_RECVDSTADDR`).
    ///
    /// # Errors
    /// `Unsupported` for a socket that is not IP; `Closed`.
    pub fn set_packet_info(&self, on: bool) -> Result<()> {
        self.set_number(
            self.by_version(Operation::SetOption, number::IP_PACKET_INFO, V6_PACKET_INFO)?,
            on.into(),
        )
    }

    /// Whether datagrams carry the address they were sent to.
    ///
    /// # Errors
    /// See [`set_packet_info`](Self::set_packet_info).
    pub fn packet_info(&self) -> Result<bool> {
        self.is_on(self.by_version(Operation::GetOption, number::IP_PACKET_INFO, V6_PACKET_INFO)?)
    }
}
