//! What must hold of every parser, whatever bytes it is given. Each function takes bytes that a fuzzer has chosen and
//! panics where the property it is named after fails.
//!
//! They are compiled for tests and for the fuzz targets in `core/fuzz` (`make fuzz`) only. The inputs in
//! `core/tests/corpus`, which fuzzing has found to take different paths, are run by the tests below, together with
//! variations of them.

mod input;

pub use crate::address::properties::{address_bytes, address_text};
pub use crate::ancillary::properties::control_messages;
pub use crate::framing::mixed_calls::mixed_calls;
pub use crate::framing::properties::framing;
pub use crate::names::properties::host_port;
pub use crate::tcp_info::properties::tcp_info;
pub(crate) use input::Input;

#[cfg(test)]
mod tests;
