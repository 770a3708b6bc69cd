//! Calls without a deadline on descriptors without another holder: the kernel itself waits, and close still wakes it.

use crate::support::alone::alone;
use crate::support::*;
use polysock::{Family, Flags, Kind, NativeCaller, Protocol, RecvBuf, Shutdown, Socket, SocketType};
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{Command, Stdio};
use std::sync::{mpsc, Arc};
use std::time::Instant;

fn unix_streams() -> (Socket, Socket) {
    Socket::pair(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT).unwrap()
}

fn closes_and_wakes<T: Send + std::fmt::Debug + 'static>(
    what: &str,
    socket: &Arc<Socket>,
    expected_call: &str,
    call: impl FnOnce(&Socket) -> polysock::Result<T> + Send + 'static,
) {
    let inside = Arc::clone(socket);
    let running = start_blocked(move || call(&inside));
    assert_eq!(
        running.system_call(),
        expected_call,
        "{what}: not the way that is tested here"
    );
    let ((), took) = timed(|| socket.close().unwrap());
    assert_eq!(kind(running.result()), Kind::Closed, "{what}");
    assert!(took < LATE, "{what}: {took:?}");
}

#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn close_wakes_every_call_that_waits_in_the_kernel() {
    limited(|| {
        let (recvfrom, sendto) = ("recvfrom", "sendto");
        for (client, _server) in [connection(), unix_streams()] {
            closes_and_wakes("recv", &Arc::new(client), recvfrom, |s| s.recv(&mut [0; 8]));
        }
        for (client, _server) in [connection(), unix_streams()] {
            closes_and_wakes("recv_exact", &Arc::new(client), recvfrom, |s| {
                s.recv_exact(&mut [0; 8])
            });
        }
        for (client, _server) in [small_connection(), unix_streams()] {
            fill(&client);
            closes_and_wakes("send", &Arc::new(client), sendto, |s| s.send(&[0; 100_000]));
        }
        for (client, _server) in [small_connection(), unix_streams()] {
            fill(&client);
            closes_and_wakes("send_all", &Arc::new(client), sendto, |s| {
                s.send_all(&[0; 100_000])
            });
        }
        let datagrams = Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
        datagrams.bind(&loopback()).unwrap();
        closes_and_wakes("recv of a datagram", &Arc::new(datagrams), recvfrom, |s| {
            s.recv(&mut [0; 8])
        });
        let datagrams = Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
        datagrams.bind(&loopback()).unwrap();
        closes_and_wakes("recvfrom", &Arc::new(datagrams), recvfrom, |s| {
            s.recv_from(&mut [0; 8])
        });
        let datagrams = Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
        datagrams.bind(&loopback()).unwrap();
        closes_and_wakes("recvmsg", &Arc::new(datagrams), "recvmsg", |s| {
            s.on(NativeCaller)
                .recv_message(&[(&mut [0; 8]).into()], 0, Flags::NONE)
        });
    });
}

#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn abort_resets_although_a_call_waits_in_the_kernel() {
    limited(|| {
        let (client, server) = connection();
        let client = Arc::new(client);
        let inside = Arc::clone(&client);
        let running = start_blocked(move || inside.recv(&mut [0; 8]));
        assert_eq!(running.system_call(), "recvfrom");
        client.abort().unwrap();
        assert_eq!(kind(running.result()), Kind::Closed);
        assert_eq!(
            kind(server.within(LATE).recv(&mut [0; 8])),
            Kind::Os(libc::ECONNRESET)
        );
    });
}

/// A holder that adopted or duplicated the socket must not notice our close.
#[test]
fn a_socket_that_others_hold_never_waits_in_the_kernel() {
    limited(|| {
        for adopt in [true, false] {
            let (client, server) = connection();
            let (client, other) = if adopt {
                let other = client.duplicate().unwrap();
                (Socket::from_fd(client.detach().unwrap()).unwrap(), other)
            } else {
                let other = client.duplicate().unwrap();
                (client, other)
            };
            let client = Arc::new(client);
            let inside = Arc::clone(&client);
            let running = start_blocked(move || inside.recv(&mut [0; 8]));
            assert_ne!(running.system_call(), "recvfrom");
            client.close().unwrap();
            assert_eq!(kind(running.result()), Kind::Closed);
            server.send_all("unharmed").unwrap();
            other.send_all("unharmed").unwrap();
            let mut buf = [0; 8];
            other.within(LATE).recv_exact(&mut buf).unwrap();
            server.within(LATE).recv_exact(&mut buf).unwrap();
        }
    });
}

/// From then on a copy may exist anywhere, so no call may wait where only shutdown(2) wakes it.
#[test]
fn a_call_that_begins_after_the_number_was_told_is_woken_without_harm() {
    limited(|| {
        let (client, server) = connection();
        let copy = system::dup(client.fileno().unwrap());
        let client = Arc::new(client);
        let inside = Arc::clone(&client);
        let running = start_blocked(move || inside.recv(&mut [0; 1]));
        assert_ne!(running.system_call(), "recvfrom");
        let ((), took) = timed(|| client.close().unwrap());
        assert_eq!(kind(running.result()), Kind::Closed);
        assert!(took < ms(900), "{took:?}");
        let copy = Socket::from_fd(copy).unwrap();
        copy.send_all("unharmed").unwrap();
        server.within(LATE).recv_exact(&mut [0; 8]).unwrap();
    });
}

/// The number is given out while calls wait, and no copy is made.
#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn a_number_that_is_told_meanwhile_does_not_keep_calls_asleep() {
    limited(|| {
        let (client, _server) = connection();
        let client = Arc::new(client);
        let inside = Arc::clone(&client);
        let running = start_blocked(move || inside.recv(&mut [0; 1]));
        assert_eq!(running.system_call(), "recvfrom");
        client.fileno().unwrap();
        let ((), took) = timed(|| client.close().unwrap());
        assert_eq!(kind(running.result()), Kind::Closed);
        assert!(took < LATE, "{took:?}");
    });
}

/// This process keeps a copy: there is nothing to wait for.
#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn closes_that_can_not_wake_do_not_wait_either() {
    limited(|| {
        let kept: Vec<_> = (0..8)
            .map(|_| {
                let (client, server) = connection();
                let client = Arc::new(client);
                let inside = Arc::clone(&client);
                let running = start_blocked(move || inside.recv(&mut [0; 1]));
                let copy = client.duplicate().unwrap();
                (client, running, copy, server)
            })
            .collect();
        let ((), took) = timed(|| kept.iter().for_each(|(client, ..)| client.close().unwrap()));
        assert!(took < LATE, "{took:?}"); // a second each before
        for (_, running, copy, server) in kept {
            copy.send_all("unharmed").unwrap();
            server.within(LATE).recv_exact(&mut [0; 8]).unwrap();
            server.send_all("x").unwrap();
            assert_eq!(running.result().unwrap(), 1, "progress wins");
        }
    });
}

/// A forked child that holds the connection keeps it; once it has gone, close wakes by shutdown again.
#[test]
fn a_child_that_was_forked_meanwhile_is_looked_for() {
    let child = |seconds: &str| std::process::Command::new("sleep").arg(seconds).spawn().unwrap();
    limited(move || {
        let (client, _server) = connection();
        let client = Arc::new(client);
        let inside = Arc::clone(&client);
        let running = start_blocked(move || inside.recv(&mut [0; 1]));
        // A program that was started holds nothing: the descriptor is close-on-exec.
        let mut sleeping = child("60");
        let ((), took) = timed(|| client.close().unwrap());
        assert_eq!(kind(running.result()), Kind::Closed);
        assert!(took < LATE);
        sleeping.kill().unwrap();
        sleeping.wait().unwrap();
    });
}

/// A copy made behind our back, while a call waits in the kernel, is found before anything is shut down.
#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn a_copy_made_behind_our_back_is_not_shut_down() {
    limited(|| copy_is_not_shut_down(|| ()));
}

/// Even if nothing can be opened to look for it.
#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn a_copy_is_found_without_a_free_descriptor() {
    alone(|| {
        limited(|| {
            copy_is_not_shut_down(|| {
                system::limit_descriptors(100);
                let files = std::iter::from_fn(|| std::fs::File::open("/dev/null").ok());
                files.for_each(std::mem::forget);
            });
        });
    });
}

fn copy_is_not_shut_down(before_close: impl FnOnce()) {
    let (client, server) = connection();
    let client = Arc::new(client);
    let inside = Arc::clone(&client);
    let running = start_blocked(move || inside.recv(&mut [0; 1]));
    let fd = client.fileno().unwrap();
    // SAFETY: the socket is open.
    #[allow(unsafe_code)]
    let copy = unsafe { BorrowedFd::borrow_raw(fd) }
        .try_clone_to_owned()
        .unwrap();
    let closer = Arc::clone(&client);
    let (go, wait_for_go) = mpsc::channel();
    let closing = start(move || {
        wait_for_go.recv().unwrap();
        closer.close()
    });
    before_close();
    go.send(()).unwrap();
    // The reader can't be woken without harming the holder of the copy; it leaves when something arrives.
    until("closed", || client.is_closed());
    server.send_all("x").unwrap();
    assert_eq!(running.result().unwrap(), 1, "progress wins");
    closing.result().unwrap();
    let copy = Socket::from_fd(copy).unwrap();
    copy.send_all("unharmed").unwrap();
    server.within(LATE).recv_exact(&mut [0; 8]).unwrap();
}

/// A program started with the socket as its output holds it without a fork that could have been noticed.
#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn a_program_that_was_given_the_descriptor_is_not_cut_off() {
    limited(|| {
        let (client, server) = connection();
        let client = Arc::new(client);
        let inside = Arc::clone(&client);
        let running = start_blocked(move || inside.recv(&mut [0; 1]));
        assert_eq!(running.system_call(), "recvfrom");
        let fd = client.fileno().unwrap();
        // SAFETY: the socket is open.
        #[allow(unsafe_code)]
        let copy = unsafe { BorrowedFd::borrow_raw(fd) }
            .try_clone_to_owned()
            .unwrap();
        let mut program = Command::new("cat")
            .stdin(Stdio::piped())
            .stdout(copy)
            .spawn()
            .unwrap();
        client.close().unwrap(); // leaves the reader where it is
        program.stdin.take().unwrap().write_all(b"unharmed").unwrap();
        server.within(LATE).recv_exact(&mut [0; 8]).unwrap();
        server.send_all("x").unwrap();
        assert_eq!(running.result().unwrap(), 1, "progress wins");
        assert!(program.wait().unwrap().success());
    });
}

#[test]
fn what_the_kernel_says_is_what_comes_out() {
    limited(|| {
        let (client, server) = connection();
        server.send_all("0123456789").unwrap();
        let mut buf = [0; 4];
        assert_eq!(client.recv(&mut buf).unwrap(), 4);
        assert_eq!(client.peek(&mut buf).unwrap(), 4);
        assert_eq!(&buf, b"4567");
        let mut rest = [0; 16];
        let got = client
            .on(NativeCaller)
            .recv_message(&[RecvBuf::from(&mut rest)], 0, polysock::Flags::NONE)
            .unwrap();
        assert_eq!(got.count, 6);
        server.shutdown(Shutdown::Write).unwrap();
        assert_eq!(client.recv(&mut buf).unwrap(), 0);
        // Everything at once, like a blocking send(2).
        let receiver = start(move || {
            let mut all = vec![0; 5_000_000];
            server.recv_exact(&mut all).map(|()| all)
        });
        assert_eq!(client.send(&pattern(5_000_000)).unwrap(), 5_000_000);
        assert!(receiver.result().unwrap() == pattern(5_000_000));
    });
}

/// The program's own SO_RCVTIMEO ends the call, just as it ends a recv(2).
#[test]
fn a_timeout_of_the_kernels_own_is_passed_on() {
    limited(|| {
        let (client, _server) = connection();
        let time = system::time_of_option(libc::SO_RCVTIMEO, 0, 50_000);
        client
            .set_option(libc::SOL_SOCKET, libc::SO_RCVTIMEO, &time)
            .unwrap();
        assert_eq!(kind(client.recv(&mut [0; 1])), Kind::WouldBlock);
    });
}

/// A mode that was set behind our back does not make a call without a deadline give up.
#[test]
fn a_descriptor_made_non_blocking_behind_our_back_still_waits() {
    limited(|| {
        let (client, server) = connection();
        let fd = client.fileno().unwrap();
        // SAFETY: no memory is involved.
        #[allow(unsafe_code)]
        let code = unsafe { libc::fcntl(fd, libc::F_SETFL, libc::O_NONBLOCK) };
        assert_eq!(code, 0);
        let running = start_blocked(move || client.recv(&mut [0; 1]));
        server.send_all("x").unwrap();
        assert_eq!(running.result().unwrap(), 1);
    });
}

/// Sendfile has the descriptor in non-blocking mode for a moment, which ends before the receive has seen why it got nothing.
#[test]
fn a_moment_in_non_blocking_mode_is_no_timeout() {
    limited(|| {
        let (client, server) = connection();
        client.fileno().unwrap();
        let client = Arc::new(client);
        let receiver = Arc::clone(&client);
        let receiving = start(move || loop {
            match receiver.recv(&mut [0; 64]) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) => return Err(error),
            }
        });
        let answering = start(move || {
            while server.recv(&mut [0; 64]).unwrap() > 0 {
                server.send_all("x").unwrap();
            }
        });
        let file = system::unnamed_file(b"question");
        let began = Instant::now();
        while began.elapsed() < ms(300) {
            client.sendfile(file.as_fd(), 0, None).unwrap();
        }
        client.shutdown(Shutdown::Write).unwrap();
        answering.result();
        receiving.result().unwrap();
    });
}
