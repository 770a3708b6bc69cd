//! Whether calls are recorded, where, and how much of what they move.

use crate::sys::entry::watch_calls;
use crate::sys::fork;
use crate::sys::published::Published;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};

pub(super) const OFF: u8 = 0;
pub(super) const ON: u8 = 1;
/// The environment was not asked yet.
pub(super) const UNDECIDED: u8 = 2;

static STATE: AtomicU8 = AtomicU8::new(UNDECIDED);

pub(super) fn state() -> u8 {
    STATE.load(Ordering::Relaxed)
}

/// Calls are watched unless nothing is recorded.
pub(super) fn set_state(state: u8) {
    STATE.store(state, Ordering::Relaxed);
    watch_calls(state != OFF);
}

pub(super) static SETTINGS: Published<Settings> = Published::nothing();

/// How much of the bytes of each transfer a trace records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceData {
    /// None of them, only how many there were.
    None,
    /// At most this many of each call.
    First(usize),
    /// All of them.
    All,
}

impl Default for TraceData {
    fn default() -> Self {
        Self::First(64)
    }
}

impl TraceData {
    /// What `none`, `all` or a number of bytes stands for.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "all" => Some(Self::All),
            number => number.parse().ok().map(Self::First),
        }
    }

    pub(super) fn most(self) -> usize {
        match self {
            Self::None => 0,
            Self::First(most) => most,
            Self::All => usize::MAX,
        }
    }
}

pub(super) struct Settings {
    pub(super) folder: PathBuf,
    pub(super) most_data: usize,
    /// Counts the traces of this process.
    pub(super) number: u32,
}

/// How much of each transfer's bytes to record.
pub(super) fn most_data() -> usize {
    SETTINGS.get().map_or(0, |settings| settings.most_data)
}

/// Names this process's present trace: another one begins with each start, and with each fork.
pub(super) fn trace_number() -> u64 {
    let number = SETTINGS.get().map_or(0, |settings| settings.number);
    u64::from(number) << 32 | u64::from(fork::generation())
}

/// Called when the trace can't go on.
pub(super) fn turn_off() {
    set_state(OFF);
}
