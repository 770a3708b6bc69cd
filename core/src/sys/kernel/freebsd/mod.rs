//! FreeBSD.

pub mod number;

pub use super::bsd::{
    unsent, BUFFER_FACTOR, COUNTS_UNIX_QUEUES, MAY_FRAGMENT, MUST_NOT_FRAGMENT, PEER_CREDENTIALS_ROOM,
    RECEIVE_LIMITS, SEND_LIMITS, WHOLE_LENGTH,
};

use super::bsd::{is_gone, own_end_is_unacknowledged, system_variable, tcp_state_from};
use crate::credentials::Credentials;
use crate::sys::unix;
use crate::tcp_info::TcpInfo;
use crate::tcp_state::TcpState;
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

/// Never raise SIGPIPE: a flag of each send.
pub const NO_SIGNAL: libc::c_int = libc::MSG_NOSIGNAL;

/// The poll event of a peer that ended its stream (FreeBSD 14; older systems never report it).
pub const PEER_ENDED: i16 = libc::POLLRDHUP;

/// The poll event that shows that both streams of a connection have ended, which a socket that has never had one does not
/// show.
pub const BOTH_ENDED: i16 = libc::POLLHUP;

/// No: another connect(2) is a new one.
pub const CONNECT_AGAIN_TELLS_THE_END: bool = false;

/// Reads the answer to [`number::PEER_CREDENTIALS`]: the process (FreeBSD 13), the user and the first group.
pub fn peer_credentials(answer: &[u8]) -> Option<Credentials> {
    let number = |at: usize| answer.get(at..at + 4)?.try_into().ok();
    Some(Credentials {
        pid: i32::from_ne_bytes(number(std::mem::offset_of!(
            libc::xucred,
            cr_pid__c_anonymous_union
        ))?),
        uid: u32::from_ne_bytes(number(std::mem::offset_of!(libc::xucred, cr_uid))?),
        gid: u32::from_ne_bytes(number(std::mem::offset_of!(libc::xucred, cr_groups))?),
    })
}

/// Makes a socket that another program or library created never raise SIGPIPE: each send has a flag for that.
pub fn suppress_sigpipe(_: BorrowedFd<'_>) {}

/// The protocol of a socket (`SO_PROTOCOL`).
pub fn protocol(fd: BorrowedFd<'_>) -> io::Result<libc::c_int> {
    unix::get_int(fd, libc::SOL_SOCKET, libc::SO_PROTOCOL)
}

/// Whether an IP socket speaks TCP.
pub fn is_tcp(fd: BorrowedFd<'_>) -> io::Result<bool> {
    protocol(fd).map(|protocol| protocol == libc::IPPROTO_TCP)
}

/// The state of a TCP connection, the first byte of `struct tcp_info`.
pub fn tcp_state(fd: BorrowedFd<'_>) -> io::Result<TcpState> {
    let mut room = [0_u8; size_of::<libc::tcp_info>()];
    match unix::get_option(fd, libc::IPPROTO_TCP, libc::TCP_INFO, &mut room) {
        Ok(_) => Ok(tcp_state_from(room.first().copied().unwrap_or(0))),
        Err(error) if is_gone(&error) => Ok(TcpState::CLOSED),
        Err(error) => Err(error),
    }
}

/// The states of the TCP sockets with a local port: netstat(1) shows them, but there is no stable interface.
pub fn tcp_states_at(_: u16, _: impl FnMut(TcpState)) {}

/// The statistics of a TCP connection (`TCP_INFO`; times in microseconds, windows in bytes).
pub fn tcp_info(fd: BorrowedFd<'_>) -> io::Result<TcpInfo> {
    // SAFETY: the structure is plain numbers, for which zero is a value.
    let mut info: libc::tcp_info = unsafe { std::mem::zeroed() };
    // SAFETY: as bytes it is ours to write, and every byte is a value.
    let bytes = unsafe { std::slice::from_raw_parts_mut((&raw mut info).cast::<u8>(), size_of_val(&info)) };
    match unix::get_option(fd, libc::IPPROTO_TCP, libc::TCP_INFO, bytes) {
        Err(error) if is_gone(&error) => return Ok(TcpInfo::UNKNOWN),
        length => length?,
    };
    let microseconds = |time: u32| Duration::from_micros(time.into());
    // TCPI_OPT_…
    let has = |option: u8| info.tcpi_options & option != 0;
    let segment = info.tcpi_snd_mss.max(1);
    Ok(TcpInfo {
        state: tcp_state_from(info.tcpi_state),
        timestamps: has(1),
        sack: has(2),
        window_scaling: has(4),
        ecn: has(8),
        // Two halves of one byte, the first of which is ours.
        snd_wscale: info.tcp_snd_wscale & 0x0f,
        rcv_wscale: info.tcp_snd_wscale >> 4,
        rto: microseconds(info.tcpi_rto),
        snd_mss: info.tcpi_snd_mss,
        rcv_mss: info.tcpi_rcv_mss,
        last_data_recv: microseconds(info.tcpi_last_data_recv),
        rtt: microseconds(info.tcpi_rtt),
        rttvar: microseconds(info.tcpi_rttvar),
        // In segments, as on Linux. Before the first loss it is the largest window there can be.
        snd_ssthresh: Some(info.tcpi_snd_ssthresh / segment).filter(|_| info.tcpi_snd_ssthresh < 1 << 30),
        snd_cwnd: info.tcpi_snd_cwnd / segment,
        rcv_space: info.tcpi_rcv_space,
        total_retrans: info.tcpi_snd_rexmitpack,
        rcv_ooopack: Some(info.tcpi_rcv_ooopack),
        snd_wnd: Some(info.tcpi_snd_wnd),
        rcv_wnd: Some(info.tcpi_rcv_space),
        ..TcpInfo::UNKNOWN
    })
}

/// How much of what was sent the peer has not acknowledged (`FIONWRITE`), including what was not sent yet. The end of the
/// stream counts as one byte, as on Linux. 0 once the connection is over.
pub fn send_queue(fd: BorrowedFd<'_>) -> io::Result<u64> {
    let mut bytes: libc::c_int = 0;
    // SAFETY: FIONWRITE writes one int, which `bytes` is.
    unix::check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONWRITE, &raw mut bytes) })?;
    let end = own_end_is_unacknowledged(tcp_state(fd)?);
    Ok(u64::try_from(bytes).unwrap_or(0) + u64::from(end))
}

/// What stands for this machine since it was last started: its own number and the time of the start.
pub fn boot_id() -> String {
    let (mut machine, mut time) = ([0; 64], [0; 16]);
    let machine = system_variable(c"kern.hostuuid", &mut machine).unwrap_or_default();
    let machine = CStr::from_bytes_until_nul(machine).unwrap_or_default();
    let started = system_variable(c"kern.boottime", &mut time).unwrap_or_default();
    let started = started
        .first_chunk()
        .map_or(0, |seconds| i64::from_ne_bytes(*seconds));
    format!("{}-{started}", machine.to_string_lossy())
}

/// Identifies the network namespace of this process: jails are not told apart.
pub fn network_namespace() -> Option<String> {
    None
}

/// Names this thread.
pub fn name_thread(name: &CStr) {
    // SAFETY: this thread is running, and the name ends with NUL.
    unsafe { libc::pthread_set_name_np(libc::pthread_self(), name.as_ptr()) };
}

/// Passes this thread's name on, if it was given one.
pub fn thread_name(found: impl FnOnce(&str)) {
    let mut name = [0_u8; 32]; // MAXCOMLEN and some
                               // SAFETY: `name` is ours to write for its length, and this thread is running.
    unsafe { libc::pthread_get_name_np(libc::pthread_self(), name.as_mut_ptr().cast(), name.len()) };
    let name = CStr::from_bytes_until_nul(&name).unwrap_or_default();
    if !name.is_empty() {
        found(&name.to_string_lossy());
    }
}
