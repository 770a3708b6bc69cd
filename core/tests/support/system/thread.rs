//! Threads: whether they sleep, what they use, how many there are.

use super::check;
use std::fs;
use std::io::{self, Read, Seek};
use std::time::Duration;

pub fn gettid() -> i32 {
    // SAFETY: no memory is involved.
    unsafe { libc::gettid() }
}

/// The number of the call that waits for descriptors: poll(2) in the portable backend, which the C library turns into ppoll(2)
/// on machines that have no other.
#[cfg(all(polysock_portable, target_arch = "x86_64"))]
pub const POLL: i64 = libc::SYS_poll;
#[cfg(not(all(polysock_portable, target_arch = "x86_64")))]
pub const POLL: i64 = libc::SYS_ppoll;

/// What /proc reports about a thread, through files opened beforehand: a test may run out of descriptors.
pub struct Observer {
    call: fs::File,
    stat: fs::File,
    status: fs::File,
}

impl Observer {
    /// Looks at a thread, given by its directory in /proc.
    pub fn of(task: &str) -> Self {
        let open = |name: &str| fs::File::open(format!("{task}/{name}")).unwrap();
        Self {
            call: open("syscall"),
            stat: open("stat"),
            status: open("status"),
        }
    }

    /// Returns once the thread sleeps in a call that waits.
    pub fn wait_blocked(&self) {
        super::super::until("the thread is blocked", || self.is_blocked());
    }

    pub fn is_blocked(&self) -> bool {
        let (call, stat) = (read_again(&self.call), read_again(&self.stat));
        let number: Option<i64> = call.split(' ').next().and_then(|word| word.parse().ok());
        let waits = [
            POLL,
            libc::SYS_epoll_wait,
            libc::SYS_accept4,
            libc::SYS_recvfrom,
            libc::SYS_sendto,
            libc::SYS_recvmsg,
            libc::SYS_sendmsg,
            libc::SYS_recvmmsg,
            libc::SYS_sendmmsg,
        ];
        let sleeps = stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S'));
        sleeps && number.is_some_and(|number| waits.contains(&number)) && read_again(&self.call) == call
    }

    /// How often the thread went to sleep by itself.
    pub fn sleeps(&self) -> u64 {
        let status = read_again(&self.status);
        let line = status
            .lines()
            .find(|line| line.starts_with("voluntary_ctxt_switches"));
        line.and_then(|line| line.split_whitespace().nth(1))
            .unwrap()
            .parse()
            .unwrap()
    }
}

fn read_again(mut file: &fs::File) -> String {
    let mut text = String::new();
    file.seek(io::SeekFrom::Start(0)).unwrap();
    if let Err(error) = file.read_to_string(&mut text) {
        panic!("the call did not wait, its thread has ended: {error}");
    }
    text
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

/// How many threads of this process have this name and are not about to end.
pub fn threads(name: &str) -> usize {
    const EXITING: u32 = 4; // PF_EXITING of the kernel: set before any thread can join it
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    // One that has ended since has no stat any more.
    let stats = tasks.map(|task| fs::read_to_string(task.unwrap().path().join("stat")).unwrap_or_default());
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
