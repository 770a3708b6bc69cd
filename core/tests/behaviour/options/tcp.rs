//! Options of TCP, each tested by its effect.

use super::support::*;
use polysock::{Kind, Socket, TcpState, Timeout};
use std::time::{Duration, Instant};

/// Tries again what a pause of this thread can spoil: `attempt` says how it went, or `None` when it took too long.
fn undisturbed<T>(limit: Duration, mut attempt: impl FnMut() -> T) -> T {
    for _ in 0..50 {
        let start = Instant::now();
        let outcome = attempt();
        if start.elapsed() < limit {
            return outcome;
        }
    }
    panic!("this machine never ran the test for {limit:?} at a stretch");
}

/// How many bytes of two small sends stay behind while the first is not acknowledged.
fn held_back(client: &Socket, peer: &Socket) -> u32 {
    peer.set_quickack(false).unwrap();
    client.send_all(b"a").unwrap();
    client.send_all(b"b").unwrap();
    client.tcp_info().unwrap().notsent_bytes.unwrap()
}

#[test]
fn nodelay_sends_while_an_acknowledgement_is_out() {
    // An acknowledgement is delayed by at least 40 ms.
    for (nodelay, expected) in [(false, 1), (true, 0)] {
        let held = undisturbed(Duration::from_millis(30), || {
            let (client, peer) = pair();
            assert!(!client.nodelay().unwrap());
            client.set_nodelay(nodelay).unwrap();
            assert_eq!(client.nodelay().unwrap(), nodelay);
            held_back(&client, &peer)
        });
        assert_eq!(held, expected, "nodelay {nodelay}");
    }
}

#[test]
fn cork_holds_back_a_part_of_a_segment_until_uncorked() {
    let (client, peer) = undisturbed(Duration::from_millis(150), || {
        let (client, peer) = pair();
        assert!(!client.cork().unwrap());
        client.set_nodelay(true).unwrap();
        client.set_cork(true).unwrap();
        assert!(client.cork().unwrap());
        client.send_all(b"head").unwrap();
        assert_eq!(client.tcp_info().unwrap().notsent_bytes, Some(4));
        assert!(is_empty(&peer));
        client.set_cork(false).unwrap();
        assert_eq!(client.tcp_info().unwrap().notsent_bytes, Some(0));
        (client, peer)
    });
    assert!(!client.cork().unwrap());
    assert_eq!(receive(&peer), b"head");
}

#[test]
fn cork_gives_way_after_200_ms() {
    let (client, peer) = pair();
    client.set_cork(true).unwrap();
    let start = Instant::now();
    client.send_all(b"head").unwrap();
    assert_eq!(receive(&peer), b"head");
    assert!(
        start.elapsed() >= Duration::from_millis(150),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn quickack_acknowledges_at_once() {
    let unacked = |quickack: bool| {
        undisturbed(Duration::from_millis(30), || {
            let (client, peer) = pair();
            assert!(peer.quickack().unwrap());
            peer.set_quickack(false).unwrap();
            assert!(!peer.quickack().unwrap());
            peer.set_quickack(quickack).unwrap();
            assert_eq!(peer.quickack().unwrap(), quickack);
            client.send_all(b"x").unwrap();
            client.tcp_info().unwrap().unacked
        })
    };
    assert_eq!(unacked(false), 1);
    // The loopback delivers within the send, unless the kernel puts its work off for once.
    assert!((0..20).any(|_| unacked(true) == 0));
}

#[test]
fn accept_is_deferred_until_data_come() {
    for deferred in [true, false] {
        let listener = listener(|socket| {
            assert_eq!(socket.defer_accept().unwrap(), None);
            if deferred {
                socket.set_defer_accept(Some(Duration::from_secs(60))).unwrap();
                assert_eq!(socket.defer_accept().unwrap(), Some(Duration::from_secs(63)));
            }
        });
        let client = tcp();
        connect(&client, &listener).unwrap();
        assert_eq!(client.state().unwrap(), TcpState::ESTABLISHED);
        let accepted = if deferred {
            let early = listener.within(A_MOMENT).accept();
            assert_eq!(kind(early.map(drop)), Some(Kind::TimedOut));
            client.send_all(b"first").unwrap();
            listener.within(SOON).accept().unwrap().0
        } else {
            let accepted = listener.within(SOON).accept().unwrap().0;
            client.send_all(b"first").unwrap();
            accepted
        };
        let mut room = [0; 5];
        let timeout = if deferred {
            Timeout::NonBlocking
        } else {
            SOON.into()
        };
        assert_eq!(
            accepted.within(timeout).recv(&mut room[..]).unwrap(),
            5,
            "data are there"
        );
    }
}

#[test]
fn deferred_accept_is_rounded_up_and_ends() {
    let socket = tcp();
    for (asked, told) in [(1, 1), (2, 3), (100, 127), (128, 247), (29_887, 29_887)] {
        socket.set_defer_accept(Some(Duration::from_secs(asked))).unwrap();
        assert_eq!(socket.defer_accept().unwrap(), Some(Duration::from_secs(told)));
    }
    socket.set_defer_accept(Some(Duration::from_millis(1))).unwrap();
    assert_eq!(socket.defer_accept().unwrap(), Some(Duration::from_secs(1)));
    socket.set_defer_accept(None).unwrap();
    assert_eq!(socket.defer_accept().unwrap(), None);
}

/// Connects twice with data, the first time to get the cookie; returns whether the second SYN's data were accepted,
/// according to each end.
fn opened_with_data(listener: &Socket, client_option: bool) -> [bool; 2] {
    let mut outcome = [false; 2];
    for _ in 0..2 {
        let client = tcp();
        client.set_fastopen_connect(client_option).unwrap();
        assert_eq!(client.fastopen_connect().unwrap(), client_option);
        connect(&client, listener).unwrap();
        client.within(SOON).send_all(b"question").unwrap();
        let (accepted, _) = listener.within(SOON).accept().unwrap();
        assert_eq!(receive(&accepted), b"question");
        accepted.send_all(b"answer").unwrap();
        assert_eq!(receive(&client), b"answer");
        outcome = [&client, &accepted].map(|socket| socket.tcp_info().unwrap().syn_data);
    }
    outcome
}

#[test]
fn fastopen_carries_data_in_the_syn() {
    let setup = "ip link set lo up && echo 3 > /proc/sys/net/ipv4/tcp_fastopen";
    in_namespace(setup, || {
        let plain = listener(|_| ());
        assert_eq!(
            opened_with_data(&plain, true),
            [false, false],
            "the server did not say it"
        );
        let fast = listener(|socket| {
            assert_eq!(socket.fastopen().unwrap(), 0);
            socket.set_fastopen(16).unwrap();
            assert_eq!(socket.fastopen().unwrap(), 16);
        });
        assert_eq!(
            opened_with_data(&fast, false),
            [false, false],
            "the client did not say it"
        );
        assert_eq!(opened_with_data(&fast, true), [true, true]);
        fast.set_fastopen(0).unwrap();
        assert_eq!(opened_with_data(&fast, true), [false, false], "taken back");
    });
}

#[test]
fn a_client_does_not_open_with_data_where_the_system_forbids_it() {
    let setup = "ip link set lo up && echo 0 > /proc/sys/net/ipv4/tcp_fastopen";
    in_namespace(setup, || {
        let socket = tcp();
        assert_eq!(kind(socket.set_fastopen_connect(true)), Some(Kind::Unsupported));
        assert!(!socket.fastopen_connect().unwrap());
    });
}

#[test]
fn the_user_timeout_ends_a_connection_whose_peer_does_not_read() {
    let (client, _peer) = pair_with(|_| (), |socket| socket.set_recv_buffer(4096).unwrap());
    assert_eq!(client.user_timeout().unwrap(), None);
    let start = Instant::now();
    fill(&client);
    let time = Duration::from_micros(399_001);
    client.set_user_timeout(Some(time)).unwrap();
    assert_eq!(client.user_timeout().unwrap(), Some(Duration::from_millis(400)));
    let ended = client.within(SOON).recv(&mut [0; 1][..]);
    assert_eq!(kind(ended), Some(Kind::Os(libc::ETIMEDOUT)));
    assert!(
        start.elapsed() >= Duration::from_millis(390),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn the_user_timeout_is_taken_back() {
    let socket = tcp();
    socket.set_user_timeout(Some(Duration::from_nanos(1))).unwrap();
    assert_eq!(socket.user_timeout().unwrap(), Some(Duration::from_millis(1)));
    socket.set_user_timeout(None).unwrap();
    assert_eq!(socket.user_timeout().unwrap(), None);
}

#[test]
fn segments_are_no_larger_than_asked() {
    let (client, peer) = pair_with(|socket| socket.set_max_segment(Some(500)).unwrap(), |_| ());
    let lengths = [&client, &peer].map(|socket| socket.tcp_info().unwrap().snd_mss);
    assert!(lengths.iter().all(|&length| length <= 500), "{lengths:?}");
    assert!(client.max_segment().unwrap() <= 500);
    let usual = pair().0.tcp_info().unwrap().snd_mss;
    assert!(usual > 500, "{usual}");

    let socket = tcp();
    socket.set_max_segment(Some(88)).unwrap();
    assert_eq!(socket.max_segment().unwrap(), 88);
    socket.set_max_segment(Some(32_767)).unwrap();
    assert_eq!(socket.max_segment().unwrap(), 32_767);
    socket.set_max_segment(None).unwrap();
    assert_eq!(socket.max_segment().unwrap(), 536);
}

#[test]
fn congestion_control_is_chosen_by_name() {
    let socket = tcp();
    let usual = socket.congestion().unwrap();
    assert!(!usual.is_empty());
    socket.set_congestion("reno").unwrap();
    assert_eq!(socket.congestion().unwrap(), "reno");
    assert_eq!(
        kind(socket.set_congestion("nobody's")),
        Some(Kind::Os(libc::ENOENT))
    );
    assert_eq!(socket.congestion().unwrap(), "reno");
}

#[test]
fn little_waits_to_be_sent_below_the_low_water_mark() {
    let waiting = |low_water: Option<usize>| {
        let (client, _peer) = pair_with(|_| (), |socket| socket.set_recv_buffer(4096).unwrap());
        assert_eq!(client.notsent_low_water().unwrap(), None);
        client.set_notsent_low_water(low_water).unwrap();
        assert_eq!(client.notsent_low_water().unwrap(), low_water);
        fill(&client);
        client.tcp_info().unwrap().notsent_bytes.unwrap()
    };
    let (bounded, unbounded) = (waiting(Some(1000)), waiting(None));
    assert!(bounded <= 1000 + 4096, "{bounded}");
    assert!(unbounded > 4 * bounded, "{unbounded}");

    let socket = tcp();
    socket.set_notsent_low_water(Some(u32::MAX as usize)).unwrap();
    assert_eq!(socket.notsent_low_water().unwrap(), Some(u32::MAX as usize));
}
