//! What the tests share: connections over loopback, threads known to be blocked, a time limit for each test.
#![allow(dead_code)] // each test binary uses a part
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)] // as in tests

pub mod alone;
#[cfg(target_os = "linux")]
pub mod filter;
pub mod random;
pub mod skipped;
#[cfg(all(target_os = "linux", target_arch = "x86"))]
pub mod socketcall;
pub mod system;

use polysock::{Address, CallHints, Caller, Error, Kind, Socket, Start, Stop};
use std::fmt::Debug;
use std::net::Ipv4Addr;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// No test takes longer on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(20);

/// How late a wake-up may be on a busy machine.
pub const LATE: Duration = Duration::from_secs(5);

pub fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Runs a test in its own thread and fails when it does not end.
pub fn limited(test: impl FnOnce() + Send + 'static) {
    let (end, ended) = mpsc::channel();
    let thread = thread::spawn(move || {
        test();
        let _ = end.send(());
    });
    match ended.recv_timeout(LIMIT) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("the test hangs"),
        _ => thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
    }
}

pub fn loopback() -> Address {
    (Ipv4Addr::LOCALHOST.into(), 0).into()
}

/// A listener on a port of the system's choice, and its address.
pub fn listener(backlog: i32) -> (Socket, Address) {
    let listener = Socket::tcp(loopback().family()).unwrap();
    listener.bind(&loopback()).unwrap();
    listener.listen(backlog).unwrap();
    let address = listener.local_address().unwrap();
    (listener, address)
}

/// Both ends of a TCP connection.
pub fn connection() -> (Socket, Socket) {
    let (listener, address) = listener(1);
    connect_to(&listener, &address)
}

pub fn connect_to(listener: &Socket, address: &Address) -> (Socket, Socket) {
    let client = Socket::tcp(address.family()).unwrap();
    client.within(LATE).connect(address).unwrap();
    let (server, _) = listener.within(LATE).accept().unwrap();
    (client, server)
}

/// Both ends of a connection whose buffers are small and stay small.
pub fn small_connection() -> (Socket, Socket) {
    let (listener, address) = listener(1);
    set_int(&listener, libc::SO_RCVBUF, 8192);
    let client = Socket::tcp(address.family()).unwrap();
    set_int(&client, libc::SO_SNDBUF, 8192);
    client.within(LATE).connect(&address).unwrap();
    let (server, _) = listener.within(LATE).accept().unwrap();
    (client, server)
}

/// A listener whose queue is full: a further connect gets no answer. Keep the first value.
pub fn full_listener() -> ((Socket, Socket), Address) {
    let (listener, address) = listener(0);
    let queued = Socket::tcp(address.family()).unwrap();
    queued.within(LATE).connect(&address).unwrap();
    ((listener, queued), address)
}

/// Both ends of a Unix socket pair of this type.
pub fn unix_pair(socket_type: i32) -> (Socket, Socket) {
    let [a, b] = system::socketpair(socket_type).map(|fd| Socket::from_fd(fd).unwrap());
    (a, b)
}

pub fn set_int(socket: &Socket, name: i32, value: i32) {
    socket
        .set_option(libc::SOL_SOCKET, name, &value.to_ne_bytes())
        .unwrap();
}

/// Sends until nothing fits any more, even when the kernel has had time to pass on what it has (it asks a full
/// peer again after 200 ms); returns how much was sent. Buffers that the system tunes may still grow later: see
/// [`small_connection`].
pub fn fill(socket: &Socket) -> usize {
    let mut done = 0;
    loop {
        match socket.within(ms(300)).send(&[7; 65536]) {
            Ok(count) => done += count,
            Err(error) => {
                assert_eq!(error.kind(), Kind::TimedOut);
                return done;
            }
        }
    }
}

pub fn kind<T: Debug>(result: Result<T, Error>) -> Kind {
    result.unwrap_err().kind()
}

/// What the system says about an errno.
pub fn text_of(errno: i32) -> String {
    let error = std::io::Error::from_raw_os_error(errno).to_string();
    error.split(" (os error").next().unwrap().to_owned()
}

/// Bytes that show their position.
pub fn pattern(count: usize) -> Vec<u8> {
    (0..count).map(|at| ((at + at / 251) % 256) as u8).collect()
}

/// A call running in another thread.
pub struct Running<T> {
    pub thread: system::Thread,
    pub observer: system::Observer,
    handle: JoinHandle<()>,
    end: Receiver<T>,
}

/// Starts a call in another thread.
pub fn start<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> Running<T> {
    let (tell_thread, its_thread) = mpsc::channel();
    let (tell_end, end) = mpsc::channel();
    let (go, wait_for_go) = mpsc::channel();
    let handle = thread::spawn(move || {
        tell_thread.send(system::Thread::current()).unwrap();
        wait_for_go.recv().unwrap();
        let _ = tell_end.send(call());
    });
    let thread = its_thread.recv().unwrap();
    let observer = system::Observer::of(thread);
    go.send(()).unwrap();
    Running {
        thread,
        observer,
        handle,
        end,
    }
}

/// Starts a call in another thread and waits until it sleeps in the kernel.
pub fn start_blocked<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> Running<T> {
    let running = start(call);
    running.wait_blocked();
    running
}

impl<T> Running<T> {
    /// Returns once the thread sleeps in a call that waits for a socket.
    pub fn wait_blocked(&self) {
        self.observer.wait_blocked();
    }

    /// The call's result; a call that does not end fails the test.
    pub fn result(self) -> T {
        match self.end.recv_timeout(LIMIT / 2) {
            Ok(result) => {
                self.handle.join().unwrap();
                result
            }
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("the call does not end"),
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                std::panic::resume_unwind(self.handle.join().unwrap_err());
            }
        }
    }

    /// The system call in which the thread waits, where the system reports it.
    pub fn system_call(&self) -> &'static str {
        self.observer.call().unwrap_or("none")
    }

    pub fn is_running(&self) -> bool {
        !self.handle.is_finished()
    }
}

/// Runs a call and returns how long it took.
pub fn timed<T>(call: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let result = call();
    (result, began.elapsed())
}

/// Checks again and again, with short naps, until a condition is true.
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + LIMIT / 2;
    while !so() {
        assert!(Instant::now() < end, "never: {what}");
        thread::sleep(Duration::from_micros(200));
    }
}

/// Keeps a call inside the socket, after a direct try that found nothing, until it is released and tries again.
pub struct HeldInside(Option<(mpsc::Sender<()>, mpsc::Receiver<()>)>);

/// The caller, what it sends once the call is inside, and what releases the call.
pub fn held_inside() -> (HeldInside, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (inside, is_inside) = mpsc::channel();
    let (release, released) = mpsc::channel();
    (HeldInside(Some((inside, released))), is_inside, release)
}

impl Caller for HeldInside {
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T {
        f()
    }

    fn check_signals(&mut self) -> Result<(), Stop> {
        Ok(())
    }

    fn start(&mut self, _: CallHints) -> Start {
        Start::Direct
    }

    fn try_again(&mut self) -> bool {
        let Some((inside, released)) = self.0.take() else {
            return false;
        };
        inside.send(()).unwrap();
        released.recv().unwrap();
        true
    }
}

/// Calls a function at each signal, and begins in the given way.
pub struct AtSignal<F: FnMut() -> Result<(), Stop>>(pub F, pub Start);

impl<F: FnMut() -> Result<(), Stop>> Caller for AtSignal<F> {
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T {
        f()
    }

    fn check_signals(&mut self) -> Result<(), Stop> {
        // A call that makes progress also asks now and then whether there was one.
        if system::take_signal() {
            (self.0)()
        } else {
            Ok(())
        }
    }

    fn start(&mut self, _: CallHints) -> Start {
        self.1
    }
}
