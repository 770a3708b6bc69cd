//! The peers: a process for each player, which forks another for each round, so that it can be killed.
//!
//! It uses none of the library but the getter of `TCP_INFO`.
#![allow(unsafe_code)]

use crate::control::Control;
use crate::plan::{Manner, Plan, LONG};
use crate::support::system;
use polysock::Socket;
use socket2::SockRef;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd};
use std::thread;
use std::time::Duration;

/// What a peer's process reports before it closes its socket or is killed.
#[derive(Clone, Debug)]
pub struct Report {
    /// How many bytes its program has read.
    pub read: u64,
    /// Whether it has read the end of our stream.
    pub end: bool,
    /// How many bytes its kernel had received (`tcpi_bytes_received`, which counts a FIN, too).
    pub received: u64,
    /// The error of its last call, or zero.
    pub error: i32,
}

impl Report {
    fn words(&self) -> String {
        format!(
            "report {} {} {} {}",
            self.read,
            u8::from(self.end),
            self.received,
            self.error
        )
    }

    pub fn parse(words: &str) -> Option<Self> {
        let mut words = words.strip_prefix("report ")?.split(' ');
        let mut next = || words.next().unwrap().parse::<u64>().unwrap();
        Some(Self {
            read: next(),
            end: next() == 1,
            received: next(),
            error: next() as i32,
        })
    }
}

/// Another process that plays the peer of one player's rounds.
pub struct Host {
    pub control: Control,
    /// Where it listens, and where its connections have receive buffers that stay small.
    addresses: [SocketAddr; 2],
    process: system::Child,
}

impl Host {
    /// Starts it, in this thread's namespace.
    pub fn start(address: Ipv4Addr, seed: u64) -> Self {
        let (control, hosts) = Control::pair();
        let listeners = [(); 2].map(|()| TcpListener::bind((address, 0)).unwrap());
        // Of a connection it must not be changed: a window that shrinks can keep acknowledgements out for ever.
        SockRef::from(&listeners[1]).set_recv_buffer_size(4096).unwrap();
        let addresses = listeners
            .each_ref()
            .map(|listener| listener.local_addr().unwrap());
        let parent = std::process::id();
        let process = system::fork(|| {
            die_with(parent);
            host(&listeners, &hosts, seed);
        });
        Self {
            control,
            addresses,
            process,
        }
    }

    /// Where the peer of this round listens.
    pub fn address(&self, plan: &Plan) -> SocketAddr {
        self.addresses[usize::from(plan.peer_has_little_room)]
    }

    pub fn stop(self) {
        self.control.say("stop");
        self.process.succeed();
    }
}

fn host(listeners: &[TcpListener; 2], control: &Control, seed: u64) {
    loop {
        let words = control.hear();
        if words == "stop" {
            return;
        }
        // What was said to the process of the last round after its end.
        let Some(number) = words.strip_prefix("play ") else {
            continue;
        };
        let plan = Plan::draw(seed, number.parse().unwrap());
        let listener = &listeners[usize::from(plan.peer_has_little_room)];
        let (connection, _) = listener.accept().unwrap();
        let parent = std::process::id();
        let process = system::fork(|| {
            die_with(parent);
            Peer {
                plan: &plan,
                control,
                connection,
            }
            .play();
        });
        let status = process.wait_without_limit();
        control.say(&format!("over {status}"));
    }
}

/// Has this process killed when its parent ends.
fn die_with(parent: u32) {
    // SAFETY: no memory is involved.
    system::check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) });
    // SAFETY: as before.
    if unsafe { libc::getppid() } as u32 != parent {
        system::exit();
    }
}

struct Peer<'a> {
    plan: &'a Plan,
    control: &'a Control,
    connection: TcpStream,
}

/// What has come from the stream.
#[derive(Clone, Copy, Default)]
struct Came {
    read: u64,
    end: bool,
    error: i32,
}

impl Peer<'_> {
    fn play(self) {
        self.control.say(&format!("ready {}", std::process::id()));
        self.control.hear_until("begin");
        let sent = self.write(&vec![b'p'; self.plan.peer_sends]);
        if self.plan.manner == Manner::HalfClosesFirst {
            let _ = self.connection.shutdown(Shutdown::Write);
        }
        let mut came = match self.plan.manner {
            Manner::SendsForever => self.send_forever(),
            Manner::HalfClosesAtTheSameTime => {
                self.control.hear_until("now");
                let _ = self.connection.shutdown(Shutdown::Write);
                self.read()
            }
            Manner::ClosesAtTheSameTime => {
                let came = self.read();
                self.control.hear_until("now");
                came
            }
            Manner::ReadsAllThenCloses
            | Manner::LingersThenCloses
            | Manner::HalfClosesFirst
            | Manner::ReadsAllStaysOpen
            | Manner::ReadsPartStaysOpen
            | Manner::ClosesWithUnreadInput
            | Manner::KilledAfterReadingAll
            | Manner::KilledWithUnreadInput
            | Manner::Resets => self.read(),
        };
        if let Err(error) = sent {
            came.error = error;
        }
        thread::sleep(self.plan.peer_pauses);
        self.end(came);
    }

    fn end(self, came: Came) {
        let socket = SockRef::from(&self.connection);
        match self.plan.manner {
            Manner::ReadsAllThenCloses
            | Manner::HalfClosesFirst
            | Manner::HalfClosesAtTheSameTime
            | Manner::ClosesAtTheSameTime => {
                self.report(came);
            }
            Manner::LingersThenCloses => {
                socket.set_linger(Some(Duration::from_secs(1))).unwrap();
                self.report(came);
            }
            Manner::ReadsAllStaysOpen | Manner::ReadsPartStaysOpen | Manner::SendsForever => {
                self.control.hear_until("verdict");
                self.report(came);
            }
            Manner::ClosesWithUnreadInput => {
                self.wait_for_input();
                self.report(came);
            }
            Manner::KilledAfterReadingAll => {
                self.report(came);
                be_killed();
            }
            Manner::KilledWithUnreadInput => {
                self.wait_for_input();
                self.report(came);
                be_killed();
            }
            Manner::Resets => {
                socket.set_linger(Some(Duration::ZERO)).unwrap();
                self.report(came);
            }
        }
    }

    /// Sends while it reads, until the connection fails or there is a verdict.
    fn send_forever(&self) -> Came {
        // Some as fast as they can, to the limit; most with naps.
        let nap = Duration::from_millis(match self.plan.deadline {
            LONG => 0,
            _ => 1 + self.plan.peer_pauses.as_micros() as u64 % 8,
        });
        self.connection
            .set_write_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        thread::scope(|scope| {
            let reading = scope.spawn(|| self.read());
            while self.write(&[b'p'; 8192]).is_ok() {
                thread::sleep(nap);
            }
            reading.join().unwrap()
        })
    }

    fn write(&self, data: &[u8]) -> Result<(), i32> {
        (&self.connection)
            .write_all(data)
            .map_err(|error| error.raw_os_error().unwrap_or(-1))
    }

    /// Reads as much as planned, or to the end.
    fn read(&self) -> Came {
        let mut buffer = vec![0; 64 << 10];
        let mut came = Came::default();
        while (came.read as usize) < self.plan.peer_reads {
            let room = buffer.len().min(self.plan.peer_reads - came.read as usize);
            match (&self.connection).read(&mut buffer[..room]) {
                Ok(0) => {
                    came.end = true;
                    break;
                }
                Ok(bytes) => came.read += bytes as u64,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    came.error = error.raw_os_error().unwrap_or(-1);
                    break;
                }
            }
        }
        came
    }

    /// Until there is something to read, if anything comes at all.
    fn wait_for_input(&self) {
        let mut fd = libc::pollfd {
            fd: self.connection.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: `fd` is ours.
        unsafe { libc::poll(&raw mut fd, 1, 300) };
    }

    fn report(&self, came: Came) {
        let socket = Socket::from_fd(self.connection.as_fd().try_clone_to_owned().unwrap()).unwrap();
        let received = socket.tcp_info().unwrap().bytes_received.unwrap();
        let report = Report {
            read: came.read,
            end: came.end,
            received,
            error: came.error,
        };
        self.control.say(&report.words());
    }
}

fn be_killed() -> ! {
    system::kill(std::process::id() as i32);
    unreachable!();
}
