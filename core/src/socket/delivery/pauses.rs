//! Looking again after growing pauses, where the system does not report a change.

use std::time::Duration;

/// Short enough to add little to an acknowledgement from the same machine.
const SHORTEST: Duration = Duration::from_micros(200);

/// The pauses of one call.
pub(super) struct Pauses(Duration);

impl Pauses {
    /// Long enough to cost next to nothing: a look takes a few microseconds.
    pub(super) const LONGEST: Duration = Duration::from_millis(20);

    pub(super) fn new() -> Self {
        Self(SHORTEST)
    }

    pub(super) fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).min(Self::LONGEST);
        pause
    }
}
