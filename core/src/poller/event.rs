//! What a wait reports.

use crate::poll::Events;

/// A socket or descriptor that is ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The number it was registered with.
    pub token: u64,
    /// What it is ready for.
    pub events: Events,
}
