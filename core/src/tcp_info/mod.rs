//! What a system reports about a TCP connection. No system calls.

#[cfg(any(target_os = "linux", test, fuzzing))]
pub(crate) mod linux;
#[cfg(any(test, fuzzing))]
pub(crate) mod properties;

use crate::debug::debug_by_name;
use crate::tcp_state::TcpState;
use std::time::Duration;

/// How the sender reacts to losses, with the kernel's number (`enum tcp_ca_state`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CongestionState(pub u8);

impl CongestionState {
    /// No recent problems.
    pub const OPEN: Self = Self(0);
    /// Acknowledgements out of order: perhaps a loss.
    pub const DISORDER: Self = Self(1);
    /// The window shrinks because of congestion reported by a router (ECN) or the local queue.
    pub const REDUCED: Self = Self(2);
    /// Lost segments are being repeated.
    pub const RECOVERY: Self = Self(3);
    /// Nothing was acknowledged in time, and everything is being repeated.
    pub const LOSS: Self = Self(4);
}

debug_by_name!(CongestionState:
    "OPEN" = 0,
    "DISORDER" = 1,
    "REDUCED" = 2,
    "RECOVERY" = 3,
    "LOSS" = 4,
);

/// What the kernel reports about a TCP connection (`struct tcp_info` in `linux/tcp.h`; tcp(7), `TCP_INFO`).
///
/// Fields have the kernel's names without `tcpi_`. A moment later they may all be different. For a listening socket
/// only [`state`](Self::state), [`unacked`](Self::unacked) and [`sacked`](Self::sacked) mean something.
///
/// `None` stands for a field that this kernel does not have, or whose value it does not know. macOS and FreeBSD report much less
/// than Linux: there, a field that is not an `Option` is 0 if the system does not report it. `docs/platforms.md` lists what
/// they report.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TcpInfo {
    /// The state of the connection.
    pub state: TcpState,
    /// How the sender reacts to losses.
    pub ca_state: CongestionState,
    /// How often in a row the oldest segment in flight was repeated because of a timeout.
    pub retransmits: u8,
    /// Unanswered zero-window or keepalive probes.
    pub probes: u8,
    /// How often the retransmission timeout was doubled.
    pub backoff: u8,
    /// Whether both ends use timestamps (RFC 7323).
    pub timestamps: bool,
    /// Whether both ends use selective acknowledgements (RFC 2018).
    pub sack: bool,
    /// Whether both ends use window scaling (RFC 7323).
    pub window_scaling: bool,
    /// By how many bits the peer's window is shifted; 0 without scaling.
    pub snd_wscale: u8,
    /// By how many bits our window is shifted; 0 without scaling.
    pub rcv_wscale: u8,
    /// Whether both ends use explicit congestion notification (RFC 3168).
    pub ecn: bool,
    /// Whether a packet arrived that a router could have marked in this way.
    pub ecn_seen: bool,
    /// Whether data in the SYN, sent or received, were acknowledged with the SYN (RFC 7413).
    pub syn_data: bool,
    /// Whether the delivery rate was bounded by what the program had to send.
    pub delivery_rate_app_limited: bool,

    /// The time after which a segment is repeated; to the microsecond.
    pub rto: Duration,
    /// How long an acknowledgement may be delayed; to the microsecond.
    pub ato: Duration,
    /// The largest segment to send, in bytes.
    pub snd_mss: u32,
    /// The largest segment received, as estimated by the kernel, in bytes.
    pub rcv_mss: u32,
    /// Segments in flight, not yet acknowledged; for a listener, connections waiting to be accepted.
    pub unacked: u32,
    /// Segments acknowledged selectively; for a listener, how many connections may wait.
    pub sacked: u32,
    /// Segments considered lost.
    pub lost: u32,
    /// Segments repeated and not yet acknowledged.
    pub retrans: u32,
    /// How long ago data were sent; to the millisecond, as coarse as the kernel's tick.
    pub last_data_sent: Duration,
    /// How long ago data arrived; to the millisecond, as coarse as the kernel's tick.
    pub last_data_recv: Duration,
    /// How long ago an acknowledgement arrived; to the millisecond, as coarse as the kernel's tick.
    pub last_ack_recv: Duration,
    /// The largest packet for the path (path MTU), in bytes.
    pub pmtu: u32,
    /// The largest receive window that will be offered, in bytes.
    pub rcv_ssthresh: u32,
    /// The round trip time, smoothed; to the microsecond.
    pub rtt: Duration,
    /// The mean deviation of the round trip time; to the microsecond.
    pub rttvar: Duration,
    /// The congestion window where slow start ends, in segments; `None` while nothing has been lost yet.
    pub snd_ssthresh: Option<u32>,
    /// The congestion window, in segments.
    pub snd_cwnd: u32,
    /// The largest segment announced to the peer, in bytes.
    pub advmss: u32,
    /// By how many segments packets may be reordered before one counts as lost.
    pub reordering: u32,
    /// The round trip time as estimated by the receiver; to the microsecond, zero before the first estimate.
    pub rcv_rtt: Duration,
    /// How much the program reads in a round trip, which determines how the receive buffer grows, in bytes.
    pub rcv_space: u32,
    /// Segments repeated since the connection began.
    pub total_retrans: u32,

    /// The pacing rate, in bytes per second; `None` without a limit.
    pub pacing_rate: Option<u64>,
    /// The highest pacing rate allowed (`SO_MAX_PACING_RATE`), in bytes per second; `None` without a limit.
    pub max_pacing_rate: Option<u64>,
    /// Bytes that the peer acknowledged; its acknowledgements of SYN and FIN may count as one each. Linux 4.1.
    pub bytes_acked: Option<u64>,
    /// Bytes received in order. Linux 4.1.
    pub bytes_received: Option<u64>,
    /// Segments sent, including empty and repeated ones. Linux 4.2.
    pub segs_out: Option<u32>,
    /// Segments received, including empty ones. Linux 4.2.
    pub segs_in: Option<u32>,
    /// Bytes waiting to be sent for the first time. Linux 4.6.
    pub notsent_bytes: Option<u32>,
    /// The shortest recent round trip time; to the microsecond, `None` before the first. Linux 4.6.
    pub min_rtt: Option<Duration>,
    /// Segments with data received. Linux 4.6.
    pub data_segs_in: Option<u32>,
    /// Segments with data sent, including repeated ones. Linux 4.6.
    pub data_segs_out: Option<u32>,
    /// The recent rate at which data reached the peer, in bytes per second. Linux 4.9.
    pub delivery_rate: Option<u64>,
    /// How long there was something to send; to the microsecond. Linux 4.10.
    pub busy_time: Option<Duration>,
    /// How long of that sending was limited by the peer's window; to the microsecond. Linux 4.10.
    pub rwnd_limited: Option<Duration>,
    /// How long of that sending was limited by the send buffer; to the microsecond. Linux 4.10.
    pub sndbuf_limited: Option<Duration>,
    /// Segments that the peer received. Linux 4.18.
    pub delivered: Option<u32>,
    /// Of these, how many a router marked (ECN). Linux 4.18.
    pub delivered_ce: Option<u32>,
    /// Bytes sent, including repeated ones. Linux 4.19.
    pub bytes_sent: Option<u64>,
    /// Bytes repeated. Linux 4.19.
    pub bytes_retrans: Option<u64>,
    /// Segments that the peer reported to have received twice. Linux 4.19.
    pub dsack_dups: Option<u32>,
    /// How often segments were seen to be reordered. Linux 4.19.
    pub reord_seen: Option<u32>,
    /// Segments received out of order. Linux 5.4.
    pub rcv_ooopack: Option<u32>,
    /// The peer's window, scaled, in bytes. Linux 5.4.
    pub snd_wnd: Option<u32>,
    /// Our window, scaled, in bytes. Linux 6.2.
    pub rcv_wnd: Option<u32>,
    /// How often another path was tried after a timeout. Linux 6.2.
    pub rehash: Option<u32>,
}

impl TcpInfo {
    /// Nothing is known, for systems that report only some of it.
    #[cfg(not(target_os = "linux"))]
    pub(crate) const UNKNOWN: Self = Self {
        state: TcpState::CLOSED,
        ca_state: CongestionState::OPEN,
        retransmits: 0,
        probes: 0,
        backoff: 0,
        timestamps: false,
        sack: false,
        window_scaling: false,
        snd_wscale: 0,
        rcv_wscale: 0,
        ecn: false,
        ecn_seen: false,
        syn_data: false,
        delivery_rate_app_limited: false,
        rto: Duration::ZERO,
        ato: Duration::ZERO,
        snd_mss: 0,
        rcv_mss: 0,
        unacked: 0,
        sacked: 0,
        lost: 0,
        retrans: 0,
        last_data_sent: Duration::ZERO,
        last_data_recv: Duration::ZERO,
        last_ack_recv: Duration::ZERO,
        pmtu: 0,
        rcv_ssthresh: 0,
        rtt: Duration::ZERO,
        rttvar: Duration::ZERO,
        snd_ssthresh: None,
        snd_cwnd: 0,
        advmss: 0,
        reordering: 0,
        rcv_rtt: Duration::ZERO,
        rcv_space: 0,
        total_retrans: 0,
        pacing_rate: None,
        max_pacing_rate: None,
        bytes_acked: None,
        bytes_received: None,
        segs_out: None,
        segs_in: None,
        notsent_bytes: None,
        min_rtt: None,
        data_segs_in: None,
        data_segs_out: None,
        delivery_rate: None,
        busy_time: None,
        rwnd_limited: None,
        sndbuf_limited: None,
        delivered: None,
        delivered_ce: None,
        bytes_sent: None,
        bytes_retrans: None,
        dsack_dups: None,
        reord_seen: None,
        rcv_ooopack: None,
        snd_wnd: None,
        rcv_wnd: None,
        rehash: None,
    };
}
