//! What became of the bytes that were sent. What programs see in every language is in conformance/scenarios/delivery.txt.

use crate::support::*;
use polysock::{
    CallHints, Caller, CloseReport, CloseVerdict, Family, Kind, NativeCaller, Protocol, Shutdown, Socket,
    SocketType, Start, Stop, TcpState,
};
use std::fs::File;
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

const RESET: Kind = Kind::Os(libc::ECONNRESET);
const NOT_CONNECTED: Kind = Kind::Os(libc::ENOTCONN);

/// The verdict, and the bytes unacknowledged, unsent and discarded.
fn told(report: CloseReport) -> (CloseVerdict, u64, u64, u64) {
    (report.verdict, report.unacked, report.unsent, report.discarded)
}

/// Polling in a loop would use most of the time. On a busy machine, the time of other processes may be counted, too.
fn assert_slept(took: Duration, used: Duration) {
    assert!(used < took / 10, "{used:?} of {took:?}");
}

/// Two connections, over TCP and between Unix sockets, with a copy of the first end to look at its state.
fn connections() -> [(Socket, Socket); 2] {
    [connection(), unix_pair(libc::SOCK_STREAM)]
}

#[test]
fn a_peer_that_ends_after_us_has_finished() {
    limited(|| {
        for (ours, peer) in connections() {
            ours.send_all(b"last words").unwrap();
            let closing = start_blocked(move || ours.close_graceful(LIMIT));
            peer.within(LATE).recv_exact(&mut [0; 10]).unwrap();
            assert_eq!(peer.within(LATE).recv(&mut [0]).unwrap(), 0);
            peer.send_all(b"and mine").unwrap();
            assert!(closing.is_running());
            peer.close().unwrap();
            let report = closing.result().unwrap();
            assert!(report.verdict.is_delivered(), "{report:?}");
            assert_eq!((report.unacked, report.unsent, report.discarded), (0, 0, 8));
        }
    });
}

/// The peer acknowledges our end in the segment with its own.
#[test]
fn one_segment_that_ends_and_acknowledges_is_told_from_a_crossing() {
    limited(|| {
        let mut finished = 0;
        for _ in 0..20 {
            let (ours, peer) = connection();
            // After some conversation acknowledgements wait for an answer to travel with.
            for _ in 0..3 {
                ours.send_all(b"?").unwrap();
                peer.within(LATE).recv_exact(&mut [0]).unwrap();
                peer.send_all(b"!").unwrap();
                ours.within(LATE).recv_exact(&mut [0]).unwrap();
            }
            let closing = start(move || ours.close_graceful(LIMIT));
            assert_eq!(peer.within(LATE).recv(&mut [0]).unwrap(), 0);
            peer.close().unwrap();
            let report = closing.result().unwrap();
            assert!(report.verdict.is_delivered(), "{report:?}");
            finished += usize::from(report.verdict == CloseVerdict::PeerFinished);
        }
        // An acknowledgement that was delayed for too long travels alone.
        assert!(finished >= 1, "{finished}");
    });
}

#[test]
fn a_peer_that_had_ended_before_us_acknowledges() {
    for (ours, peer) in connections() {
        peer.send_all(b"unread").unwrap();
        peer.shutdown(Shutdown::Write).unwrap();
        until("its end has arrived", || ours.peer_closed().unwrap());
        ours.send_all(b"hello").unwrap();
        let reading = start(move || {
            let mut all = [0; 6];
            peer.within(LATE).recv_exact(&mut all[..5]).unwrap();
            (peer.within(LATE).recv(&mut all), peer)
        });
        let report = ours.close_graceful(LIMIT).unwrap();
        assert_eq!(told(report), (CloseVerdict::Acknowledged, 0, 0, 6));
        assert_eq!(reading.result().0.unwrap(), 0);
    }
}

#[test]
fn a_silent_peer_ends_with_the_deadline_and_costs_nothing() {
    limited(|| {
        for (ours, peer) in connections() {
            ours.set_linger(Some(LATE)).unwrap();
            let before = system::thread_cpu();
            let (report, took) = timed(|| ours.close_graceful(ms(500)).unwrap());
            let used = system::thread_cpu() - before;
            assert_eq!(told(report), (CloseVerdict::TimedOut, 0, 0, 0));
            assert!(took >= ms(500) && took < LATE, "{took:?}");
            assert_slept(took, used);
            assert_eq!(peer.within(LATE).recv(&mut [0]).unwrap(), 0);
        }
    });
}

#[test]
fn what_a_peer_without_room_lacks_is_counted() {
    limited(|| {
        let (ours, peer) = small_connection();
        let sent = fill(&ours) as u64;
        let queue = ours.send_queue().unwrap();
        until("nothing more moves", || {
            peer.available().unwrap() as u64 + queue.unsent + queue.unacked >= sent
        });
        assert!(queue.unsent > 0 && !queue.is_empty(), "{queue:?}");
        assert_eq!(kind(ours.wait_acked(ms(30))), Kind::TimedOut);
        assert_eq!(kind(ours.wait_acked(Duration::ZERO)), Kind::WouldBlock);
        let report = ours.close_graceful(ms(30)).unwrap();
        assert_eq!(report.verdict, CloseVerdict::TimedOut);
        // What timed out is still delivered.
        let mut all = vec![0; sent as usize];
        peer.within(LATE).recv_exact(&mut all).unwrap();
        assert_eq!(peer.within(LATE).recv(&mut [0]).unwrap(), 0);
        assert!(report.unacked + report.unsent <= sent);
    });
}

#[test]
fn a_reset_is_told_with_what_it_lost() {
    limited(|| {
        let (ours, peer) = small_connection();
        let sent = fill(&ours) as u64;
        let closing = start_blocked(move || ours.close_graceful(LIMIT));
        let had = peer.available().unwrap() as u64;
        peer.abort().unwrap();
        let report = closing.result().unwrap();
        assert_eq!(report.verdict, CloseVerdict::Reset);
        assert_eq!(report.unacked + report.unsent, sent - had);

        let (ours, peer) = unix_pair(libc::SOCK_STREAM);
        ours.send_all(b"unread").unwrap();
        let closing = start_blocked(move || ours.close_graceful(LIMIT));
        peer.close().unwrap();
        let report = closing.result().unwrap();
        assert_eq!((report.verdict, report.unsent), (CloseVerdict::Reset, 0));
        assert!(report.unacked >= 6);

        // Before the close, and already reported.
        for report_first in [false, true] {
            let (ours, peer) = connection();
            ours.send_all(b"hello").unwrap();
            until("it is there", || peer.available().unwrap() == 5);
            peer.abort().unwrap();
            until("it was reset", || ours.state().unwrap() == TcpState::CLOSED);
            if report_first {
                for _ in 0..2 {
                    assert_eq!(kind(ours.peer_closed()), RESET);
                    assert_eq!(kind(ours.within(LATE).recv(&mut [0])), RESET);
                }
                ours.wait_acked(LATE).unwrap();
            }
            let report = ours.close_graceful(LIMIT).unwrap();
            assert_eq!(told(report), (CloseVerdict::Reset, 0, 0, 0));
        }
    });
}

#[test]
fn input_beyond_the_limit_cuts_the_connection() {
    limited(|| {
        for (ours, peer) in connections() {
            peer.send_all(&[1; 100]).unwrap();
            until("it is there", || ours.available().unwrap() == 100);
            let report = ours.within(LIMIT).close_graceful(60).unwrap();
            assert_eq!(
                (report.verdict, report.discarded),
                (CloseVerdict::LimitReached, 60)
            );
            // Exactly the limit is not too much.
            let (ours, peer) = connection();
            peer.send_all(&[1; 100]).unwrap();
            until("it is there", || ours.available().unwrap() == 100);
            let closing = start_blocked(move || ours.within(LIMIT).close_graceful(100));
            peer.close().unwrap();
            let report = closing.result().unwrap();
            assert!(report.verdict.is_delivered(), "{report:?}");
            assert_eq!(report.discarded, 100);
        }
        // A peer that never stops.
        let (ours, peer) = connection();
        let flood = start(move || while peer.send(&[0; 65536]).is_ok() {});
        let report = ours.close_graceful(LIMIT).unwrap();
        assert_eq!(report.verdict, CloseVerdict::LimitReached);
        assert_eq!(report.discarded, polysock::DISCARD_LIMIT);
        flood.result();
        let (ours, peer) = connection();
        let flood = start(move || while peer.send(&[0; 65536]).is_ok() {});
        let (report, took) = timed(|| ours.within(ms(100)).close_graceful(u64::MAX).unwrap());
        assert_eq!(report.verdict, CloseVerdict::TimedOut);
        assert!(took >= ms(100) && took < LATE);
        flood.result();
    });
}

#[test]
fn what_has_no_end_is_refused_and_stays_open() {
    let (listening, _) = listener(1);
    let fresh = Socket::tcp(Family::IPV4).unwrap();
    let unix = Socket::new(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT).unwrap();
    for socket in [listening, fresh, unix] {
        assert_eq!(kind(socket.close_graceful(ms(10))), NOT_CONNECTED);
        assert_eq!(kind(socket.wait_acked(ms(10))), NOT_CONNECTED);
        assert_eq!(kind(socket.send_queue()), NOT_CONNECTED);
        assert_eq!(kind(socket.peer_closed()), NOT_CONNECTED);
        assert!(!socket.is_closed());
    }
    let datagram = Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
    let (unix, _other) = unix_pair(libc::SOCK_DGRAM);
    for socket in [datagram, unix] {
        assert_eq!(kind(socket.close_graceful(ms(10))), Kind::Unsupported);
        assert_eq!(kind(socket.wait_acked(ms(10))), Kind::Unsupported);
        assert_eq!(kind(socket.send_queue()), Kind::Unsupported);
        assert_eq!(kind(socket.peer_closed()), Kind::Unsupported);
        assert!(!socket.is_closed());
    }
    let (sequence, other) = unix_pair(libc::SOCK_SEQPACKET);
    assert_eq!(kind(sequence.close_graceful(ms(10))), Kind::Unsupported);
    sequence.send(b"x").unwrap();
    assert!(!sequence.send_queue().unwrap().is_empty());
    other.recv(&mut [0]).unwrap();
    sequence.wait_acked(LATE).unwrap();
    assert!(!sequence.peer_closed().unwrap());
    other.close().unwrap();
    assert!(sequence.peer_closed().unwrap());

    let (ours, _peer) = connection();
    ours.close_graceful(Duration::ZERO).unwrap();
    assert_eq!(kind(ours.close_graceful(Duration::ZERO)), Kind::Closed);
    assert_eq!(kind(ours.wait_acked(LATE)), Kind::Closed);
    assert_eq!(kind(ours.send_queue()), Kind::Closed);
    assert_eq!(kind(ours.peer_closed()), Kind::Closed);
}

#[test]
fn calls_of_other_threads_end_as_by_close() {
    limited(|| {
        let (ours, peer) = connection();
        let ours = Arc::new(ours);
        let calls = [None, Some(LIMIT)].map(|limit| {
            let ours = Arc::clone(&ours);
            start_blocked(move || ours.within(limit).recv(&mut [0; 9]))
        });
        let closer = Arc::clone(&ours);
        let closing = start(move || closer.close_graceful(LIMIT));
        let [forever, limited] = calls;
        assert_eq!(kind(limited.result()), Kind::Closed);
        assert_eq!(kind(ours.send(b"x")), Kind::Closed);
        peer.close().unwrap();
        assert_eq!(kind(forever.result()), Kind::Closed);
        assert!(closing.result().unwrap().verdict.is_delivered());

        // One that can't be woken without hurting the connection gets what still comes.
        let (ours, peer) = connection();
        let ours = Arc::new(ours);
        let reader = Arc::clone(&ours);
        let reading = start_blocked(move || reader.recv(&mut [0; 9]));
        let closing = start(move || ours.close_graceful(ms(200)));
        assert_eq!(peer.within(LATE).recv(&mut [0]).unwrap(), 0);
        let report = closing.result().unwrap();
        assert_eq!(report.verdict, CloseVerdict::TimedOut);
        assert_eq!(kind(reading.result()), Kind::Closed);
    });
}

/// Stops the call at the first signal.
struct Stopping;

impl Caller for Stopping {
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T {
        f()
    }

    fn check_signals(&mut self) -> Result<(), Stop> {
        if system::take_signal() {
            Err(Stop)
        } else {
            Ok(())
        }
    }

    fn start(&mut self, _: CallHints) -> Start {
        Start::Blocking
    }
}

#[test]
fn a_close_that_a_signal_stopped_goes_on() {
    alone::alone(|| {
        system::handle_signal(libc::SIGUSR1);
        let (ours, peer) = connection();
        let ours = Arc::new(ours);
        for _ in 0..2 {
            let closer = Arc::clone(&ours);
            let closing =
                start_blocked(move || closer.on(Stopping).within(LIMIT).close_graceful(100).unwrap_err());
            peer.send_all(b"12345").unwrap();
            until("it was read", || peer.send_queue().unwrap().is_empty());
            until("it sleeps", || closing.observer.is_blocked());
            closing.thread.signal(libc::SIGUSR1);
            let error = closing.result();
            assert_eq!(error.kind(), Kind::Interrupted);
            assert!(error.done() <= 5);
            assert!(ours.is_closed());
            assert_eq!(kind(ours.send(b"x")), Kind::Closed);
        }
        assert_eq!(peer.recv(&mut [0]).unwrap(), 0);
        peer.close().unwrap();
        let report = ours.on(NativeCaller).within(LIMIT).close_graceful(100).unwrap();
        assert_eq!(report.verdict, CloseVerdict::PeerFinished);

        // A plain close goes on as well.
        let (ours, peer) = connection();
        let ours = Arc::new(ours);
        let closer = Arc::clone(&ours);
        let closing = start_blocked(move || kind(closer.on(Stopping).within(LIMIT).close_graceful(100)));
        closing.thread.signal(libc::SIGUSR1);
        assert_eq!(closing.result(), Kind::Interrupted);
        let open = system::descriptors().len();
        ours.close().unwrap();
        ours.close().unwrap();
        assert_eq!(system::descriptors().len(), open - 1);
        drop(peer);
    });
}

#[test]
fn a_copy_keeps_the_connection_but_not_the_stream() {
    limited(|| {
        let (ours, peer) = connection();
        let copy = ours.duplicate().unwrap();
        assert_eq!(
            ours.close_graceful(ms(20)).unwrap().verdict,
            CloseVerdict::TimedOut
        );
        assert_eq!(peer.recv(&mut [0]).unwrap(), 0);
        peer.send_all(b"still here").unwrap();
        copy.within(LATE).recv_exact(&mut [0; 10]).unwrap();
        assert_eq!(copy.state().unwrap(), TcpState::FIN_WAIT2);
        let closing = start_blocked(move || copy.close_graceful(LIMIT));
        peer.close().unwrap();
        let report = closing.result().unwrap();
        assert_eq!(told(report), (CloseVerdict::PeerFinished, 0, 0, 0));

        // Each knows what the other one has done.
        let (ours, peer) = connection();
        let copy = ours.duplicate().unwrap();
        ours.shutdown(Shutdown::Write).unwrap();
        peer.close().unwrap();
        until("both have ended", || copy.state().unwrap() == TcpState::CLOSED);
        for socket in [copy, ours] {
            let report = socket.close_graceful(LIMIT).unwrap();
            assert_eq!(report.verdict, CloseVerdict::Acknowledged);
        }
    });
}

#[test]
fn an_acknowledgement_that_is_there_is_found_at_once() {
    let (ours, peer) = small_connection();
    fill(&ours);
    let before = system::thread_cpu();
    let (result, took) = timed(|| ours.wait_acked(ms(500)));
    let used = system::thread_cpu() - before;
    assert_eq!(kind(result), Kind::TimedOut);
    assert_slept(took, used);
    let reading = start(move || while peer.recv(&mut [0; 4096]).unwrap() > 0 {});
    ours.wait_acked(LATE).unwrap();
    let waits = (0..100).map(|_| timed(|| ours.wait_acked(LATE).unwrap()).1);
    let best = waits.min().unwrap();
    assert!(best < ms(1), "{best:?}");
    drop(ours);
    reading.result();
}

#[test]
fn bytes_that_came_ahead_are_discarded_with_the_others() {
    limited(|| {
        let (ours, peer) = connection();
        let framing = polysock::Framing::default();
        peer.send_frames(&["one".into(), "second".into()], &framing)
            .unwrap();
        until("both are there", || ours.available().unwrap() == 17);
        assert_eq!(ours.within(LATE).recv_frame(&framing).unwrap().unwrap(), b"one");
        assert_eq!(ours.pending(), 10);
        peer.send_all(b"rest").unwrap();
        until("the rest is there", || ours.available().unwrap() == 14);
        peer.shutdown(Shutdown::Write).unwrap();
        let report = ours.close_graceful(LIMIT).unwrap();
        assert_eq!((report.discarded, report.verdict.is_delivered()), (14, true));
    });
}

/// Reports in the error queue keep the socket ready for poll.
#[cfg(target_os = "linux")] // only its sockets have error queues
#[test]
fn reports_in_the_error_queue_cost_nothing() {
    const TX_ACK_WITH_SOFTWARE_TIME_AND_ID: i32 = 1 << 9 | 1 << 7 | 1 << 4;
    let (ours, _peer) = connection();
    set_int(&ours, libc::SO_TIMESTAMPING, TX_ACK_WITH_SOFTWARE_TIME_AND_ID);
    ours.send_all(b"hello").unwrap();
    ours.wait_acked(LATE).unwrap();
    let before = system::thread_cpu();
    let (report, took) = timed(|| ours.close_graceful(ms(500)).unwrap());
    let used = system::thread_cpu() - before;
    assert_eq!(told(report), (CloseVerdict::TimedOut, 0, 0, 0));
    assert_slept(took, used);
}

/// A child that was forked before keeps the connection open, not the stream.
#[test]
fn a_forked_child_keeps_its_copy() {
    alone::alone(|| {
        let (ours, peer) = connection();
        let [(from_parent, to_child), (from_child, to_parent)] = [(); 2]
            .map(|()| system::pipe())
            .map(|(from, to)| (File::from(from), File::from(to)));
        let child = system::fork(|| {
            (&from_parent).read_exact(&mut [0]).unwrap();
            assert_eq!(kind(ours.send(b"x")), Kind::Os(libc::EPIPE));
            ours.shutdown(Shutdown::Write).unwrap();
            (&to_parent).write_all(b"x").unwrap();
            ours.within(LATE).recv_exact(&mut [0; 5]).unwrap();
            let report = ours.close_graceful(LIMIT).unwrap();
            assert!(report.verdict.is_delivered(), "{report:?}");
        });
        ours.send_all(b"hello").unwrap();
        let report = ours.close_graceful(ms(50)).unwrap();
        assert_eq!((report.verdict, report.discarded), (CloseVerdict::TimedOut, 0));
        peer.within(LATE).recv_exact(&mut [0; 5]).unwrap();
        assert_eq!(peer.within(LATE).recv(&mut [0]).unwrap(), 0);
        (&to_child).write_all(b"x").unwrap();
        (&from_child).read_exact(&mut [0]).unwrap();
        peer.send_all(b"child").unwrap();
        peer.shutdown(Shutdown::Write).unwrap();
        assert_eq!(child.wait(), 0);
    });
}
