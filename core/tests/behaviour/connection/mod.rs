//! Connecting and listening by name: every address, one deadline, one thread.

mod listening;

use crate::support::alone::{alone, alone_by, inside};
use crate::support::skipped::can_have_a_network;
use crate::support::system::{descriptors, Ticks};
use crate::support::*;
use polysock::{
    connect_any, create_connection, create_connection_with, create_server, create_server_with, resolve_name,
    Address, CallHints, Caller, ConnectOptions, DualStack, Error, Family, Kind, NativeCaller, Race, RaceStep,
    ServerOptions, Socket, Start, Stop, Timeout,
};
use std::process::Command;
use std::time::Duration;

/// A port that refuses: bound, so that no other socket gets it, but not listening. Keep the socket.
fn refusing(host: &str) -> (Socket, Address) {
    let any = Address::parse(host, Some(0)).unwrap();
    let socket = Socket::tcp(any.family()).unwrap();
    socket.bind(&any).unwrap();
    let address = socket.local_address().unwrap();
    (socket, address)
}

fn delay(delay: Option<Duration>) -> ConnectOptions {
    let mut options = ConnectOptions::default();
    options.attempt_delay = delay;
    options
}

fn connect(addresses: &[Address], attempt_delay: Option<u64>, timeout: Duration) -> Result<Socket, Error> {
    connect_any(
        addresses,
        &delay(attempt_delay.map(ms)),
        timeout,
        &mut NativeCaller,
    )
}

fn detail(result: Result<Socket, Error>) -> (Kind, String) {
    let error = result.unwrap_err();
    (error.kind(), error.detail().unwrap_or_default().to_owned())
}

fn is_blocking(socket: &Socket) -> bool {
    system::status_flags(socket.fileno().unwrap()) & libc::O_NONBLOCK == 0
}

/// Counts signals, ends the call after a number of them, and checks that nothing sleeps or stops outside `block`.
#[derive(Default)]
struct Counting {
    signals: usize,
    stop_after: Option<usize>,
    blocks: usize,
}

impl Caller for Counting {
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T {
        self.blocks += 1;
        f()
    }

    fn check_signals(&mut self) -> Result<(), Stop> {
        self.signals += 1;
        match self.stop_after {
            Some(count) if self.signals >= count => Err(Stop),
            _ => Ok(()),
        }
    }

    fn start(&mut self, _: CallHints) -> Start {
        Start::Blocking
    }
}

#[test]
fn one_that_refuses_is_replaced_at_once() {
    limited(|| {
        let (_bound, refused) = refusing("127.0.0.1");
        let (server, address) = listener(1);
        // Were the delay waited for, the test would never end.
        let hour = 3_600_000;
        let client = connect(&[refused, address], Some(hour), LATE).unwrap();
        assert_eq!(client.peer_address().unwrap(), address);
        let client_too = connect(&[refused, address], None, LATE).unwrap();
        assert_eq!(client_too.peer_address().unwrap(), address);
        drop(server);
    });
}

#[test]
fn one_that_does_not_answer_gets_a_rival_after_the_delay() {
    limited(|| {
        let (_full, silent) = full_listener();
        let (server, address) = listener(1);
        let (client, took) = timed(|| connect(&[silent, address], Some(80), LATE).unwrap());
        assert!(took >= ms(80), "{took:?}");
        assert_eq!(client.peer_address().unwrap(), address);
        // The socket it returns is like one from `Socket::new`, and its connect has ended.
        assert!(is_blocking(&client));
        assert_eq!(client.recv_timeout(), Timeout::Never);
        assert_eq!(kind(client.connect(&address)), Kind::Os(libc::EISCONN));
        let (peer, _) = server.within(LATE).accept().unwrap();
        client.send_all("hello").unwrap();
        let mut room = [0; 5];
        peer.within(LATE).recv_exact(&mut room).unwrap();
    });
}

/// Even when an older one is still in progress: without the delay in between, each gets its turn.
#[test]
fn the_last_to_start_is_replaced_at_once_when_it_fails() {
    limited(|| {
        let (_full, silent) = full_listener();
        let made = [(); 2].map(|()| refusing("127.0.0.1"));
        let (_server, address) = listener(1);
        let addresses = [silent, made[0].1, made[1].1, address];
        let (client, took) = timed(|| connect(&addresses, Some(1000), LIMIT).unwrap());
        assert_eq!(client.peer_address().unwrap(), address);
        // One delay, not three.
        assert!(took >= ms(1000) && took < ms(2900), "{took:?}");
    });
}

/// The one that answers first wins, even if another was started later.
#[test]
fn a_late_answer_of_the_first_wins() {
    limited(|| {
        let ((full, _queued), silent) = full_listener();
        let (_full, silent_too) = full_listener();
        let connecting = start(move || connect(&[silent, silent_too], Some(10), LIMIT).unwrap());
        // There is room in the first one's queue: the kernel's next attempt, after about a second, gets through.
        full.within(LATE).accept().unwrap();
        assert_eq!(connecting.result().peer_address().unwrap(), silent);
    });
}

#[test]
fn families_take_turns_beginning_with_the_first() {
    limited(|| {
        let made: Vec<_> = ["::1", "::1", "127.0.0.1", "127.0.0.1", "127.0.0.1"]
            .map(refusing)
            .into();
        let [a6, b6, a4, b4, c4] = [0, 1, 2, 3, 4].map(|at: usize| made[at].1);
        let cases = [
            (vec![a6, b6, a4, b4, c4], Some(10), [a6, a4, b6, b4, c4]),
            (vec![a4, b4, c4, a6, b6], Some(10), [a4, a6, b4, b6, c4]),
            // The other one is an address that the resolver returned twice.
            (vec![a6, b6, a6, a4, b4, b4, c4], None, [a6, b6, a4, b4, c4]),
        ];
        for (addresses, attempt_delay, order) in cases {
            let (kind, detail) = detail(connect(&addresses, attempt_delay, LATE));
            let said: Vec<_> = order.iter().map(ToString::to_string).collect();
            assert_eq!(kind, Kind::Os(libc::ECONNREFUSED));
            assert_eq!(detail, format!("5 addresses tried: {}", said.join(", ")));
        }
    });
}

#[test]
fn the_error_names_the_host_and_each_address() {
    limited(|| {
        let (_bound, refused) = refusing("127.0.0.1");
        let port = refused.port().unwrap();
        let error = create_connection("127.0.0.1", port, LATE).unwrap_err();
        assert_eq!(error.kind(), Kind::Os(libc::ECONNREFUSED));
        assert_eq!(error.detail(), Some(refused.to_string().as_str()));
        let said = format!("create_connection {refused}: Connection refused");
        assert_eq!(error.to_string(), said);
        assert_eq!(error.operation().name(), "create_connection");

        let (_full, silent) = full_listener();
        let (result, took) = timed(|| connect(&[silent, refused], Some(10), ms(400)));
        let (kind, text) = detail(result);
        assert_eq!(kind, Kind::TimedOut);
        assert!(took >= ms(400), "{took:?}");
        assert_eq!(
            text,
            format!("2 addresses tried: {silent} no answer, {refused} refused")
        );
        let (kind, text) = detail(connect(&[refused, silent], None, ms(400)));
        assert_eq!(kind, Kind::TimedOut);
        assert_eq!(
            text,
            format!("2 addresses tried: {refused} refused, {silent} no answer")
        );
        let (kind, _) = detail(connect(&[], None, ms(50)));
        assert_eq!(kind, Kind::InvalidInput("addresses"));
    });
}

#[test]
fn one_deadline_covers_all_addresses() {
    limited(|| {
        let full: Vec<_> = (0..20).map(|_| full_listener()).collect();
        let silent: Vec<_> = full.iter().map(|(_, address)| *address).collect();
        for attempt_delay in [Some(10), Some(250), None] {
            let (result, took) = timed(|| connect(&silent, attempt_delay, ms(300)));
            let (kind, _) = detail(result);
            assert_eq!(kind, Kind::TimedOut);
            assert!(took >= ms(300), "{attempt_delay:?}: {took:?}");
            assert!(took < ms(300) + LATE, "{attempt_delay:?}: {took:?}");
        }
        let error = connect(&silent, Some(10), ms(900)).unwrap_err();
        let text = error.to_string();
        assert!(
            silent.iter().all(|address| text.contains(&address.to_string())),
            "{text}"
        );
        assert!(text.ends_with(": timed out after 900 ms"), "{text}");
    });
}

#[test]
fn signals_keep_the_deadline() {
    limited(|| {
        let full: Vec<_> = (0..3).map(|_| full_listener()).collect();
        let silent: Vec<_> = full.iter().map(|(_, address)| *address).collect();
        let _ticks = Ticks::every(ms(10));
        let mut host = Counting::default();
        let (result, took) = timed(|| connect_any(&silent, &delay(Some(ms(50))), ms(300), &mut host));
        assert_eq!(kind(result), Kind::TimedOut);
        assert!(took >= ms(300) && took < ms(300) + LATE, "{took:?}");
        assert!(host.signals > 0, "no signals came");
        assert_eq!(
            host.blocks,
            host.signals + 1 + silent.len(),
            "each signal is told outside of block, and each address starts there"
        );
    });
}

#[test]
fn the_host_ends_it_at_a_signal() {
    limited(|| {
        let (_full, silent) = full_listener();
        let _ticks = Ticks::every(ms(10));
        let mut host = Counting {
            stop_after: Some(3),
            ..Counting::default()
        };
        let result = connect_any(&[silent], &ConnectOptions::default(), LIMIT, &mut host);
        let (kind, text) = detail(result);
        assert_eq!(kind, Kind::Interrupted);
        assert_eq!(host.signals, 3);
        assert!(text.contains("no answer"), "{text}");
    });
}

#[test]
fn a_zero_timeout_tries_all_and_looks_once() {
    limited(|| {
        let (_full, silent) = full_listener();
        let (_bound, refused) = refusing("127.0.0.1");
        let (_server, address) = listener(4);
        let zero = Duration::ZERO;
        let client = connect(&[silent, refused, address], Some(250), zero).unwrap();
        assert_eq!(client.peer_address().unwrap(), address);
        assert!(is_blocking(&client));
        let (kind, text) = detail(connect(&[silent, refused], None, zero));
        assert_eq!(kind, Kind::WouldBlock);
        assert_eq!(
            text,
            format!("2 addresses tried: {silent} no answer, {refused} refused")
        );
        let (kind, _) = detail(connect(&[refused], None, zero));
        assert_eq!(kind, Kind::Os(libc::ECONNREFUSED));
    });
}

#[test]
fn it_connects_from_where_it_is_told() {
    limited(|| {
        let (_server, address) = listener(4);
        let mut options = ConnectOptions::default();
        options.local_address = Some("127.0.0.9:0".parse().unwrap());
        let v6: Address = "[::1]:1".parse().unwrap();
        let client = connect_any(&[v6, address], &options, LATE, &mut NativeCaller).unwrap();
        assert_eq!(client.local_address().unwrap().ip(), "127.0.0.9".parse().ok());
        let (kind, text) = detail(connect_any(&[v6], &options, LATE, &mut NativeCaller));
        assert_eq!(kind, Kind::Os(libc::EAFNOSUPPORT));
        assert_eq!(text, "0 addresses tried");
        // Not one of ours.
        options.local_address = Some("192.0.2.1:0".parse().unwrap());
        let (kind, text) = detail(connect_any(&[address], &options, LATE, &mut NativeCaller));
        assert_eq!(kind, Kind::Os(libc::EADDRNOTAVAIL));
        assert_eq!(text, address.to_string());
    });
}

/// An attempt for which there is no descriptor is made once another one has failed or used up its share of the time.
#[test]
fn where_descriptors_are_few_addresses_are_still_all_tried() {
    limited(|| {
        let (_full, silent) = full_listener();
        let (_also_full, silent_too) = full_listener();
        let (_bound, refused) = refusing("127.0.0.1");
        let (_listener, good) = listener(64);
        for (most, addresses) in [
            (1, vec![silent, good]),
            (1, vec![refused, silent, refused, good]),
            (2, vec![silent, silent_too, refused, good]),
            (1, vec![good]),
        ] {
            for attempt_delay in [None, Some(ms(10))] {
                let families = vec![silent.family(); addresses.len()];
                let mut race = Race::new(&families, attempt_delay, ms(600)).unwrap();
                let connected = loop {
                    match race.step(&mut NativeCaller).unwrap() {
                        RaceStep::Start(place) => {
                            if (0..addresses.len()).filter(|place| race.runs(*place)).count() < most {
                                race.enter(place, Socket::tcp(silent.family()).unwrap(), addresses[place]);
                            } else {
                                race.fail(place, Kind::Os(libc::EMFILE));
                            }
                        }
                        RaceStep::Won(_, socket) => break socket,
                        RaceStep::Lost(kind) => panic!("{addresses:?}: {kind:?}"),
                    }
                };
                assert_eq!(connected.peer_address().unwrap(), good);
            }
        }
        // With none in progress there is nothing to wait for, nor in a call that may not wait.
        for (timeout, first) in [(Timeout::After(LATE), false), (Timeout::NonBlocking, true)] {
            let mut race = Race::<Socket>::new(&[silent.family(); 2], None, timeout).unwrap();
            for place in [0, 1] {
                let step = race.step(&mut NativeCaller).unwrap();
                assert!(
                    matches!(step, RaceStep::Start(started) if started == place),
                    "{step:?}"
                );
                if first && place == 0 {
                    race.enter(place, Socket::tcp(silent.family()).unwrap(), silent);
                } else {
                    race.fail(place, Kind::Os(libc::EMFILE));
                }
            }
            let step = race.step(&mut NativeCaller).unwrap();
            assert!(matches!(step, RaceStep::Lost(_)), "{step:?}");
            assert_eq!(race.error(1).kind(), Kind::Os(libc::EMFILE));
        }
    });
}

/// Two attempts can't share a local port, so with one there is no parallel attempt.
#[test]
fn a_local_port_is_used_by_one_address_at_a_time() {
    limited(|| {
        let (bound, local) = refusing("127.0.0.1");
        bound.close().unwrap();
        let (_full, silent) = full_listener();
        let (_also_full, silent_too) = full_listener();
        let mut options = delay(Some(ms(10)));
        options.local_address = Some(local);
        let (result, took) =
            timed(|| connect_any(&[silent, silent_too], &options, ms(400), &mut NativeCaller));
        let (kind, text) = detail(result);
        assert_eq!(kind, Kind::TimedOut);
        assert!(took >= ms(400), "{took:?}");
        assert_eq!(text, format!("2 addresses tried: {silent}, {silent_too}"));
        // Attempts that were given up are not reported as timed out if they took no time.
        let (bound, refused) = refusing("127.0.0.1");
        let (kind, _) = detail(connect_any(
            &[silent, refused],
            &options,
            ms(100),
            &mut NativeCaller,
        ));
        assert_eq!(kind, Kind::Os(libc::ECONNREFUSED));
        drop(bound);
    });
}

/// TCP connects to itself when both ports are the same.
#[test]
fn however_short_the_time_each_address_is_tried() {
    limited(|| {
        let silent = [full_listener(), full_listener(), full_listener()];
        let mut addresses = silent.each_ref().map(|(_, address)| *address).to_vec();
        let (_listener, good) = listener(2);
        addresses.push(good);
        let connected = connect(&addresses, Some(1000), ms(1600)).unwrap();
        assert_eq!(connected.peer_address().unwrap(), good);
    });
}

/// One that never answers does not use up the time of those after it.
#[test]
fn one_after_another_each_address_has_its_share_of_the_time() {
    limited(|| {
        let (_full, silent) = full_listener();
        let (_also_full, silent_too) = full_listener();
        let (_listener, good) = listener(2);
        let (connected, took) = timed(|| connect(&[silent, silent_too, good], None, ms(600)));
        assert_eq!(connected.unwrap().peer_address().unwrap(), good);
        assert!(took >= ms(400), "{took:?}");

        // With a local port, which two sockets can't share.
        let (free, port) = refusing("127.0.0.1");
        drop(free);
        let mut options = delay(Some(ms(10)));
        options.local_address = Some(port);
        let connected = connect_any(&[silent, good], &options, ms(300), &mut NativeCaller).unwrap();
        assert_eq!(connected.peer_address().unwrap(), good);
        assert_eq!(connected.local_address().unwrap(), port);
    });
}

#[test]
fn a_connection_with_ourselves_is_a_refusal() {
    limited(|| {
        let (bound, address) = refusing("127.0.0.1");
        bound.close().unwrap();
        let mut options = ConnectOptions::default();
        options.local_address = Some(address);
        let (kind, _) = detail(connect_any(&[address], &options, LATE, &mut NativeCaller));
        assert_eq!(kind, Kind::Os(libc::ECONNREFUSED));
    });
}

#[test]
fn an_empty_host_connects_to_this_one() {
    limited(|| {
        let server = create_server("", 0, 4).unwrap();
        let port = server.local_address().unwrap().port().unwrap();
        let client = create_connection("", port, LATE).unwrap();
        assert!(client.peer_address().unwrap().ip().unwrap().is_loopback());
    });
}

#[test]
fn no_descriptor_is_left_behind() {
    alone(|| {
        let full: Vec<_> = (0..5).map(|_| full_listener()).collect();
        let silent: Vec<_> = full.iter().map(|(_, address)| *address).collect();
        let (_bound, refused) = refusing("127.0.0.1");
        let (server, address) = listener(64);
        let before = descriptors();
        for _ in 0..5 {
            let mut addresses = silent.clone();
            connect(&addresses, Some(10), ms(80)).unwrap_err();
            connect(&[refused], Some(10), ms(80)).unwrap_err();
            addresses.push(refused);
            addresses.push(address);
            connect(&addresses, Some(10), LATE).unwrap();
            server.within(LATE).accept().unwrap();
        }
        assert_eq!(descriptors(), before);
    });
}

#[test]
fn unreachable_networks_and_several_addresses_of_a_name() {
    const NAME: &str = "unreachable_networks_and_several_addresses_of_a_name";
    if !inside() && !can_have_a_network(NAME) {
        return;
    }
    alone_by(&["unshare", "-n", "-m"], "", |_| {
        limited(|| {
            let run = |line: &str| {
                let mut words = line.split(' ');
                let done = Command::new(words.next().unwrap()).args(words).output().unwrap();
                assert!(
                    done.status.success(),
                    "{line}: {}",
                    String::from_utf8_lossy(&done.stderr)
                );
            };
            run("ip link set lo up");
            let (_server, address) = listener(64);
            let nowhere: Address = "192.0.2.1:9".parse().unwrap();
            let nowhere_v6: Address = "[2001:db8::1]:9".parse().unwrap();
            let hour = Some(3_600_000);
            connect(&[nowhere_v6, nowhere, address], hour, LATE).unwrap();
            let (kind, text) = detail(connect(&[nowhere_v6, nowhere], hour, LATE));
            assert_eq!(kind, Kind::Os(libc::ENETUNREACH));
            let said = "2 addresses tried: [2001:db8::1]:9, 192.0.2.1:9";
            assert_eq!(text, said);

            // A network that drops everything sent to it.
            run("ip route add 192.0.2.0/24 dev lo");
            let (client, took) = timed(|| connect(&[nowhere, address], Some(60), LATE).unwrap());
            assert!(took >= ms(60), "{took:?}");
            assert_eq!(client.peer_address().unwrap(), address);
            let (result, took) = timed(|| connect(&[nowhere], Some(60), ms(200)));
            assert_eq!(kind_of(result), Kind::TimedOut);
            assert!(took >= ms(200) && took < ms(200) + LATE, "{took:?}");

            // A name with two addresses.
            run("mount -t tmpfs none /tmp");
            run("cp -a /etc /tmp/etc"); // whole: a machine may have no hosts file to mount over
            std::fs::write("/tmp/etc/hosts", "127.0.0.1 two.test\n127.0.0.2 two.test\n").unwrap();
            run("mount --bind /tmp/etc /etc");
            by_name();
        });
    });
}

fn kind_of(result: Result<Socket, Error>) -> Kind {
    kind(result)
}

/// Where `two.test` is 127.0.0.1 and 127.0.0.2.
fn by_name() {
    let both = resolve_name("two.test", 0, 0).unwrap();
    assert_eq!(both.len(), 2, "{both:?}");
    let (_bound, refused) = refusing(&both[0].ip().unwrap().to_string());
    let port = refused.port().unwrap();
    let (kind, text) = detail(create_connection_with(
        "two.test",
        port,
        &ConnectOptions::default(),
        LATE,
        &mut NativeCaller,
    ));
    let second = both[1].with_port(port);
    assert_eq!(kind, Kind::Os(libc::ECONNREFUSED));
    assert_eq!(
        text,
        format!("two.test port {port}, 2 addresses tried: {refused}, {second}")
    );

    // It listens on the first free address.
    let server = create_server("two.test", port, 4).unwrap();
    assert_eq!(server.local_address().unwrap(), second);
    let client = create_connection("two.test", port, LATE).unwrap();
    assert_eq!(client.peer_address().unwrap(), second);
    let (kind, text) = detail(create_server("two.test", port, 4));
    assert_eq!(kind, Kind::Os(libc::EADDRINUSE));
    let said = format!("two.test port {port}, 2 addresses tried: {refused}, {second}");
    assert_eq!(text, said);
}
