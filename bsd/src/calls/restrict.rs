//! prctl(2) and syscall(2), by which a program gives up system calls: afterwards it is ended when it makes one, even for a record
//! or a promise. By syscall(2) a thread may also end without the C library.

use crate::next;
use libc::{c_int, c_long, c_ulong, ssize_t};
use polysock::{bare, promises};

// Both are variadic in C. An integer or a pointer is passed in the same place on every processor of Linux.

pub(crate) unsafe fn prctl(
    option: c_int,
    second: c_ulong,
    third: c_ulong,
    fourth: c_ulong,
    fifth: c_ulong,
) -> c_int {
    if option == libc::PR_SET_SECCOMP {
        before_restriction();
    }
    next::prctl(option, second, third, fourth, fifth)
}

pub(crate) unsafe fn syscall(
    number: c_long,
    first: c_long,
    second: c_long,
    third: c_long,
    fourth: c_long,
    fifth: c_long,
    sixth: c_long,
) -> ssize_t {
    if number == libc::SYS_seccomp && restricts(first, third) {
        before_restriction();
    }
    if number == libc::SYS_exit {
        promises::end_thread();
    }
    next::syscall(number, first, second, third, fourth, fifth, sixth)
}

fn before_restriction() {
    promises::end_before_restriction();
    bare::end_before_restriction();
}

/// Whether a call of seccomp(2) may restrict the process. Programs that only ask what the system can do give no filter.
fn restricts(operation: c_long, filter: c_long) -> bool {
    // The kernel takes it as an unsigned integer.
    match operation as u32 {
        libc::SECCOMP_SET_MODE_STRICT => true,
        libc::SECCOMP_SET_MODE_FILTER => filter != 0,
        _ => false,
    }
}
