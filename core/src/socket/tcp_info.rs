//! What the kernel reports about a TCP connection.

use super::options::or_unsupported;
use super::Socket;
use crate::debug::debug_by_name;
use crate::error::{Operation, Result};
use crate::sys::kernel;
use crate::tcp_state::TcpState;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

#[cfg(any(test, fuzzing))]
pub(crate) mod properties;

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
/// `None` stands for a field that this kernel does not have, or whose value it does not know.
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

impl Socket {
    /// State and statistics of the TCP connection (tcp(7), `TCP_INFO`; Python `TCP_INFO`, as bytes).
    ///
    /// ```
    /// # use polysock::{create_connection, create_server};
    /// # use std::time::Duration;
    /// # fn main() -> polysock::Result<()> {
    /// # let server = create_server("127.0.0.1", 0, 16)?;
    /// # let port = server.local_address()?.port().unwrap_or(0);
    /// let client = create_connection("127.0.0.1", port, Duration::from_secs(5))?;
    /// # if !cfg!(target_os = "linux") { return Ok(()) }
    /// let info = client.tcp_info()?;
    /// println!("{}, round trip {:?}, {} segments repeated", info.state, info.rtt, info.total_retrans);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unsupported` for a socket that is not TCP, and on systems other than Linux; `Closed`.
    pub fn tcp_info(&self) -> Result<TcpInfo> {
        self.immediate(Operation::GetOption, TcpInfo::of)
            .map_err(or_unsupported)
    }
}

impl TcpInfo {
    /// Asks the kernel.
    pub(super) fn of(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let mut room = [0; offset::END];
        let length = kernel::tcp_info(fd, &mut room)?;
        let answer = Answer(room.get(..length).unwrap_or(&room));
        Self::read(answer).ok_or_else(|| io::Error::from_raw_os_error(libc::EOPNOTSUPP))
    }

    /// Parses the kernel's answer; `None` when it lacks fields that every Linux since 2.6 reports.
    fn read(answer: Answer<'_>) -> Option<Self> {
        const INFINITE_SSTHRESH: u32 = 0x7fff_ffff; // TCP_INFINITE_SSTHRESH
        let options = answer.u8(offset::OPTIONS)?;
        let scales = answer.u8(offset::WSCALES)?;
        let flags = answer.u8(offset::FLAGS)?;
        // Bit fields are allocated from the end that the byte order determines.
        let (first_scale, second_scale) = (scales & 0x0f, scales >> 4);
        let (snd_wscale, rcv_wscale, app_limited) = if cfg!(target_endian = "little") {
            (first_scale, second_scale, flags & 1)
        } else {
            (second_scale, first_scale, flags >> 7)
        };
        Some(Self {
            state: TcpState(answer.u8(offset::STATE)?),
            ca_state: CongestionState(answer.u8(offset::CA_STATE)?),
            retransmits: answer.u8(offset::RETRANSMITS)?,
            probes: answer.u8(offset::PROBES)?,
            backoff: answer.u8(offset::BACKOFF)?,
            // TCPI_OPT_…
            timestamps: options & 1 != 0,
            sack: options & 2 != 0,
            window_scaling: options & 4 != 0,
            snd_wscale,
            rcv_wscale,
            ecn: options & 8 != 0,
            ecn_seen: options & 16 != 0,
            syn_data: options & 32 != 0,
            delivery_rate_app_limited: app_limited != 0,

            rto: answer.microseconds(offset::RTO)?,
            ato: answer.microseconds(offset::ATO)?,
            snd_mss: answer.u32(offset::SND_MSS)?,
            rcv_mss: answer.u32(offset::RCV_MSS)?,
            unacked: answer.u32(offset::UNACKED)?,
            sacked: answer.u32(offset::SACKED)?,
            lost: answer.u32(offset::LOST)?,
            retrans: answer.u32(offset::RETRANS)?,
            last_data_sent: answer.milliseconds(offset::LAST_DATA_SENT)?,
            last_data_recv: answer.milliseconds(offset::LAST_DATA_RECV)?,
            last_ack_recv: answer.milliseconds(offset::LAST_ACK_RECV)?,
            pmtu: answer.u32(offset::PMTU)?,
            rcv_ssthresh: answer.u32(offset::RCV_SSTHRESH)?,
            rtt: answer.microseconds(offset::RTT)?,
            rttvar: answer.microseconds(offset::RTTVAR)?,
            snd_ssthresh: Some(answer.u32(offset::SND_SSTHRESH)?)
                .filter(|&threshold| threshold < INFINITE_SSTHRESH),
            snd_cwnd: answer.u32(offset::SND_CWND)?,
            advmss: answer.u32(offset::ADVMSS)?,
            reordering: answer.u32(offset::REORDERING)?,
            rcv_rtt: answer.microseconds(offset::RCV_RTT)?,
            rcv_space: answer.u32(offset::RCV_SPACE)?,
            total_retrans: answer.u32(offset::TOTAL_RETRANS)?,

            pacing_rate: answer.u64(offset::PACING_RATE).filter(|&rate| rate < u64::MAX),
            max_pacing_rate: answer
                .u64(offset::MAX_PACING_RATE)
                .filter(|&rate| rate < u64::MAX),
            bytes_acked: answer.u64(offset::BYTES_ACKED),
            bytes_received: answer.u64(offset::BYTES_RECEIVED),
            segs_out: answer.u32(offset::SEGS_OUT),
            segs_in: answer.u32(offset::SEGS_IN),
            notsent_bytes: answer.u32(offset::NOTSENT_BYTES),
            min_rtt: answer
                .u32(offset::MIN_RTT)
                .filter(|&time| time < u32::MAX)
                .map(|time| Duration::from_micros(time.into())),
            data_segs_in: answer.u32(offset::DATA_SEGS_IN),
            data_segs_out: answer.u32(offset::DATA_SEGS_OUT),
            delivery_rate: answer.u64(offset::DELIVERY_RATE),
            busy_time: answer.u64(offset::BUSY_TIME).map(Duration::from_micros),
            rwnd_limited: answer.u64(offset::RWND_LIMITED).map(Duration::from_micros),
            sndbuf_limited: answer.u64(offset::SNDBUF_LIMITED).map(Duration::from_micros),
            delivered: answer.u32(offset::DELIVERED),
            delivered_ce: answer.u32(offset::DELIVERED_CE),
            bytes_sent: answer.u64(offset::BYTES_SENT),
            bytes_retrans: answer.u64(offset::BYTES_RETRANS),
            dsack_dups: answer.u32(offset::DSACK_DUPS),
            reord_seen: answer.u32(offset::REORD_SEEN),
            rcv_ooopack: answer.u32(offset::RCV_OOOPACK),
            snd_wnd: answer.u32(offset::SND_WND),
            rcv_wnd: answer.u32(offset::RCV_WND),
            rehash: answer.u32(offset::REHASH),
        })
    }
}

/// The bytes that the kernel wrote; fields beyond them are unknown to it.
#[derive(Clone, Copy)]
struct Answer<'a>(&'a [u8]);

impl Answer<'_> {
    fn take<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..at + N)?.try_into().ok()
    }

    fn u8(self, at: usize) -> Option<u8> {
        self.take(at).map(u8::from_ne_bytes)
    }

    fn u32(self, at: usize) -> Option<u32> {
        self.take(at).map(u32::from_ne_bytes)
    }

    fn u64(self, at: usize) -> Option<u64> {
        self.take(at).map(u64::from_ne_bytes)
    }

    fn microseconds(self, at: usize) -> Option<Duration> {
        self.u32(at).map(|time| Duration::from_micros(time.into()))
    }

    fn milliseconds(self, at: usize) -> Option<Duration> {
        self.u32(at).map(|time| Duration::from_millis(time.into()))
    }
}

/// Where the fields of `struct tcp_info` lie (`linux/tcp.h`); it grows at its end only.
mod offset {
    pub const STATE: usize = 0;
    pub const CA_STATE: usize = 1;
    pub const RETRANSMITS: usize = 2;
    pub const PROBES: usize = 3;
    pub const BACKOFF: usize = 4;
    pub const OPTIONS: usize = 5;
    pub const WSCALES: usize = 6;
    pub const FLAGS: usize = 7;
    pub const RTO: usize = 8;
    pub const ATO: usize = 12;
    pub const SND_MSS: usize = 16;
    pub const RCV_MSS: usize = 20;
    pub const UNACKED: usize = 24;
    pub const SACKED: usize = 28;
    pub const LOST: usize = 32;
    pub const RETRANS: usize = 36;
    pub const LAST_DATA_SENT: usize = 44;
    pub const LAST_DATA_RECV: usize = 52;
    pub const LAST_ACK_RECV: usize = 56;
    pub const PMTU: usize = 60;
    pub const RCV_SSTHRESH: usize = 64;
    pub const RTT: usize = 68;
    pub const RTTVAR: usize = 72;
    pub const SND_SSTHRESH: usize = 76;
    pub const SND_CWND: usize = 80;
    pub const ADVMSS: usize = 84;
    pub const REORDERING: usize = 88;
    pub const RCV_RTT: usize = 92;
    pub const RCV_SPACE: usize = 96;
    pub const TOTAL_RETRANS: usize = 100;
    pub const PACING_RATE: usize = 104;
    pub const MAX_PACING_RATE: usize = 112;
    pub const BYTES_ACKED: usize = 120;
    pub const BYTES_RECEIVED: usize = 128;
    pub const SEGS_OUT: usize = 136;
    pub const SEGS_IN: usize = 140;
    pub const NOTSENT_BYTES: usize = 144;
    pub const MIN_RTT: usize = 148;
    pub const DATA_SEGS_IN: usize = 152;
    pub const DATA_SEGS_OUT: usize = 156;
    pub const DELIVERY_RATE: usize = 160;
    pub const BUSY_TIME: usize = 168;
    pub const RWND_LIMITED: usize = 176;
    pub const SNDBUF_LIMITED: usize = 184;
    pub const DELIVERED: usize = 192;
    pub const DELIVERED_CE: usize = 196;
    pub const BYTES_SENT: usize = 200;
    pub const BYTES_RETRANS: usize = 208;
    pub const DSACK_DUPS: usize = 216;
    pub const REORD_SEEN: usize = 220;
    pub const RCV_OOOPACK: usize = 224;
    pub const SND_WND: usize = 228;
    pub const RCV_WND: usize = 232;
    pub const REHASH: usize = 236;
    /// How many bytes are requested.
    pub const END: usize = 240;
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;

    macro_rules! assert_same_offsets {
        ($($ours:ident $theirs:ident),* $(,)?) => {$(
            assert_eq!(offset::$ours, std::mem::offset_of!(libc::tcp_info, $theirs), stringify!($theirs));
        )*};
    }

    #[test]
    fn the_offsets_are_those_of_the_c_library() {
        assert_same_offsets!(
            STATE tcpi_state,
            CA_STATE tcpi_ca_state,
            RETRANSMITS tcpi_retransmits,
            PROBES tcpi_probes,
            BACKOFF tcpi_backoff,
            OPTIONS tcpi_options,
            RTO tcpi_rto,
            ATO tcpi_ato,
            SND_MSS tcpi_snd_mss,
            RCV_MSS tcpi_rcv_mss,
            UNACKED tcpi_unacked,
            SACKED tcpi_sacked,
            LOST tcpi_lost,
            RETRANS tcpi_retrans,
            LAST_DATA_SENT tcpi_last_data_sent,
            LAST_DATA_RECV tcpi_last_data_recv,
            LAST_ACK_RECV tcpi_last_ack_recv,
            PMTU tcpi_pmtu,
            RCV_SSTHRESH tcpi_rcv_ssthresh,
            RTT tcpi_rtt,
            RTTVAR tcpi_rttvar,
            SND_SSTHRESH tcpi_snd_ssthresh,
            SND_CWND tcpi_snd_cwnd,
            ADVMSS tcpi_advmss,
            REORDERING tcpi_reordering,
            RCV_RTT tcpi_rcv_rtt,
            RCV_SPACE tcpi_rcv_space,
            TOTAL_RETRANS tcpi_total_retrans,
            PACING_RATE tcpi_pacing_rate,
            MAX_PACING_RATE tcpi_max_pacing_rate,
            BYTES_ACKED tcpi_bytes_acked,
            BYTES_RECEIVED tcpi_bytes_received,
            SEGS_OUT tcpi_segs_out,
            SEGS_IN tcpi_segs_in,
            NOTSENT_BYTES tcpi_notsent_bytes,
            MIN_RTT tcpi_min_rtt,
            DATA_SEGS_IN tcpi_data_segs_in,
            DATA_SEGS_OUT tcpi_data_segs_out,
            DELIVERY_RATE tcpi_delivery_rate,
            BUSY_TIME tcpi_busy_time,
            RWND_LIMITED tcpi_rwnd_limited,
            SNDBUF_LIMITED tcpi_sndbuf_limited,
            DELIVERED tcpi_delivered,
            DELIVERED_CE tcpi_delivered_ce,
            BYTES_SENT tcpi_bytes_sent,
            BYTES_RETRANS tcpi_bytes_retrans,
            DSACK_DUPS tcpi_dsack_dups,
            REORD_SEEN tcpi_reord_seen,
            RCV_OOOPACK tcpi_rcv_ooopack,
            SND_WND tcpi_snd_wnd,
            RCV_WND tcpi_rcv_wnd,
            REHASH tcpi_rehash,
            WSCALES tcpi_snd_rcv_wscale,
        );
    }

    #[test]
    fn a_shorter_answer_lacks_its_end() {
        let whole = [1_u8; offset::END];
        let of_length = |length| TcpInfo::read(Answer(&whole[..length]));
        assert_eq!(of_length(offset::PACING_RATE - 1), None);

        let oldest = of_length(offset::PACING_RATE).unwrap();
        assert_eq!(oldest.total_retrans, 0x0101_0101);
        assert_eq!(
            (oldest.pacing_rate, oldest.min_rtt, oldest.snd_wnd),
            (None, None, None)
        );

        let older = of_length(offset::SND_WND).unwrap();
        assert_eq!(older.bytes_sent, Some(0x0101_0101_0101_0101));
        assert_eq!((older.rcv_ooopack, older.snd_wnd), (Some(0x0101_0101), None));
    }

    #[test]
    fn bits_and_units_are_told_apart() {
        let mut answer = [0_u8; offset::END];
        answer[offset::OPTIONS] = 1 | 4 | 32;
        answer[offset::WSCALES] = if cfg!(target_endian = "little") {
            0x97
        } else {
            0x79
        };
        answer[offset::RTT..offset::RTT + 4].copy_from_slice(&1500_u32.to_ne_bytes());
        answer[offset::LAST_DATA_RECV..offset::LAST_DATA_RECV + 4].copy_from_slice(&7_u32.to_ne_bytes());
        answer[offset::MIN_RTT..offset::MIN_RTT + 4].fill(0xff);
        answer[offset::PACING_RATE..offset::PACING_RATE + 8].fill(0xff);
        answer[offset::SND_SSTHRESH..offset::SND_SSTHRESH + 4]
            .copy_from_slice(&0x7fff_ffff_u32.to_ne_bytes());
        let info = TcpInfo::read(Answer(&answer)).unwrap();
        assert!(info.timestamps && info.window_scaling && info.syn_data);
        assert!(!info.sack && !info.ecn && !info.ecn_seen);
        assert_eq!((info.snd_wscale, info.rcv_wscale), (7, 9));
        assert_eq!(info.rtt, Duration::from_micros(1500));
        assert_eq!(info.last_data_recv, Duration::from_millis(7));
        assert_eq!(
            (info.min_rtt, info.pacing_rate, info.snd_ssthresh),
            (None, None, None)
        );
    }
}
