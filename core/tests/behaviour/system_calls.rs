//! How many system calls an operation makes, counted by strace in a separate process.

use crate::support::alone::test_of;
use crate::support::skipped::can_trace;
use crate::support::*;
use polysock::{Family, IncomingDatagram, Kind, OutgoingDatagram, Protocol, RecvBuf, Socket, SocketType};
use std::collections::BTreeMap;
use std::env;
use std::os::unix::process::parent_id;
use std::process::{Command, Stdio};
use std::sync::{mpsc, Arc};
use std::time::Duration;

const ROUNDS: usize = 50;
const CASE: &str = "POLYSOCK_TEST_CASE";

#[test]
fn a_receive_that_finds_data_makes_one_call() {
    counted(&[("recvfrom", ROUNDS)], || {
        let (client, server) = connection();
        server.send_all(&[1; ROUNDS]).unwrap();
        until("all is there", || {
            client.peek(&mut [0; ROUNDS]).unwrap() == ROUNDS
        });
        measured(|| {
            for _ in 0..ROUNDS {
                client.within(LATE).recv(&mut [0]).unwrap();
            }
        });
    });
}

#[test]
#[cfg_attr(
    polysock_portable,
    ignore = "the kernel waits alone only where the holders of a socket are known"
)]
fn a_receive_that_has_to_wait_makes_one_call() {
    counted(&[("sendto", ROUNDS), ("recvfrom", ROUNDS)], || {
        measured_ping_pong(connection());
    });
}

#[test]
fn a_receive_that_has_to_wait_on_a_socket_that_others_may_see_makes_two_calls() {
    let poll = if cfg!(polysock_portable) { "poll" } else { "ppoll" };
    let expected = [("sendto", ROUNDS), (poll, ROUNDS), ("recvfrom", ROUNDS)];
    counted(&expected, || {
        let (client, server) = connection();
        client.fileno().unwrap();
        measured_ping_pong((client, server));
    });
}

/// The peer answers only once we wait, so that each receive has to.
fn measured_ping_pong((client, server): (Socket, Socket)) {
    let (tell, told) = mpsc::channel();
    let pinging = start(move || {
        tell.send(system::Thread::current()).unwrap();
        let ping_pong = |rounds| {
            for _ in 0..rounds {
                client.within(LATE).send_all(b"ping").unwrap();
                client.within(LATE).recv_exact(&mut [0; 4]).unwrap();
            }
        };
        ping_pong(3);
        measured(|| ping_pong(ROUNDS));
    });
    let observer = system::Observer::of(told.recv().unwrap());
    for _ in 0..ROUNDS + 3 {
        server.within(LATE).recv_exact(&mut [0; 4]).unwrap();
        observer.wait_blocked();
        server.send_all(b"pong").unwrap();
    }
    pinging.result();
}

/// One question whether the kernel cuts segments, then one call for each 64 messages, into which up to 64 datagrams go.
#[test]
#[cfg_attr(polysock_portable, ignore = "a call for each datagram")]
fn a_batch_makes_few_calls() {
    // musl's sendmmsg(3) makes one call for each message, because its structures are not the kernel's.
    let sends = if cfg!(target_env = "musl") {
        ("sendmsg", 5)
    } else {
        ("sendmmsg", 2)
    };
    let expected = [("getsockopt", 1), sends, ("recvmmsg", 2), ("ppoll", 1)];
    counted(&expected, || {
        let [a, b] = [(); 2].map(|()| {
            let socket = Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
            socket.bind(&loopback()).unwrap();
            socket
        });
        let to = b.local_address().unwrap();
        let mut sent: Vec<_> = (0..300).map(|_| OutgoingDatagram::new("x", &to)).collect();
        let mut memory = vec![[0; 4]; 100];
        let rooms: Vec<_> = memory.iter_mut().map(RecvBuf::from).collect();
        let mut arrived = vec![IncomingDatagram::EMPTY; 100];
        measured(|| {
            a.within(LATE).send_batch(&mut sent).unwrap();
            b.within(LATE).recv_batch(&rooms, &mut arrived).unwrap();
        });
    });
}

#[test]
fn the_first_send_after_a_connect_that_waited_makes_one_call() {
    counted(&[("sendto", 1)], || {
        let (full, address) = full_listener();
        let client = Arc::new(Socket::tcp(address.family()).unwrap());
        let connecting = Arc::clone(&client);
        let running = start_blocked(move || connecting.within(LIMIT).connect(&address));
        let _queued = full.0.within(LATE).accept().unwrap();
        running.result().unwrap();
        measured(|| client.within(LATE).send_all(b"x").unwrap());
    });
}

/// Nor does it change the descriptor's mode, which no one else can see.
#[test]
#[cfg_attr(polysock_portable, ignore = "the mode is changed by two calls")]
fn a_connect_within_the_machine_makes_two_calls() {
    counted(&[("connect", 6)], || {
        let (_listener, address) = listener(8);
        let clients = [Some(false), Some(true), None].map(|nonblocking| {
            let client = Socket::tcp(address.family()).unwrap();
            if let Some(nonblocking) = nonblocking {
                client.set_descriptor_nonblocking(nonblocking).unwrap();
            }
            client
        });
        measured(|| {
            for client in &clients {
                client.within(LATE).connect(&address).unwrap();
            }
        });
    });
}

#[test]
#[cfg_attr(polysock_portable, ignore = "the mode is changed by two calls")]
fn a_connect_on_a_number_that_was_told_puts_its_mode_back() {
    let expected = [("fcntl", 1), ("ioctl", 2), ("connect", 2), ("ppoll", 2)];
    counted(&expected, || {
        let (listener, address) = listener(8);
        // From the first wait on the thread has its wake-up descriptor.
        assert_eq!(kind(listener.within(ms(1)).accept()), Kind::TimedOut);
        let client = Socket::tcp(address.family()).unwrap();
        let _ = client.fileno().unwrap();
        measured(|| client.within(LATE).connect(&address).unwrap());
    });
}

#[test]
#[cfg_attr(polysock_portable, ignore = "the mode is changed by two calls")]
fn a_connection_by_name_within_the_machine_makes_five_calls() {
    let expected = [
        ("socket", 1),
        ("connect", 2),
        ("getsockopt", 1),
        ("getsockname", 1),
    ];
    counted(&expected, || {
        let (_listener, address) = listener(8);
        let port = address.port().unwrap();
        measured(|| {
            let client = polysock::create_connection("127.0.0.1", port, LATE).unwrap();
            std::mem::forget(client);
        });
    });
}

#[test]
fn an_accept_that_finds_a_connection_makes_one_call() {
    counted(&[("accept4", 4)], || {
        let (listener, address) = listener(8);
        assert_eq!(kind(listener.within(Duration::ZERO).accept()), Kind::WouldBlock);
        let _clients: Vec<_> = (0..4)
            .map(|_| {
                let client = Socket::tcp(address.family()).unwrap();
                client.within(LATE).connect(&address).unwrap();
                client
            })
            .collect();
        let mut accepted = Vec::with_capacity(4);
        measured(|| {
            for limit in [None, Some(LATE), None, Some(LATE)] {
                accepted.push(listener.within(limit).accept().unwrap());
            }
        });
    });
}

/// The row connect_accept of bench/c_socket.c: one call more than raw calls make, the second connect.
#[test]
#[cfg_attr(polysock_portable, ignore = "the mode is changed by two calls")]
fn a_connection_made_accepted_and_closed_makes_seven_calls() {
    let expected = [
        ("socket", 1),
        ("connect", 2),
        ("accept4", 1),
        ("setsockopt", 1),
        ("close", 2),
    ];
    counted(&expected, || {
        let (listener, address) = listener(8);
        listener.within(Duration::ZERO).accept().unwrap_err();
        measured(|| {
            let client = Socket::tcp(address.family()).unwrap();
            client.within(LATE).connect(&address).unwrap();
            let accepted = listener.within(LATE).accept_from(None).unwrap();
            client.set_linger(Some(Duration::ZERO)).unwrap();
            client.close().unwrap();
            drop(accepted);
        });
    });
}

/// The socket can't have another holder: its number was not given out, and there was no fork.
#[test]
fn a_close_that_wakes_a_call_looks_for_nobody() {
    counted_as(looks, &[], || {
        let (client, _server) = connection();
        let (client, receiving) = receiving(client);
        measured(|| client.close().unwrap());
        assert_eq!(kind(receiving.result()), Kind::Closed);
    });
}

/// So does closing a socket whose number was given out before: its calls wait where they can be woken without harm.
#[test]
fn a_close_of_a_number_that_was_told_looks_for_nobody() {
    counted_as(looks, &[], || {
        let (client, _server) = connection();
        let _ = client.fileno().unwrap();
        let (client, receiving) = receiving(client);
        measured(|| client.close().unwrap());
        assert_eq!(kind(receiving.result()), Kind::Closed);
    });
}

/// Each look begins with this link. What is found holds for all until the next fork.
#[test]
#[cfg_attr(polysock_portable, ignore = "who holds a socket is not looked up")]
fn closes_after_a_fork_share_one_look() {
    counted_as(look_begins, &[("look", 1)], move || {
        let (clients, _servers): (Vec<_>, Vec<_>) = (0..5).map(|_| connection()).unzip();
        let waiting: Vec<_> = clients.into_iter().map(receiving).collect();
        system::fork(|| ()).succeed();
        measured(|| waiting.iter().for_each(|(client, _)| client.close().unwrap()));
        for (_, receiving) in waiting {
            assert_eq!(kind(receiving.result()), Kind::Closed);
        }
    });
}

fn looks(line: &str) -> Option<&str> {
    // An fstat(2) with 32 bits.
    let of_descriptor = line.contains("statx(") && line.contains("AT_EMPTY_PATH");
    let looks = |call: &&str| ["openat", "getdents64", "readlink", "readlinkat", "statx"].contains(call);
    call(line).filter(looks).filter(|_| !of_descriptor)
}

fn look_begins(line: &str) -> Option<&str> {
    line.contains("\"/proc/self\"").then_some("look")
}

/// A socket, and a call that waits on it.
fn receiving(client: Socket) -> (Arc<Socket>, Running<polysock::Result<usize>>) {
    let client = Arc::new(client);
    let receiver = Arc::clone(&client);
    (client, start_blocked(move || receiver.recv(&mut [0; 1])))
}

/// Marks the calls to be counted: getppid, which nothing else here makes.
fn measured(section: impl FnOnce()) {
    let _ = parent_id();
    section();
    let _ = parent_id();
}

/// Runs `case` in this process if it is the one under strace; otherwise runs that process and counts its calls
/// between the marks.
fn counted<F: FnOnce() + Send + 'static>(expected: &[(&str, usize)], case: F) {
    counted_as(call, expected, case);
}

/// The same with what a line of strace counts as.
fn counted_as<F: FnOnce() + Send + 'static>(
    counts_as: impl Fn(&str) -> Option<&str>,
    expected: &[(&str, usize)],
    case: F,
) {
    if env::var_os(CASE).is_some() {
        return limited(case);
    }
    let name = test_of::<F>();
    if !can_trace(name) {
        return;
    }
    let file = format!(
        "polysock-{}-{}.strace",
        name.replace("::", "-"),
        std::process::id()
    );
    let log = env::temp_dir().join(file);
    let ran = Command::new("strace")
        .args(["-f", "-qq", "-e", "signal=none", "-o"])
        .arg(&log)
        .arg(env::current_exe().unwrap())
        .args([name, "--exact", "--test-threads=1"])
        .env(CASE, "1")
        .stdout(Stdio::null())
        .status();
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    let _ = std::fs::remove_file(&log);
    assert!(ran.unwrap().success(), "the traced process failed");
    let found = count(&text, counts_as);
    println!("{name}: {found:?}");
    let expected = expected
        .iter()
        .map(|(call, times)| ((*call).to_owned(), *times))
        .collect();
    assert_eq!(found, expected);
}

/// The calls of the marked thread between the marks. A call that another thread's line cuts in two is counted by
/// its beginning.
fn count(text: &str, counts_as: impl Fn(&str) -> Option<&str>) -> BTreeMap<String, usize> {
    let thread_of = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let marked = text
        .lines()
        .find(|line| line.contains("getppid("))
        .and_then(thread_of);
    let mut calls = BTreeMap::new();
    let lines = text.lines().filter(|line| thread_of(line) == marked);
    let after_mark = lines.skip_while(|line| !line.contains("getppid(")).skip(1);
    for line in after_mark.take_while(|line| !line.contains("getppid(")) {
        if let Some(what) = counts_as(line) {
            *calls.entry(what.to_owned()).or_insert(0) += 1;
        }
    }
    calls
}

/// The name of the call in a line of strace, under its 64-bit name: 32-bit systems have variants for wide times and numbers, and
/// recv and send besides recvfrom and sendto.
fn call(line: &str) -> Option<&str> {
    let (name, _) = line.split_whitespace().nth(1)?.split_once('(')?;
    Some(match name {
        "fcntl64" => "fcntl",
        "recv" => "recvfrom",
        "send" => "sendto",
        name => name.strip_suffix("_time64").unwrap_or(name),
    })
}
