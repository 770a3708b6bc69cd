//! Linux.

pub mod number;
mod port_states;

pub use port_states::tcp_states_at;

use crate::credentials::Credentials;
use crate::sys::control::{ucred, UCRED};
use crate::sys::{direct, unix};
use crate::tcp_info::linux::{offset, Answer};
use crate::tcp_info::TcpInfo;
use crate::tcp_state::TcpState;
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Never raise SIGPIPE: a flag of each send.
pub const NO_SIGNAL: libc::c_int = libc::MSG_NOSIGNAL;

/// The poll event of a peer that ended its stream.
pub const PEER_ENDED: i16 = libc::POLLRDHUP;

/// The flag with which a receive returns the whole length of a datagram, however much of it fits (recv(2), `MSG_TRUNC`).
pub const WHOLE_LENGTH: Option<libc::c_int> = Some(libc::MSG_TRUNC);

/// The factor between a socket buffer's requested and reported size: the kernel doubles it (socket(7)).
pub const BUFFER_FACTOR: usize = 2;

/// Whether connect(2) on a TCP socket that has begun to connect reports how that ended, and makes the result final.
pub const CONNECT_AGAIN_TELLS_THE_END: bool = true;

/// The options of `SOL_SOCKET` that limit how long a receive waits, in a `timeval` with the C library's time and with one of
/// 64 bits (`SO_RCVTIMEO_NEW`).
pub const RECEIVE_LIMITS: [libc::c_int; 2] = [libc::SO_RCVTIMEO, 66];

/// Those that limit how long a send waits.
pub const SEND_LIMITS: [libc::c_int; 2] = [libc::SO_SNDTIMEO, 67];

/// The poll event that shows that both streams of a connection have ended, which a socket that has never had one does not
/// show.
pub const BOTH_ENDED: i16 = libc::POLLRDHUP;

/// Whether [`send_queue`] knows what the peer of a Unix socket has not received.
pub const COUNTS_UNIX_QUEUES: bool = true;

/// The values of [`number::DONT_FRAGMENT`]: routers may fragment datagrams (`IP_PMTUDISC_DONT`), and must not
/// (`IP_PMTUDISC_DO`).
pub const MAY_FRAGMENT: libc::c_int = 0;
pub const MUST_NOT_FRAGMENT: libc::c_int = 2;

/// The room for the answer to [`number::PEER_CREDENTIALS`], a `struct ucred`.
pub const PEER_CREDENTIALS_ROOM: usize = UCRED;

/// Reads that answer.
pub fn peer_credentials(answer: &[u8]) -> Option<Credentials> {
    ucred(answer)
}

/// Makes a socket that another program or library created never raise SIGPIPE: each send has a flag for that.
#[inline]
pub fn suppress_sigpipe(_: BorrowedFd<'_>) {}

/// The protocol of a socket (`SO_PROTOCOL`).
pub fn protocol(fd: BorrowedFd<'_>) -> io::Result<libc::c_int> {
    unix::get_int(fd, libc::SOL_SOCKET, libc::SO_PROTOCOL)
}

/// Whether an IP socket speaks TCP. The kernel is asked because a program can be made to use MPTCP behind its back, whose
/// subflows say nothing.
pub fn is_tcp(fd: BorrowedFd<'_>) -> io::Result<bool> {
    protocol(fd).map(|protocol| protocol == libc::IPPROTO_TCP)
}

/// The state of a TCP connection as the kernel numbers it, the first byte of `struct tcp_info`.
pub fn tcp_state(fd: BorrowedFd<'_>) -> io::Result<TcpState> {
    let mut state = [0_u8; 1];
    unix::get_option(fd, libc::IPPROTO_TCP, libc::TCP_INFO, &mut state)?;
    let [state] = state;
    Ok(TcpState(state))
}

/// The statistics of a TCP connection (`TCP_INFO`).
pub fn tcp_info(fd: BorrowedFd<'_>) -> io::Result<TcpInfo> {
    let mut room = [0; offset::END];
    let length = unix::get_option(fd, libc::IPPROTO_TCP, libc::TCP_INFO, &mut room)?;
    let answer = Answer(room.get(..length).unwrap_or(&room));
    TcpInfo::read(answer).ok_or_else(|| io::Error::from_raw_os_error(libc::EOPNOTSUPP))
}

/// How much of what was sent the peer has not acknowledged (`SIOCOUTQ`, tcp(7)), including what was not sent yet. The end of
/// a TCP stream counts as one byte. For a Unix socket: the memory of what the peer has not received, which is more than
/// its bytes.
pub fn send_queue(fd: BorrowedFd<'_>) -> io::Result<u64> {
    count(fd, libc::TIOCOUTQ) // the same number
}

/// How much of it was not sent yet (`SIOCOUTQNSD`, linux/sockios.h). TCP only.
pub fn unsent(fd: BorrowedFd<'_>) -> io::Result<u64> {
    const SIOCOUTQNSD: libc::Ioctl = 0x894b;
    count(fd, SIOCOUTQNSD)
}

fn count(fd: BorrowedFd<'_>, request: libc::Ioctl) -> io::Result<u64> {
    let mut count: libc::c_int = 0;
    // SAFETY: both requests write one int, which `count` is.
    unix::check(unsafe { libc::ioctl(fd.as_raw_fd(), request, &raw mut count) })?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// What stands for this machine since it was last started.
pub fn boot_id() -> String {
    let mut room = [0; 64];
    String::from_utf8_lossy(direct::read_beginning(
        c"/proc/sys/kernel/random/boot_id",
        &mut room,
    ))
    .into_owned()
}

/// Identifies the network namespace of this process.
pub fn network_namespace() -> Option<String> {
    let link = std::fs::read_link("/proc/self/ns/net").ok()?;
    link.into_os_string().into_string().ok()
}

/// Names this thread; only the first 15 bytes are used.
pub fn name_thread(name: &CStr) {
    // SAFETY: the name ends with NUL.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
}

/// Passes this thread's name on: the one that it was given, or else the program's.
pub fn thread_name(found: impl FnOnce(&str)) {
    let mut name = [0_u8; 16];
    // SAFETY: `name` has the room that the kernel writes to, which ends with NUL.
    if unsafe { libc::prctl(libc::PR_GET_NAME, name.as_mut_ptr()) } == 0 {
        let name = CStr::from_bytes_until_nul(&name).unwrap_or_default();
        found(&name.to_string_lossy());
    }
}
