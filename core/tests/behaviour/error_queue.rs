//! The error queue (ip(7), `IP_RECVERR`): a call with a time limit waits for a report.

use crate::support::*;
use polysock::{Address, Flags, Kind, NativeCaller, Protocol, RecvBuf, Socket, SocketType, Timeout};
use std::sync::Arc;

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

/// A socket whose port refuses everything except from its peer, which is gone. Keep it: it holds the port.
fn deaf() -> (Socket, Address) {
    let ((deaf, address), (_peer, elsewhere)) = (datagram(), datagram());
    deaf.connect(&elsewhere).unwrap();
    (deaf, address)
}

type Ask = fn(&Socket, Timeout) -> polysock::Result<usize>;

/// The ways to ask for a report; what was sent comes back with it.
const WAYS: [Ask; 2] = [
    |socket, timeout| {
        let mut call = socket.on(NativeCaller).within(timeout);
        call.recv_with(&mut [0; 16], Flags::ERROR_QUEUE)
    },
    |socket, timeout| {
        let (mut call, mut room) = (socket.on(NativeCaller).within(timeout), [0; 16]);
        let got = call.recv_message(&[RecvBuf::from(&mut room)], 256, Flags::ERROR_QUEUE);
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
            // Data are not a report.
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

type Receive = fn(&Socket, Timeout) -> polysock::Result<usize>;

/// The ways to wait for data.
const RECEIVES: [Receive; 3] = [
    |socket, timeout| socket.on(NativeCaller).within(timeout).recv(&mut [0; 16]),
    |socket, timeout| {
        let mut call = socket.on(NativeCaller).within(timeout);
        call.recv_from(&mut [0; 16]).map(|got| got.count)
    },
    |socket, timeout| {
        let mut room = [0; 4];
        socket.on(NativeCaller).within(timeout).recv_exact(&mut room)?;
        Ok(room.len())
    },
];

/// A socket with a report in its error queue that is never taken out.
fn reported() -> Arc<Socket> {
    let ((_deaf, address), socket) = (deaf(), reporter());
    socket.send_to("refused", &address).unwrap();
    // The error that comes with the report is reported once.
    assert_eq!(
        kind(socket.within(LATE).recv(&mut [0; 16])),
        Kind::Os(libc::ECONNREFUSED)
    );
    socket
}

/// The kernel keeps a report of each send: when it left.
fn stamp_sends(socket: &Socket) {
    const TX_SOFTWARE: i32 = 1 << 1;
    const SOFTWARE: i32 = 1 << 4;
    set_int(socket, libc::SO_TIMESTAMPING, TX_SOFTWARE | SOFTWARE);
}

#[test]
fn data_are_waited_for_beside_a_report() {
    limited(|| {
        for receive in RECEIVES {
            let socket = reported();
            let before = system::thread_cpu();
            let (result, took) = timed(|| receive(&socket, ms(300).into()));
            let burnt = system::thread_cpu() - before;
            assert_eq!(kind(result), Kind::TimedOut);
            assert!(took >= ms(300), "{took:?}");
            assert!(burnt < ms(30), "burnt {burnt:?}");

            let receiving = Arc::clone(&socket);
            let waiting = start_blocked(move || receive(&receiving, LIMIT.into()));
            let own = socket.local_address().unwrap();
            socket.send_to("data", &own).unwrap();
            assert_eq!(waiting.result().unwrap(), 4);

            let receiving = Arc::clone(&socket);
            let waiting = start_blocked(move || receive(&receiving, LIMIT.into()));
            socket.close().unwrap();
            assert_eq!(kind(waiting.result()), Kind::Closed);
        }
    });
}

/// Not by polling from time to time, which would be late or busy.
#[test]
#[cfg_attr(polysock_portable, ignore = "only epoll reports changes")]
fn a_wait_beside_a_report_sleeps_until_something_comes() {
    limited(|| {
        for receive in RECEIVES {
            let socket = reported();
            let receiving = Arc::clone(&socket);
            let waiting = start_blocked(move || receive(&receiving, LIMIT.into()));
            let before = waiting.observer.sleeps();
            std::thread::sleep(ms(200));
            let slept = waiting.observer.sleeps() - before;
            assert!(slept <= 3, "woke up {slept} times");
            socket.close().unwrap();
            assert_eq!(kind(waiting.result()), Kind::Closed);
        }
    });
}

#[test]
fn a_stream_with_reports_is_waited_for_in_both_directions() {
    limited(|| {
        let (client, server) = small_connection();
        stamp_sends(&client);
        client.send_all("stamped").unwrap();
        server.within(LATE).recv_exact(&mut [0; 7]).unwrap();
        let before = system::thread_cpu();
        let (result, took) = timed(|| client.within(ms(200)).recv(&mut [0; 16]));
        assert_eq!(kind(result), Kind::TimedOut);
        assert!(took >= ms(200), "{took:?}");
        let sent = fill(&client);
        let burnt = system::thread_cpu() - before;
        assert!(burnt < ms(50), "burnt {burnt:?}");
        let client = Arc::new(client);
        let sending = Arc::clone(&client);
        let waiting = start_blocked(move || sending.within(LIMIT).send_all(&[7; 100_000]));
        server
            .within(LIMIT)
            .recv_exact(&mut vec![0; sent + 100_000])
            .unwrap();
        waiting.result().unwrap();
    });
}

#[test]
fn a_datagram_socket_that_was_shut_down_has_ended_beside_a_report_too() {
    limited(|| {
        let (socket, own) = datagram();
        stamp_sends(&socket);
        socket.connect(&own).unwrap();
        socket.send("x").unwrap();
        assert_eq!(socket.within(LATE).recv(&mut [0; 16]).unwrap(), 1);
        socket.shutdown(polysock::Shutdown::Read).unwrap();
        assert_eq!(socket.within(LATE).recv(&mut [0; 16]).unwrap(), 0);
        assert_eq!(
            kind(socket.within(LATE).recv_exact(&mut [0; 16])),
            Kind::EndOfStream
        );
    });
}
