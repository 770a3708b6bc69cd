//! To and from the types of the standard library, and how values are shown.

use crate::support::*;
use polysock::{CongestionState, Events, Family, Flags, Kind, Protocol, Socket, SocketType, TcpState};
use std::io::Write;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

#[test]
fn streams_of_std_become_sockets_and_go_back() {
    limited(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let listener = Socket::try_from(listener).unwrap();
        let (server, _) = listener.within(LATE).accept().unwrap();
        client.write_all(b"x").unwrap();
        server.within(LATE).recv_exact(&mut [0]).unwrap();

        let mut server = TcpStream::from(OwnedFd::try_from(server).unwrap());
        server.write_all(b"y").unwrap();
        let client = Socket::try_from(client).unwrap();
        client.within(LATE).recv_exact(&mut [0]).unwrap();
    });
}

#[test]
fn what_std_knows_is_asked_of_the_kernel() {
    let (end, _other) = UnixStream::pair().unwrap();
    let end = Socket::try_from(end).unwrap();
    assert_eq!(
        (end.family(), end.socket_type()),
        (Family::UNIX, SocketType::STREAM)
    );
    let udp = Socket::try_from(UdpSocket::bind("127.0.0.1:0").unwrap()).unwrap();
    assert_eq!(
        (udp.family(), udp.socket_type(), udp.protocol()),
        (Family::IPV4, SocketType::DATAGRAM, Protocol::UDP)
    );
}

#[test]
fn what_is_no_socket_comes_back() {
    let file = std::fs::File::open("/dev/null").unwrap();
    let number = file.as_raw_fd();
    let refused = Socket::try_from(OwnedFd::from(file)).unwrap_err();
    assert_eq!(refused.error.kind(), Kind::Os(libc::ENOTSOCK));
    assert_eq!(refused.fd.as_raw_fd(), number);
}

#[test]
fn a_closed_socket_has_no_descriptor_to_give() {
    let socket = Socket::tcp(Family::IPV4).unwrap();
    socket.close().unwrap();
    assert_eq!(kind(socket.lend_fd()), Kind::Closed);
    assert_eq!(kind(OwnedFd::try_from(socket)), Kind::Closed);
}

#[test]
fn a_lent_descriptor_stays_open_while_another_thread_closes() {
    limited(|| {
        let (client, _server) = connection();
        let client = Arc::new(client);
        let lent = client.lend_fd().unwrap();
        let identity = system::identity_of(&lent);
        let closer = Arc::clone(&client);
        let closing = start(move || closer.close());
        until("it is closed", || client.is_closed());
        assert!(closing.is_running(), "close waits for what is lent");
        assert_eq!(system::identity_of(&lent), identity);
        assert!(lent.as_fd().try_clone_to_owned().is_ok());
        drop(lent);
        closing.result().unwrap();
    });
}

#[test]
fn a_lent_descriptor_has_the_mode_that_the_program_set() {
    let (client, _server) = connection();
    let lent = client.lend_fd().unwrap();
    assert_eq!(system::status_flags(lent.as_raw_fd()) & libc::O_NONBLOCK, 0);
}

#[test]
fn numbers_are_shown_by_name() {
    let shown = [
        (format!("{:?}", Family::IPV6), "Family(AF_INET6)"),
        (format!("{:?}", Family(99)), "Family(99)"),
        (format!("{:?}", SocketType::DATAGRAM), "SocketType(SOCK_DGRAM)"),
        (format!("{:?}", Protocol::TCP), "Protocol(IPPROTO_TCP)"),
        (format!("{:?}", Protocol(200)), "Protocol(200)"),
        (format!("{:?}", Flags::NONE), "Flags(0)"),
        (
            format!("{:?}", Flags::PEEK | Flags::WAIT_ALL),
            "Flags(MSG_PEEK | MSG_WAITALL)",
        ),
        (
            format!("{:?}", Flags::PEEK | Flags(1 << 22)),
            "Flags(MSG_PEEK | 0x400000)",
        ),
        (format!("{:?}", Events::NONE), "Events(0)"),
        (
            format!("{:?}", Events::READABLE | Events::HANGUP),
            "Events(POLLIN | POLLHUP)",
        ),
        (format!("{:?}", TcpState::LISTEN), "TcpState(LISTEN)"),
        (format!("{:?}", TcpState(77)), "TcpState(77)"),
        (format!("{:?}", CongestionState::LOSS), "CongestionState(LOSS)"),
    ];
    for (shown, expected) in shown {
        assert_eq!(shown, expected);
    }
}
