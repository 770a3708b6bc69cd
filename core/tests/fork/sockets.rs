//! Children use, hand on and close copies of sockets on which their parents wait.

use crate::support::skipped::skip;
use crate::support::*;
use polysock::{Address, Framing, Kind, Shutdown, Socket};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{mpsc, Arc};
use std::time::{Duration, Instant};

/// A connection, and a receive with a deadline that waits in the kernel, with a limit that we have set there.
fn waiting_in_the_kernel(within: Duration) -> (Arc<Socket>, Socket, Running<(Kind, Duration)>) {
    let (client, server) = connection();
    let client = Arc::new(client);
    let receiver = Arc::clone(&client);
    let receiving = start_blocked(move || receiver.within(LATE).recv(&mut [0]));
    server.send_all("x").unwrap();
    receiving.result().unwrap();
    let receiver = Arc::clone(&client);
    let receiving = start_blocked(move || {
        let (ended, took) = timed(|| receiver.within(within).recv(&mut [0]));
        (ended.map_or_else(|error| error.kind(), |_| Kind::Busy), took)
    });
    assert_eq!(receiving.system_call(), "recvfrom");
    (client, server, receiving)
}

fn limit(socket: &Socket) -> Duration {
    system::time_option(socket.fileno().unwrap(), libc::SO_RCVTIMEO)
}

pub fn a_child_hands_on_a_socket_without_a_limit() {
    let (client, server, receiving) = waiting_in_the_kernel(LATE);
    server.send_all("x").unwrap();
    receiving.result();
    system::fork(|| assert_eq!(limit(&client), Duration::ZERO)).succeed();
    assert_eq!(limit(&client), Duration::ZERO);
}

/// The limit is the socket's: it stays until the parent's call has ended, and then it is gone for the child as well.
pub fn a_child_does_not_make_its_parents_call_wait_longer() {
    let (client, _server, receiving) = waiting_in_the_kernel(Duration::from_millis(1200));
    let (mut ended, mut end) = UnixStream::pair().unwrap();
    let child = system::fork(|| {
        let before = limit(&client);
        client.is_closed();
        let _ = client.available();
        assert_eq!((before, limit(&client)), (ms(1024), ms(1024)));
        ended.read_exact(&mut [0]).unwrap();
        assert_eq!(limit(&client), Duration::ZERO);
    });
    let (kind, took) = receiving.result();
    assert_eq!(kind, Kind::TimedOut);
    assert!(took >= ms(1200) && took < LATE, "{took:?}");
    end.write_all(b"x").unwrap();
    child.succeed();
}

pub fn a_child_has_a_copy_of_what_was_received_ahead() {
    let (a, b) = unix_pair(libc::SOCK_STREAM);
    let messages = [b"one".into(), b"two".into(), b"three".into()];
    a.send_frames(&messages, &Framing::default()).unwrap();
    let next = || b.within(LATE).recv_frame(&Framing::default()).unwrap().unwrap();
    assert_eq!(next(), b"one");
    system::fork(|| {
        assert_eq!(b.pending(), 7 + 9);
        assert_eq!(kind(b.detach()), Kind::Busy);
        assert_eq!((next(), next()), (b"two".to_vec(), b"three".to_vec()));
        assert_eq!(b.pending(), 0);
    })
    .succeed();
    assert_eq!((next(), next()), (b"two".to_vec(), b"three".to_vec()));
}

/// The beginning of the message is in the memory of a thread that the child does not have.
pub fn a_child_does_not_read_on_in_the_middle_of_its_parents_message() {
    let (a, b) = unix_pair(libc::SOCK_STREAM);
    let b = Arc::new(b);
    let reader = Arc::clone(&b);
    let reading = start_blocked(move || reader.recv_frame(&Framing::default()));
    // Between two messages nothing is amiss.
    system::fork(|| {
        let nothing = b.within(Duration::ZERO).recv_frame(&Framing::default());
        assert_eq!(kind(nothing), Kind::WouldBlock);
    })
    .succeed();
    a.send_all(b"\0\0\0\x05he").unwrap();
    until("the beginning has come", || b.pending() == 6);
    system::fork(|| {
        let says = "a thread of the parent process has the bytes";
        for error in [
            b.recv_frame(&Framing::default()).unwrap_err(),
            b.recv(&mut [0]).unwrap_err(),
            b.recv_exact(&mut [0]).unwrap_err(),
            b.take_buffered().unwrap_err(),
        ] {
            assert_eq!(error.kind(), Kind::Busy);
            assert!(error.to_string().contains(says), "{error}");
        }
        b.send_all(b"sending is possible").unwrap();
        b.close().unwrap();
    })
    .succeed();
    a.send_all(b"llo").unwrap();
    assert_eq!(reading.result().unwrap(), Some(b"hello".to_vec()));
}

pub fn a_child_that_closes_disturbs_nobody() {
    let (client, server) = connection();
    let (listener, address) = listener(4);
    let (client, listener) = (Arc::new(client), Arc::new(listener));
    let reader = Arc::clone(&client);
    let reading = start_blocked(move || {
        let mut buf = [0; 2];
        reader.recv_exact(&mut buf).map(|()| buf)
    });
    let acceptor = Arc::clone(&listener);
    let accepting = start_blocked(move || acceptor.accept().map(drop));
    system::fork(|| {
        let (_, took) = timed(|| {
            client.close().unwrap();
            listener.close().unwrap();
            server.close().unwrap();
        });
        assert!(took < ms(900), "close waited for the parent's calls: {took:?}");
        assert_eq!(kind(client.recv(&mut [0])), Kind::Closed);
    })
    .succeed();
    assert!(reading.is_running() && accepting.is_running());
    server.send_all(b"ok").unwrap();
    assert_eq!(&reading.result().unwrap(), b"ok");
    let _client = connect(&address);
    accepting.result().unwrap();
}

pub fn connect(address: &Address) -> Socket {
    let client = Socket::tcp(address.family()).unwrap();
    client.within(LATE).connect(address).unwrap();
    client
}

/// The parent's thread sits in a receive; the child sends, receives, and closes without waiting for it.
pub fn a_child_uses_copies_that_were_busy() {
    let (client, server) = connection();
    let client = Arc::new(client);
    let reader = Arc::clone(&client);
    let reading = start_blocked(move || reader.recv(&mut [0]));
    system::fork(|| {
        client.send_all(b"from the child").unwrap();
        assert_eq!(kind(client.within(ms(20)).recv(&mut [0])), Kind::TimedOut);
        drop(client.detach().unwrap()); // not Busy: no call is inside here
    })
    .succeed();
    let mut buf = [0; 14];
    server.within(LATE).recv_exact(&mut buf).unwrap();
    assert_eq!(&buf, b"from the child");
    assert_eq!(kind(client.detach()), Kind::Busy);
    client.close().unwrap();
    assert_eq!(kind(reading.result()), Kind::Closed);
    assert_eq!(server.within(LATE).recv(&mut [0]).unwrap(), 0);
}

/// Close finds a child that holds the connection, which it must not cut off. A moment later the child has ended, or
/// as one that starts a program does, closed its copy.
pub fn close_wakes_once_a_child_has_gone() {
    let (client, server) = connection();
    let client = Arc::new(client);
    let reader = Arc::clone(&client);
    let reading = start_blocked(move || reader.recv(&mut [0]));
    let (mut go_away, mut tell) = UnixStream::pair().unwrap();
    let parents_end = tell.as_raw_fd();
    let child = system::fork(move || {
        system::close(parents_end);
        let _ = go_away.read(&mut [0]);
    });
    let closer = Arc::clone(&client);
    let (closing, began) = (start(move || closer.close()), Instant::now());
    // A search takes a millisecond. A slower one finds no child at all.
    until("it has looked", || client.is_closed() && began.elapsed() > ms(20));
    assert!(reading.is_running());
    tell.write_all(b"!").unwrap();
    child.succeed();
    assert_eq!(kind(reading.result()), Kind::Closed);
    closing.result().unwrap();
    assert_eq!(server.within(LATE).recv(&mut [0]).unwrap(), 0);
}

/// A child that does not start another program a second after it was forked will not do so any more. What it holds
/// stays its own, and what it gives up is woken again.
pub fn many_closes_after_a_fork_share_one_patience() {
    let waiting: Vec<_> = (0..10)
        .map(|_| {
            let (client, server) = connection();
            let client = Arc::new(client);
            let reader = Arc::clone(&client);
            let reading = start_blocked(move || reader.recv(&mut [0]));
            (client, server, reading)
        })
        .collect();
    let (mut go_away, mut tell) = UnixStream::pair().unwrap();
    let parents_end = tell.as_raw_fd();
    let child = system::fork(|| {
        system::close(parents_end);
        for (client, ..) in &waiting {
            client.send_all(b"child").unwrap();
        }
        let _ = go_away.read(&mut [0]);
    });
    let (early, late) = waiting.split_at(8);
    let ((), took) = timed(|| early.iter().for_each(|(client, ..)| client.close().unwrap()));
    assert!(took < LATE, "{took:?}"); // a second each before
    for (_, server, reading) in early {
        server.within(LATE).recv_exact(&mut [0; 5]).unwrap();
        assert!(reading.is_running());
    }
    tell.write_all(b"!").unwrap();
    child.succeed();
    for (client, ..) in late {
        let ((), took) = timed(|| client.close().unwrap());
        assert!(took < ms(900), "{took:?}");
    }
    for (at, (_, server, reading)) in waiting.into_iter().enumerate() {
        if at < 8 {
            server.send_all(b"x").unwrap(); // none but that could wake it
            assert_eq!(reading.result().unwrap(), 1);
        } else {
            assert_eq!(kind(reading.result()), Kind::Closed);
        }
    }
}

/// The holders of sockets can no longer be found.
pub fn a_child_keeps_its_connection_when_proc_has_gone() {
    let (client, server) = connection();
    let client = Arc::new(client);
    let reader = Arc::clone(&client);
    let reading = start_blocked(move || reader.recv(&mut [0]));
    if !system::leave_proc_behind() {
        return skip(
            "a_child_keeps_its_connection_when_proc_has_gone",
            "root, to leave /proc by chroot(2)",
        );
    }
    let (mut go_on, mut tell) = UnixStream::pair().unwrap();
    let child = system::fork(|| {
        go_on.read_exact(&mut [0]).unwrap();
        client.send_all(b"child").unwrap();
    });
    let ((), took) = timed(|| client.close().unwrap());
    assert!(took < ms(900), "{took:?}");
    tell.write_all(b"!").unwrap();
    server.within(LATE).recv_exact(&mut [0; 5]).unwrap();
    child.succeed();
    server.send_all(b"x").unwrap(); // none but that could wake it
    assert_eq!(reading.result().unwrap(), 1);
}

/// Where nothing can be known from the start, calls wait where they are woken without harm.
pub fn close_wakes_without_proc() {
    let (go, begin) = mpsc::channel::<Arc<Socket>>();
    let reading = start(move || begin.recv().ok().map(|client| client.recv(&mut [0])));
    if !system::leave_proc_behind() {
        return skip("close_wakes_without_proc", "root, to leave /proc by chroot(2)");
    }
    let (client, server) = connection();
    let client = Arc::new(client);
    go.send(Arc::clone(&client)).unwrap();
    reading.wait_blocked();
    let child = system::fork(|| client.send_all(b"child").unwrap());
    client.close().unwrap();
    assert_eq!(kind(reading.result().unwrap()), Kind::Closed);
    server.within(LATE).recv_exact(&mut [0; 5]).unwrap();
    child.succeed();
}

pub fn a_child_has_the_write_lock_afresh() {
    let (client, server) = unix_pair(libc::SOCK_STREAM);
    let filled = fill(&client);
    let client = Arc::new(client);
    let calls: Vec<_> = (0..3)
        .map(|_| {
            let client = Arc::clone(&client);
            start_blocked(move || client.send_all(b"parent"))
        })
        .collect();
    system::fork(|| {
        // No room, but no lock to wait for either.
        let error = client.within(ms(30)).send_all(b"child").unwrap_err();
        assert_eq!((error.kind(), error.done()), (Kind::TimedOut, 0));
        let mut buf = vec![0; filled + 3 * 6];
        server.within(LIMIT).recv_exact(&mut buf).unwrap();
        assert_eq!(&buf[filled..], b"parentparentparent");
        client.within(LATE).send_all(b"child").unwrap();
        client.close().unwrap();
    })
    .succeed();
    for call in calls {
        call.result().unwrap();
    }
    let mut buf = [0; 5];
    server.within(LATE).recv_exact(&mut buf).unwrap();
    assert_eq!(&buf, b"child");
}

/// Both wait, each with its own wake-up descriptor.
pub fn a_childs_waits_are_its_own() {
    let (client, _server) = connection();
    // This thread has a wake-up descriptor already.
    assert_eq!(kind(client.within(ms(5)).recv(&mut [0])), Kind::TimedOut);
    let child = system::fork(|| {
        let (client, _server) = connection();
        let client = Arc::new(client);
        let this = system::Thread::current();
        let closer = Arc::clone(&client);
        let observer = system::Observer::of(this);
        let closing = std::thread::spawn(move || {
            observer.wait_blocked();
            closer.close()
        });
        assert_eq!(kind(client.recv(&mut [0])), Kind::Closed);
        closing.join().unwrap().unwrap();
    });
    let (result, took) = timed(|| client.within(ms(200)).recv(&mut [0]));
    assert_eq!((kind(result), took >= ms(200)), (Kind::TimedOut, true));
    child.succeed();
}

/// One worker closes while it is blocked in accept; the other goes on serving.
pub fn two_workers_on_one_listener() {
    for limit in [None, Some(LIMIT)] {
        let (listener, address) = listener(16);
        let listener = Arc::new(listener);
        let quits = system::fork(|| {
            let acceptor = Arc::clone(&listener);
            let accepting = start_blocked(move || acceptor.within(limit).accept().map(drop));
            listener.close().unwrap();
            assert_eq!(kind(accepting.result()), Kind::Closed);
        });
        let serves = system::fork(|| {
            for _ in 0..20 {
                let (server, _) = listener.within(limit).accept().unwrap();
                server.send_all(b"served").unwrap();
            }
        });
        quits.succeed();
        drop(listener);
        for _ in 0..20 {
            let client = connect(&address);
            let mut buf = [0; 6];
            client.within(LATE).recv_exact(&mut buf).unwrap();
            assert_eq!(&buf, b"served");
        }
        serves.succeed();
    }
}

/// Threads use, open and close sockets all the time; children are forked at any moment and use their copies.
pub fn forks_in_the_middle_of_everything() {
    let stop = Arc::new(AtomicBool::new(false));
    let (a, b) = unix_pair(libc::SOCK_STREAM);
    let (busy, other) = (Arc::new(a), Arc::new(b));
    let mut threads = Vec::new();
    for _ in 0..2 {
        let (busy, stop) = (Arc::clone(&busy), Arc::clone(&stop));
        threads.push(start(move || {
            while !stop.load(Ordering::Relaxed) {
                let _ = busy.within(Duration::from_micros(50)).recv(&mut [0; 16]);
                let _ = busy.within(Duration::from_micros(50)).send_all(&[1; 3000]);
            }
        }));
    }
    let (drained, stopped) = (Arc::clone(&other), Arc::clone(&stop));
    threads.push(start(move || {
        while !stopped.load(Ordering::Relaxed) {
            let _ = drained.within(ms(1)).recv(&mut [0; 65536]);
        }
    }));
    for round in 0..150 {
        system::fork(|| {
            let (mine, theirs) = unix_pair(libc::SOCK_STREAM);
            mine.send_all(b"x").unwrap();
            assert_eq!(theirs.within(LATE).recv(&mut [0]).unwrap(), 1);
            if round % 3 == 0 {
                let _ = busy.within(Duration::from_micros(50)).send_all(b"child");
                let _ = busy.within(Duration::from_micros(50)).recv(&mut [0]);
            }
            if round % 2 == 0 {
                let (_, took) = timed(|| busy.close().unwrap());
                assert!(took < ms(900), "{took:?}");
                assert_eq!(kind(busy.send_all(b"x")), Kind::Closed);
            }
            other.close().unwrap();
        })
        .succeed();
    }
    stop.store(true, Ordering::Relaxed);
    threads.into_iter().for_each(Running::result);
    busy.shutdown(Shutdown::Both).unwrap();
}

/// The parent's close waits for a call that is stuck; the child inherits CLOSED with an open descriptor.
pub fn a_child_closes_what_was_being_closed() {
    let (client, server) = connection();
    let client = Arc::new(client);
    let reader = Arc::clone(&client);
    let (held, is_inside, release) = held_inside();
    let reading = start(move || reader.on(held).within(LIMIT).recv(&mut [0]).map(drop));
    is_inside.recv_timeout(LIMIT / 2).unwrap();
    let closer = Arc::clone(&client);
    let closing = start(move || closer.close());
    until("it is closed", || client.is_closed());
    system::fork(|| {
        assert_eq!(kind(client.send(b"x")), Kind::Closed);
        client.close().unwrap();
        client.close().unwrap();
    })
    .succeed();
    release.send(()).unwrap();
    closing.result().unwrap();
    assert_eq!(kind(reading.result()), Kind::Closed);
    assert_eq!(server.within(LATE).recv(&mut [0]).unwrap(), 0);
}

pub fn abort_in_a_child_resets_for_all() {
    let (client, server) = connection();
    system::fork(|| client.abort().unwrap()).succeed();
    let result = server.within(LATE).recv(&mut [0]);
    assert_eq!(kind(result), Kind::Os(libc::ECONNRESET));
}

/// In a process where SIGPIPE kills, as it does in C.
pub fn no_call_raises_sigpipe() {
    system::fork(|| {
        system::default_signal(libc::SIGPIPE);
        for (a, b) in [
            connection(),
            unix_pair(libc::SOCK_STREAM),
            unix_pair(libc::SOCK_SEQPACKET),
        ] {
            b.close().unwrap();
            let mut last = None;
            until("the send fails", || {
                last = a.send(b"x").err();
                last.is_some()
            });
            let _ = a.send_all(b"x").unwrap_err();
            let error = a.send(b"x").unwrap_err();
            assert_eq!(error.kind(), Kind::Os(libc::EPIPE));
            let urgent = a
                .on(polysock::NativeCaller)
                .send_with(b"x", polysock::Flags::OUT_OF_BAND);
            let _ = urgent.unwrap_err();
            a.close_fin_first().unwrap();
        }
    })
    .succeed();
}
