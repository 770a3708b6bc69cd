//! What systems do in different ways: the same names in [`linux`], [`apple`], [`freebsd`] and [`portable`], of which this
//! module is one.

#[cfg(all(target_vendor = "apple", not(polysock_portable)))]
mod apple;
#[cfg(all(target_os = "freebsd", not(polysock_portable)))]
mod freebsd;
#[cfg(all(any(target_vendor = "apple", target_os = "freebsd"), not(polysock_portable)))]
pub mod kqueue;
#[cfg(all(target_os = "linux", not(polysock_portable)))]
mod linux;
pub mod portable;

#[cfg(all(target_vendor = "apple", not(polysock_portable)))]
pub use apple::*;
#[cfg(all(target_os = "freebsd", not(polysock_portable)))]
pub use freebsd::*;
#[cfg(all(target_os = "linux", not(polysock_portable)))]
pub use linux::*;
#[cfg(any(
    polysock_portable,
    not(any(target_os = "linux", target_vendor = "apple", target_os = "freebsd"))
))]
pub use portable::*;
