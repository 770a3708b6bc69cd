//! Flags and codes that not every system has, and what stands for them elsewhere. The numbers of options: [`number`](super::kernel::number).

use libc::c_int;

/// The flags that socket(2) takes in the same number as the type: none where a socket is changed after it was made.
#[cfg(not(target_vendor = "apple"))]
pub const TYPE_FLAGS: c_int = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
#[cfg(target_vendor = "apple")]
pub const TYPE_FLAGS: c_int = 0;

/// The one of them that makes a socket non-blocking.
#[cfg(not(target_vendor = "apple"))]
pub const NONBLOCKING_TYPE: c_int = libc::SOCK_NONBLOCK;
#[cfg(target_vendor = "apple")]
pub const NONBLOCKING_TYPE: c_int = 0;

/// The flag of a receive from the error queue, which only Linux has. Elsewhere a bit that no flag of the system uses, so that
/// it can be told from the others, and refused.
#[cfg(target_os = "linux")]
pub const ERROR_QUEUE: c_int = libc::MSG_ERRQUEUE;
#[cfg(not(target_os = "linux"))]
pub const ERROR_QUEUE: c_int = 0x0100_0000;

/// The flag of a send that also connects, with the first bytes in the SYN. None where there is no such flag.
#[cfg(target_os = "linux")]
pub const FAST_OPEN: c_int = libc::MSG_FASTOPEN;
#[cfg(not(target_os = "linux"))]
pub const FAST_OPEN: c_int = 0;

/// Whether the system has error queues.
pub const HAS_ERROR_QUEUE: bool = cfg!(target_os = "linux");

/// The resolver's code for a host without addresses. FreeBSD keeps the number (netdb.h), but does not return it.
#[cfg(not(target_os = "freebsd"))]
pub const EAI_NODATA: c_int = libc::EAI_NODATA;
#[cfg(target_os = "freebsd")]
pub const EAI_NODATA: c_int = 7;

/// What precedes the addresses in a `struct group_source_req` (RFC 3678): the index of the interface, and on most systems
/// what aligns the addresses. Apple packs them.
pub const BEFORE_GROUP: usize = if cfg!(target_vendor = "apple") {
    4
} else {
    align_of::<libc::sockaddr_storage>()
};
