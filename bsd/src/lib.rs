//! The layer below the socket calls of unchanged programs: a library with the C library's names of socket calls, which is
//! loaded before it.
//!
//! Every call goes on to the C library's function of the same name ([`next`]), with the same arguments, and its result is
//! returned unchanged. While calls are recorded (`POLYSOCK_TRACE`), core begins a record before it and ends it after it
//! ([`polysock::bare`]); this crate adds what the arguments say. With `POLYSOCK_SAFE`, or in a program that is linked with the
//! layer, core makes the calls, and keeps its promises for them ([`polysock::promises`]). Otherwise a call costs a load of an
//! atomic and a jump.
//!
//! - Core's own calls reach the layer, too, because the names are the same. While core makes a record,
//!   [`begin`](polysock::bare::begin) begins none. Where it keeps a promise, it makes system calls, which no library sees.
//! - A call may never return here: a signal handler may leave it by longjmp(3), or the thread may be cancelled. So across
//!   the C library's call the functions hold nothing that would have to be dropped, and they are `C-unwind`.
//! - Pointers are the program's and may be wrong, which the kernel reports as EFAULT: what they point at is read by a system
//!   call that reports it, too ([`memory`]).
#![cfg(target_os = "linux")]
#![allow(unsafe_code)]
// The functions pass on what they were given, to a function with the same contract.
#![allow(unsafe_op_in_unsafe_fn)]
// The functions are documented by their manual pages, and their contracts are those of the C library's.
#![allow(missing_docs, clippy::missing_safety_doc)]

/// Records are made in the middle of the program's calls, perhaps of malloc(3).
#[global_allocator]
static ALLOCATOR: polysock::Arena = polysock::Arena;

mod exported;
mod loaded;
mod memory;
mod next;
mod result;
mod start;
#[cfg(variadic_functions)]
mod variadic;

/// What the functions do while calls are watched.
mod calls {
    mod accept;
    mod children;
    mod close;
    mod connect;
    mod duplicate;
    mod epoll;
    mod files;
    mod flush;
    mod formatted;
    mod jump;
    mod message;
    mod messages;
    mod names;
    #[cfg(not(target_env = "gnu"))]
    mod no_streams;
    mod options;
    mod parts;
    mod poll;
    mod recv;
    mod restrict;
    mod select;
    mod send;
    mod signals;
    mod socket;
    #[cfg(target_env = "gnu")]
    mod streams;
    mod vectored;

    pub(crate) use accept::{accept, accept4};
    pub(crate) use children::{popen, posix_spawn, posix_spawnp, system};
    pub(crate) use close::{close, fclose};
    #[cfg(target_env = "gnu")]
    pub(crate) use close::{close_range, closefrom};
    pub(crate) use connect::connect;
    #[cfg(target_env = "gnu")]
    pub(crate) use duplicate::fcntl64;
    pub(crate) use duplicate::{dup, dup2, dup3, fcntl};
    #[cfg(target_env = "gnu")]
    pub(crate) use epoll::epoll_pwait2;
    pub(crate) use epoll::{epoll_pwait, epoll_wait};
    #[cfg(target_env = "gnu")]
    pub(crate) use files::sendfile64;
    pub(crate) use files::{sendfile, splice};
    #[cfg(target_env = "gnu")]
    pub(crate) use formatted::__vdprintf_chk;
    pub(crate) use formatted::vdprintf;
    #[cfg(target_env = "gnu")]
    pub(crate) use jump::__longjmp_chk;
    pub(crate) use jump::{_longjmp, longjmp, siglongjmp};
    pub(crate) use message::{recvmsg, sendmsg};
    pub(crate) use messages::{recvmmsg, sendmmsg};
    pub(crate) use names::getaddrinfo;
    #[cfg(not(target_env = "gnu"))]
    use no_streams as streams;
    pub(crate) use options::{getsockopt, setsockopt};
    #[cfg(target_env = "gnu")]
    pub(crate) use poll::{__poll_chk, __ppoll_chk};
    pub(crate) use poll::{poll, ppoll};
    #[cfg(target_env = "gnu")]
    pub(crate) use recv::{__read_chk, __recv_chk, __recvfrom_chk};
    pub(crate) use recv::{read, readv, recv, recvfrom};
    pub(crate) use restrict::{prctl, syscall};
    pub(crate) use select::{pselect, select};
    pub(crate) use send::{send, sendto, write, writev};
    pub(crate) use signals::{pthread_sigmask, sigaction, sigprocmask};
    pub(crate) use socket::{bind, getpeername, getsockname, listen, shutdown, socket, socketpair};
    #[cfg(target_env = "gnu")]
    pub(crate) use streams::fdopen;
}
