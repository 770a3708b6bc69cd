//! System calls that the tests need and std has no safe form of.
#![allow(unsafe_code)]

use libc::c_int;
use std::cell::Cell;
use std::fs;
use std::io::{self, Read, Seek, Write};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub fn check(result: c_int) -> c_int {
    assert!(result >= 0, "{}", io::Error::last_os_error());
    result
}

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
        super::until("the thread is blocked", || self.is_blocked());
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

pub fn socketpair(socket_type: c_int) -> [OwnedFd; 2] {
    let mut fds = [0; 2];
    // SAFETY: `fds` has room for two descriptors.
    check(unsafe {
        libc::socketpair(
            libc::AF_UNIX,
            socket_type | libc::SOCK_CLOEXEC,
            0,
            fds.as_mut_ptr(),
        )
    });
    // SAFETY: the kernel just gave us both.
    fds.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A pipe: the end to read from, the end to write to.
pub fn pipe() -> (OwnedFd, OwnedFd) {
    let mut fds = [0; 2];
    // SAFETY: `fds` has room for two descriptors.
    check(unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) });
    // SAFETY: the kernel just gave us both.
    fds.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }).into()
}

/// A file in memory with one page of text that nothing else writes to.
pub fn memfd(text: &[u8]) -> OwnedFd {
    // SAFETY: the name ends with NUL.
    let fd = check(unsafe { libc::memfd_create(c"polysock-test".as_ptr(), libc::MFD_CLOEXEC) });
    // SAFETY: `text` is readable for its length.
    let written = unsafe { libc::write(fd, text.as_ptr().cast(), text.len()) };
    assert_eq!(written, text.len() as isize);
    // SAFETY: the kernel just gave it to us.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// Device, inode and size of the file behind a descriptor.
pub fn identity(fd: RawFd) -> io::Result<(u64, u64, i64)> {
    // SAFETY: a stat is plain numbers.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: `stat` is ours and writable.
    if unsafe { libc::fstat(fd, &raw mut stat) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((stat.st_dev, stat.st_ino, stat.st_size))
}

/// Makes the number `to` refer to the same file as `from`.
pub fn dup2(from: BorrowedFd<'_>, to: RawFd) {
    // SAFETY: no memory is involved.
    check(unsafe { libc::dup2(from.as_raw_fd(), to) });
}

/// Another number for the same file as `fd`.
pub fn dup(fd: RawFd) -> OwnedFd {
    // SAFETY: no memory is involved, and the kernel just gave us the number.
    unsafe { OwnedFd::from_raw_fd(check(libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0))) }
}

pub fn close(fd: RawFd) {
    // SAFETY: no memory is involved.
    check(unsafe { libc::close(fd) });
}

/// Our descriptors with the files behind them.
pub fn descriptors() -> Vec<(RawFd, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc/self/fd").unwrap() {
        let entry = entry.unwrap();
        let number = entry.file_name().to_string_lossy().parse().unwrap();
        if let Ok(target) = fs::read_link(entry.path()) {
            found.push((number, target.to_string_lossy().into_owned()));
        }
    }
    found.sort_unstable();
    found
}

/// Whether a descriptor can only be read from, such as the reading end of a pipe.
pub fn is_read_only(fd: RawFd) -> bool {
    // SAFETY: no memory is involved.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    flags >= 0 && flags & libc::O_ACCMODE == libc::O_RDONLY
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

/// How many of the descriptors that a test wants it may open: a login has a soft limit of 1024, which is raised as far
/// as the hard one allows.
pub fn room_for_descriptors(wanted: usize) -> usize {
    const OTHERS: u64 = 300; // of the tests that run beside this one
    let needed = wanted as u64 + OTHERS;
    if descriptor_limit().rlim_cur < needed {
        limit_descriptors(needed);
    }
    wanted.min((descriptor_limit().rlim_cur - OTHERS) as usize)
}

/// Sets the soft limit of descriptors; returns the old one.
pub fn limit_descriptors(soft: u64) -> u64 {
    let mut limit = descriptor_limit();
    let old = std::mem::replace(&mut limit.rlim_cur, soft.min(limit.rlim_max));
    // SAFETY: `limit` is ours and readable.
    check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) });
    old
}

fn descriptor_limit() -> libc::rlimit {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is ours and writable.
    check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) });
    limit
}

static SIGNALS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static PENDING: Cell<bool> = const { Cell::new(false) };
}

extern "C" fn count_signal(_: c_int) {
    SIGNALS.fetch_add(1, Ordering::Relaxed);
    PENDING.set(true);
}

/// Whether the handler has seen a signal in this thread since it was last asked.
pub fn take_signal() -> bool {
    PENDING.replace(false)
}

/// How many signals the handler has seen in this process.
pub fn signals() -> u64 {
    SIGNALS.load(Ordering::Relaxed)
}

/// Installs the counting handler, without SA_RESTART.
pub fn handle_signal(signal: c_int) {
    // SAFETY: a sigaction is plain data, zero is "no flags, nothing blocked".
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = count_signal as extern "C" fn(c_int) as usize;
    // SAFETY: the handler only adds to an atomic.
    check(unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) });
}

/// Resets a signal to what a fresh process does with it.
pub fn default_signal(signal: c_int) {
    // SAFETY: the default action is no function of ours.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

/// Sends a signal to one thread of this process.
pub fn signal_thread(tid: i32, signal: c_int) {
    // SAFETY: no memory is involved.
    let sent = unsafe { libc::syscall(libc::SYS_tgkill, std::process::id() as i32, tid, signal) };
    assert_eq!(sent, 0);
}

/// A timer that signals this thread again and again until dropped.
pub struct Ticks(libc::timer_t);

impl Ticks {
    pub fn every(interval: Duration) -> Self {
        handle_signal(libc::SIGALRM);
        // SAFETY: a sigevent is plain data.
        let mut event: libc::sigevent = unsafe { std::mem::zeroed() };
        event.sigev_notify = libc::SIGEV_THREAD_ID;
        event.sigev_signo = libc::SIGALRM;
        event.sigev_notify_thread_id = gettid();
        let mut timer = std::ptr::null_mut();
        // SAFETY: both structures are ours.
        check(unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer) });
        let time = libc::timespec {
            tv_sec: 0,
            tv_nsec: interval.subsec_nanos().into(),
        };
        let spec = libc::itimerspec {
            it_interval: time,
            it_value: time,
        };
        // SAFETY: `spec` is ours and readable.
        check(unsafe { libc::timer_settime(timer, 0, &raw const spec, std::ptr::null_mut()) });
        Self(timer)
    }
}

impl Drop for Ticks {
    fn drop(&mut self) {
        // SAFETY: the timer is ours and not used again.
        check(unsafe { libc::timer_delete(self.0) });
    }
}

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

/// Kills a process that cannot refuse.
pub fn kill(pid: i32) {
    // SAFETY: no memory is involved.
    unsafe { libc::kill(pid, libc::SIGKILL) };
}

/// Moves this process to a place without /proc; whether it may.
pub fn leave_proc_behind() -> bool {
    // SAFETY: the path ends with NUL.
    unsafe { libc::chroot(c"/dev".as_ptr()) == 0 }
}

/// Ends a child at once, well.
pub fn exit() -> ! {
    // SAFETY: it does not return.
    unsafe { libc::_exit(0) }
}

/// A forked child.
pub struct Child(pub i32);

impl Child {
    /// Waits for its end; a child that hangs is killed and fails the test.
    pub fn wait(self) -> i32 {
        let mut status = 0;
        let mut ended = false;
        let end = std::time::Instant::now() + super::LIMIT / 2;
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

/// See [`identity`], for a descriptor that is surely open.
pub fn identity_of(fd: &impl AsRawFd) -> (u64, u64, i64) {
    identity(fd.as_raw_fd()).unwrap()
}

/// The flags of the open file (`F_GETFL`).
pub fn status_flags(fd: RawFd) -> c_int {
    // SAFETY: no memory is involved.
    check(unsafe { libc::fcntl(fd, libc::F_GETFL) })
}

/// The flags of the descriptor (`F_GETFD`).
pub fn descriptor_flags(fd: RawFd) -> c_int {
    // SAFETY: no memory is involved.
    check(unsafe { libc::fcntl(fd, libc::F_GETFD) })
}

/// Memory that was filled.
pub fn bytes(filled: &[std::mem::MaybeUninit<u8>]) -> Vec<u8> {
    // SAFETY: the caller has had it filled.
    filled.iter().map(|byte| unsafe { byte.assume_init() }).collect()
}

/// A file in memory with this content.
pub fn memory_file(content: &[u8]) -> fs::File {
    // SAFETY: the name ends with NUL.
    let fd = unsafe { libc::memfd_create(c"polysock-test".as_ptr(), libc::MFD_CLOEXEC) };
    assert!(fd >= 0);
    // SAFETY: the kernel just gave us this descriptor.
    let mut file = unsafe { fs::File::from_raw_fd(fd) };
    file.write_all(content).unwrap();
    file
}

/// What a file of at most 128 bytes holds, without moving its position.
pub fn contents(file: &impl AsRawFd) -> Vec<u8> {
    let mut text = vec![0_u8; 128];
    // SAFETY: `text` is ours and writable for its length.
    let count = unsafe { libc::pread(file.as_raw_fd(), text.as_mut_ptr().cast(), text.len(), 0) };
    text.truncate(usize::try_from(count).unwrap());
    text
}

/// How many bytes could be read from a pipe.
pub fn waiting_bytes(pipe: &impl AsRawFd) -> c_int {
    let mut count = 0;
    // SAFETY: `count` is ours and writable.
    check(unsafe { libc::ioctl(pipe.as_raw_fd(), libc::FIONREAD, &raw mut count) });
    count
}

/// The value of an option of `SOL_SOCKET` that is a time, as the kernel has it.
pub fn time_option(fd: RawFd, name: c_int) -> Duration {
    let mut time = libc::timeval {
        tv_sec: 0,
        tv_usec: 0,
    };
    let mut length = libc::socklen_t::try_from(size_of::<libc::timeval>()).unwrap();
    let value = (&raw mut time).cast();
    // SAFETY: `value` points at a timeval, which is `length` bytes long.
    check(unsafe { libc::getsockopt(fd, libc::SOL_SOCKET, name, value, &raw mut length) });
    Duration::new(
        time.tv_sec.try_into().unwrap(),
        (time.tv_usec * 1000).try_into().unwrap(),
    )
}

/// The number of a descriptor that the caller closes.
pub fn leak(fd: OwnedFd) -> RawFd {
    std::os::fd::IntoRawFd::into_raw_fd(fd)
}
