//! What /proc reports.

use super::super::super::alone::emulator;
use super::super::Thread;
use std::fs;
use std::io::{Read, Seek, SeekFrom};

/// The calls that wait, by the numbers of the machine that this program was compiled for. The C library or the kernel has no poll and no
/// epoll_wait on some machines, and uses ppoll and epoll_pwait in their place.
const WAITING: &[(&str, libc::c_long)] = &[
    #[cfg(any(target_arch = "x86_64", target_arch = "x86", target_arch = "arm"))]
    ("poll", libc::SYS_poll),
    ("ppoll", libc::SYS_ppoll),
    #[cfg(target_pointer_width = "32")]
    ("ppoll", 414), // with a time of 64 bits
    #[cfg(any(target_arch = "x86_64", target_arch = "x86", target_arch = "arm"))]
    ("epoll_wait", libc::SYS_epoll_wait),
    ("epoll_wait", libc::SYS_epoll_pwait),
    ("accept4", libc::SYS_accept4),
    ("recvfrom", libc::SYS_recvfrom),
    ("sendto", libc::SYS_sendto),
    ("recvmsg", libc::SYS_recvmsg),
    ("sendmsg", libc::SYS_sendmsg),
    ("recvmmsg", libc::SYS_recvmmsg),
    #[cfg(target_pointer_width = "32")]
    ("recvmmsg", 417), // with a time of 64 bits
    ("sendmmsg", libc::SYS_sendmmsg),
];

/// Their numbers on x86-64, which /proc shows when this program is emulated there (`make test-arm`).
const WAITING_ON_X86_64: &[(&str, libc::c_long)] = &[
    ("poll", 7),
    ("ppoll", 271),
    ("epoll_wait", 232),
    ("epoll_wait", 281),
    ("accept4", 288),
    ("recvfrom", 45),
    ("sendto", 44),
    ("recvmsg", 47),
    ("sendmsg", 46),
    ("recvmmsg", 299),
    ("sendmmsg", 307),
];

/// A thread, through files opened beforehand: a test may run out of descriptors.
pub struct Observer {
    call: fs::File,
    stat: fs::File,
    status: fs::File,
    calls: &'static [(&'static str, libc::c_long)],
}

impl Observer {
    pub fn of(thread: Thread) -> Self {
        let open = |name: &str| fs::File::open(format!("/proc/self/task/{}/{name}", thread.number)).unwrap();
        Self {
            call: open("syscall"),
            stat: open("stat"),
            status: open("status"),
            calls: if emulator().is_some() {
                WAITING_ON_X86_64
            } else {
                WAITING
            },
        }
    }

    pub fn is_blocked(&self) -> bool {
        let (call, stat) = (read_again(&self.call), read_again(&self.stat));
        let sleeps = stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S'));
        sleeps && self.name(&call).is_some() && read_again(&self.call) == call
    }

    /// The call that waits, if the thread is in one.
    pub fn call(&self) -> Option<&'static str> {
        self.name(&read_again(&self.call))
    }

    fn name(&self, text: &str) -> Option<&'static str> {
        let mut words = text.split(' ');
        let number: libc::c_long = words.next()?.parse().ok()?; // or "running"
        #[cfg(target_arch = "x86")]
        if number == libc::SYS_socketcall {
            let which = words.next()?.strip_prefix("0x")?;
            let which = u32::from_str_radix(which, 16).ok()?;
            let mut calls = super::super::super::socketcall::SOCKETCALLS.iter();
            return calls
                .find(|(_, _, known)| *known == which)
                .map(|(name, _, _)| *name);
        }
        let known = self.calls.iter().find(|(_, known)| *known == number);
        known.map(|(name, _)| *name)
    }

    /// Whether it waits for descriptors.
    pub fn polls(&self) -> bool {
        matches!(self.call(), Some("poll" | "ppoll"))
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
    file.seek(SeekFrom::Start(0)).unwrap();
    if let Err(error) = file.read_to_string(&mut text) {
        panic!("the call did not wait, its thread has ended: {error}");
    }
    text
}
