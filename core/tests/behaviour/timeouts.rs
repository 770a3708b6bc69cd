//! Deadlines under signals: never early, and not restarted. And limits that a program has set in the kernel.

use crate::support::*;
use polysock::{Deadline, Kind, Socket, Timeout};
use std::time::{Duration, Instant};

/// A handler without SA_RESTART runs in this thread every 10 ms.
fn under_signals<T>(call: impl FnOnce() -> T) -> (T, Duration) {
    let _ticks = system::Ticks::every(ms(10));
    let before = system::signals();
    let (result, took) = timed(call);
    // How many is the machine's affair: those that came together count once. One is enough to begin anew.
    assert!(system::signals() > before, "no signals came");
    (result, took)
}

fn in_time(took: Duration) {
    assert!(took >= ms(500), "early: {took:?}");
    assert!(took < Duration::from_secs(3), "late: {took:?}");
}

#[test]
fn a_receive_keeps_its_time_under_signals() {
    limited(|| {
        let (client, _server) = connection();
        let (result, took) = under_signals(|| client.within(ms(500)).recv(&mut [0]));
        assert_eq!(kind(result), Kind::TimedOut);
        in_time(took);
        client.set_timeout(ms(500));
        let (result, took) = under_signals(|| client.recv_exact(&mut [0]));
        assert_eq!(kind(result), Kind::TimedOut);
        in_time(took);
    });
}

#[test]
fn an_accept_keeps_its_time_under_signals() {
    limited(|| {
        let (listener, _) = listener(1);
        let (result, took) = under_signals(|| listener.within(ms(500)).accept());
        assert_eq!(kind(result), Kind::TimedOut);
        in_time(took);
    });
}

#[test]
fn a_connect_keeps_its_time_under_signals() {
    limited(|| {
        let (_full, address) = full_listener();
        let client = Socket::tcp(address.family()).unwrap();
        let (result, took) = under_signals(|| client.within(ms(500)).connect(&address));
        assert_eq!(kind(result), Kind::TimedOut);
        in_time(took);
    });
}

#[test]
fn sends_keep_their_time_under_signals_also_while_they_wait_for_their_turn() {
    limited(|| {
        let (client, _server) = small_connection();
        fill(&client);
        let (result, took) = under_signals(|| client.within(ms(500)).send_all(b"more"));
        assert_eq!(kind(result), Kind::TimedOut);
        in_time(took);
        let client = std::sync::Arc::new(client);
        let holder = std::sync::Arc::clone(&client);
        let holding = start_blocked(move || holder.send_all(b"holds the lock"));
        let (result, took) = under_signals(|| client.within(ms(500)).send_all(b"more"));
        assert_eq!(kind(result), Kind::TimedOut);
        in_time(took);
        client.close().unwrap();
        assert_eq!(kind(holding.result()), Kind::Closed);
    });
}

#[test]
fn a_call_without_a_limit_goes_on_under_signals() {
    limited(|| {
        let (client, server) = connection();
        let reading = start_blocked(move || {
            let _ticks = system::Ticks::every(ms(2));
            client.recv_exact(&mut [0; 3])
        });
        let before = system::signals();
        until("signals came", || system::signals() > before + 20);
        server.send_all(b"abc").unwrap();
        reading.result().unwrap();
    });
}

#[test]
fn the_time_of_a_handle_and_of_one_call() {
    let (client, _server) = connection();
    assert_eq!(
        (client.recv_timeout(), client.send_timeout()),
        (Timeout::Never, Timeout::Never)
    );
    client.set_recv_timeout(ms(50));
    client.set_send_timeout(Duration::ZERO);
    assert_eq!(client.recv_timeout(), Timeout::After(ms(50)));
    assert_eq!(client.send_timeout(), Timeout::NonBlocking);
    let (result, took) = timed(|| client.recv(&mut [0]));
    assert_eq!((kind(result), took >= ms(50)), (Kind::TimedOut, true));
    assert_eq!(
        kind(client.within(Duration::ZERO).recv(&mut [0])),
        Kind::WouldBlock
    );
    // One call's own time changes nothing for the next.
    assert_eq!(client.recv_timeout(), Timeout::After(ms(50)));
    client.set_timeout(None);
    assert_eq!(
        (client.recv_timeout(), client.send_timeout()),
        (Timeout::Never, Timeout::Never)
    );
}

#[test]
fn every_timeout_a_handle_keeps_is_the_one_it_was_given() {
    let (client, _server) = connection();
    let mut nanoseconds = 1_u64;
    while nanoseconds < 1 << 62 {
        for count in [nanoseconds - 1, nanoseconds, nanoseconds + 1] {
            let timeout = Timeout::from(Duration::from_nanos(count));
            client.set_timeout(timeout);
            assert_eq!((client.recv_timeout(), client.send_timeout()), (timeout, timeout));
        }
        nanoseconds *= 2;
    }
    client.set_timeout(Duration::MAX);
    assert_eq!(client.recv_timeout(), Timeout::Never);
    client.set_timeout(Timeout::After(Duration::ZERO));
    assert_ne!(client.recv_timeout(), Timeout::NonBlocking);
}

#[test]
fn a_deadline_that_passed_still_ends_with_timed_out() {
    let (client, server) = connection();
    let passed = Deadline::At(Instant::now());
    assert_eq!(kind(client.within(passed).recv(&mut [0])), Kind::TimedOut);
    server.send_all(b"x").unwrap();
    assert_eq!(client.within(LATE).peek(&mut [0]).unwrap(), 1);
    assert_eq!(client.within(passed).recv(&mut [0]).unwrap(), 1);
    assert_eq!(
        kind(client.within(Deadline::NonBlocking).recv(&mut [0])),
        Kind::WouldBlock
    );
    assert_eq!(Deadline::after(Timeout::After(Duration::MAX)), Deadline::Never);
    assert_eq!(Timeout::from(Deadline::Never), Timeout::Never);
}

#[test]
fn the_blocking_mode_is_the_handles_and_the_descriptors() {
    let (client, _server) = connection();
    let mode = |client: &Socket| system::status_flags(client.fileno().unwrap()) & libc::O_NONBLOCK != 0;
    client.set_blocking(false).unwrap();
    assert!(mode(&client));
    assert_eq!(kind(client.recv(&mut [0])), Kind::WouldBlock);
    client.set_blocking(true).unwrap();
    assert!(!mode(&client));
    assert_eq!(client.recv_timeout(), Timeout::Never);
    client.set_descriptor_nonblocking(true).unwrap();
    assert!(mode(&client));
    assert_eq!(client.recv_timeout(), Timeout::Never);
    assert_eq!(kind(client.within(ms(20)).recv(&mut [0])), Kind::TimedOut);
}

const KERNELS: Duration = Duration::from_millis(40);

/// Sets the program's own limit of a wait in the kernel, for both directions.
fn limit_in_the_kernel(socket: &Socket) {
    let micros = i64::try_from(KERNELS.as_micros()).unwrap();
    for name in [libc::SO_RCVTIMEO, libc::SO_SNDTIMEO] {
        let time = system::time_of_option(name, 0, micros);
        socket.set_option(libc::SOL_SOCKET, name, &time).unwrap();
    }
}

fn ends_with_the_kernels_limit<T: std::fmt::Debug>(call: impl FnOnce() -> polysock::Result<T>) {
    let (result, took) = timed(call);
    assert_eq!(kind(result), Kind::WouldBlock);
    assert!(took >= KERNELS && took < KERNELS + LATE, "{took:?}");
}

/// The program's own SO_RCVTIMEO and SO_SNDTIMEO end every call that has no deadline, as in socket(7), including those
/// that wait in a poll: on shared descriptors, listeners, Unix datagram sockets.
#[test]
fn a_limit_in_the_kernel_ends_every_wait() {
    limited(|| {
        let (client, _server) = connection();
        limit_in_the_kernel(&client);
        let other = client.duplicate().unwrap();
        for shared in [&client, &other] {
            ends_with_the_kernels_limit(|| shared.recv(&mut [0; 1]));
        }
        fill(&client);
        ends_with_the_kernels_limit(|| client.send("x"));
        ends_with_the_kernels_limit(|| client.send_all("x"));

        let (listener, _address) = listener(1);
        limit_in_the_kernel(&listener);
        ends_with_the_kernels_limit(|| listener.accept());
        listener.fileno().unwrap();
        ends_with_the_kernels_limit(|| listener.accept());

        let (one, _two) = unix_pair(libc::SOCK_DGRAM);
        limit_in_the_kernel(&one);
        ends_with_the_kernels_limit(|| one.recv(&mut [0; 1]));
        while one.within(Timeout::NonBlocking).send("x").is_ok() {}
        ends_with_the_kernels_limit(|| one.send("x"));
    });
}

/// The call's own deadline takes precedence, longer or shorter.
#[test]
fn a_deadline_counts_more_than_a_limit_in_the_kernel() {
    limited(|| {
        let (client, _server) = connection();
        limit_in_the_kernel(&client);
        let _other = client.duplicate().unwrap();
        let longer = KERNELS * 3;
        let (result, took) = timed(|| client.within(Timeout::After(longer)).recv(&mut [0; 1]));
        assert_eq!(kind(result), Kind::TimedOut);
        assert!(took >= longer, "{took:?}");
    });
}
