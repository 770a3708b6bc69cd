//! Looking again after growing pauses, where the system does not report a change.

use std::time::Duration;

/// Short enough to add little to an acknowledgement from the same machine.
const SHORTEST: Duration = Duration::from_micros(200);

/// Long enough to cost next to nothing: a look takes a few microseconds.
const LONGEST: Duration = Duration::from_millis(20);

/// The pauses of one call.
pub(super) struct Pauses(Duration);

impl Pauses {
    pub(super) fn new() -> Self {
        Self(SHORTEST)
    }

    pub(super) fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).min(LONGEST);
        pause
    }
}
