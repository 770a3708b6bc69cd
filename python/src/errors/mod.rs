//! Failures of calls as Python exceptions.

mod attributes;
mod context;
mod exception;
mod failure;
mod hints;
mod notes;

pub use attributes::{set, set_done, set_partial};
pub use context::{Context, Subject};
pub use exception::{bad_descriptor, no_memory, os_error, settled, strerror, TruncatedError};
pub use failure::{raise, Failure};
pub use hints::{
    add_hint, add_note, hint_at_address, hint_at_data, hint_at_flags, hint_at_host, hint_at_split_address,
};
pub use notes::add_notes;
