//! Filters of system calls (seccomp), which apply to one thread.
#![allow(unsafe_code)]

use super::system::check;
use libc::{sock_filter, BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W};

/// Where `struct seccomp_data` has the number of the call, and its first argument.
const NUMBER: u32 = 0;
#[cfg(target_arch = "x86")]
const FIRST_ARGUMENT: u32 = 16;

/// Forbids these system calls to this thread: each then fails with this errno.
pub fn forbid(calls: &[libc::c_long], errno: i32) {
    let statement = |code: u32, k: u32| sock_filter {
        code: u16::try_from(code).unwrap(),
        jt: 0,
        jf: 0,
        k,
    };
    let refuse = libc::SECCOMP_RET_ERRNO | u32::try_from(errno).unwrap();
    let mut filter = Vec::new();
    let refuse_if = |filter: &mut Vec<sock_filter>, offset: u32, is: u32| {
        let matches = statement(BPF_JMP | BPF_JEQ | BPF_K, is);
        filter.push(statement(BPF_LD | BPF_W | BPF_ABS, offset));
        filter.push(sock_filter { jf: 1, ..matches });
        filter.push(statement(BPF_RET | BPF_K, refuse));
    };
    for call in calls {
        refuse_if(&mut filter, NUMBER, u32::try_from(*call).unwrap());
        #[cfg(target_pointer_width = "32")]
        if *call == libc::SYS_recvmmsg {
            refuse_if(&mut filter, NUMBER, 417); // with a time of 64 bits
        }
    }
    #[cfg(target_arch = "x86")]
    {
        let known = super::socketcall::SOCKETCALLS.iter();
        let also: Vec<_> = known.filter(|(_, call, _)| calls.contains(call)).collect();
        // Past the tests of the first argument, unless it is the call that has one.
        let matches = statement(
            BPF_JMP | BPF_JEQ | BPF_K,
            u32::try_from(libc::SYS_socketcall).unwrap(),
        );
        filter.push(statement(BPF_LD | BPF_W | BPF_ABS, NUMBER));
        filter.push(sock_filter {
            jf: u8::try_from(3 * also.len()).unwrap(),
            ..matches
        });
        for (_, _, which) in also {
            refuse_if(&mut filter, FIRST_ARGUMENT, *which);
        }
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
