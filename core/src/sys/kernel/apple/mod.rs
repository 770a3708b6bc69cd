//! macOS and its relatives.

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
use std::os::fd::BorrowedFd;
use std::time::Duration;

/// Never raise SIGPIPE: a flag of each send. Older systems ignore it; [`suppress_sigpipe`] is for them.
pub const NO_SIGNAL: libc::c_int = libc::MSG_NOSIGNAL;

/// The poll event of a peer that ended its stream. Only a poll that asks for it, or for reading, reports it.
pub const PEER_ENDED: i16 = libc::POLLHUP;

/// The poll event that shows that a closed socket has had a connection: there is none for the end of both streams.
pub const BOTH_ENDED: i16 = PEER_ENDED;

/// No: another connect(2) is a new one, or refused.
pub const CONNECT_AGAIN_TELLS_THE_END: bool = false;

/// Reads the answer to [`number::PEER_CREDENTIALS`]: the user and the first group. The process is asked for separately ([`number::PEER_PROCESS`]).
pub fn peer_credentials(answer: &[u8]) -> Option<Credentials> {
    let number = |at: usize| answer.get(at..at + 4)?.try_into().ok();
    Some(Credentials {
        pid: 0,
        uid: u32::from_ne_bytes(number(std::mem::offset_of!(libc::xucred, cr_uid))?),
        gid: u32::from_ne_bytes(number(std::mem::offset_of!(libc::xucred, cr_groups))?),
    })
}

/// Makes a socket that another program or library created never raise SIGPIPE (`SO_NOSIGPIPE`). This can fail on one that is shut
/// down in both directions.
pub fn suppress_sigpipe(fd: BorrowedFd<'_>) {
    let on: libc::c_int = 1;
    let _ = unix::set_option(fd, libc::SOL_SOCKET, libc::SO_NOSIGPIPE, &on.to_ne_bytes());
}

/// The protocol of a socket: there is no way to ask for it, so the family's own choice.
pub fn protocol(_: BorrowedFd<'_>) -> io::Result<libc::c_int> {
    Ok(0)
}

/// Whether an IP socket speaks TCP: all streams do. MPTCP has another family.
pub fn is_tcp(fd: BorrowedFd<'_>) -> io::Result<bool> {
    unix::get_int(fd, libc::SOL_SOCKET, libc::SO_TYPE).map(|kind| kind == libc::SOCK_STREAM)
}

/// The state of a TCP connection.
pub fn tcp_state(fd: BorrowedFd<'_>) -> io::Result<TcpState> {
    match connection_info(fd) {
        Ok(info) => Ok(tcp_state_from(info.tcpi_state)),
        Err(error) if is_gone(&error) => Ok(TcpState::CLOSED),
        Err(error) => Err(error),
    }
}

fn connection_info(fd: BorrowedFd<'_>) -> io::Result<libc::tcp_connection_info> {
    // SAFETY: the structure is plain numbers, for which zero is a value.
    let mut info: libc::tcp_connection_info = unsafe { std::mem::zeroed() };
    // SAFETY: as bytes it is ours to write, and every byte is a value.
    let bytes = unsafe { std::slice::from_raw_parts_mut((&raw mut info).cast::<u8>(), size_of_val(&info)) };
    unix::get_option(fd, libc::IPPROTO_TCP, libc::TCP_CONNECTION_INFO, bytes)?;
    Ok(info)
}

/// The states of the TCP sockets with a local port: there is no documented way to get them.
pub fn tcp_states_at(_: u16, _: impl FnMut(TcpState)) {}

/// The statistics of a TCP connection (`TCP_CONNECTION_INFO`; times in milliseconds, windows in bytes).
pub fn tcp_info(fd: BorrowedFd<'_>) -> io::Result<TcpInfo> {
    let info = match connection_info(fd) {
        Err(error) if is_gone(&error) => return Ok(TcpInfo::UNKNOWN),
        info => info?,
    };
    let milliseconds = |time: u32| Duration::from_millis(time.into());
    let packets = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    // TCPCI_OPT_…
    let has = |option: u32| info.tcpi_options & option != 0;
    let segment = info.tcpi_maxseg.max(1);
    Ok(TcpInfo {
        state: tcp_state_from(info.tcpi_state),
        timestamps: has(1),
        sack: has(2),
        window_scaling: has(4),
        ecn: has(8),
        snd_wscale: info.tcpi_snd_wscale,
        rcv_wscale: info.tcpi_rcv_wscale,
        syn_data: info.tcpi_tfo_syn_data_acked & 1 != 0 || info.tcpi_tfo_syn_data_rcv & 1 != 0,
        rto: milliseconds(info.tcpi_rto),
        snd_mss: info.tcpi_maxseg,
        rtt: milliseconds(info.tcpi_srtt),
        rttvar: milliseconds(info.tcpi_rttvar),
        // In segments, as on Linux. Before the first loss it is the largest window there can be.
        snd_ssthresh: Some(info.tcpi_snd_ssthresh / segment).filter(|_| info.tcpi_snd_ssthresh < 1 << 30),
        snd_cwnd: info.tcpi_snd_cwnd / segment,
        segs_out: Some(packets(info.tcpi_txpackets)),
        segs_in: Some(packets(info.tcpi_rxpackets)),
        bytes_received: Some(info.tcpi_rxbytes),
        bytes_sent: Some(info.tcpi_txbytes),
        bytes_retrans: Some(info.tcpi_txretransmitbytes),
        snd_wnd: Some(info.tcpi_snd_wnd),
        rcv_wnd: Some(info.tcpi_rcv_wnd),
        ..TcpInfo::UNKNOWN
    })
}

/// How much of what was sent the peer has not acknowledged (`SO_NWRITE`), including what was not sent yet. The end of the
/// stream counts as one byte, as on Linux. 0 once the connection is over.
pub fn send_queue(fd: BorrowedFd<'_>) -> io::Result<u64> {
    let bytes = unix::get_int(fd, libc::SOL_SOCKET, libc::SO_NWRITE)?;
    let end = own_end_is_unacknowledged(tcp_state(fd)?);
    Ok(u64::try_from(bytes).unwrap_or(0) + u64::from(end))
}

/// What stands for this machine since it was last started.
pub fn boot_id() -> String {
    let mut room = [0; 64];
    let id = system_variable(c"kern.bootsessionuuid", &mut room).unwrap_or_default();
    CStr::from_bytes_until_nul(id)
        .map(|id| id.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Identifies the network namespace of this process: there are none.
pub fn network_namespace() -> Option<String> {
    None
}

/// Names this thread.
pub fn name_thread(name: &CStr) {
    // SAFETY: the name ends with NUL.
    unsafe { libc::pthread_setname_np(name.as_ptr()) };
}

/// Passes this thread's name on, if it was given one.
pub fn thread_name(found: impl FnOnce(&str)) {
    let mut name = [0_u8; 64]; // MAXTHREADNAMESIZE
                               // SAFETY: `name` is ours to write for its length, and this thread is running.
    let failed =
        unsafe { libc::pthread_getname_np(libc::pthread_self(), name.as_mut_ptr().cast(), name.len()) };
    let name = CStr::from_bytes_until_nul(&name).unwrap_or_default();
    if failed == 0 && !name.is_empty() {
        found(&name.to_string_lossy());
    }
}
