//! `struct tcp_info` of Linux (`linux/tcp.h`), as bytes.

use super::{CongestionState, TcpInfo};
use crate::tcp_state::TcpState;
use std::time::Duration;

impl TcpInfo {
    /// Parses the answer of Linux; `None` when it lacks fields that every Linux since 2.6 reports.
    pub(crate) fn read(answer: Answer<'_>) -> Option<Self> {
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
pub(crate) struct Answer<'a>(pub(crate) &'a [u8]);

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
pub(crate) mod offset {
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
