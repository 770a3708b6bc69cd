//! sendfile: offset, count, progress, no SIGPIPE, an exact deadline.
#![allow(unsafe_code)]

use crate::support::system::unnamed_file as file;
use polysock::{create_connection, create_server, Kind, Shutdown, Socket};
use std::io::Seek;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn connected() -> (Socket, Socket) {
    let server = create_server("127.0.0.1", 0, 1).unwrap();
    let port = server.local_address().unwrap().port().unwrap();
    let client = create_connection("127.0.0.1", port, Duration::from_secs(5)).unwrap();
    let (peer, _) = server.accept().unwrap();
    peer.set_timeout(Duration::from_secs(10));
    (client, peer)
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length)
        .map(|i| u8::try_from((i + i / 251) % 256).unwrap())
        .collect()
}

#[test]
fn a_part_a_whole_and_the_position_stays() {
    let (client, peer) = connected();
    let content = pattern(3_000_000);
    let mut file = file(&content);
    file.seek(std::io::SeekFrom::Start(77)).unwrap();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut got = vec![0; 100 + content.len() - 5];
            peer.recv_exact(&mut got).unwrap();
            got
        });
        assert_eq!(client.sendfile(file.as_fd(), 1000, Some(100)).unwrap(), 100);
        let sent = client.sendfile(file.as_fd(), 5, None).unwrap();
        assert_eq!(sent, content.len() as u64 - 5);
        let expected = [&content[1000..1100], &content[5..]].concat();
        assert!(reader.join().unwrap() == expected);
    });
    assert_eq!(file.stream_position().unwrap(), 77);
    assert_eq!(client.sendfile(file.as_fd(), 0, Some(0)).unwrap(), 0);
    assert_eq!(client.sendfile(file.as_fd(), 10_000_000, None).unwrap(), 0);
}

/// 32-bit programs send large files, too.
#[test]
#[cfg(target_os = "linux")] // elsewhere a file takes room for what was never written, and a receive copies what it discards
fn a_file_of_more_than_four_gigabytes() {
    use polysock::Flags;
    use std::os::unix::fs::FileExt;
    const SIZE: u64 = 5 << 30;
    let (client, peer) = connected();
    let content = file(b"");
    content.set_len(SIZE).unwrap();
    content.write_all_at(b"end", SIZE - 3).unwrap();
    let mut within = client.within(Duration::from_secs(60));
    assert_eq!(within.sendfile(content.as_fd(), SIZE - 3, None).unwrap(), 3);
    let mut got = [0; 3];
    peer.recv_exact(&mut got).unwrap();
    assert_eq!(&got, b"end");
    std::thread::scope(|scope| {
        let discarding = scope.spawn(|| {
            let mut room = vec![0; 1 << 20];
            let mut discarding = peer.within(Duration::from_secs(60));
            let counts = std::iter::repeat_with(|| discarding.recv_with(&mut room, Flags::TRUNCATE).unwrap());
            counts
                .take_while(|&count| count > 0)
                .map(|count| count as u64)
                .sum::<u64>()
        });
        let sent = within.sendfile(content.as_fd(), 0, None);
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!((sent.unwrap(), discarding.join().unwrap()), (SIZE, SIZE));
    });
}

/// It needs the descriptor in non-blocking mode for a moment, and must not put it back if the program wants it
/// non-blocking.
#[test]
fn a_mode_that_is_set_meanwhile_stays() {
    let (client, peer) = connected();
    client.fileno().unwrap();
    let content = file(&[7; 100]);
    let (stop, sent) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| while peer.recv(&mut [0; 4096]).unwrap() > 0 {});
        let sending = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                client.sendfile(content.as_fd(), 0, None).unwrap();
                sent.fetch_add(1, Ordering::Relaxed);
            }
            client.shutdown(Shutdown::Write).unwrap();
        });
        let lost = (0..200).filter(|_| {
            client.set_descriptor_nonblocking(true).unwrap();
            let before = sent.load(Ordering::Relaxed);
            while sent.load(Ordering::Relaxed) == before && !sending.is_finished() {
                std::thread::yield_now();
            }
            let lost = !is_nonblocking(&client);
            client.set_descriptor_nonblocking(false).unwrap();
            lost
        });
        let lost = lost.count();
        stop.store(true, Ordering::Relaxed);
        sending.join().unwrap();
        reading.join().unwrap();
        assert_eq!(lost, 0);
    });
    assert!(!is_nonblocking(&client));
}

fn is_nonblocking(socket: &Socket) -> bool {
    // SAFETY: no memory is involved.
    let flags = unsafe { libc::fcntl(socket.fileno().unwrap(), libc::F_GETFL) };
    flags & libc::O_NONBLOCK != 0
}

/// Their size is 0, whatever they hold.
#[test]
fn files_of_proc_are_sent() {
    let (client, peer) = connected();
    let file = std::fs::File::open("/proc/version").unwrap();
    let expected = std::fs::read("/proc/version").unwrap();
    let sent = client.sendfile(file.as_fd(), 0, None).unwrap();
    let sent = sent + client.sendfile(file.as_fd(), 3, Some(5)).unwrap();
    let mut got = vec![0; usize::try_from(sent).unwrap()];
    peer.recv_exact(&mut got).unwrap();
    assert_eq!(got, [&expected[..], &expected[3..8]].concat());
}

#[test]
fn a_file_that_ends_early_says_so_with_what_went_out() {
    let (client, _peer) = connected();
    let error = client
        .sendfile(file(b"0123456789").as_fd(), 4, Some(100))
        .unwrap_err();
    assert_eq!((error.kind(), error.done()), (Kind::EndOfStream, 6));
}

#[test]
fn the_deadline_is_exact_and_the_count_is_true() {
    let (client, peer) = connected();
    let content = pattern(40_000_000);
    let start = Instant::now();
    let error = client
        .within(Duration::from_millis(300))
        .sendfile(file(&content).as_fd(), 0, None)
        .unwrap_err();
    let took = start.elapsed();
    assert_eq!(error.kind(), Kind::TimedOut);
    assert!(
        took >= Duration::from_millis(300) && took < Duration::from_secs(3),
        "{took:?}"
    );
    client.close().unwrap();
    let (mut total, mut buf) = (0, vec![0; 1 << 16]);
    loop {
        let count = peer.recv(&mut buf).unwrap();
        if count == 0 {
            break;
        }
        total += count;
    }
    assert_eq!(error.done(), total);
}

#[test]
fn a_closed_peer_is_an_error_and_no_signal() {
    let (client, peer) = connected();
    drop(peer);
    let content = file(&pattern(1_000_000));
    // The default disposition would end this process; the test harness of Rust ignores SIGPIPE, so set it back.
    // SAFETY: no handler is involved.
    let before = unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    let end = Instant::now() + Duration::from_secs(5);
    let error = loop {
        match client.sendfile(content.as_fd(), 0, Some(1000)) {
            Ok(_) => assert!(Instant::now() < end, "the reset never came"),
            Err(error) => break error,
        }
    };
    let again = client.sendfile(content.as_fd(), 0, Some(1000)).unwrap_err();
    // SAFETY: as above.
    unsafe { libc::signal(libc::SIGPIPE, before) };
    assert!(
        matches!(error.kind(), Kind::Os(libc::EPIPE | libc::ECONNRESET)),
        "{error}"
    );
    assert_eq!(again.kind(), Kind::Os(libc::EPIPE));
}

#[test]
fn what_has_no_offsets_is_refused() {
    let (client, _peer) = connected();
    let (reader, _writer) = std::io::pipe().unwrap();
    let error = client.sendfile(reader.as_fd(), 0, Some(10)).unwrap_err();
    assert_eq!((error.kind(), error.done()), (Kind::Os(libc::ESPIPE), 0));
}

#[test]
fn closing_wakes_it() {
    let (client, _peer) = connected();
    let content = file(&pattern(40_000_000));
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| {
            client
                .within(Duration::from_secs(20))
                .sendfile(content.as_fd(), 0, None)
        });
        std::thread::yield_now();
        client.close().unwrap();
        assert_eq!(sender.join().unwrap().unwrap_err().kind(), Kind::Closed);
    });
}

/// Two thirds of the limit between any two reads, and twice the limit altogether.
#[test]
fn while_it_moves_the_limit_starts_anew() {
    const LIMIT: Duration = Duration::from_millis(450);
    let attempt = || {
        let (client, peer) = connected();
        // Otherwise the kernel lets it grow, where the system allows that (tcp_rmem), until it holds the whole file.
        peer.set_recv_buffer(1 << 20).unwrap();
        let content = file(b"");
        content.set_len(40_000_000).unwrap();
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut buf = vec![0; 5_000_000];
                for _ in 0..3 {
                    std::thread::sleep(LIMIT * 2 / 3);
                    peer.recv_exact(&mut buf).unwrap();
                }
                Instant::now()
            });
            let error = client
                .on(polysock::NativeCaller)
                .within(LIMIT)
                .sendfile_while_moving(content.as_fd(), 0, None)
                .unwrap_err();
            let ended = Instant::now();
            assert_eq!(error.kind(), Kind::TimedOut);
            (error.done() > 15_000_000).then(|| ended - reader.join().unwrap())
        })
    };
    // A reader that a busy machine delays for this long is rightly taken for one that has stopped.
    let waited = (0..5).find_map(|_| attempt()).unwrap();
    assert!(waited > LIMIT / 2 && waited < LIMIT * 12, "{waited:?}");
}
