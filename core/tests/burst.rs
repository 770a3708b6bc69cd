//! More connections at once than a callback server handles: each is served or refused, none is lost, and neither memory
//! nor threads grow with their number. The server is a separate process, so that its memory can be measured.
//!
//! `POLYSOCK_BURST` says how many (`make soak`: 10,000), `POLYSOCK_BURST_SERVER` names another server program, which
//! prints its port, serves until the end of its input, and then prints how many connections it has handled.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

fn main() {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        burst::serve();
    } else {
        burst::served();
        burst::stopped();
    }
}

mod burst {
    use super::support::alone::this_program;
    use super::support::*;
    use polysock::{
        Address, Error, Event, Events, Kind, Poller, ServeOptions, Server, Socket, Trigger, Trouble,
    };
    use std::env;
    use std::io::{self, BufRead, BufReader, Read};
    use std::process::{Child, ChildStdout, Command, Stdio};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    /// Connections at once where the environment says nothing.
    const FEW: usize = 1000;
    /// What the server handles at once.
    const LIMIT_OF_SERVER: usize = 100;
    /// How many connections may wait in the kernel: fewer than there are, so that it, too, has to refuse some for a while.
    const BACKLOG: i32 = 512;
    /// SYNs that find the queue full are repeated after 1, 3, 7 and 15 s.
    const PATIENCE: Duration = Duration::from_secs(60);
    /// A process grows a little by what it does for the first time.
    const FLAT: u64 = 2048;

    /// The server process: answers eight bytes with the same.
    pub fn serve() {
        let handled = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&handled);
        let (listener, address) = listener(BACKLOG);
        let handler = move |connection: &Arc<Socket>, _: &Address| {
            let mut number = [0; 8];
            connection.within(PATIENCE).recv_exact(&mut number)?;
            connection.send_all(&number)?;
            counted.fetch_add(1, Ordering::SeqCst);
            Ok::<_, Error>(())
        };
        let mut options = ServeOptions::default();
        options.max_connections = LIMIT_OF_SERVER;
        let failed = |trouble: Trouble<Error>, peer: Option<&Address>| {
            // A client that has already reported its own failure does not count.
            if !matches!(trouble, Trouble::Woken(_)) {
                eprintln!("{peer:?}: {trouble}");
            }
        };
        let server = Server::start(listener, options, handler, failed).unwrap();
        println!("{}", address.port().unwrap());
        io::stdin().read_to_end(&mut Vec::new()).unwrap();
        let running = server.stop(Duration::from_millis(500)).unwrap();
        println!("{}", handled.load(Ordering::SeqCst));
        assert_eq!(running, 0);
    }

    struct Process {
        child: Child,
        output: BufReader<ChildStdout>,
        address: Address,
    }

    /// What /proc reports about the server: kB in memory, kB at most, threads.
    #[derive(Clone, Copy, Debug)]
    struct Size {
        resident: u64,
        peak: u64,
        threads: u64,
    }

    impl Process {
        fn start() -> Self {
            let mut command = match env::var("POLYSOCK_BURST_SERVER") {
                Ok(words) => {
                    let mut command = Command::new("sh");
                    command.args(["-c", &format!("exec {words} {LIMIT_OF_SERVER} {BACKLOG}")]);
                    command
                }
                Err(_) => {
                    let mut command = this_program();
                    command.arg("serve");
                    command
                }
            };
            let mut child = command
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut output = BufReader::new(child.stdout.take().unwrap());
            let port = number(&mut output);
            Self {
                child,
                output,
                address: (loopback().ip().unwrap(), u16::try_from(port).unwrap()).into(),
            }
        }

        /// Its size, where there is a /proc.
        fn size(&self) -> Option<Size> {
            let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
            let status = if cfg!(target_os = "linux") {
                status.unwrap()
            } else {
                status.ok()?
            };
            let of = |name: &str| {
                let line = status.lines().find(|line| line.starts_with(name)).unwrap();
                line.split_whitespace().nth(1).unwrap().parse().unwrap()
            };
            Some(Size {
                resident: of("VmRSS:"),
                peak: of("VmHWM:"),
                threads: of("Threads:"),
            })
        }

        fn end_input(&mut self) {
            drop(self.child.stdin.take());
        }

        /// Ends the server; how many connections it has handled.
        fn handled(mut self) -> usize {
            self.end_input();
            let handled = number(&mut self.output);
            assert!(self.child.wait().unwrap().success());
            handled
        }
    }

    impl Drop for Process {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    fn number(output: &mut BufReader<ChildStdout>) -> usize {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        line.trim().parse().unwrap()
    }

    /// What became of the clients.
    #[derive(Clone, Copy, Debug, Default)]
    struct Ends {
        served: usize,
        /// Told so by the system: refused, reset, or the end of the stream in the place of an answer.
        refused: usize,
    }

    enum Client {
        Connecting(Socket),
        Asking(Socket),
        Over,
    }

    /// Connects that many clients at once and sees each to its end, looking at the server meanwhile.
    fn burst(server: &mut Process, count: usize, mut look: impl FnMut(&mut Process, Ends)) -> Ends {
        let poller = Poller::new().unwrap();
        let mut ends = Ends::default();
        let mut clients: Vec<_> = (0..count as u64)
            .map(|number| {
                let client = Socket::tcp(server.address.family()).unwrap();
                match client.within(Duration::ZERO).connect(&server.address) {
                    Ok(()) => {}
                    Err(error) if error.kind() == Kind::InProgress => {}
                    Err(error) => panic!("{error}"),
                }
                poller
                    .add(&client, number, Events::WRITABLE, Trigger::Level)
                    .unwrap();
                Client::Connecting(client)
            })
            .collect();
        let end = Instant::now() + PATIENCE;
        let mut events = [Event::default(); 256];
        while ends.served + ends.refused < count {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "some are lost: {ends:?} of {count}");
            let found = poller.wait(&mut events, ms(20).min(left)).unwrap();
            for event in &events[..found] {
                let client = &mut clients[event.token as usize];
                match go_on(client, event.token, &poller) {
                    Ok(false) => {}
                    Ok(true) => ends.served += 1,
                    Err(Kind::Os(
                        libc::ECONNREFUSED
                        | libc::ECONNRESET
                        | libc::EPIPE
                        | libc::ETIMEDOUT
                        | libc::ENOTCONN,
                    )) => ends.refused += 1,
                    Err(Kind::EndOfStream) => ends.refused += 1,
                    Err(other) => panic!("{other:?}"),
                }
            }
            look(server, ends);
        }
        ends
    }

    /// The next that a client does; true when it was served.
    fn go_on(client: &mut Client, number: u64, poller: &Poller) -> Result<bool, Kind> {
        let (next, result) = match std::mem::replace(client, Client::Over) {
            Client::Connecting(socket) => {
                let asked = match socket.take_error() {
                    Ok(None) => socket.send_all(&number.to_ne_bytes()),
                    Ok(Some(kind)) => return Err(kind),
                    Err(error) => Err(error),
                };
                asked.map_err(|error| error.kind())?;
                poller
                    .modify(&socket, number, Events::READABLE, Trigger::Level)
                    .unwrap();
                (Client::Asking(socket), Ok(false))
            }
            Client::Asking(socket) => {
                let mut answer = [0; 8];
                let received = socket.within(LATE).recv_exact(&mut answer);
                received.map_err(|error| error.kind())?;
                assert_eq!(u64::from_ne_bytes(answer), number, "somebody else's answer");
                let after = socket.within(LATE).recv(&mut answer);
                assert_eq!(after, Ok(0), "no end of stream after the answer");
                (Client::Over, Ok(true))
            }
            Client::Over => (Client::Over, Ok(false)),
        };
        *client = next;
        result
    }

    fn count() -> usize {
        let wanted = env::var("POLYSOCK_BURST").map_or(FEW, |count| count.parse().unwrap());
        system::room_for_descriptors(wanted)
    }

    pub fn served() {
        let mut server = Process::start();
        let fresh = server.size();
        fill_all_threads(&server);
        let before = server.size();
        let (began, mut looked, mut most) = (Instant::now(), Instant::now(), 0);
        let ends = burst(&mut server, count(), |server, _| {
            if looked.elapsed() > ms(5) {
                most = most.max(server.size().map_or(0, |size| size.threads));
                looked = Instant::now();
            }
        });
        let (took, after) = (began.elapsed(), server.size());
        println!(
            "{} connections at once against {LIMIT_OF_SERVER}, backlog {BACKLOG}: {} served, {} refused, 0 lost in {:.2} s",
            count(),
            ends.served,
            ends.refused,
            took.as_secs_f64(),
        );
        assert_eq!(ends.served, count(), "{ends:?}");
        if let (Some(fresh), Some(before), Some(after)) = (fresh, before, after) {
            println!(
                "{most} threads at most; resident {} kB when idle, {} kB with all threads, {} kB after the burst, {} kB at most",
                fresh.resident, before.resident, after.resident, after.peak
            );
            assert!(most <= LIMIT_OF_SERVER as u64 + 2, "{most} threads");
            assert!(after.peak <= before.resident + FLAT, "{before:?} {after:?}");
        }
        assert_eq!(server.handled(), LIMIT_OF_SERVER + ends.served);
    }

    /// Holds as many connections as it handles at once.
    fn fill_all_threads(server: &Process) {
        let clients: Vec<_> = (0..LIMIT_OF_SERVER)
            .map(|_| {
                let client = Socket::tcp(server.address.family()).unwrap();
                client.within(LATE).connect(&server.address).unwrap();
                client.send_all(b"half").unwrap();
                client
            })
            .collect();
        until("it has all threads", || {
            server
                .size()
                .is_none_or(|size| size.threads > LIMIT_OF_SERVER as u64)
        });
        for client in clients {
            client.send_all(b"rest").unwrap();
            client.within(LATE).recv_exact(&mut [0; 8]).unwrap();
        }
    }

    /// The server is stopped in the middle.
    pub fn stopped() {
        let mut server = Process::start();
        let count = count() / 2;
        let ends = burst(&mut server, count, |server, ends| {
            if ends.served > count / 10 {
                server.end_input();
            }
        });
        println!(
            "{count} connections at once and the server stopped in the middle: {} served, {} refused, 0 lost",
            ends.served, ends.refused
        );
        let handled = server.handled();
        // Of an answer that was sent the client may have seen a reset in its place.
        assert!(handled >= ends.served, "{handled} {ends:?}");
    }
}
