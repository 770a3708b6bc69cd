//! Every kind of call that waits, and what it needs to have to wait.

use crate::support::{full_listener, listener, loopback, set_int, system, LATE};
use polysock::{
    poll, Address, Ancillary, Control, Error, Event, Events, Family, Flags, Kind, PollEntry, Poller,
    Protocol, RecvBuf, SendBuf, Socket, SocketType, Timeout, Trigger,
};
use std::fmt::Debug;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

/// One kind of call.
pub struct Case {
    pub name: &'static str,
    make: fn(&Stage) -> Ends,
    /// Calls until it is refused, and says why.
    pub call: fn(&Scene, Timeout) -> Kind,
}

macro_rules! cases {
    ($($name:literal $make:ident $call:ident;)*) => {
        &[$(Case { name: $name, make: $make, call: $call },)*]
    };
}

pub const CASES: &[Case] = cases! {
    "TCP recv" tcp recv;
    "TCP recv_exact" tcp recv_exact;
    "TCP recv_message" tcp recv_message;
    "TCP send" tcp send;
    "TCP send_all" tcp send_all;
    "TCP send_message" tcp send_message;
    "TCP sendfile" tcp sendfile;
    "TCP accept" tcp_listener accept;
    "TCP connect" tcp_unconnected connect;
    "UDP recv" udp recv;
    "UDP recv_from" udp recv_from;
    "UDP recv_message" udp recv_message;
    "Unix stream recv" unix_stream recv;
    "Unix stream recv_exact" unix_stream recv_exact;
    "Unix stream recv_message, descriptors" unix_stream_with_descriptors recv_descriptors;
    "Unix stream send" unix_stream send;
    "Unix stream send_all" unix_stream send_all;
    "Unix stream send_message, descriptors" unix_stream send_descriptors;
    "Unix stream sendfile" unix_stream sendfile;
    "Unix stream accept" unix_listener accept;
    "Unix stream connect" unix_unconnected connect;
    "Unix datagram recv" unix_datagram recv;
    "Unix datagram recv_from" unix_datagram recv_from;
    "Unix datagram send" unix_datagram send;
    "Unix datagram send_message, descriptors" unix_datagram send_descriptors;
    "Unix datagram recv_message, descriptors" unix_datagram_with_descriptors recv_descriptors;
    "Unix seqpacket recv" unix_seqpacket recv;
    "Unix seqpacket recv_message, descriptors" unix_seqpacket_with_descriptors recv_descriptors;
    "Unix seqpacket send" unix_seqpacket send;
    "Unix seqpacket send_message, descriptors" unix_seqpacket send_descriptors;
    "poll" tcp wait_in_poll;
    "Poller" tcp wait_in_poller;
};

/// The socket whose calls wait.
struct Ends {
    socket: Socket,
    peer: Option<Socket>,
    /// How many descriptors the peer has sent.
    sent: usize,
}

/// How many descriptors the peer has sent before a call that receives some.
const SENT: usize = 3;
/// What one call sends.
const PIECE: [u8; 16384] = [7; 16384];

/// What the rounds of one thread share.
pub struct Stage {
    listener: Socket,
    listener_address: Address,
    full_address: Address,
    unix_full_address: Address,
    file: OwnedFd,
    _full: ((Socket, Socket), (Socket, Socket)),
}

impl Stage {
    pub fn new() -> Self {
        let (listener, listener_address) = listener(16);
        set_int(&listener, libc::SO_RCVBUF, 8192);
        let (full, full_address) = full_listener();
        let unix_full = unix_listening(0);
        let unix_full_address = unix_full.local_address().unwrap();
        let unix_queued = unix();
        unix_queued.within(LATE).connect(&unix_full_address).unwrap();
        Self {
            listener,
            listener_address,
            full_address,
            unix_full_address,
            file: system::unnamed_file(&[9; 65536]).into(),
            _full: (full, (unix_full, unix_queued)),
        }
    }
}

/// What one round is played with.
pub struct Scene {
    pub socket: Socket,
    stage: Arc<Stage>,
    peer: Option<Socket>,
    poller: Poller,
    sent: usize,
    received: AtomicUsize,
}

impl Scene {
    pub fn new(stage: &Arc<Stage>, case: &Case, shared: bool) -> Self {
        let Ends {
            mut socket,
            peer,
            sent,
        } = (case.make)(stage);
        if shared {
            // An adopted socket may have another holder.
            socket = Socket::from_fd(socket.detach().unwrap()).unwrap();
        }
        Self {
            socket,
            stage: Arc::clone(stage),
            peer,
            poller: Poller::new().unwrap(),
            sent,
            received: AtomicUsize::new(0),
        }
    }

    /// A poller is not closed with its sockets: their registrations end, and it waits on.
    pub fn end_poller(&self) {
        self.poller.close();
    }

    /// Calls that were blocked have taken all descriptors there were; those that were not may have been too late.
    pub fn check(&self, blocked: bool) {
        let received = self.received.load(Ordering::Relaxed);
        assert!(received == self.sent || !blocked && received < self.sent);
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if let Some(peer) = &self.peer {
            // No TIME_WAIT: 100,000 rounds would use up the ports.
            peer.abort().unwrap();
        }
    }
}

fn alone(socket: Socket) -> Ends {
    Ends {
        socket,
        peer: None,
        sent: 0,
    }
}

fn tcp(stage: &Stage) -> Ends {
    let client = Socket::tcp(Family::IPV4).unwrap();
    set_int(&client, libc::SO_SNDBUF, 8192);
    client.within(LATE).connect(&stage.listener_address).unwrap();
    let (server, _) = stage.listener.within(LATE).accept().unwrap();
    Ends {
        peer: Some(server),
        ..alone(client)
    }
}

fn tcp_listener(_: &Stage) -> Ends {
    alone(listener(1).0)
}

fn tcp_unconnected(_: &Stage) -> Ends {
    alone(Socket::tcp(Family::IPV4).unwrap())
}

fn udp(_: &Stage) -> Ends {
    let socket = Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap();
    socket.bind(&loopback()).unwrap();
    alone(socket)
}

fn unix() -> Socket {
    Socket::new(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT).unwrap()
}

/// Bound to a name of the system's choice, and listening.
fn unix_listening(backlog: i32) -> Socket {
    let socket = unix();
    socket.bind(&Address::unix(b"").unwrap()).unwrap();
    socket.listen(backlog).unwrap();
    socket
}

fn unix_listener(_: &Stage) -> Ends {
    alone(unix_listening(1))
}

fn unix_unconnected(_: &Stage) -> Ends {
    alone(unix())
}

fn unix_pair(socket_type: SocketType) -> Ends {
    let (one, other) = Socket::pair(Family::UNIX, socket_type, Protocol::DEFAULT).unwrap();
    Ends {
        peer: Some(other),
        ..alone(one)
    }
}

fn unix_stream(_: &Stage) -> Ends {
    unix_pair(SocketType::STREAM)
}

fn unix_datagram(_: &Stage) -> Ends {
    unix_pair(SocketType::DATAGRAM)
}

fn unix_seqpacket(_: &Stage) -> Ends {
    unix_pair(SocketType::SEQPACKET)
}

fn unix_stream_with_descriptors(stage: &Stage) -> Ends {
    with_descriptors(stage, SocketType::STREAM)
}

fn unix_datagram_with_descriptors(stage: &Stage) -> Ends {
    with_descriptors(stage, SocketType::DATAGRAM)
}

fn unix_seqpacket_with_descriptors(stage: &Stage) -> Ends {
    with_descriptors(stage, SocketType::SEQPACKET)
}

fn with_descriptors(stage: &Stage, socket_type: SocketType) -> Ends {
    let ends = unix_pair(socket_type);
    for _ in 0..SENT {
        send_file(ends.peer.as_ref().unwrap(), stage, LATE.into()).unwrap();
    }
    Ends { sent: SENT, ..ends }
}

fn recv(scene: &Scene, limit: Timeout) -> Kind {
    refusal(scene.socket.within(limit).recv(&mut [0]))
}

fn recv_exact(scene: &Scene, limit: Timeout) -> Kind {
    refusal(scene.socket.within(limit).recv_exact(&mut [0; 8]))
}

fn recv_from(scene: &Scene, limit: Timeout) -> Kind {
    refusal(scene.socket.within(limit).recv_from(&mut [0; 8]))
}

fn recv_message(scene: &Scene, limit: Timeout) -> Kind {
    let (mut one, mut other) = ([0; 4], [0; 4]);
    let rooms = [RecvBuf::from(&mut one), RecvBuf::from(&mut other)];
    refusal(scene.socket.within(limit).recv_message(&rooms, 64, Flags::NONE))
}

fn send(scene: &Scene, limit: Timeout) -> Kind {
    first_refusal(|| scene.socket.within(limit).send(&PIECE))
}

fn send_all(scene: &Scene, limit: Timeout) -> Kind {
    first_refusal(|| scene.socket.within(limit).send_all(&PIECE))
}

fn send_message(scene: &Scene, limit: Timeout) -> Kind {
    let parts = [SendBuf::from(&PIECE), SendBuf::from(&PIECE)];
    first_refusal(|| {
        scene
            .socket
            .within(limit)
            .send_message(&parts, &[], None, Flags::NONE)
    })
}

fn send_descriptors(scene: &Scene, limit: Timeout) -> Kind {
    first_refusal(|| send_file(&scene.socket, &scene.stage, limit))
}

/// Sends a word with the stage's file beside it.
fn send_file(socket: &Socket, stage: &Stage, limit: Timeout) -> Result<usize, Error> {
    let control = [Control::rights(&[stage.file.as_fd()])?];
    socket
        .within(limit)
        .send_message(&[SendBuf::from("descriptor")], &control, None, Flags::NONE)
}

/// Receives descriptors until there are no more, and checks that they stand for the stage's file.
fn recv_descriptors(scene: &Scene, limit: Timeout) -> Kind {
    first_refusal(|| {
        let mut room = [0; 16];
        let rooms = [RecvBuf::from(&mut room)];
        let control = Ancillary::space(8).unwrap();
        let got = scene
            .socket
            .within(limit)
            .recv_message(&rooms, control, Flags::NONE)?;
        for message in &got.ancillary {
            let Ancillary::Rights(descriptors) = message else {
                panic!("{message:?}")
            };
            for fd in descriptors {
                assert_eq!(system::identity_of(fd), system::identity_of(&scene.stage.file));
                scene.received.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    })
}

fn sendfile(scene: &Scene, limit: Timeout) -> Kind {
    first_refusal(|| {
        scene
            .socket
            .within(limit)
            .sendfile(scene.stage.file.as_fd(), 0, None)
    })
}

fn accept(scene: &Scene, limit: Timeout) -> Kind {
    refusal(scene.socket.within(limit).accept())
}

fn connect(scene: &Scene, limit: Timeout) -> Kind {
    let address = if scene.socket.family() == Family::UNIX {
        &scene.stage.unix_full_address
    } else {
        &scene.stage.full_address
    };
    refusal(scene.socket.within(limit).connect(address))
}

/// Next to another socket that has no events.
fn wait_in_poll(scene: &Scene, limit: Timeout) -> Kind {
    let readable = |socket| PollEntry::new(socket, Events::READABLE);
    let mut entries = [
        readable(scene.peer.as_ref().unwrap()),
        readable(&scene.socket),
        readable(&scene.stage.listener),
    ];
    if poll(&mut entries, limit).unwrap() == 0 {
        return Kind::TimedOut;
    }
    assert_eq!(entries[1].revents, Events::INVALID);
    Kind::Closed
}

fn wait_in_poller(scene: &Scene, limit: Timeout) -> Kind {
    let added = scene
        .poller
        .add(&scene.socket, 1, Events::READABLE, Trigger::Level);
    // It was closed before, or another thread was first.
    let fine = |kind| matches!(kind, Kind::Closed | Kind::Os(libc::EEXIST));
    assert!(added.is_ok() || added.is_err_and(|error| fine(error.kind())));
    match scene.poller.wait(&mut [Event::default(); 4], limit) {
        Ok(0) => Kind::TimedOut,
        ended => refusal(ended),
    }
}

fn refusal<T: Debug>(result: Result<T, Error>) -> Kind {
    result.unwrap_err().kind()
}

/// Repeats a call until it is refused.
fn first_refusal<T>(mut call: impl FnMut() -> Result<T, Error>) -> Kind {
    for _ in 0..100_000 {
        if let Err(error) = call() {
            return error.kind();
        }
    }
    panic!("it is never refused")
}
