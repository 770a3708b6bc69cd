//! Calls with a deadline on descriptors without another holder: the kernel waits, up to a limit that no one else sees.

use crate::support::*;
use polysock::{Family, Framing, Kind, Protocol, Shutdown, Socket, SocketType, Timeout};
use std::os::fd::{AsFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

/// The direction's own option, and another number for it.
const LIMITS: [i32; 2] = [libc::SO_RCVTIMEO, 66];

/// Both ends of a connection whose first end expects that a receive has to wait.
fn that_waits() -> (Arc<Socket>, Socket) {
    let (client, server) = connection();
    let client = Arc::new(client);
    wait_once(&client, &server);
    (client, server)
}

fn wait_once(client: &Arc<Socket>, server: &Socket) {
    let receiver = Arc::clone(client);
    let receiving = start_blocked(move || receiver.within(LATE).recv(&mut [0]));
    server.send_all("x").unwrap();
    receiving.result().unwrap();
}

/// A receive with a deadline, which waits in the kernel.
fn receiving(client: &Arc<Socket>, within: Duration) -> Running<polysock::Result<usize>> {
    let receiver = Arc::clone(client);
    let receiving = start_blocked(move || receiver.within(within).recv(&mut [0]));
    assert_eq!(receiving.system_call(), "recvfrom");
    receiving
}

/// What the kernel has, and what the socket reports.
fn limits(socket: &Socket) -> (Duration, Duration) {
    let fd = socket.fileno().unwrap();
    (
        system::time_option(fd, libc::SO_RCVTIMEO),
        reported(socket, LIMITS[0]),
    )
}

fn reported(socket: &Socket, name: i32) -> Duration {
    let half = system::half_of_time(name);
    let mut value = vec![0; 2 * half];
    assert_eq!(
        socket.option(libc::SOL_SOCKET, name, &mut value).unwrap(),
        2 * half
    );
    let number = |bytes: &[u8]| match bytes.len() {
        4 => u64::from(u32::from_ne_bytes(bytes.try_into().unwrap())),
        _ => u64::from_ne_bytes(bytes.try_into().unwrap()),
    };
    Duration::from_secs(number(&value[..half])) + Duration::from_micros(number(&value[half..]))
}

fn in_time(took: Duration, limit: Duration) {
    assert!(took >= limit && took < limit + LATE, "{took:?} of {limit:?}");
}

#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn no_one_sees_the_limit() {
    limited(|| {
        let (client, server) = that_waits();
        wait_once(&client, &server);
        assert_eq!(LIMITS.map(|name| reported(&client, name)), [Duration::ZERO; 2]);
        assert_eq!(limits(&client), (Duration::ZERO, Duration::ZERO));
    });
}

#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn what_is_handed_on_has_no_limit() {
    limited(|| {
        let hand_over: [fn(&Socket) -> RawFd; 3] = [
            |socket| system::leak(socket.detach().unwrap()),
            |socket| system::leak(socket.duplicate().unwrap().detach().unwrap()),
            |socket| system::leak(socket.lend_fd().unwrap().as_fd().try_clone_to_owned().unwrap()),
        ];
        for hand_over in hand_over {
            let (client, server) = that_waits();
            wait_once(&client, &server);
            let fd = hand_over(&client);
            assert_eq!(system::time_option(fd, libc::SO_RCVTIMEO), Duration::ZERO);
            system::close(fd);
        }
    });
}

/// The call in the kernel keeps its limit; when it has ended, there is none.
#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn a_number_that_is_given_out_meanwhile_does_not_make_a_call_wait_longer() {
    limited(|| {
        let (client, _server) = that_waits();
        let waiting = receiving(&client, ms(600));
        let (other, began) = (receiving(&client, LIMIT), std::time::Instant::now());
        let (kernels, ours) = limits(&client);
        assert_eq!((kernels, ours), (ms(512), Duration::ZERO));
        assert_eq!(kind(waiting.result()), Kind::TimedOut);
        assert!(began.elapsed() < LATE);
        client.close().unwrap();
        assert_eq!(kind(other.result()), Kind::Closed);
        let (client, server) = that_waits();
        let waiting = receiving(&client, LATE);
        client.fileno().unwrap();
        server.send_all("x").unwrap();
        waiting.result().unwrap();
        assert_eq!(limits(&client), (Duration::ZERO, Duration::ZERO));
    });
}

#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn the_time_is_kept_whatever_the_limit_is() {
    limited(|| {
        let (client, server) = that_waits();
        for limit in [10_000, 300, 700, 49, 60, 90] {
            let ((), took) = timed(|| {
                if limit == 10_000 {
                    return wait_once(&client, &server);
                }
                let result = client.within(ms(limit)).recv(&mut [0]);
                assert_eq!(kind(result), Kind::TimedOut);
            });
            if limit < 10_000 {
                in_time(took, ms(limit));
            }
        }
    });
}

#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn signals_do_not_change_the_time() {
    limited(|| {
        let (client, _server) = that_waits();
        let _ticks = system::Ticks::every(ms(10));
        let before = system::signals();
        let (result, took) = timed(|| client.within(ms(500)).recv(&mut [0]));
        assert!(system::signals() > before, "no signals came");
        assert_eq!(kind(result), Kind::TimedOut);
        in_time(took, ms(500));
    });
}

/// A limit that an earlier call has set does not end one that may wait longer, or forever.
#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn a_call_that_may_wait_longer_goes_on_in_poll() {
    limited(|| {
        for within in [Timeout::Never, LIMIT.into()] {
            let (client, server) = that_waits();
            assert_eq!(kind(client.within(ms(60)).recv(&mut [0])), Kind::TimedOut);
            let receiver = Arc::clone(&client);
            let receiving = start_blocked(move || receiver.within(within).recv(&mut [0]));
            until("it waits in poll", || receiving.system_call() == "ppoll");
            server.send_all("x").unwrap();
            assert_eq!(receiving.result().unwrap(), 1);
        }
    });
}

/// As in Python, where a socket with a time limit is non-blocking for those who see its descriptor.
#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn it_waits_in_the_kernel_on_a_descriptor_that_the_program_wants_non_blocking() {
    limited(|| {
        let (client, server) = connection();
        client.set_descriptor_nonblocking(true).unwrap();
        let client = Arc::new(client);
        wait_once(&client, &server);
        let waiting = receiving(&client, LIMIT);
        let flags = system::status_flags(client.fileno().unwrap());
        assert_ne!(flags & libc::O_NONBLOCK, 0);
        server.send_all("x").unwrap();
        assert_eq!(waiting.result().unwrap(), 1);
        let flags = system::status_flags(client.fileno().unwrap());
        assert_ne!(flags & libc::O_NONBLOCK, 0);
    });
}

#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn close_wakes_it() {
    limited(|| {
        let (client, _server) = that_waits();
        let waiting = receiving(&client, LIMIT);
        let ((), took) = timed(|| client.close().unwrap());
        assert_eq!(kind(waiting.result()), Kind::Closed);
        assert!(took < LATE, "{took:?}");
    });
}

#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn the_limit_of_the_program_stays() {
    limited(|| {
        let (client, server) = that_waits();
        wait_once(&client, &server);
        // One that the kernel refuses changes nothing.
        for name in LIMITS {
            let wrong = system::time_of_option(name, 0, -1);
            client.set_option(libc::SOL_SOCKET, name, &wrong).unwrap_err();
        }
        assert_eq!(receiving_in_the_kernel(&client, &server), "recvfrom");
        let own = system::time_of_option(LIMITS[1], 0, 700_000);
        client.set_option(libc::SOL_SOCKET, LIMITS[1], &own).unwrap();
        assert_eq!(receiving_in_the_kernel(&client, &server), "ppoll");
        assert_eq!(limits(&client), (ms(700), ms(700)));
        assert_eq!(kind(client.recv(&mut [0])), Kind::WouldBlock);
    });
}

/// Where a receive with a deadline waits.
fn receiving_in_the_kernel(client: &Arc<Socket>, server: &Socket) -> &'static str {
    let receiver = Arc::clone(client);
    let receiving = start_blocked(move || receiver.within(LATE).recv(&mut [0]));
    let waits_in = receiving.system_call();
    server.send_all("x").unwrap();
    receiving.result().unwrap();
    waits_in
}

/// A receive on a listener is a mistake, and no reason to pass a limit on.
#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn accepted_sockets_do_not_inherit_it() {
    limited(|| {
        let (listener, address) = listener(2);
        let listener = Arc::new(listener);
        let acceptor = Arc::clone(&listener);
        let accepting = start_blocked(move || acceptor.within(LATE).accept().map(drop));
        let connected = || {
            let client = Socket::tcp(address.family()).unwrap();
            client.within(LATE).connect(&address).unwrap();
            client
        };
        let _first = connected();
        accepting.result().unwrap();
        assert_eq!(
            kind(listener.within(LATE).recv(&mut [0])),
            Kind::Os(libc::ENOTCONN)
        );
        let _second = connected();
        let (accepted, _) = listener.within(LATE).accept().unwrap();
        assert_eq!(limits(&accepted), (Duration::ZERO, Duration::ZERO));
    });
}

#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn every_receive_waits_in_the_kernel_and_keeps_its_time() {
    type Receive = fn(&Socket, Duration) -> Kind;
    let of_streams: [Receive; 3] = [
        |socket, time| kind(socket.within(time).recv_exact(&mut [0; 2])),
        |socket, time| kind(socket.within(time).recv_frame(&Framing::default())),
        |socket, time| kind(socket.within(time).read(&mut [0; 2])),
    ];
    limited(move || {
        for call in of_streams {
            for unix in [false, true] {
                let (client, server) = if unix {
                    Socket::pair(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT).unwrap()
                } else {
                    connection()
                };
                let client = Arc::new(client);
                wait_once(&client, &server);
                let receiver = Arc::clone(&client);
                let receiving = start_blocked(move || timed(|| call(&receiver, ms(400))));
                assert!(["recvfrom", "recvmsg"].contains(&receiving.system_call()));
                let (ended, took) = receiving.result();
                assert_eq!(ended, Kind::TimedOut);
                in_time(took, ms(400));
            }
        }
        let datagrams = Arc::new(Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap());
        datagrams.bind(&loopback()).unwrap();
        let sender = Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
        sender.connect(&datagrams.local_address().unwrap()).unwrap();
        wait_once(&datagrams, &sender);
        let receiver = Arc::clone(&datagrams);
        let receiving = start_blocked(move || receiver.within(LIMIT).recv_from(&mut [0; 2]).map(drop));
        assert_eq!(receiving.system_call(), "recvfrom");
        datagrams.shutdown(Shutdown::Read).unwrap_err(); // ENOTCONN, and ends it all the same
        receiving.result().unwrap();
    });
}

/// Each piece that arrives leaves less time for the rest.
#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn pieces_do_not_prolong_a_receive() {
    limited(|| {
        let (client, server) = that_waits();
        let receiver = Arc::clone(&client);
        let receiving =
            start_blocked(move || timed(|| receiver.within(ms(600)).recv_frame(&Framing::lines())));
        while receiving.is_running() {
            server.send_all("x").unwrap();
            std::thread::sleep(ms(20));
        }
        let (result, took) = receiving.result();
        assert_eq!(kind(result), Kind::TimedOut);
        in_time(took, ms(600));
    });
}

#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn send_all_waits_in_the_kernel_and_keeps_its_time() {
    limited(|| {
        let (client, server) = small_connection();
        let client = Arc::new(client);
        fill(&client);
        let sender = Arc::clone(&client);
        let sending = start_blocked(move || sender.within(LATE).send_all(&[1; 100_000]));
        let receiver = start(move || {
            while server
                .within(ms(500))
                .recv(&mut [0; 65536])
                .is_ok_and(|count| count > 0)
            {}
            server
        });
        sending.result().unwrap();
        let server = receiver.result();
        let sender = Arc::clone(&client);
        let sending = start_blocked(move || timed(|| sender.within(ms(700)).send_all(&vec![2; 10_000_000])));
        assert_eq!(sending.system_call(), "sendto");
        let (result, took) = sending.result();
        let error = result.unwrap_err();
        assert_eq!(error.kind(), Kind::TimedOut);
        in_time(took, ms(700));
        client.close().unwrap();
        let mut arrived = 0;
        while let Ok(count @ 1..) = server.within(LATE).recv(&mut [0; 65536]) {
            arrived += count;
        }
        assert_eq!(arrived, error.done());
    });
}
