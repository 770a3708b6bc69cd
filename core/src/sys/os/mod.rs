//! What systems do in different ways: the same names in [`linux`] and in [`portable`], of which this module is one.

#[cfg(target_os = "linux")]
mod linux;
pub mod portable;

#[cfg(target_os = "linux")]
pub use linux::*;
#[cfg(not(target_os = "linux"))]
pub use portable::*;
