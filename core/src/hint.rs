//! The most common cause of a failed call, for the programmer.

#![allow(clippy::wildcard_enum_match_arm)] // a kind without a hint needs no arm

use crate::{Address, Error, Family, Kind, Operation, Socket, SocketType};
use std::net::IpAddr;

/// The privileged ports end here (`net.ipv4.ip_unprivileged_port_start` by default).
const FIRST_FREE_PORT: u16 = 1024;

pub(crate) const NOT_LISTENING: &str = "the socket is not listening: call listen() first";
pub(crate) const NOTHING_TO_ACCEPT: &str = "a datagram socket has no connections to accept: receive from it";

/// Describes the usual mistake behind an error. `None` where the error already says everything, and where there is no
/// mistake, as with a call that would have to wait.
///
/// `socket` is the socket whose call failed, and `address` the one it should have bound, connected or sent to, if any.
/// This may query the state of the socket, so call it only for errors that people read.
pub fn hint(error: &Error, socket: Option<&Socket>, address: Option<&Address>) -> Option<&'static str> {
    let failed = Failed {
        operation: error.operation(),
        socket,
        address,
    };
    match error.kind() {
        Kind::TimedOut => failed.timed_out(),
        Kind::Closed => Some("the socket was closed or detached, here or in another thread"),
        Kind::Resolve(code) => not_resolved(code),
        Kind::Os(errno) => {
            let known = error.remedy().or_else(|| failed.in_any_call(errno));
            known.or_else(|| failed.refused(errno))
        }
        _ => None,
    }
}

/// The call that failed, and what it was about.
struct Failed<'a> {
    operation: Operation,
    socket: Option<&'a Socket>,
    address: Option<&'a Address>,
}

impl Failed<'_> {
    fn timed_out(&self) -> Option<&'static str> {
        match self.operation {
            Operation::Connect | Operation::CreateConnection => Some(self.no_answer()),
            Operation::Send
            | Operation::SendAll
            | Operation::SendTo
            | Operation::SendMsg
            | Operation::SendFile
            | Operation::SendFrame => Some("the peer does not read, or reads slowly"),
            _ => None,
        }
    }

    fn in_any_call(&self, errno: i32) -> Option<&'static str> {
        Some(match errno {
            libc::EMFILE => "this process has reached its limit of open descriptors (ulimit -n): are all sockets closed after use?",
            libc::ENFILE => "the system has reached its limit of open files",
            libc::ENOTSOCK => "the descriptor is not a socket",
            libc::ENETUNREACH => "this machine has no route there: is it online, with IPv6 if the address is IPv6?",
            libc::EHOSTUNREACH => "no route leads to this host: is the address right, and the host up?",
            libc::EAFNOSUPPORT if self.operation == Operation::Socket => "this system lacks the address family",
            libc::EAFNOSUPPORT => "the address and the socket are of different families",
            libc::ECONNRESET => "the peer reset the connection: it crashed, or closed with data unread",
            _ => return None,
        })
    }

    fn refused(&self, errno: i32) -> Option<&'static str> {
        match self.operation {
            Operation::Socket => not_made(errno),
            Operation::Bind => self.not_bound(errno),
            Operation::Listen => self.not_listening(errno),
            Operation::Accept | Operation::Server => self.not_accepted(errno),
            Operation::Connect | Operation::CreateConnection => self.not_connected(errno),
            Operation::SetOption | Operation::GetOption => match errno {
                libc::ENOPROTOOPT => {
                    Some("this kind of socket has no such option: do level and name belong together?")
                }
                _ => None,
            },
            // A message's own text says how long it is, and how long one may be.
            Operation::SendFrame | Operation::RecvFrame if errno == libc::EMSGSIZE => None,
            Operation::Send
            | Operation::SendAll
            | Operation::SendTo
            | Operation::SendMsg
            | Operation::SendFile
            | Operation::SendBatch
            | Operation::SendSegments
            | Operation::SendFrame
            | Operation::Recv
            | Operation::RecvExact
            | Operation::RecvFrom
            | Operation::RecvMsg
            | Operation::RecvBatch
            | Operation::RecvFrame
            | Operation::Shutdown
            | Operation::GetPeerName => self.not_transferred(errno),
            _ => None,
        }
    }

    fn not_bound(&self, errno: i32) -> Option<&'static str> {
        Some(match errno {
            libc::EADDRINUSE if self.is_abstract() => {
                "another socket has this name ('ss -xap' shows the program)"
            }
            libc::EADDRINUSE if self.is_unix() => {
                "the file exists: a socket's file stays when its server ends; if it is one and no server uses it, remove it"
            }
            libc::EADDRINUSE => self.in_use(),
            libc::EADDRNOTAVAIL => "no interface of this machine has this address; 0.0.0.0 (or ::) stands for all",
            libc::EACCES if self.is_unix() => "no permission to create a file there",
            libc::EACCES if self.port().is_some_and(|port| port < FIRST_FREE_PORT) => {
                "ports below 1024 are reserved for root: take a higher one, or give the program CAP_NET_BIND_SERVICE"
            }
            libc::EINVAL if self.is_bound() => "the socket is bound already",
            libc::ENOENT | libc::ENOTDIR if self.is_unix() => "the directory of the path does not exist",
            _ => return None,
        })
    }

    fn in_use(&self) -> &'static str {
        if self.is_datagram() {
            "another socket is bound to it ('ss -ulnp' shows the program)"
        } else if self
            .socket
            .is_some_and(|socket| socket.reuse_address().is_ok_and(|on| !on))
        {
            "another program uses it ('ss -tlnp' shows a listener), or an earlier program's connections remain: against that, set \
             SO_REUSEADDR before bind"
        } else {
            "another program uses it ('ss -tlnp' shows a listener)"
        }
    }

    fn not_listening(&self, errno: i32) -> Option<&'static str> {
        match errno {
            libc::EADDRINUSE => Some(self.in_use()),
            libc::EOPNOTSUPP => {
                Some("only stream sockets listen: a datagram socket receives as soon as it is bound")
            }
            libc::EINVAL if self.is_connected() => Some("the socket is connected: listen on another one"),
            libc::EINVAL if self.is_unix() && !self.is_bound() => {
                Some("the socket has no path: call bind() first")
            }
            _ => None,
        }
    }

    fn not_accepted(&self, errno: i32) -> Option<&'static str> {
        match errno {
            libc::EINVAL if !self.is_listening() => Some(NOT_LISTENING),
            libc::EOPNOTSUPP => Some(NOTHING_TO_ACCEPT),
            _ => None,
        }
    }

    fn not_connected(&self, errno: i32) -> Option<&'static str> {
        Some(match errno {
            libc::ECONNREFUSED if self.is_abstract() => {
                "no program listens at this name: is the server running?"
            }
            libc::ECONNREFUSED if self.is_unix() => {
                "the file is there, but no program listens on it, or it is not a socket"
            }
            libc::ECONNREFUSED if self.port() == Some(0) => NO_PORT,
            libc::ECONNREFUSED => {
                "nothing listens there: is the server running, at this address and this port?"
            }
            libc::ENOENT => "there is no such file: is the server running, and the path right?",
            libc::EACCES if self.is_unix() => "no permission to write to the socket's file",
            libc::EACCES => NO_BROADCAST,
            libc::EPROTOTYPE => "the server's socket is of another type (stream, datagram, seqpacket)",
            libc::ETIMEDOUT => self.no_answer(),
            libc::EADDRNOTAVAIL => {
                "no local address or port is free: are too many connections open or just closed?"
            }
            libc::EISCONN if self.is_listening() => "the socket is listening: connect another one",
            libc::EISCONN => "the socket is connected already: connect another one",
            libc::EINVAL if self.lacks_an_interface() => NO_INTERFACE,
            _ => return None,
        })
    }

    fn not_transferred(&self, errno: i32) -> Option<&'static str> {
        Some(match errno {
            libc::ENOTCONN if self.is_listening() => {
                LISTENER
            }
            libc::ENOTCONN if self.operation == Operation::Send && self.is_datagram() => NO_ADDRESS,
            // A socket with an address was either connected before, or bound.
            libc::ENOTCONN if self.is_bound() && !self.is_datagram() => {
                "the socket is not connected: connect() was not called, or the connection has ended"
            }
            libc::ENOTCONN => NOT_CONNECTED,
            libc::EPIPE if self.is_listening() => LISTENER,
            libc::EPIPE if !self.is_unix() && !self.is_bound() => NOT_CONNECTED,
            libc::EPIPE if self.is_datagram() => "this end was shut down",
            libc::EPIPE => "the peer has closed the connection, or this end was shut down",
            libc::EDESTADDRREQ => NO_ADDRESS,
            libc::EMSGSIZE if self.is_unix() => {
                "the message is larger than the send buffer (SO_SNDBUF) allows"
            }
            libc::EMSGSIZE => {
                "a UDP datagram carries at most 65,507 bytes (65,527 over IPv6), and fewer where fragmentation is forbidden"
            }
            libc::ECONNREFUSED if self.is_unix() => "no program receives there",
            libc::ECONNREFUSED => "nothing receives at that port: an earlier datagram was refused",
            libc::ENOENT if self.is_unix() => {
                "there is no such file: is the receiver running, and the path right?"
            }
            libc::EACCES if !self.is_unix() => NO_BROADCAST,
            libc::EINVAL if self.port() == Some(0) => NO_PORT,
            libc::EINVAL if self.lacks_an_interface() => NO_INTERFACE,
            libc::EISCONN => "the socket is connected: send without an address",
            _ => return None,
        })
    }

    fn is_unix(&self) -> bool {
        self.socket.is_some_and(|socket| socket.family() == Family::UNIX)
    }

    /// Whether it is about an abstract Unix name, which has no file.
    fn is_abstract(&self) -> bool {
        self.address
            .and_then(Address::unix_name)
            .is_some_and(|name| name.first() == Some(&0))
    }

    fn no_answer(&self) -> &'static str {
        if self.is_unix() {
            "the server is there, but accepts too slowly: its queue is full"
        } else {
            "no answer came: the host is down, a firewall drops what is sent to it, or the server accepts too slowly"
        }
    }

    fn is_connected(&self) -> bool {
        self.socket.is_some_and(|socket| socket.peer_address().is_ok())
    }

    fn is_datagram(&self) -> bool {
        self.socket
            .is_some_and(|socket| socket.socket_type() == SocketType::DATAGRAM)
    }

    fn is_listening(&self) -> bool {
        let accepts = |socket: &Socket| socket.int_option(libc::SOL_SOCKET, libc::SO_ACCEPTCONN);
        self.socket
            .is_some_and(|socket| accepts(socket).is_ok_and(|on| on != 0))
    }

    /// Whether it has a local address. A socket that was once connected keeps its own.
    fn is_bound(&self) -> bool {
        let local = self.socket.and_then(|socket| socket.local_address().ok());
        local.is_some_and(|local| match local.port() {
            Some(port) => port != 0,
            None => local.unix_name().is_some_and(|name| !name.is_empty()),
        })
    }

    fn port(&self) -> Option<u16> {
        self.address.and_then(Address::port)
    }

    /// A link-local address means nothing without its interface.
    fn lacks_an_interface(&self) -> bool {
        self.address
            .is_some_and(|address| match (address.ip(), address.as_socket_addr()) {
                (Some(IpAddr::V6(ip)), Some(std::net::SocketAddr::V6(whole))) => {
                    ip.segments()
                        .first()
                        .is_some_and(|first| first & 0xffc0 == 0xfe80)
                        && whole.scope_id() == 0
                }
                _ => false,
            })
    }
}

/// `EAI_NODATA` and `EAI_ADDRFAMILY`, which netdb.h defines only for GNU programs.
const NO_DATA: i32 = -5;
const WRONG_FAMILY: i32 = -9;

const LISTENER: &str = "the socket is listening: send and receive on those that accept() returns";
const NOT_CONNECTED: &str = "the socket is not connected: call connect() first";
const NO_ADDRESS: &str = "a datagram needs an address: send it with one, or connect first";
const NO_BROADCAST: &str =
    "sending to a broadcast address needs SO_BROADCAST; for another address, a firewall forbids it";
const NO_INTERFACE: &str = "a link-local address needs its interface, as in fe80::1%eth0";
const NO_PORT: &str = "port 0 means any free port in bind(); nothing can be reached at it";

fn not_made(errno: i32) -> Option<&'static str> {
    match errno {
        libc::EPERM | libc::EACCES => Some("raw and packet sockets need root or CAP_NET_RAW"),
        libc::EPROTONOSUPPORT | libc::ESOCKTNOSUPPORT | libc::EPROTOTYPE => {
            Some("family, type and protocol do not go together")
        }
        _ => None,
    }
}

fn not_resolved(code: i32) -> Option<&'static str> {
    match code {
        libc::EAI_NONAME => Some("the host or the service is unknown: are they spelled right?"),
        libc::EAI_AGAIN => Some("no name server answered: is this machine online?"),
        libc::EAI_SERVICE => {
            Some("the port is neither a number from 0 to 65535 nor a service known for this type of socket")
        }
        NO_DATA | WRONG_FAMILY => {
            Some("the host has no address of this family: a socket is either IPv4 or IPv6")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Protocol;

    fn failed(error: &Error, socket: &Socket, address: Option<&Address>) -> String {
        hint(error, Some(socket), address).unwrap_or_default().to_owned()
    }

    fn tcp() -> Socket {
        Socket::new(Family::IPV4, SocketType::STREAM, Protocol::DEFAULT).unwrap()
    }

    #[test]
    fn accept_without_listen() {
        let socket = tcp();
        let error = socket.accept().unwrap_err();
        assert!(failed(&error, &socket, None).contains("listen() first"));
    }

    #[test]
    fn a_listener_is_no_connection() {
        let socket = tcp();
        socket.listen(1).unwrap();
        let error = socket.recv(&mut [0; 1]).unwrap_err();
        assert!(failed(&error, &socket, None).contains("accept() returns"));
        let error = socket.send(b"x").unwrap_err();
        assert!(failed(&error, &socket, None).contains("accept() returns"));
    }

    #[test]
    fn never_connected_and_closed_by_the_peer_differ() {
        let socket = tcp();
        let error = socket.send(b"x").unwrap_err();
        assert!(failed(&error, &socket, None).contains("connect() first"));
        let (one, other) = Socket::pair(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT).unwrap();
        drop(other);
        let error = one.recv_exact(&mut [0; 1]).unwrap_err();
        assert_eq!(hint(&error, Some(&one), None), None);
    }

    #[test]
    fn what_would_wait_is_no_mistake() {
        let (one, _other) = Socket::pair(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT).unwrap();
        one.set_blocking(false).unwrap();
        let error = one.recv(&mut [0; 1]).unwrap_err();
        assert_eq!(error.kind(), Kind::WouldBlock);
        assert_eq!(hint(&error, Some(&one), None), None);
    }
}
