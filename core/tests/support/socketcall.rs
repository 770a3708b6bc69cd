//! On x86 with 32 bits the C library makes nearly all calls on sockets by one system call, whose first argument says which.

use libc::c_long;

/// A call's name and number, and the first argument of `socketcall` that means the same (include/uapi/linux/net.h).
pub const SOCKETCALLS: &[(&str, c_long, u32)] = &[
    ("connect", libc::SYS_connect, 3),
    ("listen", libc::SYS_listen, 4),
    ("getsockname", libc::SYS_getsockname, 6),
    ("sendto", libc::SYS_sendto, 9),
    ("recvfrom", libc::SYS_recvfrom, 10),
    ("sendto", libc::SYS_sendto, 11),
    ("recvfrom", libc::SYS_recvfrom, 12),
    ("shutdown", libc::SYS_shutdown, 13),
    ("setsockopt", libc::SYS_setsockopt, 14),
    ("getsockopt", libc::SYS_getsockopt, 15),
    ("sendmsg", libc::SYS_sendmsg, 16),
    ("recvmsg", libc::SYS_recvmsg, 17),
    ("accept4", libc::SYS_accept4, 18),
    ("recvmmsg", libc::SYS_recvmmsg, 19),
    ("sendmmsg", libc::SYS_sendmmsg, 20),
];
