//! The functions behind ours: the C library's, or those of another library that is loaded between.

use crate::loaded;
use libc::{c_int, c_long, c_uint, c_ulong, c_void, size_t, socklen_t, ssize_t};
use std::ffi::CStr;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// The address of a function. Before it was looked up, that of one which does that.
pub(crate) struct Address {
    name: &'static CStr,
    function: AtomicPtr<c_void>,
}

impl Address {
    const fn of(name: &'static CStr, first_call: *const ()) -> Self {
        Self {
            name,
            function: AtomicPtr::new(first_call.cast_mut().cast()),
        }
    }

    #[inline]
    fn get(&self) -> *mut c_void {
        self.function.load(Ordering::Relaxed)
    }

    /// `missing` is called if there is no such function.
    #[cold]
    fn look_up(&self, missing: *const ()) {
        let mut found = loaded::next(self.name);
        if found.is_null() {
            found = missing.cast_mut().cast();
        }
        self.function.store(found, Ordering::Relaxed);
    }
}

/// What a function returns that does not exist here: -1, and ENOSYS in errno.
trait Missing {
    const MISSING: Self;
}

impl Missing for c_int {
    const MISSING: Self = -1;
}

impl Missing for *mut libc::FILE {
    const MISSING: Self = ptr::null_mut();
}

impl Missing for () {
    const MISSING: Self = ();
}

impl Missing for ssize_t {
    const MISSING: Self = -1;
}

macro_rules! look_up {
    ($($(#[$where:meta])* $name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        mod address {
            $(
                $(#[$where])*
                #[allow(non_upper_case_globals)]
                pub(super) static $name: crate::next::Address = crate::next::Address::of(
                    match std::ffi::CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
                        Ok(name) => name,
                        Err(_) => c"",
                    },
                    crate::next::first_call::$name as *const (),
                );
            )*
        }

        mod first_call {
            use crate::next::{address, missing};
            use libc::{c_int, c_long, c_uint, c_ulong, c_void, size_t, socklen_t, ssize_t};
            $(
                $(#[$where])*
                pub(super) unsafe extern "C-unwind" fn $name($($argument: $type),*) -> $result {
                    address::$name.look_up(missing::$name as *const ());
                    crate::next::$name($($argument),*)
                }
            )*
        }

        mod missing {
            use crate::next::Missing;
            use crate::result::set_errno;
            use libc::{c_int, c_long, c_uint, c_ulong, c_void, size_t, socklen_t, ssize_t};
            $(
                $(#[$where])*
                pub(super) unsafe extern "C-unwind" fn $name($(_: $type),*) -> $result {
                    set_errno(libc::ENOSYS);
                    <$result as Missing>::MISSING
                }
            )*
        }

        $(
            $(#[$where])*
            #[inline]
            pub(crate) unsafe fn $name($($argument: $type),*) -> $result {
                type Function = unsafe extern "C-unwind" fn($($type),*) -> $result;
                // SAFETY: it is the address of the C library's function of this name, or of one of ours, which have this type.
                let function = unsafe { std::mem::transmute::<*mut c_void, Function>(address::$name.get()) };
                // SAFETY: the arguments are those of the program's call.
                unsafe { function($($argument),*) }
            }
        )*

        /// Looks all of them up, so that no call from a signal handler has to.
        pub(crate) fn look_up_all() {
            $(
                $(#[$where])*
                address::$name.look_up(missing::$name as *const ());
            )*
            #[cfg(variadic_functions)]
            variadic::look_up();
        }
    };
}

/// The functions that the layer has, for a macro that makes something of each. Those that only glibc has are in a layer for glibc only:
/// a program that asks the loader whether there is such a function must get a true answer (symbols.txt).
macro_rules! each_function {
    ($make:ident) => { $make! {
    socket(family: c_int, kind: c_int, protocol: c_int) -> c_int;
    socketpair(family: c_int, kind: c_int, protocol: c_int, pair: *mut c_int) -> c_int;
    bind(fd: c_int, address: *const libc::sockaddr, length: socklen_t) -> c_int;
    connect(fd: c_int, address: *const libc::sockaddr, length: socklen_t) -> c_int;
    listen(fd: c_int, backlog: c_int) -> c_int;
    accept(fd: c_int, address: *mut libc::sockaddr, length: *mut socklen_t) -> c_int;
    accept4(fd: c_int, address: *mut libc::sockaddr, length: *mut socklen_t, flags: c_int) -> c_int;
    shutdown(fd: c_int, how: c_int) -> c_int;
    getsockname(fd: c_int, address: *mut libc::sockaddr, length: *mut socklen_t) -> c_int;
    getpeername(fd: c_int, address: *mut libc::sockaddr, length: *mut socklen_t) -> c_int;
    getsockopt(fd: c_int, level: c_int, name: c_int, value: *mut c_void, length: *mut socklen_t) -> c_int;
    setsockopt(fd: c_int, level: c_int, name: c_int, value: *const c_void, length: socklen_t) -> c_int;

    send(fd: c_int, data: *const c_void, length: size_t, flags: c_int) -> ssize_t;
    sendto(fd: c_int, data: *const c_void, length: size_t, flags: c_int, to: *const libc::sockaddr, to_length: socklen_t) -> ssize_t;
    sendmsg(fd: c_int, message: *const libc::msghdr, flags: c_int) -> ssize_t;
    sendmmsg(fd: c_int, messages: *mut libc::mmsghdr, count: c_uint, flags: c_int) -> c_int;
    write(fd: c_int, data: *const c_void, length: size_t) -> ssize_t;
    writev(fd: c_int, parts: *const libc::iovec, count: c_int) -> ssize_t;
    sendfile(to: c_int, from: c_int, offset: *mut libc::off_t, count: size_t) -> ssize_t;
    #[cfg(target_env = "gnu")]
    sendfile64(to: c_int, from: c_int, offset: *mut libc::off64_t, count: size_t) -> ssize_t;
    splice(from: c_int, from_offset: *mut libc::off64_t, to: c_int, to_offset: *mut libc::off64_t, length: size_t, flags: c_uint) -> ssize_t;
    // The list of arguments is passed as an address on every processor of Linux.
    vdprintf(fd: c_int, format: *const libc::c_char, arguments: *mut c_void) -> c_int;
    #[cfg(target_env = "gnu")]
    __vdprintf_chk(fd: c_int, flag: c_int, format: *const libc::c_char, arguments: *mut c_void) -> c_int;

    recv(fd: c_int, room: *mut c_void, length: size_t, flags: c_int) -> ssize_t;
    #[cfg(target_env = "gnu")]
    __recv_chk(fd: c_int, room: *mut c_void, length: size_t, size: size_t, flags: c_int) -> ssize_t;
    recvfrom(fd: c_int, room: *mut c_void, length: size_t, flags: c_int, from: *mut libc::sockaddr, from_length: *mut socklen_t) -> ssize_t;
    #[cfg(target_env = "gnu")]
    __recvfrom_chk(fd: c_int, room: *mut c_void, length: size_t, size: size_t, flags: c_int, from: *mut libc::sockaddr, from_length: *mut socklen_t) -> ssize_t;
    recvmsg(fd: c_int, message: *mut libc::msghdr, flags: c_int) -> ssize_t;
    recvmmsg(fd: c_int, messages: *mut libc::mmsghdr, count: c_uint, flags: c_int, timeout: *mut libc::timespec) -> c_int;
    read(fd: c_int, room: *mut c_void, length: size_t) -> ssize_t;
    #[cfg(target_env = "gnu")]
    __read_chk(fd: c_int, room: *mut c_void, length: size_t, size: size_t) -> ssize_t;
    readv(fd: c_int, parts: *const libc::iovec, count: c_int) -> ssize_t;

    close(fd: c_int) -> c_int;
    #[cfg(target_env = "gnu")]
    close_range(first: c_uint, last: c_uint, flags: c_int) -> c_int;
    #[cfg(target_env = "gnu")]
    closefrom(first: c_int) -> ();
    #[cfg(target_env = "gnu")]
    fdopen(fd: c_int, mode: *const libc::c_char) -> *mut libc::FILE;
    fclose(file: *mut libc::FILE) -> c_int;
    dup(fd: c_int) -> c_int;
    dup2(fd: c_int, number: c_int) -> c_int;
    dup3(fd: c_int, number: c_int, flags: c_int) -> c_int;
    // Variadic in C. An integer or a pointer is passed in the same place on every processor of Linux.
    fcntl(fd: c_int, command: c_int, argument: *mut c_void) -> c_int;
    #[cfg(target_env = "gnu")]
    fcntl64(fd: c_int, command: c_int, argument: *mut c_void) -> c_int;

    poll(entries: *mut libc::pollfd, count: libc::nfds_t, timeout: c_int) -> c_int;
    #[cfg(target_env = "gnu")]
    __poll_chk(entries: *mut libc::pollfd, count: libc::nfds_t, timeout: c_int, size: size_t) -> c_int;
    ppoll(entries: *mut libc::pollfd, count: libc::nfds_t, timeout: *const libc::timespec, mask: *const libc::sigset_t) -> c_int;
    #[cfg(target_env = "gnu")]
    __ppoll_chk(entries: *mut libc::pollfd, count: libc::nfds_t, timeout: *const libc::timespec, mask: *const libc::sigset_t, size: size_t) -> c_int;
    select(count: c_int, read: *mut libc::fd_set, write: *mut libc::fd_set, except: *mut libc::fd_set, timeout: *mut libc::timeval) -> c_int;
    pselect(count: c_int, read: *mut libc::fd_set, write: *mut libc::fd_set, except: *mut libc::fd_set, timeout: *const libc::timespec, mask: *const libc::sigset_t) -> c_int;
    epoll_wait(fd: c_int, events: *mut libc::epoll_event, most: c_int, timeout: c_int) -> c_int;
    epoll_pwait(fd: c_int, events: *mut libc::epoll_event, most: c_int, timeout: c_int, mask: *const libc::sigset_t) -> c_int;
    #[cfg(target_env = "gnu")]
    epoll_pwait2(fd: c_int, events: *mut libc::epoll_event, most: c_int, timeout: *const libc::timespec, mask: *const libc::sigset_t) -> c_int;

    sigaction(signal: c_int, action: *const libc::sigaction, before: *mut libc::sigaction) -> c_int;
    pthread_sigmask(how: c_int, set: *const libc::sigset_t, before: *mut libc::sigset_t) -> c_int;
    sigprocmask(how: c_int, set: *const libc::sigset_t, before: *mut libc::sigset_t) -> c_int;

    longjmp(place: *mut c_void, value: c_int) -> ();
    _longjmp(place: *mut c_void, value: c_int) -> ();
    siglongjmp(place: *mut c_void, value: c_int) -> ();
    #[cfg(target_env = "gnu")]
    __longjmp_chk(place: *mut c_void, value: c_int) -> ();

    prctl(option: c_int, second: c_ulong, third: c_ulong, fourth: c_ulong, fifth: c_ulong) -> c_int;
    syscall(number: c_long, first: c_long, second: c_long, third: c_long, fourth: c_long, fifth: c_long, sixth: c_long) -> ssize_t;
    posix_spawn(child: *mut libc::pid_t, path: *const libc::c_char, actions: *const libc::posix_spawn_file_actions_t, attributes: *const libc::posix_spawnattr_t, arguments: *const *mut libc::c_char, environment: *const *mut libc::c_char) -> c_int;
    posix_spawnp(child: *mut libc::pid_t, file: *const libc::c_char, actions: *const libc::posix_spawn_file_actions_t, attributes: *const libc::posix_spawnattr_t, arguments: *const *mut libc::c_char, environment: *const *mut libc::c_char) -> c_int;
    popen(command: *const libc::c_char, mode: *const libc::c_char) -> *mut libc::FILE;
    system(command: *const libc::c_char) -> c_int;

    getaddrinfo(host: *const libc::c_char, service: *const libc::c_char, hints: *const libc::addrinfo, found: *mut *mut libc::addrinfo) -> c_int;
    } };
}

pub(crate) use each_function;

each_function!(look_up);

/// The next functions whose arguments only their format describes; null until they are looked up, and if there is none.
#[cfg(variadic_functions)]
pub(crate) mod variadic {
    use crate::loaded;
    use libc::c_void;
    use std::ptr;
    use std::sync::atomic::{AtomicPtr, Ordering};

    macro_rules! look_up {
        ($($(#[$where:meta])* $name:ident = $text:literal;)*) => {
            $(
                $(#[$where])*
                #[allow(non_upper_case_globals)]
                pub(crate) static $name: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());
            )*

            pub(super) fn look_up() {
                $(
                    $(#[$where])*
                    $name.store(loaded::next($text), Ordering::Relaxed);
                )*
            }
        };
    }

    look_up! {
        dprintf = c"dprintf";
        #[cfg(target_env = "gnu")]
        __dprintf_chk = c"__dprintf_chk";
    }
}

/// Whether calls do more than to be passed on: they are recorded, or promises are kept.
pub(crate) static WATCHED: AtomicBool = AtomicBool::new(false);

#[inline]
pub(crate) fn are_watched() -> bool {
    WATCHED.load(Ordering::Relaxed)
}

pub(crate) fn watch() {
    WATCHED.store(true, Ordering::Relaxed);
}
