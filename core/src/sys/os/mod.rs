//! What systems do in different ways: the same names in [`linux`] and in [`portable`], of which this module is one.

#[cfg(all(target_os = "linux", not(polysock_portable)))]
mod linux;
pub mod portable;

#[cfg(all(target_os = "linux", not(polysock_portable)))]
pub use linux::*;
#[cfg(any(not(target_os = "linux"), polysock_portable))]
pub use portable::*;
