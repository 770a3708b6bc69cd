//! Whether another thread sleeps, and in which call.

#[cfg(target_os = "freebsd")]
mod freebsd;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_vendor = "apple")]
mod mach;

#[cfg(target_os = "freebsd")]
pub use freebsd::Observer;
#[cfg(target_os = "linux")]
pub use linux::Observer;
#[cfg(target_vendor = "apple")]
pub use mach::Observer;

impl Observer {
    /// Returns once the thread sleeps in a call that waits.
    pub fn wait_blocked(&self) {
        super::super::until("the thread is blocked", || self.is_blocked());
    }
}
