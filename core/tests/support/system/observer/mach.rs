//! What Mach reports.

use super::super::Thread;

/// A thread. Mach does not report in which call it sleeps.
pub struct Observer(libc::mach_port_t);

impl Observer {
    pub fn of(thread: Thread) -> Self {
        // SAFETY: the thread has not been joined.
        Self(unsafe { libc::pthread_mach_thread_np(thread.handle()) })
    }

    pub fn is_blocked(&self) -> bool {
        // SAFETY: the structure is plain numbers.
        let mut info: libc::thread_basic_info = unsafe { std::mem::zeroed() };
        let mut length = libc::THREAD_BASIC_INFO_COUNT;
        let flavor = libc::THREAD_BASIC_INFO as libc::thread_flavor_t;
        // SAFETY: `info` is ours and has the length of this flavor.
        let got = unsafe { libc::thread_info(self.0, flavor, (&raw mut info).cast(), &raw mut length) };
        assert_eq!(got, 0, "the call did not wait, its thread has ended");
        info.run_state == libc::TH_STATE_WAITING
    }

    /// The call in which it sleeps, which the system does not report.
    pub fn call(&self) -> Option<&'static str> {
        None
    }

    /// Whether it waits for descriptors, or for something else.
    pub fn polls(&self) -> bool {
        self.is_blocked()
    }
}
