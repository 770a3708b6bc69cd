//! send and send_all: full buffers, progress, the write lock.

use crate::support::*;
use polysock::{Family, Flags, Kind, NativeCaller, Operation, Protocol, Socket, SocketType, Timeout};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn drain(socket: &Socket) -> Vec<u8> {
    let (mut all, mut buf) = (Vec::new(), vec![0; 65536]);
    loop {
        match socket.within(LIMIT).recv(&mut buf).unwrap() {
            0 => return all,
            count => all.extend_from_slice(&buf[..count]),
        }
    }
}

#[test]
fn a_full_peer_ends_a_send_in_time_and_nothing_was_sent() {
    let (client, server) = small_connection();
    let full = fill(&client);
    let (result, took) = timed(|| client.within(ms(100)).send(b"more"));
    let error = result.unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (Kind::TimedOut, Operation::Send)
    );
    assert!(took >= ms(100));
    let no_wait = client
        .on(NativeCaller)
        .within(LATE)
        .send_with(b"more", Flags::DONT_WAIT);
    assert_eq!(kind(no_wait), Kind::WouldBlock);
    client.shutdown(polysock::Shutdown::Write).unwrap();
    assert_eq!(drain(&server).len(), full);
}

#[test]
fn a_send_with_a_time_limit_sends_a_part_and_one_without_sends_all() {
    limited(|| {
        let (client, server) = small_connection();
        let data = pattern(1_000_000);
        let part = client.within(LATE).send(&data).unwrap();
        assert!(part > 0 && part < data.len());
        let (rest, part_of) = (data[part..].to_vec(), part);
        let sending = start(move || {
            let count = client.send(&rest).unwrap();
            client.close().unwrap();
            count
        });
        let all = drain(&server);
        assert_eq!(sending.result(), data.len() - part_of);
        assert!(all == data);
    });
}

/// The peer takes a byte now and then: each lets the sender go on a little, and the clock is not restarted.
#[test]
fn send_all_ends_in_time_and_its_count_is_what_the_peer_gets() {
    limited(|| {
        let (client, server) = small_connection();
        let data = pattern(1_000_000);
        let sent = data.clone();
        let sending = start(move || {
            let (result, took) = timed(|| client.within(Duration::from_secs(1)).send_all(&sent));
            client.shutdown(polysock::Shutdown::Write).unwrap();
            (result.unwrap_err(), took, client)
        });
        let mut all = Vec::new();
        while sending.is_running() {
            let mut byte = [0];
            server.within(LATE).recv_exact(&mut byte).unwrap();
            all.extend(byte);
            // The pace of the slow reader, not a wait for anything.
            std::thread::sleep(ms(100));
        }
        let (error, took, _client) = sending.result();
        assert_eq!(
            (error.kind(), error.operation()),
            (Kind::TimedOut, Operation::SendAll)
        );
        assert!(
            took >= Duration::from_secs(1) && took < Duration::from_secs(3),
            "{took:?}"
        );
        all.extend(drain(&server));
        assert_eq!(all.len(), error.done());
        assert!(all == data[..all.len()]);
        assert!(error.done() > 0);
    });
}

#[test]
fn send_all_of_many_threads_never_interleaves() {
    limited(|| {
        const MESSAGE: usize = 40_000;
        let (client, server) = small_connection();
        let client = Arc::new(client);
        let senders: Vec<_> = (0..4_u8)
            .map(|number| {
                let client = Arc::clone(&client);
                start(move || {
                    for round in 0..5 {
                        // With a time limit and without one.
                        let limit = if round % 2 == 0 {
                            Timeout::Never
                        } else {
                            LIMIT.into()
                        };
                        client.within(limit).send_all(&[number; MESSAGE]).unwrap();
                    }
                })
            })
            .collect();
        let mut counts = [0; 4];
        let mut message = vec![0; MESSAGE];
        for _ in 0..20 {
            server.within(LIMIT).recv_exact(&mut message).unwrap();
            assert!(
                message.iter().all(|byte| *byte == message[0]),
                "two messages are mixed"
            );
            counts[usize::from(message[0])] += 1;
        }
        assert_eq!(counts, [5; 4]);
        senders.into_iter().for_each(Running::result);
    });
}

#[test]
fn who_was_passed_over_by_a_long_message_sends_before_the_next_one() {
    limited(|| {
        const LONG: usize = 2_000_000;
        let (client, server) = small_connection();
        let client = Arc::new(client);
        let bulk = Arc::clone(&client);
        let bulk = start_blocked(move || (0..3).for_each(|_| bulk.send_all(&[1; LONG]).unwrap()));
        let short = Arc::clone(&client);
        let short = start_blocked(move || short.within(LIMIT).send_all(&[2]));
        let waiting = Instant::now();
        until("it has waited for long", || waiting.elapsed() > ms(5));
        let mut stream = vec![0; LONG + 1];
        server.within(LIMIT).recv_exact(&mut stream).unwrap();
        assert!(stream[..LONG].iter().all(|byte| *byte == 1));
        assert_eq!(stream[LONG], 2);
        short.result().unwrap();
        stream.resize(2 * LONG, 0);
        server.within(LIMIT).recv_exact(&mut stream).unwrap();
        bulk.result();
    });
}

#[test]
fn a_reader_and_a_writer_do_not_disturb_each_other() {
    limited(|| {
        let (client, server) = small_connection();
        let (client, server) = (Arc::new(client), Arc::new(server));
        let data = Arc::new(pattern(2_000_000));
        let mut running = Vec::new();
        for end in [&client, &server] {
            let (writer, sent) = (Arc::clone(end), Arc::clone(&data));
            running.push(start(move || writer.within(LIMIT).send_all(&**sent).unwrap()));
            let (reader, expected) = (Arc::clone(end), Arc::clone(&data));
            running.push(start(move || {
                let mut buf = vec![0; expected.len()];
                reader.within(LIMIT).recv_exact(&mut buf).unwrap();
                assert!(buf == **expected);
            }));
        }
        running.into_iter().for_each(Running::result);
    });
}

#[test]
fn waiting_for_the_write_lock_keeps_its_deadline_and_ends_with_close() {
    limited(|| {
        let (client, _server) = small_connection();
        fill(&client);
        let client = Arc::new(client);
        let holder = Arc::clone(&client);
        let holding = start_blocked(move || holder.send_all(b"holds the lock"));
        assert_eq!(
            kind(client.within(Duration::ZERO).send_all(b"x")),
            Kind::WouldBlock
        );
        let (result, took) = timed(|| client.within(ms(100)).send_all(b"x"));
        assert_eq!((kind(result), took >= ms(100)), (Kind::TimedOut, true));

        let waiter = Arc::clone(&client);
        let waiting = start_blocked(move || waiter.send_all(b"x"));
        let (closed, took) = timed(|| client.close());
        closed.unwrap();
        assert!(took < ms(900), "{took:?}");
        assert_eq!(kind(holding.result()), Kind::Closed);
        assert_eq!(kind(waiting.result()), Kind::Closed);
    });
}

/// Threads that give up at about the moment when the lock becomes free never take it away from the others.
#[test]
fn the_write_lock_is_handed_on_whoever_gives_up() {
    limited(|| {
        let (client, server) = small_connection();
        let client = Arc::new(client);
        let reading = start(move || drain(&server).len());
        let senders: Vec<_> = (1..6_u64)
            .map(|number| {
                let client = Arc::clone(&client);
                start(move || {
                    let mut done = 0;
                    for round in 0..300 {
                        let limit = if number == 1 {
                            Timeout::Never
                        } else {
                            Timeout::After(Duration::from_micros(37 * number * (round % 7)))
                        };
                        match client.within(limit).send_all(&[0; 5000]) {
                            Ok(()) => done += 5000,
                            Err(error) => {
                                assert_eq!(error.kind(), Kind::TimedOut);
                                done += error.done();
                            }
                        }
                    }
                    done
                })
            })
            .collect();
        let sent: usize = senders.into_iter().map(Running::result).sum();
        client.shutdown(polysock::Shutdown::Write).unwrap();
        assert_eq!(reading.result(), sent);
    });
}

#[test]
fn a_vanished_peer_is_an_error_with_the_count() {
    limited(|| {
        let (client, server) = small_connection();
        let sending = start_blocked(move || client.send_all(&pattern(1_000_000)));
        server.abort().unwrap();
        let error = sending.result().unwrap_err();
        assert!(
            matches!(error.kind(), Kind::Os(libc::ECONNRESET | libc::EPIPE)),
            "{error}"
        );
        assert!(error.done() > 0 && error.done() < 1_000_000);
    });
}

/// One end's send buffer is full, or the queue of a peer that is not connected back.
#[test]
fn a_unix_datagram_send_to_a_full_queue_waits_without_spinning() {
    limited(|| {
        for (a, b) in [unix_pair(libc::SOCK_DGRAM), one_way_datagrams()] {
            while a.within(Duration::ZERO).send(b"x").is_ok() {}
            let before = system::thread_cpu();
            let (result, took) = timed(|| a.within(ms(300)).send(b"more"));
            let burnt = system::thread_cpu() - before;
            assert_eq!(kind(result), Kind::TimedOut);
            assert!(took >= ms(300));
            assert!(burnt < ms(50), "burnt {burnt:?}");

            let a = Arc::new(a);
            let sender = Arc::clone(&a);
            let sending = start_blocked(move || sender.send(b"more"));
            while b
                .within(Duration::ZERO)
                .recv(&mut [0; 8])
                .is_ok_and(|count| count == 1)
            {}
            assert_eq!(sending.result().unwrap(), 4);

            while a.within(Duration::ZERO).send(b"x").is_ok() {}
            let sender = Arc::clone(&a);
            let sending = start_blocked(move || sender.send_all(b"more"));
            a.close().unwrap();
            assert_eq!(kind(sending.result()), Kind::Closed);
        }
    });
}

fn one_way_datagrams() -> (Socket, Socket) {
    let make = || Socket::new(Family::UNIX, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
    let (a, b) = (make(), make());
    let address = system::abstract_address();
    b.bind(&address).unwrap();
    a.connect(&address).unwrap();
    (a, b)
}

#[test]
fn nothing_to_send_is_sent() {
    let (client, _server) = connection();
    client.send_all(b"").unwrap();
    assert_eq!(client.send(b"").unwrap(), 0);
}
