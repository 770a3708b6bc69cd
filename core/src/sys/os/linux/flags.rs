//! Flags that not every Unix has.

/// The bit of a socket's type that makes it non-blocking from the start.
pub const MAKE_NONBLOCKING: libc::c_int = libc::SOCK_NONBLOCK;

/// Received descriptors are close-on-exec from the start: a flag of each recvmsg on a Unix socket. Others carry no
/// descriptors, and some refuse flags that they do not know (packet(7), ISO-TP and J1939 on CAN: EINVAL).
pub const CLOEXEC_RIGHTS: libc::c_int = libc::MSG_CMSG_CLOEXEC;
