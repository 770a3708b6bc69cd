//! Forked children.

use super::check;
use std::time::Duration;

/// Forks. The child runs `child` and exits with 0, or with 101 if it panicked.
pub fn fork(child: impl FnOnce()) -> Child {
    // SAFETY: the tests that fork run in separate processes, whose other threads hold no lock that the child
    // needs (the allocator's are reset by libc).
    match check(unsafe { libc::fork() }) {
        0 => {
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child));
            // SAFETY: ends the child at once, without the parent's clean-up.
            unsafe { libc::_exit(if ended.is_ok() { 0 } else { 101 }) }
        }
        pid => Child(pid),
    }
}

/// Forks, and goes on in both processes; none in the child.
pub fn fork_on() -> Option<Child> {
    // SAFETY: as in `fork`.
    let pid = check(unsafe { libc::fork() });
    (pid > 0).then_some(Child(pid))
}

/// A forked child.
pub struct Child(pub i32);

impl Child {
    /// Waits for its end; a child that hangs is killed and fails the test.
    pub fn wait(self) -> i32 {
        let mut status = 0;
        let mut ended = false;
        let end = std::time::Instant::now() + super::super::LIMIT / 2;
        while !ended && std::time::Instant::now() < end {
            // SAFETY: `status` is ours and writable.
            ended = check(unsafe { libc::waitpid(self.0, &raw mut status, libc::WNOHANG) }) != 0;
            std::thread::sleep(Duration::from_micros(500));
        }
        if !ended {
            kill(self.0); // it has not been waited for
            panic!("the child hangs");
        }
        status
    }

    /// Waits for its end, however long that takes.
    pub fn wait_without_limit(self) -> i32 {
        let mut status = 0;
        // SAFETY: `status` is ours and writable.
        check(unsafe { libc::waitpid(self.0, &raw mut status, 0) });
        status
    }

    pub fn succeed(self) {
        assert_eq!(self.wait(), 0, "the child failed");
    }
}

/// Kills a process that cannot refuse.
pub fn kill(pid: i32) {
    // SAFETY: no memory is involved.
    unsafe { libc::kill(pid, libc::SIGKILL) };
}

/// Ends a child at once, well.
pub fn exit() -> ! {
    // SAFETY: it does not return.
    unsafe { libc::_exit(0) }
}

/// Moves this process to a place without /proc; whether it may.
pub fn leave_proc_behind() -> bool {
    // SAFETY: the path ends with NUL.
    unsafe { libc::chroot(c"/dev".as_ptr()) == 0 }
}
