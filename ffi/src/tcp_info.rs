//! What the kernel reports of a TCP connection.

use crate::growing::{Growing, OutGrowing};
use crate::guard;
use crate::handle::{borrow, polysock_t};
use libc::c_int;
use polysock::TcpInfo;
use std::time::Duration;

/// The state and statistics of a TCP connection at one moment.
///
/// BSD: struct tcp_info, tcp(7). Python: socket.tcp_info. Java: none.
/// Fields that this kernel does not report have all bits set: UINT32_MAX, UINT64_MAX. For a listening socket, only
/// `state`, `unacked` and `sacked` have a meaning. Later versions add fields only at the end.
/// @ingroup polysock_sockets
#[repr(C)]
#[derive(Clone, Copy)]
pub struct polysock_tcp_stats {
    /// The state of the connection, as the kernel numbers it: 1 ESTABLISHED, ..., see polysock_state().
    pub state: u32,
    /// The state of congestion control: 0 open, 1 disorder, 2 reduced, 3 recovery, 4 loss.
    pub ca_state: u32,
    /// Consecutive retransmission timeouts of the oldest unacknowledged segment.
    pub retransmits: u32,
    /// Unanswered zero-window or keepalive probes.
    pub probes: u32,
    /// How often the retransmission timeout was doubled.
    pub backoff: u32,
    /// Whether both ends use timestamps (RFC 7323): 0 or 1.
    pub timestamps: u32,
    /// Whether both ends use selective acknowledgements (RFC 2018): 0 or 1.
    pub sack: u32,
    /// Whether both ends use window scaling (RFC 7323): 0 or 1.
    pub window_scaling: u32,
    /// By how many bits the peer's window is shifted; 0 without scaling.
    pub snd_wscale: u32,
    /// By how many bits this end's window is shifted; 0 without scaling.
    pub rcv_wscale: u32,
    /// Whether both ends use explicit congestion notification (RFC 3168): 0 or 1.
    pub ecn: u32,
    /// Whether a packet marked ECN-capable (ECT) arrived: 0 or 1.
    pub ecn_seen: u32,
    /// Whether data in the SYN, sent or received, was acknowledged with the SYN (RFC 7413): 0 or 1.
    pub syn_data: u32,
    /// Whether the delivery rate was limited by the program, which had nothing more to send: 0 or 1.
    pub delivery_rate_app_limited: u32,
    /// The maximum segment size for sending, in bytes.
    pub snd_mss: u32,
    /// The kernel's estimate of the peer's segment size, in bytes.
    pub rcv_mss: u32,
    /// Segments sent and not acknowledged; of a listener, connections waiting to be accepted.
    pub unacked: u32,
    /// Segments acknowledged selectively; of a listener, the backlog.
    pub sacked: u32,
    /// Segments assumed lost.
    pub lost: u32,
    /// Segments retransmitted and not yet acknowledged.
    pub retrans: u32,
    /// The path MTU, in bytes.
    pub pmtu: u32,
    /// The largest receive window to be offered, in bytes.
    pub rcv_ssthresh: u32,
    /// The congestion window at which slow start ends, in segments; UINT32_MAX before the first loss.
    pub snd_ssthresh: u32,
    /// The congestion window, in segments.
    pub snd_cwnd: u32,
    /// The maximum segment size announced to the peer, in bytes.
    pub advmss: u32,
    /// By how many segments the order may change before one counts as lost.
    pub reordering: u32,
    /// What the program reads in a round trip, from which the receive buffer grows, in bytes.
    pub rcv_space: u32,
    /// Segments retransmitted since the connection began.
    pub total_retrans: u32,
    /// Segments sent, with empty ones and retransmissions. Linux 4.2.
    pub segs_out: u32,
    /// Segments received, with empty ones. Linux 4.2.
    pub segs_in: u32,
    /// Bytes not sent yet. Linux 4.6.
    pub notsent_bytes: u32,
    /// Segments with data received. Linux 4.6.
    pub data_segs_in: u32,
    /// Segments with data sent, with retransmissions. Linux 4.6.
    pub data_segs_out: u32,
    /// Segments delivered to the peer. Linux 4.18.
    pub delivered: u32,
    /// Of these, those marked by a router (ECN). Linux 4.18.
    pub delivered_ce: u32,
    /// Segments that the peer reported as received twice. Linux 4.19.
    pub dsack_dups: u32,
    /// How often reordering was detected. Linux 4.19.
    pub reord_seen: u32,
    /// Segments received out of order. Linux 5.4.
    pub rcv_ooopack: u32,
    /// The peer's window, scaled, in bytes. Linux 5.4.
    pub snd_wnd: u32,
    /// This end's window, scaled, in bytes. Linux 6.2.
    pub rcv_wnd: u32,
    /// How often another path was tried after a timeout. Linux 6.2.
    pub rehash: u32,
    /// Zero.
    pub reserved: u32,
    /// The retransmission timeout, in microseconds.
    pub rto_us: u64,
    /// How long an acknowledgement may be delayed, in microseconds.
    pub ato_us: u64,
    /// The time since data was last sent, in microseconds.
    pub last_data_sent_us: u64,
    /// The time since data was last received, in microseconds.
    pub last_data_recv_us: u64,
    /// The time since an acknowledgement was last received, in microseconds.
    pub last_ack_recv_us: u64,
    /// The smoothed round trip time, in microseconds.
    pub rtt_us: u64,
    /// The mean deviation of the round trip time, in microseconds.
    pub rttvar_us: u64,
    /// The receiver's estimate of the round trip time, in microseconds; 0 before the first.
    pub rcv_rtt_us: u64,
    /// The pacing rate, in bytes per second; UINT64_MAX without limit.
    pub pacing_rate: u64,
    /// The maximum pacing rate (SO_MAX_PACING_RATE), in bytes per second; UINT64_MAX without limit.
    pub max_pacing_rate: u64,
    /// Bytes acknowledged by the peer; SYN and FIN may count as one byte each. Linux 4.1.
    pub bytes_acked: u64,
    /// Bytes received in order. Linux 4.1.
    pub bytes_received: u64,
    /// The shortest recent round trip time, in microseconds; UINT64_MAX before the first. Linux 4.6.
    pub min_rtt_us: u64,
    /// The recent rate of delivery to the peer, in bytes per second. Linux 4.9.
    pub delivery_rate: u64,
    /// How long there was data to send, in microseconds. Linux 4.10.
    pub busy_time_us: u64,
    /// Of that, how long the peer's window limited sending, in microseconds. Linux 4.10.
    pub rwnd_limited_us: u64,
    /// Of that, how long the send buffer limited sending, in microseconds. Linux 4.10.
    pub sndbuf_limited_us: u64,
    /// Bytes sent, with retransmissions. Linux 4.19.
    pub bytes_sent: u64,
    /// Bytes retransmitted. Linux 4.19.
    pub bytes_retrans: u64,
}

const _: () =
    assert!(size_of::<polysock_tcp_stats>() == 320 && align_of::<polysock_tcp_stats>() == align_of::<u64>());

// SAFETY: its size is that of its fields, which are numbers.
unsafe impl Growing for polysock_tcp_stats {
    const NO_SIZE: &'static str = "is not a size of polysock_tcp_stats";
}

/// Gets the state and statistics of the TCP connection.
///
/// BSD: getsockopt(2) with TCP_INFO. Python: socket.tcp_info. Java: none.
/// `out_size` is the caller's sizeof (polysock_tcp_stats): a shorter structure gets the first fields, and the
/// additional bytes of a longer one are set to 0xff. Fails with POLYSOCK_EINVAL for 0, and with POLYSOCK_EUNSUPPORTED
/// for a socket that is not TCP.
/// @code
/// polysock_tcp_stats stats;
/// if (polysock_tcp_info(s, &stats, sizeof stats) == 0)
///     printf("round trip %llu us, %u retransmitted\n", (unsigned long long)stats.rtt_us, stats.total_retrans);
/// @endcode
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_tcp_info(
    s: *const polysock_t,
    out: *mut polysock_tcp_stats,
    out_size: usize,
) -> c_int {
    guard::code("polysock_tcp_info", || {
        let (socket, out) = (borrow(s)?, OutGrowing::new(out, out_size)?);
        out.set(&polysock_tcp_stats::from(&socket.tcp_info()?));
        Ok(())
    })
}

impl From<&TcpInfo> for polysock_tcp_stats {
    fn from(info: &TcpInfo) -> Self {
        Self {
            state: info.state.0.into(),
            ca_state: info.ca_state.0.into(),
            retransmits: info.retransmits.into(),
            probes: info.probes.into(),
            backoff: info.backoff.into(),
            timestamps: info.timestamps.into(),
            sack: info.sack.into(),
            window_scaling: info.window_scaling.into(),
            snd_wscale: info.snd_wscale.into(),
            rcv_wscale: info.rcv_wscale.into(),
            ecn: info.ecn.into(),
            ecn_seen: info.ecn_seen.into(),
            syn_data: info.syn_data.into(),
            delivery_rate_app_limited: info.delivery_rate_app_limited.into(),
            snd_mss: info.snd_mss,
            rcv_mss: info.rcv_mss,
            unacked: info.unacked,
            sacked: info.sacked,
            lost: info.lost,
            retrans: info.retrans,
            pmtu: info.pmtu,
            rcv_ssthresh: info.rcv_ssthresh,
            snd_ssthresh: info.snd_ssthresh.unwrap_or(u32::MAX),
            snd_cwnd: info.snd_cwnd,
            advmss: info.advmss,
            reordering: info.reordering,
            rcv_space: info.rcv_space,
            total_retrans: info.total_retrans,
            segs_out: info.segs_out.unwrap_or(u32::MAX),
            segs_in: info.segs_in.unwrap_or(u32::MAX),
            notsent_bytes: info.notsent_bytes.unwrap_or(u32::MAX),
            data_segs_in: info.data_segs_in.unwrap_or(u32::MAX),
            data_segs_out: info.data_segs_out.unwrap_or(u32::MAX),
            delivered: info.delivered.unwrap_or(u32::MAX),
            delivered_ce: info.delivered_ce.unwrap_or(u32::MAX),
            dsack_dups: info.dsack_dups.unwrap_or(u32::MAX),
            reord_seen: info.reord_seen.unwrap_or(u32::MAX),
            rcv_ooopack: info.rcv_ooopack.unwrap_or(u32::MAX),
            snd_wnd: info.snd_wnd.unwrap_or(u32::MAX),
            rcv_wnd: info.rcv_wnd.unwrap_or(u32::MAX),
            rehash: info.rehash.unwrap_or(u32::MAX),
            reserved: 0,
            rto_us: microseconds(info.rto),
            ato_us: microseconds(info.ato),
            last_data_sent_us: microseconds(info.last_data_sent),
            last_data_recv_us: microseconds(info.last_data_recv),
            last_ack_recv_us: microseconds(info.last_ack_recv),
            rtt_us: microseconds(info.rtt),
            rttvar_us: microseconds(info.rttvar),
            rcv_rtt_us: microseconds(info.rcv_rtt),
            pacing_rate: info.pacing_rate.unwrap_or(u64::MAX),
            max_pacing_rate: info.max_pacing_rate.unwrap_or(u64::MAX),
            bytes_acked: info.bytes_acked.unwrap_or(u64::MAX),
            bytes_received: info.bytes_received.unwrap_or(u64::MAX),
            min_rtt_us: info.min_rtt.map_or(u64::MAX, microseconds),
            delivery_rate: info.delivery_rate.unwrap_or(u64::MAX),
            busy_time_us: info.busy_time.map_or(u64::MAX, microseconds),
            rwnd_limited_us: info.rwnd_limited.map_or(u64::MAX, microseconds),
            sndbuf_limited_us: info.sndbuf_limited.map_or(u64::MAX, microseconds),
            bytes_sent: info.bytes_sent.unwrap_or(u64::MAX),
            bytes_retrans: info.bytes_retrans.unwrap_or(u64::MAX),
        }
    }
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
