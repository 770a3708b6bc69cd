//! Threads: which one, what it uses, how many there are.

use super::check;
use libc::c_int;
use std::time::Duration;

/// A thread that has not been joined, to be looked at ([`Observer`](super::Observer)) and signalled.
#[derive(Clone, Copy, Debug)]
pub struct Thread {
    handle: usize,
    /// Its number in the kernel, by which it is looked up.
    #[cfg(any(target_os = "linux", target_os = "freebsd"))]
    pub number: c_int,
}

impl Thread {
    pub fn current() -> Self {
        Self {
            // SAFETY: no memory is involved.
            handle: unsafe { libc::pthread_self() } as usize,
            #[cfg(target_os = "linux")]
            // SAFETY: no memory is involved.
            number: unsafe { libc::gettid() },
            #[cfg(target_os = "freebsd")]
            // SAFETY: no memory is involved.
            number: unsafe { libc::pthread_getthreadid_np() },
        }
    }

    pub fn handle(self) -> libc::pthread_t {
        self.handle as libc::pthread_t
    }

    pub fn signal(self, signal: c_int) {
        // SAFETY: the thread has not been joined.
        assert_eq!(unsafe { libc::pthread_kill(self.handle(), signal) }, 0);
    }
}

/// The processor time this thread has used.
pub fn thread_cpu() -> Duration {
    clock(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// The processor time this process has used.
pub fn process_cpu() -> Duration {
    clock(libc::CLOCK_PROCESS_CPUTIME_ID)
}

fn clock(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is ours and writable.
    check(unsafe { libc::clock_gettime(clock, &raw mut time) });
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// How many threads this process has, where the system reports it.
pub fn thread_count() -> Option<usize> {
    std::fs::read_dir("/proc/self/task").ok().map(Iterator::count)
}

/// How many threads of this process have this name and are not about to end.
#[cfg(target_os = "linux")]
pub fn threads(name: &str) -> usize {
    const EXITING: u32 = 4; // PF_EXITING of the kernel: set before any thread can join it
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // One that has ended since has no stat any more.
    let stats =
        tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("stat")).unwrap_or_default());
    let lives = |stat: &String| {
        let (Some((_, rest)), Some((rest_of_name, fields))) = (stat.split_once('('), stat.rsplit_once(") "))
        else {
            return false;
        };
        let flags: u32 = fields.split(' ').nth(6).unwrap().parse().unwrap();
        rest.starts_with(name) && rest_of_name.ends_with(name) && flags & EXITING == 0
    };
    stats.filter(lives).count()
}

/// Lets this thread run only while no other one wants its processor.
#[cfg(target_os = "linux")]
pub fn run_when_idle() {
    // The kernel's sched_param has nothing but a priority.
    let (call, priority) = (libc::SYS_sched_setscheduler, 0_i32);
    // SAFETY: the priority is readable during the call. musl's function of this name always fails.
    let result = unsafe { libc::syscall(call, 0, libc::SCHED_IDLE, &raw const priority) };
    super::check(result.try_into().unwrap());
}
