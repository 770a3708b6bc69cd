//! The error queue (ip(7), `IP_RECVERR`): a report is waited for where there is a time limit.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use polysock_core::{Address, Flags, Kind, Plain, Protocol, Room, Socket, SocketType, Timeout};
use std::sync::Arc;
use support::*;

fn datagram() -> (Socket, Address) {
    let socket = Socket::new(loopback().family(), SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
    socket.bind(&loopback()).unwrap();
    let address = socket.local_address().unwrap();
    (socket, address)
}

/// A socket that asks for reports.
fn reporter() -> Arc<Socket> {
    let (socket, _) = datagram();
    let on = 1_i32.to_ne_bytes();
    socket
        .set_option(libc::IPPROTO_IP, libc::IP_RECVERR, &on)
        .unwrap();
    Arc::new(socket)
}

/// A socket whose port refuses what comes from anybody but its peer, which is gone. Keep it: it holds the port.
fn deaf() -> (Socket, Address) {
    let ((deaf, address), (_peer, elsewhere)) = (datagram(), datagram());
    deaf.connect(&elsewhere).unwrap();
    (deaf, address)
}

type Ask = fn(&Socket, Timeout) -> polysock_core::Result<usize>;

/// The ways to ask for a report; what was sent comes back with it.
const WAYS: [Ask; 2] = [
    |socket, timeout| {
        let mut call = socket.on(Plain).within(timeout);
        call.recv_with(&mut [0; 16], Flags::ERROR_QUEUE)
    },
    |socket, timeout| {
        let (mut call, mut room) = (socket.on(Plain).within(timeout), [0; 16]);
        let got = call.recv_message(&[Room::from(&mut room)], 256, Flags::ERROR_QUEUE);
        got.map(|got| got.count)
    },
];

#[test]
fn a_report_is_waited_for() {
    limited(|| {
        for ask in WAYS {
            let ((_deaf, address), socket) = (deaf(), reporter());
            let asking = Arc::clone(&socket);
            let waiting = start_blocked(move || ask(&asking, LATE.into()));
            // Data are no report.
            let own = socket.local_address().unwrap();
            socket.send_to("data", &own).unwrap();
            socket.send_to("refused", &address).unwrap();
            assert_eq!(waiting.result().unwrap(), 7);
        }
    });
}

#[test]
fn the_time_limit_is_kept_and_without_one_there_is_no_wait() {
    limited(|| {
        let socket = reporter();
        let own = socket.local_address().unwrap();
        socket.send_to("data", &own).unwrap();
        for ask in WAYS {
            let (result, took) = timed(|| ask(&socket, ms(60).into()));
            assert_eq!(kind(result), Kind::TimedOut);
            assert!(took >= ms(60), "{took:?}");
            for timeout in [Timeout::Never, Timeout::NonBlocking] {
                assert_eq!(kind(ask(&socket, timeout)), Kind::WouldBlock);
            }
        }
    });
}

#[test]
fn close_wakes_who_waits_for_a_report() {
    limited(|| {
        for ask in WAYS {
            let socket = reporter();
            let asking = Arc::clone(&socket);
            let waiting = start_blocked(move || ask(&asking, LIMIT.into()));
            socket.close().unwrap();
            assert_eq!(kind(waiting.result()), Kind::Closed);
        }
    });
}
