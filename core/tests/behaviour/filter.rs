//! A filter of system calls (seccomp) forbids calls that have a fallback: everything works without them.

use crate::support::filter::forbid;
use crate::support::*;
use polysock::{
    java_net, Event, Events, Family, IncomingDatagram, Kind, NativeCaller, OutgoingDatagram, Poller,
    Protocol, RecvBuf, Socket, SocketType, Trigger,
};
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

/// The errors that filters return; the first is also that of an old kernel.
const ANSWERS: [i32; 3] = [libc::ENOSYS, libc::EPERM, libc::EACCES];

/// Plays in a thread that may not make these calls.
fn without(calls: &'static [libc::c_long], play: fn()) {
    limited(move || {
        for answer in ANSWERS {
            let player = std::thread::spawn(move || {
                forbid(calls, answer);
                play();
            });
            player.join().unwrap();
        }
    });
}

#[test]
#[cfg_attr(polysock_portable, ignore = "socket2 accepts by accept4 alone")]
fn accepts_without_accept4() {
    without(&[libc::SYS_accept4], || {
        let (listener, address) = listener(1);
        let client = Socket::tcp(listener.family()).unwrap();
        client.connect(&address).unwrap();
        let (server, peer) = listener.within(ms(10_000)).accept().unwrap();
        assert_eq!(peer, client.local_address().unwrap());
        assert!(!is_inherited(&server));
        let nothing = listener.within(ms(20)).accept();
        assert_eq!(kind(nothing), Kind::TimedOut);
    });
}

#[cfg(target_arch = "x86_64")] // elsewhere poll is ppoll
#[test]
fn waits_without_ppoll_and_never_too_short() {
    without(&[libc::SYS_ppoll], || {
        let (a, b) = connection();
        for limit in [1, 30] {
            let (refused, took) = timed(|| a.within(ms(limit)).recv(&mut [0; 1]));
            assert_eq!(kind(refused), Kind::TimedOut);
            assert!(took >= ms(limit), "{took:?}");
        }
        b.send("x").unwrap();
        assert_eq!(a.within(ms(10_000)).recv(&mut [0; 1]).unwrap(), 1);
    });
}

#[test]
fn close_wakes_a_thread_that_can_have_no_eventfd() {
    without(&[libc::SYS_eventfd2], || {
        let (a, _b) = connection();
        let a = Arc::new(a);
        let waiting = start_blocked({
            let a = Arc::clone(&a);
            // In a thread that inherits the filter.
            move || a.within(ms(10_000)).recv(&mut [0; 1])
        });
        a.close().unwrap();
        assert_eq!(kind(waiting.result()), Kind::Closed);
    });
}

/// getpeername(2) also fails for a connection that the peer has reset at once.
#[test]
fn a_connection_of_java_style_needs_no_getpeername() {
    without(&[libc::SYS_getpeername], || {
        let (listener, address) = listener(1);
        let port = address.port().unwrap();
        let client = java_net::Socket::connected("127.0.0.1", port, None, &mut NativeCaller).unwrap();
        let peer = client.peer().unwrap().address.unwrap();
        assert_eq!(peer, (Ipv4Addr::LOCALHOST, port).into());
        let (server, _) = listener.within(ms(10_000)).accept().unwrap();
        server.send("x").unwrap();
        assert_eq!(client.read(&mut NativeCaller, &mut [0; 1]).unwrap(), 1);
    });
}

#[test]
fn polls_without_epoll() {
    without(&[libc::SYS_epoll_create1], || {
        let poller = Poller::new().unwrap();
        let (a, b) = connection();
        poller.add(&a, 7, Events::READABLE, Trigger::Level).unwrap();
        b.send("x").unwrap();
        let mut events = [Event::default(); 4];
        assert_eq!(poller.wait(&mut events, ms(10_000)).unwrap(), 1);
        assert_eq!(events[0].token, 7);
    });
}

#[test]
fn batches_travel_without_sendmmsg_and_recvmmsg() {
    without(&[libc::SYS_sendmmsg, libc::SYS_recvmmsg], play_batches);
}

/// The kernel can't be asked whether it cuts segments.
#[test]
fn batches_travel_without_getsockopt() {
    without(&[libc::SYS_getsockopt], play_batches);
}

fn play_batches() {
    let [a, b] = [(); 2].map(|()| {
        let socket = Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
        socket.bind(&loopback()).unwrap();
        socket
    });
    let to = b.local_address().unwrap();
    let nowhere = to.with_port(0);
    let mut sent = [("aa", &to), ("bb", &to), ("", &to), ("cc", &nowhere), ("dd", &to)]
        .map(|(text, to)| OutgoingDatagram::new(text, to));
    assert_eq!(a.within(ms(10_000)).send_batch(&mut sent).unwrap(), 4);
    assert_eq!(sent[3].result, Err(Kind::Os(libc::EINVAL)));
    assert_eq!(
        a.within(ms(10_000)).send_segments("eef", 2, Some(&to)).unwrap(),
        3
    );
    let mut memory = [[0; 4]; 8];
    let rooms: Vec<_> = memory.iter_mut().map(RecvBuf::from).collect();
    let mut arrived = [IncomingDatagram::EMPTY; 8];
    assert_eq!(b.within(ms(10_000)).recv_batch(&rooms, &mut arrived).unwrap(), 6);
    let texts = memory.iter().zip(&arrived);
    let texts: Vec<_> = texts.map(|(bytes, datagram)| &bytes[..datagram.count]).collect();
    assert_eq!(texts[..6], [b"aa", b"bb", &b""[..], b"dd", b"ee", b"f"]);
    assert_eq!(arrived[5].address, a.local_address().unwrap());
    let nothing = b
        .within(ms(20))
        .recv_batch(&[RecvBuf::from(&mut [0])], &mut arrived);
    assert_eq!(kind(nothing), Kind::TimedOut);
}

/// Each receive of a loop would take the error that is pending.
#[test]
fn a_pending_error_is_not_lost_without_recvmmsg() {
    without(&[libc::SYS_recvmmsg], || {
        let [a, b] = [(); 2].map(|()| {
            let socket = Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
            socket.bind(&loopback()).unwrap();
            socket
        });
        b.connect(&a.local_address().unwrap()).unwrap();
        a.send_to("one", &b.local_address().unwrap()).unwrap();
        a.close().unwrap();
        b.send("anybody?").unwrap();
        let mut memory = [[0; 8]; 4];
        let rooms: Vec<_> = memory.iter_mut().map(RecvBuf::from).collect();
        let mut arrived = [IncomingDatagram::EMPTY; 4];
        let refused = b.within(ms(10_000)).recv_batch(&rooms, &mut arrived);
        assert_eq!(kind(refused), Kind::Os(libc::ECONNREFUSED));
        assert_eq!(b.within(ms(10_000)).recv_batch(&rooms, &mut arrived).unwrap(), 1);
    });
}

#[test]
fn abort_resets_without_connect() {
    limited(|| {
        for answer in ANSWERS {
            let (a, b) = connection(); // by a thread that may still connect
            let aborting = std::thread::spawn(move || {
                forbid(&[libc::SYS_connect], answer);
                a.abort()
            });
            aborting.join().unwrap().unwrap();
            let reset = b.within(ms(10_000)).recv(&mut [0; 1]);
            assert_eq!(kind(reset), Kind::Os(libc::ECONNRESET));
        }
    });
}

/// Only shutdown(2) wakes the call then, and the end of the stream must not come before the reset.
#[test]
fn abort_resets_without_connect_although_a_call_waits_in_the_kernel() {
    limited(|| {
        for answer in ANSWERS {
            for sends in [false, true] {
                let (a, b) = small_connection();
                let a = Arc::new(a);
                let inside = Arc::clone(&a);
                let waiting = start_blocked(move || {
                    if sends {
                        inside.send_all(&[0; 10_000_000])
                    } else {
                        inside.recv(&mut [0; 1]).map(drop)
                    }
                });
                let aborting = std::thread::spawn(move || {
                    forbid(&[libc::SYS_connect], answer);
                    a.abort()
                });
                aborting.join().unwrap().unwrap();
                assert_eq!(kind(waiting.result()), Kind::Closed);
                let reset = loop {
                    match b.within(ms(10_000)).recv(&mut [0; 65_536]) {
                        Ok(0) => panic!("an end of stream, sends: {sends}"),
                        Ok(_) => {}
                        Err(error) => break error,
                    }
                };
                assert_eq!(reset.kind(), Kind::Os(libc::ECONNRESET), "sends: {sends}");
            }
        }
    });
}

/// The sending thread runs rarely, so it has not filled yet what its peer has read.
#[test]
fn abort_without_connect_ends_a_send_that_finds_room() {
    limited(|| {
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let processors = std::thread::available_parallelism().unwrap().get();
            // Made beforehand: musl writes these zeros, for which a thread that runs rarely needs minutes.
            let bytes = Arc::new(vec![0; 1 << 30]);
            for answer in ANSWERS {
                let (a, b) = connection();
                let (a, inside) = {
                    let a = Arc::new(a);
                    (Arc::clone(&a), a)
                };
                let bytes = Arc::clone(&bytes);
                let waiting = start_blocked(move || {
                    system::run_when_idle();
                    inside.send_all(bytes.as_slice())
                });
                over.store(false, Ordering::SeqCst);
                for _ in 0..processors {
                    scope.spawn(|| {
                        while !over.load(Ordering::SeqCst) {
                            std::hint::spin_loop()
                        }
                    });
                }
                let mut room = vec![0; 1 << 20];
                let began = std::time::Instant::now();
                while began.elapsed() < ms(300) {
                    let _ = b.within(ms(0)).recv(&mut room);
                }
                let aborting = std::thread::spawn(move || {
                    forbid(&[libc::SYS_connect], answer);
                    a.abort()
                });
                aborting.join().unwrap().unwrap();
                over.store(true, Ordering::SeqCst);
                assert_eq!(kind(waiting.result()), Kind::Closed);
            }
        });
    });
}

#[test]
fn a_close_that_can_end_no_stream_says_so_and_closes() {
    without(&[libc::SYS_shutdown], || {
        let (a, b) = connection();
        let refused = a.close_fin_first().unwrap_err();
        assert!(refused.to_string().starts_with("close: "), "{refused}");
        assert!(a.is_closed());
        assert_eq!(b.within(ms(10_000)).recv(&mut [0; 1]).unwrap(), 0);
    });
}

#[cfg(target_arch = "x86_64")] // elsewhere there is no poll, or two calls named ppoll
#[test]
fn an_attempt_that_nothing_can_wait_for_has_not_timed_out() {
    use polysock::{Race, RaceStep};
    limited(|| {
        let (_queue, silent) = full_listener();
        forbid(&[libc::SYS_ppoll, libc::SYS_poll], libc::ENOMEM);
        let mut race = Race::new(&[silent.family(); 2], None, ms(10_000)).unwrap();
        assert!(matches!(
            race.step(&mut NativeCaller).unwrap(),
            RaceStep::Start(0)
        ));
        race.enter(0, Socket::tcp(silent.family()).unwrap(), silent);
        let lost = race.step(&mut NativeCaller).unwrap();
        assert!(matches!(lost, RaceStep::Lost(Kind::Os(libc::ENOMEM))), "{lost:?}");
        // Nor has the one that was to come after it.
        for place in [0, 1] {
            assert_eq!(race.error(place).kind(), Kind::Os(libc::ENOMEM), "{place}");
        }
    });
}

#[test]
fn what_has_no_fallback_names_its_call() {
    without(&[libc::SYS_listen, libc::SYS_getsockname], || {
        let socket = Socket::tcp(polysock::Family::IPV4).unwrap();
        socket.bind(&loopback()).unwrap();
        let refused = socket.listen(1).unwrap_err();
        assert!(refused.to_string().starts_with("listen: "), "{refused}");
        let refused = socket.local_address().unwrap_err();
        assert!(refused.to_string().starts_with("getsockname: "), "{refused}");
    });
}

fn is_inherited(socket: &Socket) -> bool {
    system::descriptor_flags(socket.fileno().unwrap()) & libc::FD_CLOEXEC == 0
}
