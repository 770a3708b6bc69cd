//! Filters of system calls (seccomp), which apply to one thread.
#![allow(unsafe_code)]

use super::system::check;
use libc::{sock_filter, BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W};

/// Forbids these system calls to this thread: each then fails with this errno.
pub fn forbid(calls: &[libc::c_long], errno: i32) {
    let statement = |code: u32, k: u32| sock_filter {
        code: u16::try_from(code).unwrap(),
        jt: 0,
        jf: 0,
        k,
    };
    let refuse = libc::SECCOMP_RET_ERRNO | u32::try_from(errno).unwrap();
    // The number of the call is the first word of `struct seccomp_data`.
    let mut filter = vec![statement(BPF_LD | BPF_W | BPF_ABS, 0)];
    for call in calls {
        let matches = statement(BPF_JMP | BPF_JEQ | BPF_K, u32::try_from(*call).unwrap());
        filter.push(sock_filter { jf: 1, ..matches });
        filter.push(statement(BPF_RET | BPF_K, refuse));
    }
    filter.push(statement(BPF_RET | BPF_K, libc::SECCOMP_RET_ALLOW));
    let program = libc::sock_fprog {
        len: u16::try_from(filter.len()).unwrap(),
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: no memory is involved.
    check(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) });
    // SAFETY: the kernel copies `program`, which points at the filter's instructions.
    check(unsafe {
        libc::prctl(
            libc::PR_SET_SECCOMP,
            libc::SECCOMP_MODE_FILTER,
            &raw const program,
        )
    });
}
