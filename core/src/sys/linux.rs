//! What only Linux has: eventfd, ppoll with nanoseconds, the TCP state.
//!
//! A filter of system calls (seccomp) may forbid the newer ones, and an old kernel lacks them: what every Unix has
//! ([`portable`]) is done then. Everything without a fallback ends in an error that names its call.

pub use super::epoll::Changes;
use super::epoll::Epoll;
use super::poll_set::PollSet;
use super::portable;
use super::selector::Selector;
use super::unix::{self, Readiness};
use super::wake::Waker;
use crate::address::Address;
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::atomic::AtomicU32;
use std::sync::Arc;
use std::time::Duration;

/// Whether an error says that the system does not have a call, or that a filter forbids it. Filters answer with one of
/// three numbers, of which some calls have two for other reasons too: their fallback then fails for the same reason.
fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::ENOSYS | libc::EPERM | libc::EACCES)
    )
}

/// Makes a waker: one eventfd.
pub fn new_waker() -> io::Result<Waker> {
    // SAFETY: no memory is involved.
    match unix::check(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) }) {
        // SAFETY: the kernel just gave us this descriptor.
        Ok(fd) => Ok(Waker::new(unsafe { OwnedFd::from_raw_fd(fd) }, None)),
        Err(error) if is_missing(&error) => portable::new_waker(),
        Err(error) => Err(error),
    }
}

/// Makes a selector.
pub fn new_selector() -> io::Result<Arc<dyn Selector>> {
    match Epoll::new() {
        Ok(epoll) => Ok(Arc::new(epoll)),
        Err(error) if is_missing(&error) => Ok(Arc::new(PollSet::new())),
        Err(error) => Err(error),
    }
}

/// Accepts one connection; close-on-exec, in blocking mode. Its peer's address goes to `peer`; the kernel is not asked
/// for one that nobody wants, which is quicker, and there are families that have none.
pub fn accept(fd: BorrowedFd<'_>, mut peer: Option<&mut Address>) -> io::Result<OwnedFd> {
    let mut length = libc::socklen_t::try_from(Address::CAPACITY).unwrap_or(0);
    let (to, length_at) = match &mut peer {
        Some(peer) => (peer.room().as_mut_ptr().cast(), &raw mut length),
        None => (std::ptr::null_mut(), std::ptr::null_mut()),
    };
    // SAFETY: both are null, or `to` is writable for the `length` bytes that `length_at` points at, and both are ours.
    let accepted = unsafe { libc::accept4(fd.as_raw_fd(), to, length_at, libc::SOCK_CLOEXEC) };
    let (accepted, inheritable) = match unix::check(accepted) {
        Err(error) if is_missing(&error) => {
            // SAFETY: as above.
            (
                unix::check(unsafe { libc::accept(fd.as_raw_fd(), to, length_at) })?,
                true,
            )
        }
        accepted => (accepted?, false),
    };
    // SAFETY: the kernel just gave us this descriptor.
    let accepted = unsafe { OwnedFd::from_raw_fd(accepted) };
    if inheritable {
        unix::close_on_exec(&accepted);
    }
    if let Some(peer) = peer {
        peer.set_length(usize::try_from(length).unwrap_or(0));
    }
    Ok(accepted)
}

/// Waits for `set`, no longer than `left` (`None`: for ever).
pub fn poll(set: &mut [libc::pollfd], left: Option<Duration>) -> io::Result<Readiness> {
    match poll_to_the_nanosecond(set, left) {
        Err(error) if is_missing(&error) => portable::poll(set, left),
        result => result,
    }
}

fn poll_to_the_nanosecond(set: &mut [libc::pollfd], left: Option<Duration>) -> io::Result<Readiness> {
    let left = left.map(timespec);
    let left = left.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let count = libc::nfds_t::try_from(set.len()).unwrap_or(0);
    // SAFETY: `set` is ours and has `count` entries; `left` is null or points at a timespec that outlives this.
    unix::ready(unsafe { libc::ppoll(set.as_mut_ptr(), count, left, std::ptr::null()) })
}

fn timespec(time: Duration) -> libc::timespec {
    libc::timespec {
        tv_sec: time.as_secs().try_into().unwrap_or(libc::time_t::MAX),
        tv_nsec: time.subsec_nanos().into(),
    }
}

/// The state of a TCP connection as the kernel numbers it, the first byte of `struct tcp_info`.
pub fn tcp_state(fd: BorrowedFd<'_>) -> io::Result<u8> {
    let mut state = [0_u8; 1];
    unix::get_option(fd, libc::IPPROTO_TCP, libc::TCP_INFO, &mut state)?;
    let [state] = state;
    Ok(state)
}

/// The protocol of a socket (`SO_PROTOCOL`).
pub fn protocol(fd: BorrowedFd<'_>) -> io::Result<libc::c_int> {
    unix::get_int(fd, libc::SOL_SOCKET, libc::SO_PROTOCOL)
}

/// The family of a socket (`SO_DOMAIN`).
pub fn family(fd: BorrowedFd<'_>) -> io::Result<libc::c_int> {
    unix::get_int(fd, libc::SOL_SOCKET, libc::SO_DOMAIN)
}

/// Never raise SIGPIPE: a flag of each send.
pub const NO_SIGNAL: libc::c_int = libc::MSG_NOSIGNAL;

/// Puts one descriptor into or out of non-blocking mode by one call.
pub fn set_nonblocking(fd: BorrowedFd<'_>, on: bool) -> io::Result<()> {
    let value = libc::c_int::from(on);
    // SAFETY: FIONBIO reads one int, which `value` is.
    match unix::check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONBIO, &raw const value) }) {
        Err(error) if is_missing(&error) => portable::set_nonblocking(fd, on),
        result => result.map(drop),
    }
}

/// The bit of a socket's type that makes it non-blocking from the start.
pub const MAKE_NONBLOCKING: libc::c_int = libc::SOCK_NONBLOCK;

/// How many times the size that was asked for a socket buffer reads as: the kernel doubles it (socket(7)).
pub const BUFFER_FACTOR: usize = 2;

/// The poll event of a peer that ended its stream.
pub const PEER_ENDED: i16 = libc::POLLRDHUP;

/// Received descriptors are close-on-exec from the start: a flag of each recvmsg on a Unix socket. Others carry no
/// descriptors, and some refuse flags that they do not know (packet(7), ISO-TP and J1939 on CAN: EINVAL).
pub const CLOEXEC_RIGHTS: libc::c_int = libc::MSG_CMSG_CLOEXEC;

/// Sends `count` bytes of a file from `offset` (sendfile(2)). May wait on a descriptor in blocking mode, and raises
/// SIGPIPE like write(2): see [`super::unix::without_sigpipe`].
pub fn sendfile(to: BorrowedFd<'_>, file: BorrowedFd<'_>, offset: u64, count: usize) -> io::Result<usize> {
    let mut offset =
        libc::off64_t::try_from(offset).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    // SAFETY: `offset` is ours to write.
    unix::check_count(unsafe { libc::sendfile64(to.as_raw_fd(), file.as_raw_fd(), &raw mut offset, count) })
}

/// Whether connect(2) on a TCP socket that has begun to connect tells how that ended, and makes it final.
pub const CONNECT_AGAIN_TELLS_THE_END: bool = true;

pub use super::holders::{holders, knows_holders, Holders};

/// The time since the boot, as processes' starts are counted.
pub fn since_boot() -> Duration {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is ours to write. Linux has this clock.
    unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut now) };
    let nanoseconds = u32::try_from(now.tv_nsec).unwrap_or(0);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), nanoseconds)
}

/// What the kernel counts the starts of processes in.
pub fn ticks_per_second() -> u64 {
    // SAFETY: no memory is involved.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) })
        .unwrap_or(0)
        .max(1)
}

/// Sleeps while a value is what was expected: until [`wake_at`], for no longer than that, or for less (futex(2)).
pub fn sleep_at(value: &AtomicU32, expected: u32, longest: Option<Duration>) {
    let limit = longest.map(timespec);
    let limit = limit.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let operation = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: the value and the limit outlive the call.
    unsafe { libc::syscall(libc::SYS_futex, value.as_ptr(), operation, expected, limit) };
}

/// Wakes a thread that sleeps there.
pub fn wake_at(value: &AtomicU32) {
    let operation = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: the kernel only looks up who sleeps at the address.
    unsafe { libc::syscall(libc::SYS_futex, value.as_ptr(), operation, 1) };
}

/// Names this thread, by the first 15 bytes.
pub fn name_thread(name: &CStr) {
    // SAFETY: the name ends with NUL.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
}

pub use super::portable::{interface_index, OptionNumber};

/// Reads as much of `struct tcp_info` as the kernel has; returns how much that is.
pub fn tcp_info(fd: BorrowedFd<'_>, info: &mut [u8]) -> io::Result<usize> {
    unix::get_option(fd, libc::IPPROTO_TCP, libc::TCP_INFO, info)
}

/// The numbers of options that not every Unix has.
pub mod number {
    use super::OptionNumber;
    use libc::{IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, SOL_SOCKET};

    pub const BIND_TO_DEVICE: OptionNumber = Some((SOL_SOCKET, libc::SO_BINDTODEVICE));
    pub const MARK: OptionNumber = Some((SOL_SOCKET, libc::SO_MARK));
    pub const PRIORITY: OptionNumber = Some((SOL_SOCKET, libc::SO_PRIORITY));
    pub const INCOMING_CPU: OptionNumber = Some((SOL_SOCKET, libc::SO_INCOMING_CPU));
    pub const TIMESTAMPS: OptionNumber = Some((SOL_SOCKET, libc::SO_TIMESTAMPNS));
    pub const PEER_CREDENTIALS: OptionNumber = Some((SOL_SOCKET, libc::SO_PEERCRED));
    pub const PASS_CREDENTIALS: OptionNumber = Some((SOL_SOCKET, libc::SO_PASSCRED));

    pub const CORK: OptionNumber = Some((IPPROTO_TCP, libc::TCP_CORK));
    pub const QUICKACK: OptionNumber = Some((IPPROTO_TCP, libc::TCP_QUICKACK));
    pub const DEFER_ACCEPT: OptionNumber = Some((IPPROTO_TCP, libc::TCP_DEFER_ACCEPT));
    pub const FASTOPEN: OptionNumber = Some((IPPROTO_TCP, libc::TCP_FASTOPEN));
    pub const FASTOPEN_CONNECT: OptionNumber = Some((IPPROTO_TCP, libc::TCP_FASTOPEN_CONNECT));
    pub const USER_TIMEOUT: OptionNumber = Some((IPPROTO_TCP, libc::TCP_USER_TIMEOUT));
    pub const CONGESTION: OptionNumber = Some((IPPROTO_TCP, libc::TCP_CONGESTION));
    pub const NOTSENT_LOWAT: OptionNumber = Some((IPPROTO_TCP, libc::TCP_NOTSENT_LOWAT));

    pub const IP_PACKET_INFO: OptionNumber = Some((IPPROTO_IP, libc::IP_PKTINFO));
    pub const IP_TRANSPARENT: OptionNumber = Some((IPPROTO_IP, libc::IP_TRANSPARENT));
    pub const IPV6_TRANSPARENT: OptionNumber = Some((IPPROTO_IPV6, libc::IPV6_TRANSPARENT));
    pub const IP_FREEBIND: OptionNumber = Some((IPPROTO_IP, libc::IP_FREEBIND));
    pub const IPV6_FREEBIND: OptionNumber = Some((IPPROTO_IPV6, libc::IPV6_FREEBIND));
    pub const INCOMING_NAPI_ID: OptionNumber = Some((SOL_SOCKET, libc::SO_INCOMING_NAPI_ID));
    pub const KEEPALIVE_IDLE: OptionNumber = Some((IPPROTO_TCP, libc::TCP_KEEPIDLE));
    pub const KEEPALIVE_INTERVAL: OptionNumber = Some((IPPROTO_TCP, libc::TCP_KEEPINTVL));
    pub const KEEPALIVE_COUNT: OptionNumber = Some((IPPROTO_TCP, libc::TCP_KEEPCNT));
    pub const IP_MULTICAST_ALL: OptionNumber = Some((IPPROTO_IP, libc::IP_MULTICAST_ALL));
    pub const IPV6_MULTICAST_ALL: OptionNumber = Some((IPPROTO_IPV6, libc::IPV6_MULTICAST_ALL));
    pub const IP_MTU_DISCOVER: OptionNumber = Some((IPPROTO_IP, libc::IP_MTU_DISCOVER));
    pub const IPV6_MTU_DISCOVER: OptionNumber = Some((IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER));
    /// Of either level.
    pub const JOIN_SOURCE_GROUP: OptionNumber = Some((IPPROTO_IP, libc::MCAST_JOIN_SOURCE_GROUP));
    /// Of either level.
    pub const LEAVE_SOURCE_GROUP: OptionNumber = Some((IPPROTO_IP, libc::MCAST_LEAVE_SOURCE_GROUP));
}
