//! The mode of a descriptor, as seen by code that has its number.

use crate::support::*;
use polysock::{Family, Kind, Protocol, Socket, SocketType, Timeout};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;

fn is_nonblocking(fd: RawFd) -> bool {
    system::status_flags(fd) & libc::O_NONBLOCK != 0
}

fn shown(socket: &Socket) -> bool {
    is_nonblocking(socket.fileno().unwrap())
}

#[test]
fn it_is_blocking_unless_the_program_wants_it_otherwise() {
    for family in [Family::IPV4, Family::IPV6, Family::UNIX] {
        let make = |kind| Socket::new(family, kind, Protocol::DEFAULT).unwrap();
        assert!(!shown(&make(SocketType::STREAM)), "{family:?}");
        assert!(!shown(&make(SocketType::DATAGRAM)), "{family:?}");
        #[cfg(not(target_vendor = "apple"))] // which has no such bit
        {
            let flagged = make(SocketType(libc::SOCK_STREAM | libc::SOCK_NONBLOCK));
            assert!(shown(&flagged), "{family:?}");
        }
    }
    let (listener, address) = listener(2);
    let (client, server) = connect_to(&listener, &address);
    assert_eq!([&listener, &client, &server].map(shown), [false; 3]);
    let (one, other) = unix_pair(libc::SOCK_STREAM);
    assert_eq!([&one, &other].map(shown), [false; 2]);
}

#[test]
fn it_changes_before_and_after_the_number_is_told() {
    let socket = Socket::tcp(Family::IPV4).unwrap();
    for wanted in [true, false, true, false, true] {
        socket.set_descriptor_nonblocking(wanted).unwrap();
        assert_eq!(shown(&socket), wanted);
    }
    let untold = Socket::tcp(Family::IPV4).unwrap();
    for wanted in [true, false, true] {
        untold.set_descriptor_nonblocking(wanted).unwrap();
    }
    assert!(shown(&untold));
}

#[test]
fn a_descriptor_that_is_given_up_has_it() {
    let (client, server) = connection();
    server.set_descriptor_nonblocking(true).unwrap();
    let (client, server) = (client.detach().unwrap(), server.detach().unwrap());
    assert!(!is_nonblocking(client.as_raw_fd()));
    assert!(is_nonblocking(server.as_raw_fd()));
}

#[test]
fn a_duplicate_has_it() {
    for wanted in [false, true] {
        let (client, _server) = connection();
        client.set_descriptor_nonblocking(wanted).unwrap();
        let copy = client.duplicate().unwrap();
        assert_eq!(shown(&copy), wanted);
        copy.within(LATE).send_all("x").unwrap();
        assert_eq!(shown(&copy), wanted);
    }
}

/// The number is given out while a call needs the descriptor non-blocking: it becomes blocking when that call has ended.
#[test]
fn it_waits_for_the_end_of_an_accept() {
    limited(|| {
        let (listener, address) = listener(2);
        let listener = Arc::new(listener);
        let accept = |listener: &Arc<Socket>| {
            let listener = Arc::clone(listener);
            start_blocked(move || listener.accept().map(drop))
        };
        let connect = || {
            let client = Socket::tcp(address.family()).unwrap();
            client.within(LATE).connect(&address).unwrap();
        };
        let first = accept(&listener);
        assert!(shown(&listener));
        // Two ways to accept at a time: one asks first, the other's descriptor is non-blocking.
        let second = accept(&listener);
        connect();
        connect();
        first.result().unwrap();
        second.result().unwrap();
        assert!(!shown(&listener));
        // In blocking mode, and woken nevertheless.
        let third = accept(&listener);
        listener.close().unwrap();
        assert_eq!(kind(third.result()), Kind::Closed);
    });
}

#[test]
fn a_connect_after_it_was_told_leaves_it_so() {
    for wanted in [false, true] {
        let (_listener, address) = listener(1);
        let client = Socket::tcp(address.family()).unwrap();
        client.set_descriptor_nonblocking(wanted).unwrap();
        let fd = client.fileno().unwrap();
        client.within(LATE).connect(&address).unwrap();
        assert_eq!(is_nonblocking(fd), wanted);
        assert_eq!(client.recv_timeout(), Timeout::Never);
    }
}
