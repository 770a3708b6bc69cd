//! What the kernel reports of a TCP connection.

use crate::buffer;
use crate::error::Failure;
use crate::guard;
use crate::handle::{borrow, polysock_t};
use libc::c_int;
use polysock::TcpInfo;
use std::time::Duration;

/// State and statistics of a TCP connection; a moment later all may be different.
///
/// BSD: struct tcp_info, tcp(7). Python: socket.tcp_info. Java: none.
/// What this kernel does not report has all bits set: UINT32_MAX, UINT64_MAX. For a socket that listens, only `state`,
/// `unacked` and `sacked` mean something. Later versions only add to its end.
/// @ingroup polysock_sockets
#[repr(C)]
#[derive(Clone, Copy)]
pub struct polysock_tcp_stats {
    /// The state of the connection, as the kernel numbers it: 1 ESTABLISHED, ..., see polysock_state().
    pub state: u32,
    /// What the sender makes of the losses it sees: 0 open, 1 disorder, 2 reduced, 3 recovery, 4 loss.
    pub ca_state: u32,
    /// How often the oldest segment under way was repeated because time ran out, in a row.
    pub retransmits: u32,
    /// Probes of a window of zero, or keepalive probes, that are unanswered.
    pub probes: u32,
    /// How often the repeat time was doubled.
    pub backoff: u32,
    /// Whether both ends use timestamps (RFC 7323): 0 or 1.
    pub timestamps: u32,
    /// Whether both ends use selective acknowledgements (RFC 2018): 0 or 1.
    pub sack: u32,
    /// Whether both ends use window scaling (RFC 7323): 0 or 1.
    pub window_scaling: u32,
    /// By how many bits the peer's window is shifted; 0 without scaling.
    pub snd_wscale: u32,
    /// By how many bits the own window is shifted; 0 without scaling.
    pub rcv_wscale: u32,
    /// Whether both ends use explicit congestion notification (RFC 3168): 0 or 1.
    pub ecn: u32,
    /// Whether a packet came that a router might have marked so: 0 or 1.
    pub ecn_seen: u32,
    /// Whether data in the SYN, sent or received, were acknowledged with the SYN (RFC 7413): 0 or 1.
    pub syn_data: u32,
    /// Whether the delivery rate was bounded by what the program had to send: 0 or 1.
    pub delivery_rate_app_limited: u32,
    /// The largest segment to send, in bytes.
    pub snd_mss: u32,
    /// The largest segment that came, as the kernel guesses, in bytes.
    pub rcv_mss: u32,
    /// Segments under way and not acknowledged; of a listener, connections waiting to be accepted.
    pub unacked: u32,
    /// Segments acknowledged selectively; of a listener, how many connections may wait.
    pub sacked: u32,
    /// Segments held to be lost.
    pub lost: u32,
    /// Segments repeated and not acknowledged yet.
    pub retrans: u32,
    /// The largest packet of the path, in bytes.
    pub pmtu: u32,
    /// The largest receive window that will be offered, in bytes.
    pub rcv_ssthresh: u32,
    /// The congestion window where slow start ends, in segments; UINT32_MAX while nothing was lost yet.
    pub snd_ssthresh: u32,
    /// The congestion window, in segments.
    pub snd_cwnd: u32,
    /// The largest segment announced to the peer, in bytes.
    pub advmss: u32,
    /// How many segments may overtake each other before one counts as lost.
    pub reordering: u32,
    /// What the program reads in a round trip, by which the receive buffer grows, in bytes.
    pub rcv_space: u32,
    /// Segments repeated since the connection began.
    pub total_retrans: u32,
    /// Segments sent, empty and repeated ones too. Linux 4.2.
    pub segs_out: u32,
    /// Segments received, empty ones too. Linux 4.2.
    pub segs_in: u32,
    /// Bytes that wait to be sent for the first time. Linux 4.6.
    pub notsent_bytes: u32,
    /// Segments with data that came. Linux 4.6.
    pub data_segs_in: u32,
    /// Segments with data that were sent, repeated ones too. Linux 4.6.
    pub data_segs_out: u32,
    /// Segments that the peer got. Linux 4.18.
    pub delivered: u32,
    /// Of these, how many a router marked (ECN). Linux 4.18.
    pub delivered_ce: u32,
    /// Segments that the peer says came twice. Linux 4.19.
    pub dsack_dups: u32,
    /// How often segments were seen to overtake each other. Linux 4.19.
    pub reord_seen: u32,
    /// Segments that came out of order. Linux 5.4.
    pub rcv_ooopack: u32,
    /// The peer's window, scaled, in bytes. Linux 5.4.
    pub snd_wnd: u32,
    /// The own window, scaled, in bytes. Linux 6.2.
    pub rcv_wnd: u32,
    /// How often another path was tried after a time-out. Linux 6.2.
    pub rehash: u32,
    /// Zero.
    pub reserved: u32,
    /// The time after which a segment is repeated, in microseconds.
    pub rto_us: u64,
    /// How long an acknowledgement may be delayed, in microseconds.
    pub ato_us: u64,
    /// How long ago data were sent, in microseconds.
    pub last_data_sent_us: u64,
    /// How long ago data came, in microseconds.
    pub last_data_recv_us: u64,
    /// How long ago an acknowledgement came, in microseconds.
    pub last_ack_recv_us: u64,
    /// The round trip time, smoothed, in microseconds.
    pub rtt_us: u64,
    /// The mean deviation of the round trip time, in microseconds.
    pub rttvar_us: u64,
    /// The round trip time as the receiver guesses it; 0 before the first guess, in microseconds.
    pub rcv_rtt_us: u64,
    /// The rate at which segments are spaced out, in bytes a second; UINT64_MAX without limit.
    pub pacing_rate: u64,
    /// The most that may become (SO_MAX_PACING_RATE), in bytes a second; UINT64_MAX without limit.
    pub max_pacing_rate: u64,
    /// Bytes that the peer acknowledged; its acknowledgements of SYN and FIN may count as one each. Linux 4.1.
    pub bytes_acked: u64,
    /// Bytes received in order. Linux 4.1.
    pub bytes_received: u64,
    /// The shortest round trip time of late; UINT64_MAX before the first, in microseconds. Linux 4.6.
    pub min_rtt_us: u64,
    /// The rate at which the peer got data of late, in bytes a second. Linux 4.9.
    pub delivery_rate: u64,
    /// How long there was something to send, in microseconds. Linux 4.10.
    pub busy_time_us: u64,
    /// How long of that the peer's window held it up, in microseconds. Linux 4.10.
    pub rwnd_limited_us: u64,
    /// How long of that the send buffer held it up, in microseconds. Linux 4.10.
    pub sndbuf_limited_us: u64,
    /// Bytes sent, repeated ones too. Linux 4.19.
    pub bytes_sent: u64,
    /// Bytes repeated. Linux 4.19.
    pub bytes_retrans: u64,
}

const _: () = assert!(size_of::<polysock_tcp_stats>() == 320 && align_of::<polysock_tcp_stats>() == 8);

/// Gives state and statistics of the TCP connection.
///
/// BSD: getsockopt(2) with TCP_INFO. Python: socket.tcp_info. Java: none.
/// `out_size` is sizeof (polysock_tcp_stats) as the caller knows it: a shorter one gets the beginning, and what only a
/// longer one has is filled with 0xff. POLYSOCK_EINVAL for 0; POLYSOCK_EUNSUPPORTED for a socket that is not TCP.
/// @code
/// polysock_tcp_stats stats;
/// if (polysock_tcp_info(s, &stats, sizeof stats) == 0)
///     printf("round trip %llu us, %u repeated\n", (unsigned long long)stats.rtt_us, stats.total_retrans);
/// @endcode
/// @ingroup polysock_sockets
#[no_mangle]
pub unsafe extern "C" fn polysock_tcp_info(
    s: *const polysock_t,
    out: *mut polysock_tcp_stats,
    out_size: usize,
) -> c_int {
    guard::code("polysock_tcp_info", || {
        const KNOWN: usize = size_of::<polysock_tcp_stats>();
        let socket = borrow(s)?;
        if out.is_null() {
            return Err(Failure::argument("out", "is NULL"));
        }
        if out_size == 0 || out_size > 16 * KNOWN {
            return Err(Failure::argument(
                "out_size",
                "is not the size of a polysock_tcp_stats",
            ));
        }
        let stats = polysock_tcp_stats::from(&socket.tcp_info()?);
        // SAFETY: all its fields are numbers, and its size is that of its fields (asserted above): every byte is set.
        let bytes: [u8; KNOWN] = unsafe { std::mem::transmute(stats) };
        let known = out_size.min(KNOWN);
        buffer::copy_to(out.cast(), bytes.get(..known).unwrap_or(&bytes));
        if out_size > KNOWN {
            buffer::copy_to(
                out.cast::<u8>().wrapping_add(KNOWN),
                &vec![0xff; out_size - KNOWN],
            );
        }
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
