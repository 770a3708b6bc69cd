//! Facts about the running kernel: what it has, under which numbers, and how it behaves.
//!
//! Unlike [`os`](super::os), these depend on the system alone: the switch `polysock_portable` does not change them.

#[cfg(target_os = "linux")]
mod linux;
mod other;

#[cfg(target_os = "linux")]
pub use linux::*;
#[cfg(not(target_os = "linux"))]
pub use other::*;

/// The level and name of an option, where the system has it.
pub type OptionNumber = Option<(libc::c_int, libc::c_int)>;
