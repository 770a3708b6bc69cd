//! What the kernel reports about the threads of this process (sysctl(3), `KERN_PROC_PID`).

use super::super::Thread;

/// A thread.
pub struct Observer(libc::lwpid_t);

impl Observer {
    pub fn of(thread: Thread) -> Self {
        Self(thread.number)
    }

    pub fn is_blocked(&self) -> bool {
        let threads = threads();
        let this = threads.iter().find(|thread| thread.ki_tid == self.0);
        let this = this.expect("the call did not wait, its thread has ended");
        this.ki_stat == libc::SSLEEP
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

fn threads() -> Vec<libc::kinfo_proc> {
    const ROOM: usize = 4096;
    let name = [
        libc::CTL_KERN,
        libc::KERN_PROC,
        libc::KERN_PROC_PID | libc::KERN_PROC_INC_THREAD,
        std::process::id() as i32,
    ];
    let mut found: Vec<libc::kinfo_proc> = Vec::with_capacity(ROOM);
    let mut length = ROOM * size_of::<libc::kinfo_proc>();
    // SAFETY: `found` has room for `length` bytes.
    let result = unsafe {
        libc::sysctl(
            name.as_ptr(),
            name.len() as u32,
            found.as_mut_ptr().cast(),
            &raw mut length,
            std::ptr::null(),
            0,
        )
    };
    super::super::check(result);
    // SAFETY: the kernel has filled `length` bytes.
    unsafe { found.set_len(length / size_of::<libc::kinfo_proc>()) };
    found
}
