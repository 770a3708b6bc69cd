//! What the kernel reports about a TCP connection.

use crate::errors;
use polysock::{CongestionState, Socket, TcpState};
use pyo3::prelude::*;
use std::time::Duration;

/// The Python form of one of the core's fields.
trait InPython: Sized {
    type Type;
    fn in_python(self) -> Self::Type;
}

macro_rules! as_they_are {
    ($($number:ty),*) => {
        $(impl InPython for $number {
            type Type = Self;
            fn in_python(self) -> Self {
                self
            }
        })*
    };
}
as_they_are!(u8, u32, u64, bool);

impl InPython for TcpState {
    type Type = &'static str;
    fn in_python(self) -> &'static str {
        self.name()
    }
}

impl InPython for CongestionState {
    type Type = u8;
    fn in_python(self) -> u8 {
        self.0
    }
}

/// Seconds, as everywhere in Python.
impl InPython for Duration {
    type Type = f64;
    fn in_python(self) -> f64 {
        self.as_secs_f64()
    }
}

impl<T: InPython> InPython for Option<T> {
    type Type = Option<T::Type>;
    fn in_python(self) -> Self::Type {
        self.map(T::in_python)
    }
}

macro_rules! tcp_info {
    ($($type:ty: $($field:ident)*;)*) => {
        /// State and statistics of a TCP connection; a moment later they may all be different.
        ///
        /// The names are those of struct tcp_info (tcp(7)) without tcpi_; `state` is a name such as 'ESTABLISHED',
        /// times are seconds, rates bytes per second. None stands for a value that this kernel does not report, or a
        /// limit that does not exist. For a listening socket only state, unacked and sacked mean something.
        #[pyclass(frozen, get_all, module = "polysock")]
        pub struct TcpInfo {
            $($($field: <$type as InPython>::Type,)*)*
        }

        impl TcpInfo {
            const FIELDS: &'static [&'static str] = &[$($(stringify!($field),)*)*];

            /// What the kernel reports about `socket` now.
            pub fn of(py: Python<'_>, socket: &Socket) -> PyResult<Self> {
                let info = errors::raise(py, socket.tcp_info())?;
                Ok(Self {
                    $($($field: info.$field.in_python(),)*)*
                })
            }
        }
    };
}

tcp_info! {
    TcpState: state;
    CongestionState: ca_state;
    u8: retransmits probes backoff;
    bool: timestamps sack window_scaling;
    u8: snd_wscale rcv_wscale;
    bool: ecn ecn_seen syn_data delivery_rate_app_limited;
    Duration: rto ato;
    u32: snd_mss rcv_mss unacked sacked lost retrans;
    Duration: last_data_sent last_data_recv last_ack_recv;
    u32: pmtu rcv_ssthresh;
    Duration: rtt rttvar;
    Option<u32>: snd_ssthresh;
    u32: snd_cwnd advmss reordering;
    Duration: rcv_rtt;
    u32: rcv_space total_retrans;
    Option<u64>: pacing_rate max_pacing_rate bytes_acked bytes_received;
    Option<u32>: segs_out segs_in notsent_bytes;
    Option<Duration>: min_rtt;
    Option<u32>: data_segs_in data_segs_out;
    Option<u64>: delivery_rate;
    Option<Duration>: busy_time rwnd_limited sndbuf_limited;
    Option<u32>: delivered delivered_ce;
    Option<u64>: bytes_sent bytes_retrans;
    Option<u32>: dsack_dups reord_seen rcv_ooopack snd_wnd rcv_wnd rehash;
}

#[pymethods]
impl TcpInfo {
    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let fields: PyResult<Vec<String>> = Self::FIELDS
            .iter()
            .map(|name| Ok(format!("{name}={}", slf.getattr(*name)?.repr()?)))
            .collect();
        Ok(format!("TcpInfo({})", fields?.join(", ")))
    }
}
