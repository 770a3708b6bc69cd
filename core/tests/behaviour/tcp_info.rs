//! State and statistics of a connection.

use crate::options::support::*;
use polysock::{CongestionState, Kind, TcpState};
use std::time::{Duration, Instant};

#[test]
fn a_transfer_is_counted() {
    let (client, peer) = pair();
    let data = vec![7; 100_000];
    let mut room = vec![0; data.len()];
    client.within(SOON).send_all(&data).unwrap();
    peer.within(SOON).recv_exact(&mut room[..]).unwrap();
    peer.send_all(b"done").unwrap();
    assert_eq!(receive(&client), b"done"); // which acknowledges everything

    let info = client.tcp_info().unwrap();
    assert_eq!(info.state, TcpState::ESTABLISHED);
    assert_eq!(info.ca_state, CongestionState::OPEN);
    assert!(info.rtt > Duration::ZERO && info.rtt < SOON, "{:?}", info.rtt);
    assert!(
        info.rto >= Duration::from_millis(1) && info.rto < SOON,
        "{:?}",
        info.rto
    );
    assert!(info.rttvar > Duration::ZERO);
    assert!(info.min_rtt.unwrap() <= info.rtt);
    assert!(info.snd_mss > 0 && info.rcv_mss > 0 && info.advmss > 0 && info.pmtu > info.snd_mss);
    assert!(info.snd_cwnd > 0 && info.rcv_space > 0 && info.snd_wnd.unwrap() > 0);
    assert_eq!((info.unacked, info.lost, info.notsent_bytes), (0, 0, Some(0)));
    // The SYN counts as one byte.
    assert!(
        (100_000..=100_001).contains(&info.bytes_acked.unwrap()),
        "{:?}",
        info.bytes_acked
    );
    let repeated = info.bytes_retrans.unwrap();
    assert_eq!(info.bytes_sent.unwrap() - repeated, 100_000);
    assert_eq!(info.bytes_received, Some(4));
    assert!(info.segs_out.unwrap() >= info.data_segs_out.unwrap() && info.data_segs_out.unwrap() > 0);
    assert!(info.segs_in.unwrap() >= info.data_segs_in.unwrap() && info.data_segs_in.unwrap() > 0);
    assert!(info.delivered.unwrap() > 0 && info.delivery_rate.unwrap() > 0);
    assert!(info.pacing_rate.is_none_or(|rate| rate > 0));
    assert_eq!(info.max_pacing_rate, None);
    assert!(info.busy_time.unwrap() < SOON);
    assert!(info.last_data_sent < SOON && info.last_data_recv < SOON);

    let info = peer.tcp_info().unwrap();
    assert_eq!(info.bytes_received, Some(100_000));
    assert_eq!(info.bytes_sent, Some(4));
}

#[test]
fn what_was_negotiated_is_told() {
    let (client, peer) = pair();
    let (ours, theirs) = (client.tcp_info().unwrap(), peer.tcp_info().unwrap());
    let sysctl = |name: &str| {
        let text = std::fs::read_to_string(format!("/proc/sys/net/ipv4/{name}")).unwrap();
        text.trim() != "0"
    };
    for info in [&ours, &theirs] {
        assert_eq!(info.timestamps, sysctl("tcp_timestamps"));
        assert_eq!(info.sack, sysctl("tcp_sack"));
        assert_eq!(info.window_scaling, sysctl("tcp_window_scaling"));
        assert!(!info.syn_data);
    }
    assert_eq!(
        (ours.snd_wscale, ours.rcv_wscale),
        (theirs.rcv_wscale, theirs.snd_wscale)
    );
}

#[test]
fn what_the_peer_does_not_read_is_seen_waiting() {
    let (client, _peer) = pair_with(|_| (), |socket| socket.set_recv_buffer(4096).unwrap());
    let sent = u32::try_from(fill(&client)).unwrap();
    let start = Instant::now();
    loop {
        let info = client.tcp_info().unwrap();
        if info.rwnd_limited.unwrap() > Duration::ZERO && info.probes + info.backoff > 0 {
            let waiting = info.notsent_bytes.unwrap();
            assert!(waiting > 0 && waiting < sent, "{waiting} of {sent}");
            assert!(info.busy_time >= info.rwnd_limited);
            return;
        }
        assert!(start.elapsed() < SOON, "{info:?}");
        let nothing = client.within(Duration::from_millis(5)).recv(&mut [0; 1][..]);
        assert_eq!(kind(nothing), Some(Kind::TimedOut));
    }
}

#[test]
fn the_state_follows_the_connection() {
    let listener = listener(|socket| assert_eq!(socket.state().unwrap(), TcpState::CLOSED));
    assert_eq!(listener.state().unwrap(), TcpState::LISTEN);
    let client = tcp();
    connect(&client, &listener).unwrap();
    let (accepted, _) = listener.within(SOON).accept().unwrap();
    for socket in [&client, &accepted] {
        assert_eq!(socket.state().unwrap(), TcpState::ESTABLISHED);
        assert_eq!(socket.tcp_info().unwrap().state, TcpState::ESTABLISHED);
    }
    client.shutdown(polysock::Shutdown::Write).unwrap();
    assert_eq!(receive(&accepted), b"");
    assert_eq!(accepted.state().unwrap(), TcpState::CLOSE_WAIT);
    let start = Instant::now();
    while client.state().unwrap() != TcpState::FIN_WAIT2 {
        assert!(start.elapsed() < SOON);
        std::thread::yield_now();
    }
    accepted.set_linger(Some(Duration::ZERO)).unwrap();
    accepted.close().unwrap();
    let _reset = client.within(SOON).recv(&mut [0; 1][..]);
    assert_eq!(client.tcp_info().unwrap().state, TcpState::CLOSED);
}

#[test]
fn a_listener_tells_how_many_wait_to_be_accepted() {
    let listener = listener(|_| ()); // 16 may wait
    let clients = [tcp(), tcp(), tcp()];
    for client in &clients {
        connect(client, &listener).unwrap();
    }
    let start = Instant::now();
    while listener.tcp_info().unwrap().unacked != 3 {
        assert!(start.elapsed() < SOON, "{:?}", listener.tcp_info());
        std::thread::yield_now();
    }
    assert_eq!(listener.tcp_info().unwrap().sacked, 16);
    assert_eq!(listener.tcp_info().unwrap().state, TcpState::LISTEN);
}

#[test]
fn only_tcp_has_it() {
    for socket in [udp(), udp_v6(), unix()] {
        assert_eq!(kind(socket.tcp_info()), Some(Kind::Unsupported));
        assert_eq!(kind(socket.state()), Some(Kind::Unsupported));
    }
}
