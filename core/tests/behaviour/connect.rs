//! connect: refusals, time limits, interruptions, Unix sockets.

use crate::support::*;
use polysock::{Address, Family, Kind, Operation, Protocol, Socket, SocketType};
use std::sync::Arc;
use std::time::Duration;

#[test]
fn a_refusal_names_the_address() {
    let (listener, address) = listener(1);
    drop(listener);
    let client = Socket::tcp(address.family()).unwrap();
    let error = client.connect(&address).unwrap_err();
    assert_eq!(error.kind(), Kind::Os(libc::ECONNREFUSED));
    assert_eq!(error.operation(), Operation::Connect);
    assert_eq!(error.detail(), Some(address.to_string().as_str()));
}

#[test]
fn connect_keeps_the_mode_of_the_descriptor() {
    let (_listener, address) = listener(2);
    for nonblocking in [false, true] {
        let client = Socket::tcp(address.family()).unwrap();
        client.set_descriptor_nonblocking(nonblocking).unwrap();
        client.within(LATE).connect(&address).unwrap();
        let flags = system::status_flags(client.fileno().unwrap());
        assert_eq!(flags & libc::O_NONBLOCK != 0, nonblocking);
    }
}

/// The same for a mode that was set through the descriptor's number.
#[test]
fn connect_keeps_a_mode_set_behind_our_back() {
    let (_listener, address) = listener(2);
    let client = Socket::tcp(address.family()).unwrap();
    let fd = client.fileno().unwrap();
    // SAFETY: no memory is involved.
    #[allow(unsafe_code)]
    let code = unsafe { libc::fcntl(fd, libc::F_SETFL, libc::O_NONBLOCK) };
    assert_eq!(code, 0);
    client.within(LATE).connect(&address).unwrap();
    assert_ne!(system::status_flags(fd) & libc::O_NONBLOCK, 0);
}

/// A blocking connect(2) could not be woken, so the descriptor must not become blocking before the connect has ended.
#[test]
fn a_mode_set_while_connects_are_under_way_is_that_of_the_descriptor_afterwards() {
    limited(|| {
        let cases = [(false, false), (false, true), (true, false), (true, true)];
        let cases = cases.map(|(before, wanted)| start(move || mode_after_connects(before, wanted)));
        cases.into_iter().for_each(Running::result);
    });
}

fn mode_after_connects(before: bool, wanted: bool) {
    let (full, address) = full_listener();
    let client = Arc::new(Socket::tcp(address.family()).unwrap());
    client.set_descriptor_nonblocking(before).unwrap();
    let is_nonblocking = || system::status_flags(client.fileno().unwrap()) & libc::O_NONBLOCK != 0;
    let connecting = [(); 2].map(|()| {
        let client = Arc::clone(&client);
        start_blocked(move || client.within(LIMIT).connect(&address))
    });
    client.set_descriptor_nonblocking(!wanted).unwrap();
    client.set_descriptor_nonblocking(wanted).unwrap();
    assert!(is_nonblocking(), "while connecting, {before} {wanted}");
    let _queued = full.0.within(LATE).accept().unwrap();
    for connect in connecting {
        connect.result().unwrap();
    }
    assert_eq!(is_nonblocking(), wanted, "after {before}");
}

#[test]
fn a_connect_that_gets_no_answer_ends_in_time_and_goes_on_afterwards() {
    limited(|| {
        let (full, address) = full_listener();
        let client = Socket::tcp(address.family()).unwrap();
        let (result, took) = timed(|| client.within(ms(200)).connect(&address));
        assert_eq!(kind(result), Kind::TimedOut);
        assert!(took >= ms(200) && took < LATE, "{took:?}");
        // Still in progress: asking again without waiting reports that, and once there is room it succeeds.
        assert_eq!(
            kind(client.within(Duration::ZERO).connect(&address)),
            Kind::Os(libc::EALREADY)
        );
        let _first = full.0.within(LATE).accept().unwrap();
        client.within(LIMIT / 2).connect(&address).unwrap();
    });
}

#[test]
fn a_connect_without_waiting_is_in_progress() {
    let (_full, address) = full_listener();
    let client = Socket::tcp(address.family()).unwrap();
    assert_eq!(
        kind(client.within(Duration::ZERO).connect(&address)),
        Kind::InProgress
    );
}

#[test]
fn close_ends_a_connect() {
    limited(|| {
        let (_full, address) = full_listener();
        for limit in [None, Some(LIMIT)] {
            let client = Arc::new(Socket::tcp(address.family()).unwrap());
            let connecting = Arc::clone(&client);
            let running = start_blocked(move || connecting.within(limit).connect(&address));
            let (closed, took) = timed(|| client.close());
            closed.unwrap();
            assert!(took < LATE);
            assert_eq!(kind(running.result()), Kind::Closed);
        }
    });
}

#[test]
fn a_unix_connect_to_a_full_backlog_waits_without_spinning() {
    limited(|| {
        let listener = Socket::new(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT).unwrap();
        let address = system::abstract_address();
        listener.bind(&address).unwrap();
        listener.listen(0).unwrap();
        let make = || Socket::new(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT).unwrap();
        let queued = make();
        queued.within(LATE).connect(&address).unwrap();

        let client = make();
        assert_eq!(
            kind(client.within(Duration::ZERO).connect(&address)),
            Kind::WouldBlock
        );
        let before = system::thread_cpu();
        let (result, took) = timed(|| client.within(ms(300)).connect(&address));
        let burnt = system::thread_cpu() - before;
        assert_eq!(kind(result), Kind::TimedOut);
        assert!(took >= ms(300));
        assert!(burnt < ms(50), "burnt {burnt:?}");

        let client = Arc::new(client);
        let connecting = Arc::clone(&client);
        let running = start_blocked(move || connecting.connect(&address));
        client.close().unwrap();
        assert_eq!(kind(running.result()), Kind::Closed);

        // Room again: a waiting connect gets it.
        let client = Arc::new(make());
        let connecting = Arc::clone(&client);
        let running = start_blocked(move || connecting.connect(&address));
        let _first = listener.within(LATE).accept().unwrap();
        running.result().unwrap();
        assert_eq!(client.peer_address().unwrap(), address);
    });
}

#[test]
fn a_vanished_listener_is_a_refusal_and_a_path_may_be_missing() {
    let client = Socket::new(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT).unwrap();
    let nowhere = Address::unix(b"/nonexistent/polysock").unwrap();
    assert_eq!(kind(client.connect(&nowhere)), Kind::Os(libc::ENOENT));
    assert_eq!(kind(client.connect(&Address::EMPTY)), Kind::Os(libc::EINVAL));
}

/// A listener that accepts no connection until asked to, with an attempt to reach it in progress.
struct UnderWay {
    full: (Socket, Socket),
    address: Address,
    client: Socket,
}

fn under_way() -> UnderWay {
    let (full, address) = full_listener();
    let client = Socket::tcp(address.family()).unwrap();
    assert_eq!(kind(client.within(ms(1)).connect(&address)), Kind::TimedOut);
    UnderWay {
        full,
        address,
        client,
    }
}

/// An address that refuses, and a socket whose attempt to reach it has ended unnoticed.
fn refused_unseen() -> (Address, Socket) {
    loop {
        let (listener, address) = listener(1);
        drop(listener);
        let client = Socket::tcp(address.family()).unwrap();
        let end = kind(client.within(Duration::ZERO).connect(&address));
        if end == Kind::InProgress {
            return (address, client);
        }
        assert_eq!(end, Kind::Os(libc::ECONNREFUSED));
    }
}

#[test]
fn a_connect_never_reports_success_for_the_address_of_an_earlier_one() {
    limited(|| {
        let UnderWay {
            full,
            address,
            client,
        } = under_way();
        let (_listener, other) = listener(1);
        for limit in [Duration::ZERO, LATE] {
            let error = client.within(limit).connect(&other).unwrap_err();
            assert_eq!(error.kind(), Kind::Os(libc::EALREADY));
            let detail = format!("{other} (still connecting to {address})");
            assert_eq!(error.detail(), Some(detail.as_str()));
        }
        let _room = full.0.within(LATE).accept().unwrap();
        until("connected", || client.peer_address().is_ok());
        for limit in [Duration::ZERO, LATE] {
            let error = client.within(limit).connect(&other).unwrap_err();
            assert_eq!(error.kind(), Kind::Os(libc::EISCONN));
        }
        assert_eq!(client.peer_address().unwrap(), address);
    });
}

#[test]
fn the_first_connect_elsewhere_names_the_address_that_was_reached() {
    limited(|| {
        let UnderWay {
            full,
            address,
            client,
        } = under_way();
        let _room = full.0.within(LATE).accept().unwrap();
        until("connected", || client.peer_address().is_ok());
        let (_listener, other) = listener(1);
        let error = client.within(LATE).connect(&other).unwrap_err();
        assert_eq!(error.kind(), Kind::Os(libc::EISCONN));
        let detail = format!("{other} (connected to {address})");
        assert_eq!(error.detail(), Some(detail.as_str()));
    });
}

#[test]
fn an_attempt_that_was_given_up_is_none() {
    limited(|| {
        let UnderWay { client, .. } = under_way();
        let (_listener, other) = listener(1);
        client.disconnect().unwrap();
        client.within(LATE).connect(&other).unwrap();
        assert_eq!(client.peer_address().unwrap(), other);
    });
}

/// If another handle of the socket began the connect, the peer's address is looked up.
#[test]
fn a_connect_never_reports_success_for_what_another_handle_began() {
    limited(|| {
        let UnderWay {
            full,
            address,
            client,
        } = under_way();
        let again = client.duplicate().unwrap();
        let (_listener, other) = listener(1);
        let connecting = start_blocked(move || {
            let end = kind(again.within(LIMIT).connect(&other));
            (end, again)
        });
        let _room = full.0.within(LATE).accept().unwrap();
        let (end, again) = connecting.result();
        assert_eq!(end, Kind::Os(libc::EISCONN));
        assert_eq!(again.peer_address().unwrap(), address);
    });
}

#[test]
fn the_unspecified_address_stands_for_this_machine() {
    limited(|| {
        let (_listener, address) = listener(1);
        let everywhere: Address = (std::net::Ipv4Addr::UNSPECIFIED.into(), address.port().unwrap()).into();
        let client = Socket::tcp(address.family()).unwrap();
        let _ = client.within(Duration::ZERO).connect(&everywhere);
        let again = client.duplicate().unwrap();
        again.within(LATE).connect(&everywhere).unwrap();
    });
}

#[test]
fn a_refusal_is_not_that_of_the_next_address() {
    limited(|| {
        let (_listener, other) = listener(1);
        let (_, client) = refused_unseen();
        client.within(LATE).connect(&other).unwrap();
        assert_eq!(client.peer_address().unwrap(), other);
    });
}

/// To the address that refused as well: a new attempt, not the end of the old one.
#[test]
fn after_a_refusal_that_was_asked_for_a_connect_begins_anew() {
    limited(|| {
        type Ask = fn(&Socket) -> bool;
        let ways: [Ask; 2] = [
            |socket| socket.take_error().unwrap() == Some(Kind::Os(libc::ECONNREFUSED)),
            |socket| socket.int_option(libc::SOL_SOCKET, libc::SO_ERROR).unwrap() == libc::ECONNREFUSED,
        ];
        for taken in ways {
            let (_listener, other) = listener(1);
            let (_, client) = refused_unseen();
            until("the refusal can be asked for", || taken(&client));
            client.within(LATE).connect(&other).unwrap();
            assert_eq!(client.peer_address().unwrap(), other);

            let (again, client) = refused_unseen();
            until("the refusal can be asked for", || taken(&client));
            for limit in [LATE, Duration::ZERO] {
                let end = kind(client.within(limit).connect(&again));
                let begun = end == Kind::InProgress && limit.is_zero();
                assert!(begun || end == Kind::Os(libc::ECONNREFUSED), "{end:?}");
            }
        }
    });
}

#[test]
fn a_datagram_socket_connects_from_one_address_to_the_next() {
    let make = || Socket::new(loopback().family(), SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
    let (client, ports) = (make(), [make(), make()]);
    for port in &ports {
        port.bind(&loopback()).unwrap();
        let address = port.local_address().unwrap();
        client.within(LATE).connect(&address).unwrap();
        assert_eq!(client.peer_address().unwrap(), address);
    }
}
