//! Sleeping on a value (futex(2)).

use crate::sys::unix::readiness::timespec;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

/// Sleeps while a value is the expected one: until [`wake_at`], at most for the given time, perhaps less (futex(2)).
pub fn sleep_at(value: &AtomicU32, expected: u32, longest: Option<Duration>) {
    let limit = longest.map(timespec);
    let limit = limit.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let operation = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: the value and the limit outlive the call.
    unsafe { libc::syscall(libc::SYS_futex, value.as_ptr(), operation, expected, limit) };
}

/// Wakes a thread that sleeps on the value.
pub fn wake_at(value: &AtomicU32) {
    let operation = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: the kernel only looks up the threads that sleep on the address.
    unsafe { libc::syscall(libc::SYS_futex, value.as_ptr(), operation, 1) };
}
