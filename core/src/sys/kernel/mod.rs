//! Facts about the running kernel: what it has, under which numbers, and how it behaves.
//!
//! Unlike [`os`](super::os), these depend on the system alone: the switch `polysock_portable` does not change them.

#[cfg(target_vendor = "apple")]
mod apple;
#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
mod bsd;
#[cfg(target_os = "freebsd")]
mod freebsd;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(any(target_vendor = "apple", target_os = "freebsd")))]
mod other;

#[cfg(target_vendor = "apple")]
pub use apple::*;
#[cfg(target_os = "freebsd")]
pub use freebsd::*;
#[cfg(target_os = "linux")]
pub use linux::*;
#[cfg(not(any(target_os = "linux", target_vendor = "apple", target_os = "freebsd")))]
pub use other::*;

/// The level and name of an option, where the system has it.
pub type OptionNumber = Option<(libc::c_int, libc::c_int)>;
