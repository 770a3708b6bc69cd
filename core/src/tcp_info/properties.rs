//! What holds of `struct tcp_info` of Linux: an answer of any length is read or refused, a longer one from a newer kernel says the
//! same, and a shorter one differs only by what it lacks.

use super::linux::{offset, Answer};
use super::TcpInfo;

/// The input is the kernel's answer.
pub fn tcp_info(bytes: &[u8]) {
    let whole = TcpInfo::read(Answer(bytes));
    assert_eq!(whole.is_some(), bytes.len() >= offset::PACING_RATE);
    let known = bytes.get(..offset::END).unwrap_or(bytes);
    assert_eq!(TcpInfo::read(Answer(known)), whole);

    // Each field of the oldest structure is the same in every longer one.
    if let (Some(whole), Some(oldest)) = (whole, bytes.get(..offset::PACING_RATE)) {
        let oldest = TcpInfo::read(Answer(oldest)).unwrap();
        assert_eq!((oldest.state, oldest.ca_state), (whole.state, whole.ca_state));
        assert_eq!(
            (oldest.snd_wscale, oldest.rcv_wscale),
            (whole.snd_wscale, whole.rcv_wscale)
        );
        assert_eq!(
            (oldest.rtt, oldest.total_retrans),
            (whole.rtt, whole.total_retrans)
        );
        assert!(oldest.snd_wscale < 16 && oldest.rcv_wscale < 16);
        assert_eq!(
            (oldest.pacing_rate, oldest.bytes_acked, oldest.rehash),
            (None, None, None)
        );
    }
}
