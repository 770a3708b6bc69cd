//! A filter of system calls (seccomp) forbids calls that have a fallback: everything works without them.

use crate::support::filter::forbid;
use crate::support::*;
use polysock::{Event, Events, Kind, Poller, Socket, Trigger};
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
        assert_eq!(inherited(&server), 0);
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

/// The flags of a descriptor that started programs would inherit: 0.
fn inherited(socket: &Socket) -> i32 {
    let number = socket.fileno().unwrap();
    let flags = std::fs::read_to_string(format!("/proc/self/fdinfo/{number}")).unwrap();
    let flags = flags
        .lines()
        .find_map(|line| line.strip_prefix("flags:"))
        .unwrap();
    let flags = i32::from_str_radix(flags.trim(), 8).unwrap();
    i32::from(flags & libc::O_CLOEXEC == 0)
}
