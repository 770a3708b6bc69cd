//! Descriptors: which are open, and what is behind them.

use super::check;
use libc::c_int;
#[cfg(not(target_os = "linux"))]
use libc::{fstat, stat};
#[cfg(target_os = "linux")]
use libc::{fstat64 as fstat, stat64 as stat};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// Device, inode and size of the file behind a descriptor.
pub fn identity(fd: RawFd) -> io::Result<(u64, u64, i64)> {
    // SAFETY: a stat is plain numbers.
    let mut stat: stat = unsafe { std::mem::zeroed() };
    // SAFETY: `stat` is ours and writable.
    if unsafe { fstat(fd, &raw mut stat) } < 0 {
        return Err(io::Error::last_os_error());
    }
    #[allow(clippy::unnecessary_cast)] // not everywhere of these types
    Ok((stat.st_dev as u64, stat.st_ino as u64, stat.st_size as i64))
}

/// See [`identity`], for a descriptor that is surely open.
pub fn identity_of(fd: &impl AsRawFd) -> (u64, u64, i64) {
    identity(fd.as_raw_fd()).unwrap()
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

/// The number of a descriptor that the caller closes.
pub fn leak(fd: OwnedFd) -> RawFd {
    std::os::fd::IntoRawFd::into_raw_fd(fd)
}

/// Our descriptors with the files behind them.
#[cfg(target_os = "linux")]
pub fn descriptors() -> Vec<(RawFd, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc/self/fd").unwrap() {
        let entry = entry.unwrap();
        let number = entry.file_name().to_string_lossy().parse().unwrap();
        if let Ok(target) = std::fs::read_link(entry.path()) {
            found.push((number, target.to_string_lossy().into_owned()));
        }
    }
    found.sort_unstable();
    found
}

/// Our descriptors with what identifies the files behind them.
#[cfg(not(target_os = "linux"))]
pub fn descriptors() -> Vec<(RawFd, String)> {
    let limit = descriptor_limit().rlim_cur.clamp(0, 65536) as RawFd;
    let open = |number| Some((number, format!("{:?}", identity(number).ok()?)));
    (0..limit).filter_map(open).collect()
}

/// Whether a descriptor can only be read from, such as the reading end of a pipe.
pub fn is_read_only(fd: RawFd) -> bool {
    // SAFETY: no memory is involved.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    flags >= 0 && flags & libc::O_ACCMODE == libc::O_RDONLY
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

/// A time as an option of `SOL_SOCKET` has it: in numbers of the C library's size, or of 64 bits (`SO_RCVTIMEO_NEW`).
pub fn time_of_option(name: c_int, seconds: i64, microseconds: i64) -> Vec<u8> {
    let narrow = |number: i64| i32::try_from(number).unwrap().to_ne_bytes().to_vec();
    let of = [seconds, microseconds];
    match half_of_time(name) {
        4 => of.map(narrow).concat(),
        _ => of.map(i64::to_ne_bytes).concat(),
    }
}

/// How long each of its numbers is.
pub fn half_of_time(name: c_int) -> usize {
    if [libc::SO_RCVTIMEO, libc::SO_SNDTIMEO].contains(&name) {
        size_of::<libc::timeval>() / 2
    } else {
        size_of::<i64>()
    }
}

/// How many of the descriptors that a test wants it may open: a login has a soft limit of 1,024, which is raised as far as
/// the hard limit allows.
pub fn room_for_descriptors(wanted: usize) -> usize {
    const OTHERS: libc::rlim_t = 300; // of the tests that run beside this one
    let needed = wanted as libc::rlim_t + OTHERS;
    if descriptor_limit().rlim_cur < needed {
        limit_descriptors(needed);
    }
    wanted.min((descriptor_limit().rlim_cur - OTHERS) as usize)
}

/// Sets the soft limit of descriptors; returns the old one.
pub fn limit_descriptors(soft: libc::rlim_t) -> libc::rlim_t {
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
