//! What the tests of options share.

use polysock::{
    CallHints, Caller, Error, Family, Kind, Protocol, Result, Socket, SocketType, Start, Stop, Timeout,
};
use std::mem::MaybeUninit;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::os::fd::OwnedFd;
use std::time::Duration;

use crate::support::alone::{test_of, this_program_by};
pub use crate::support::fill;
pub use crate::support::skipped::{can_have_a_network, skip};

/// The deadline of what must happen.
pub const SOON: Duration = Duration::from_secs(20);
/// How long to look for what must not happen. It never makes a good library fail, only a bad one pass.
pub const A_MOMENT: Duration = Duration::from_millis(100);

pub const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub const LOCALHOST_V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

pub fn tcp() -> Socket {
    Socket::tcp(Family::IPV4).unwrap()
}

pub fn tcp_v6() -> Socket {
    Socket::tcp(Family::IPV6).unwrap()
}

pub fn udp() -> Socket {
    Socket::new(Family::IPV4, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap()
}

pub fn udp_v6() -> Socket {
    Socket::new(Family::IPV6, SocketType::DATAGRAM, Protocol::DEFAULT).unwrap()
}

pub fn unix() -> Socket {
    Socket::new(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT).unwrap()
}

pub fn has_ipv6(name: &str) -> bool {
    let there = UdpSocket::bind("[::1]:0").is_ok();
    if !there {
        skip(name, "IPv6");
    }
    there
}

pub fn port(socket: &Socket) -> u16 {
    socket.local_address().unwrap().port().unwrap()
}

/// A listener on 127.0.0.1 that was made ready by `prepare` before it began to listen.
pub fn listener(prepare: impl FnOnce(&Socket)) -> Socket {
    let socket = tcp();
    prepare(&socket);
    socket.bind(&(LOCALHOST, 0).into()).unwrap();
    socket.listen(16).unwrap();
    socket
}

pub fn connect(socket: &Socket, listener: &Socket) -> Result<()> {
    socket.within(SOON).connect(&(LOCALHOST, port(listener)).into())
}

/// A connection: client and accepted end, both made ready before.
pub fn pair_with(client: impl FnOnce(&Socket), server: impl FnOnce(&Socket)) -> (Socket, Socket) {
    let listener = listener(server);
    let socket = tcp();
    client(&socket);
    connect(&socket, &listener).unwrap();
    let (accepted, _) = listener.within(SOON).accept().unwrap();
    (socket, accepted)
}

pub fn pair() -> (Socket, Socket) {
    pair_with(|_| (), |_| ())
}

/// Receives what one call returns, within a generous deadline.
pub fn receive(socket: &Socket) -> Vec<u8> {
    let mut room = [0; 2048];
    let count = socket.within(SOON).recv(&mut room[..]).unwrap();
    room[..count].to_vec()
}

/// Whether nothing is there to be received, without waiting.
pub fn is_empty(socket: &Socket) -> bool {
    let mut room = [0; 1];
    let result = socket.within(Timeout::NonBlocking).peek(&mut room[..]);
    kind(result) == Some(Kind::WouldBlock)
}

pub fn kind<T>(result: Result<T>) -> Option<Kind> {
    result.err().map(|error: Error| error.kind())
}

#[track_caller]
pub fn assert_invalid<T: std::fmt::Debug>(result: Result<T>, argument: &'static str) {
    assert_eq!(kind(result), Some(Kind::InvalidInput(argument)));
}

/// A UDP socket twice: for the standard library, and for what is tested.
pub fn shared_udp(address: &str) -> (UdpSocket, Socket) {
    let standard = UdpSocket::bind(address).unwrap();
    standard.set_read_timeout(Some(SOON)).unwrap();
    let copy: OwnedFd = standard.try_clone().unwrap().into();
    (standard, Socket::from_fd(copy).unwrap())
}

/// Receives one datagram and returns its ancillary data of this level and type.
#[allow(unsafe_code)]
pub fn ancillary(socket: &UdpSocket, level: i32, kind: i32) -> Option<Vec<u8>> {
    #[repr(align(8))]
    struct Control([MaybeUninit<u8>; 512]);
    let mut data = [MaybeUninit::new(0); 2048];
    let mut control = Control([MaybeUninit::new(0); 512]);
    let mut buffers = [socket2::MaybeUninitSlice::new(&mut data)];
    let mut message = socket2::MsgHdrMut::new()
        .with_buffers(&mut buffers)
        .with_control(&mut control.0);
    socket2::SockRef::from(socket).recvmsg(&mut message, 0).unwrap();
    let length = message.control_len();
    // SAFETY: the header is plain numbers and pointers.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_control = control.0.as_mut_ptr().cast();
    header.msg_controllen = length as _;
    // SAFETY: the header's control messages are what the kernel wrote to `control`, which outlives these steps.
    let mut at = unsafe { libc::CMSG_FIRSTHDR(&raw const header) };
    while !at.is_null() {
        // SAFETY: as above.
        let (message, data) = unsafe { (at.read(), libc::CMSG_DATA(at)) };
        if (message.cmsg_level, message.cmsg_type) == (level, kind) {
            #[allow(clippy::unnecessary_cast)] // not everywhere of this type
            // SAFETY: only a number is computed.
            let length = message.cmsg_len as usize - unsafe { libc::CMSG_LEN(0) } as usize;
            // SAFETY: as above, and every byte was set when it was made.
            return Some(unsafe { std::slice::from_raw_parts(data, length) }.to_vec());
        }
        // SAFETY: as above.
        at = unsafe { libc::CMSG_NXTHDR(&raw const header, at) };
    }
    None
}

/// A caller that always waits for readiness first.
pub struct Waits;

impl Caller for Waits {
    fn block<T: Send>(&mut self, f: impl FnOnce() -> T + Send) -> T {
        f()
    }

    fn check_signals(&mut self) -> std::result::Result<(), Stop> {
        Ok(())
    }

    fn start(&mut self, _: CallHints) -> Start {
        Start::Waiting
    }
}

/// Runs `body` in a separate network namespace, where `setup` (for sh) has run: this test program starts itself
/// again there for the one test that contains `body`. Skipped where that is not allowed.
pub fn in_namespace<F: FnOnce()>(setup: &str, body: F) {
    const INSIDE: &str = "POLYSOCK_TEST_NAMESPACE";
    const NO_SETUP: i32 = 77;
    let name = test_of::<F>();
    if std::env::var_os(INSIDE).is_some_and(|inside| inside == name) {
        body();
        return;
    }
    if !can_have_a_network(name) {
        return;
    }
    let script = format!("{{ {setup}; }} || exit {NO_SETUP}; exec \"$0\" \"$@\"");
    let output = this_program_by(&["unshare", "-n", "sh", "-c", &script])
        .args(["--exact", name, "--nocapture"])
        .env(INSIDE, name)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(NO_SETUP) {
        return skip(name, &format!("a kernel that allows `{setup}`: {}", told.trim()));
    }
    assert!(output.status.success(), "in the namespace: {told}");
    let ran = String::from_utf8_lossy(&output.stdout).contains("1 passed");
    assert!(ran, "no test of the name {name} ran in the namespace");
}
