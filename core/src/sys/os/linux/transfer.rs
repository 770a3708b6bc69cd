//! Transfers that are not cancellation points. glibc's functions prepare for cancellation around the system call, which takes two
//! locked instructions in a process with several threads. A thread inside a call of ours must not be cancelled: that would unwind
//! Rust's frames.
//!
//! If a library that precedes glibc defines one of these functions, it expects to see the calls. In that case, or if we can't tell
//! (in a static program), the functions are called. The calls in [`direct`](crate::sys::direct) never are.

#[cfg(all(target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub use glibc::{recv, recvfrom, recvmsg, send, sendmsg, sendto};

#[cfg(not(all(target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64"))))]
pub use super::super::portable::{recv, recvfrom, recvmsg, send, sendmsg, sendto};

#[cfg(all(target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod glibc {
    use crate::sys::modules;
    use libc::{c_int, c_long, c_void, msghdr, sockaddr, socklen_t, ssize_t};
    use std::ptr;
    use std::sync::atomic::{AtomicU8, Ordering};

    const UNKNOWN: u8 = 0;
    const DIRECTLY: u8 = 1;
    const BY_FUNCTION: u8 = 2;

    /// How calls are made. Decided once; a race only decides it twice, with the same result.
    static WAY: AtomicU8 = AtomicU8::new(UNKNOWN);

    /// Whether system calls are made directly.
    #[inline]
    fn is_direct() -> bool {
        match WAY.load(Ordering::Relaxed) {
            UNKNOWN => choose_way(),
            way => way == DIRECTLY,
        }
    }

    #[cold]
    fn choose_way() -> bool {
        let is_direct = are_of_glibc(&[
            libc::send as *const () as usize,
            libc::sendto as *const () as usize,
            libc::sendmsg as *const () as usize,
            libc::recv as *const () as usize,
            libc::recvfrom as *const () as usize,
            libc::recvmsg as *const () as usize,
        ]);
        let way = if is_direct { DIRECTLY } else { BY_FUNCTION };
        WAY.store(way, Ordering::Relaxed);
        is_direct
    }

    /// Whether all of these addresses are in glibc. False in a static program, where we can't tell.
    fn are_of_glibc(functions: &[usize]) -> bool {
        let glibc = modules::containing(libc::gnu_get_libc_version as *const () as usize);
        glibc.is_some_and(|glibc| {
            let is_library = !glibc.path.is_empty();
            is_library
                && functions
                    .iter()
                    .all(|function| glibc.addresses.contains(function))
        })
    }

    /// The result of a system call, as the C function returns it.
    #[inline]
    fn count(result: c_long) -> ssize_t {
        ssize_t::try_from(result).unwrap_or(-1) // both have the width of a register
    }

    /// # Safety
    /// As for sendto(2).
    #[inline]
    unsafe fn sendto_directly(
        fd: c_int,
        start: *const c_void,
        length: usize,
        flags: c_int,
        to: *const sockaddr,
        to_length: socklen_t,
    ) -> ssize_t {
        // SAFETY: by our own contract.
        let result = unsafe { libc::syscall(libc::SYS_sendto, fd, start, length, flags, to, to_length) };
        count(result)
    }

    /// # Safety
    /// As for recvfrom(2).
    #[inline]
    unsafe fn recvfrom_directly(
        fd: c_int,
        start: *mut c_void,
        length: usize,
        flags: c_int,
        from: *mut sockaddr,
        from_length: *mut socklen_t,
    ) -> ssize_t {
        // SAFETY: by our own contract.
        let result =
            unsafe { libc::syscall(libc::SYS_recvfrom, fd, start, length, flags, from, from_length) };
        count(result)
    }

    /// # Safety
    /// As for send(2).
    #[inline]
    pub unsafe fn send(fd: c_int, start: *const c_void, length: usize, flags: c_int) -> ssize_t {
        // SAFETY: by our own contract. With a null address, the system call does what send(2) does.
        unsafe {
            match is_direct() {
                true => sendto_directly(fd, start, length, flags, ptr::null(), 0),
                false => libc::send(fd, start, length, flags),
            }
        }
    }

    /// # Safety
    /// As for sendto(2).
    #[inline]
    pub unsafe fn sendto(
        fd: c_int,
        start: *const c_void,
        length: usize,
        flags: c_int,
        to: *const sockaddr,
        to_length: socklen_t,
    ) -> ssize_t {
        // SAFETY: by our own contract.
        unsafe {
            match is_direct() {
                true => sendto_directly(fd, start, length, flags, to, to_length),
                false => libc::sendto(fd, start, length, flags, to, to_length),
            }
        }
    }

    /// # Safety
    /// As for sendmsg(2).
    #[inline]
    pub unsafe fn sendmsg(fd: c_int, message: *const msghdr, flags: c_int) -> ssize_t {
        // SAFETY: by our own contract.
        unsafe {
            match is_direct() {
                true => count(libc::syscall(libc::SYS_sendmsg, fd, message, flags)),
                false => libc::sendmsg(fd, message, flags),
            }
        }
    }

    /// # Safety
    /// As for recv(2).
    #[inline]
    pub unsafe fn recv(fd: c_int, start: *mut c_void, length: usize, flags: c_int) -> ssize_t {
        // SAFETY: by our own contract. With null pointers for an address, the system call does what recv(2) does.
        unsafe {
            match is_direct() {
                true => recvfrom_directly(fd, start, length, flags, ptr::null_mut(), ptr::null_mut()),
                false => libc::recv(fd, start, length, flags),
            }
        }
    }

    /// # Safety
    /// As for recvfrom(2).
    #[inline]
    pub unsafe fn recvfrom(
        fd: c_int,
        start: *mut c_void,
        length: usize,
        flags: c_int,
        from: *mut sockaddr,
        from_length: *mut socklen_t,
    ) -> ssize_t {
        // SAFETY: by our own contract.
        unsafe {
            match is_direct() {
                true => recvfrom_directly(fd, start, length, flags, from, from_length),
                false => libc::recvfrom(fd, start, length, flags, from, from_length),
            }
        }
    }

    /// # Safety
    /// As for recvmsg(2).
    #[inline]
    pub unsafe fn recvmsg(fd: c_int, message: *mut msghdr, flags: c_int) -> ssize_t {
        // SAFETY: by our own contract.
        unsafe {
            match is_direct() {
                true => count(libc::syscall(libc::SYS_recvmsg, fd, message, flags)),
                false => libc::recvmsg(fd, message, flags),
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use std::io;
        use std::os::fd::AsRawFd;
        use std::os::unix::net::UnixDatagram;

        #[test]
        fn a_function_outside_glibc_is_noticed() {
            let (send, ours) = (libc::send as *const () as usize, choose_way as *const () as usize);
            let glibc = modules::containing(send).unwrap();
            assert_eq!(are_of_glibc(&[send]), !glibc.path.is_empty());
            assert!(!are_of_glibc(&[send, ours]));
        }

        #[test]
        fn both_ways_do_the_same() {
            for way in [DIRECTLY, BY_FUNCTION] {
                WAY.store(way, Ordering::Relaxed);
                transfer();
            }
            WAY.store(UNKNOWN, Ordering::Relaxed);
            transfer();
            assert_ne!(WAY.load(Ordering::Relaxed), UNKNOWN);
        }

        /// Sends three datagrams, and receives them.
        fn transfer() {
            let (one, other) = UnixDatagram::pair().unwrap();
            let (from, to) = (one.as_raw_fd(), other.as_raw_fd());
            let text = b"abc";
            let mut room = [0_u8; 8];
            let sent = libc::iovec {
                iov_base: text.as_ptr().cast_mut().cast(),
                iov_len: 1,
            };
            let received = libc::iovec {
                iov_base: room.as_mut_ptr().cast(),
                iov_len: room.len(),
            };
            // SAFETY: a msghdr of zeros is a valid one.
            let (mut message, mut place): (msghdr, msghdr) =
                unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
            (message.msg_iov, message.msg_iovlen) = (ptr::from_ref(&sent).cast_mut(), 1);
            (place.msg_iov, place.msg_iovlen) = (ptr::from_ref(&received).cast_mut(), 1);
            let mut length = 0;
            // SAFETY: all memory is ours and at least as long as the lengths passed.
            unsafe {
                assert_eq!(send(from, text.as_ptr().cast(), 3, 0), 3);
                assert_eq!(sendto(from, text.as_ptr().cast(), 2, 0, ptr::null(), 0), 2);
                assert_eq!(sendmsg(from, &raw const message, 0), 1);
                assert_eq!(recv(to, room.as_mut_ptr().cast(), 8, 0), 3);
                let (start, name) = (room.as_mut_ptr().cast(), ptr::null_mut());
                assert_eq!(recvfrom(to, start, 8, 0, name, &raw mut length), 2);
                assert_eq!(recvmsg(to, &raw mut place, 0), 1);
                assert_eq!(recv(to, start, 8, libc::MSG_DONTWAIT), -1);
                assert_eq!(io::Error::last_os_error().raw_os_error(), Some(libc::EAGAIN));
                assert_eq!(send(-1, text.as_ptr().cast(), 3, 0), -1);
                assert_eq!(io::Error::last_os_error().raw_os_error(), Some(libc::EBADF));
            }
            assert_eq!(room[..3], *b"abc");
        }
    }
}
