//! accept: both modes of the descriptor, many threads, time limits.

use crate::support::*;
use polysock::{Family, Kind, Operation, Protocol, Socket, SocketType, Timeout};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[test]
fn gives_the_connection_and_its_peer() {
    let (listener, address) = listener(1);
    let client = Socket::tcp(address.family()).unwrap();
    client.connect(&address).unwrap();
    listener.set_timeout(ms(5000));
    let (server, peer) = listener.accept().unwrap();
    assert_eq!(peer, client.local_address().unwrap());
    assert_eq!(
        (server.family(), server.socket_type()),
        (Family::IPV4, SocketType::STREAM)
    );
    // The timeout and the mode are the listener's own.
    assert_eq!(server.recv_timeout(), Timeout::Never);
    let flags = system::status_flags(server.fileno().unwrap());
    assert_eq!(flags & libc::O_NONBLOCK, 0);
}

#[test]
fn asks_for_no_address_that_nobody_wants() {
    let (listener, address) = listener(2);
    let clients = [(); 2].map(|()| {
        let client = Socket::tcp(address.family()).unwrap();
        client.connect(&address).unwrap();
        client
    });
    let mut peer = address;
    let nameless = listener.within(LATE).accept_from(None).unwrap();
    assert_eq!(
        nameless.peer_address().unwrap(),
        clients[0].local_address().unwrap()
    );
    let _named = listener.within(LATE).accept_from(Some(&mut peer)).unwrap();
    assert_eq!(peer, clients[1].local_address().unwrap());
    // A failed call does not change it.
    let nothing = listener.within(Duration::ZERO).accept_from(Some(&mut peer));
    assert_eq!(kind(nothing), Kind::WouldBlock);
    assert_eq!(peer, clients[1].local_address().unwrap());
}

#[test]
fn ends_in_time_and_never_early() {
    let (listener, _) = listener(1);
    assert_eq!(kind(listener.within(Duration::ZERO).accept()), Kind::WouldBlock);
    let (result, took) = timed(|| listener.within(ms(100)).accept());
    let error = result.unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (Kind::TimedOut, Operation::Accept)
    );
    assert!(took >= ms(100));
}

#[test]
fn what_does_not_listen_says_so_in_either_mode() {
    for nonblocking in [false, true] {
        let socket = Socket::tcp(Family::IPV4).unwrap();
        socket.set_descriptor_nonblocking(nonblocking).unwrap();
        assert_eq!(kind(socket.accept()), Kind::Os(libc::EINVAL));
    }
    let (a, _b) = unix_pair(libc::SOCK_DGRAM);
    assert_eq!(kind(a.within(LATE).accept()), Kind::Os(libc::EOPNOTSUPP));
    // No event ever comes to this one, in blocking mode as it is.
    let datagram = Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
    datagram.bind(&"127.0.0.1:0".parse().unwrap()).unwrap();
    assert_eq!(kind(datagram.accept()), Kind::Os(libc::EOPNOTSUPP));
}

/// Threads with and without a time limit take each connection once, and all end with close.
#[test]
fn many_threads_accept_from_one_listener() {
    limited(|| {
        for told in [false, true] {
            accept_by_six(told, |_| Timeout::Never);
            accept_by_six(told, |_| LIMIT.into());
            accept_by_six(told, |number| {
                if number % 2 == 0 {
                    Timeout::Never
                } else {
                    LIMIT.into()
                }
            });
        }
    });
}

/// Others can see the mode of a descriptor whose number was given out, so it is not changed.
fn accept_by_six(told: bool, limit_of: fn(usize) -> Timeout) {
    // Room for all: a connection that finds none is retried only after a second.
    let (listener, address) = listener(1024);
    if told {
        listener.fileno().unwrap();
    }
    let listener = Arc::new(listener);
    let accepted = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..6)
        .map(|number| {
            let (listener, accepted) = (Arc::clone(&listener), Arc::clone(&accepted));
            let limit = limit_of(number);
            start_blocked(move || loop {
                match listener.within(limit).accept() {
                    Ok(_) => accepted.fetch_add(1, Ordering::Relaxed),
                    Err(error) => return error.kind(),
                };
            })
        })
        .collect();
    for _ in 0..300 {
        let client = Socket::tcp(address.family()).unwrap();
        client.within(LATE).connect(&address).unwrap();
        client.abort().unwrap();
    }
    until("all are accepted", || accepted.load(Ordering::Relaxed) == 300);
    let (_, took) = timed(|| listener.close().unwrap());
    assert!(
        took < ms(900),
        "close waited for a thread that did not wake: {took:?}"
    );
    for worker in workers {
        assert_eq!(worker.result(), Kind::Closed);
    }
}

/// The descriptor may be put back into blocking mode just before a call that has a time limit takes what it saw.
#[test]
fn a_change_of_the_mode_makes_no_accept_late() {
    limited(|| {
        let (listener, _) = listener(1);
        listener.fileno().unwrap();
        let listener = Arc::new(listener);
        let stop = Arc::new(AtomicBool::new(false));
        let (changed, stopped) = (Arc::clone(&listener), Arc::clone(&stop));
        let changing = start(move || {
            while !stopped.load(Ordering::Relaxed) {
                changed.set_descriptor_nonblocking(true).unwrap();
                changed.set_descriptor_nonblocking(false).unwrap();
            }
        });
        let accepter = Arc::clone(&listener);
        let accepting = start(move || {
            let began = Instant::now();
            while began.elapsed() < ms(300) {
                assert_eq!(kind(accepter.within(Duration::ZERO).accept()), Kind::WouldBlock);
            }
        });
        accepting.result();
        stop.store(true, Ordering::Relaxed);
        changing.result();
    });
}
