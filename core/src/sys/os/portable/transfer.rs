//! Transfers by the C library's functions, except for sendmsg(3) of 64-bit musl.

pub use libc::{recv, recvfrom, recvmsg, send, sendto};

#[cfg(not(all(target_os = "linux", target_env = "musl", target_pointer_width = "64")))]
pub use libc::sendmsg;

/// sendmsg(2) without musl's wrapper. In 64-bit musl, some lengths are half as wide as the kernel's, and the padding beside them
/// must be zero. To make sure of that, musl's sendmsg(3) copies control messages to a buffer on its stack, and fails with ENOMEM if
/// they are too long (more than 1,024 bytes in musl 1.2.3 and 1,056 in 1.2.5). Our padding is zero already.
///
/// # Safety
/// As for sendmsg(3); the padding beside the lengths must be zero.
#[cfg(all(target_os = "linux", target_env = "musl", target_pointer_width = "64"))]
pub unsafe fn sendmsg(fd: libc::c_int, message: *const libc::msghdr, flags: libc::c_int) -> libc::ssize_t {
    // SAFETY: by our own contract.
    let result = unsafe { libc::syscall(libc::SYS_sendmsg, fd, message, flags) };
    libc::ssize_t::try_from(result).unwrap_or(-1) // both have the width of a register
}
