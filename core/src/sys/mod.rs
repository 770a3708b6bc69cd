//! The system: one thin typed function for each call, and nearly all of this crate's `unsafe` code.
//!
//! # The contract: what a platform must provide
//!
//! Everything above uses these names. Where a facility has two implementations, the second one runs on every Unix, is compiled
//! on Linux too, and the Rust tests run on it with `--cfg polysock_portable` (`make test-portable`). macOS and FreeBSD have
//! some of their own: kqueue(2) for [`os::Changes`] and [`selector`](mod@selector), sendfile(2), and their [`kernel`]'s facts;
//! FreeBSD also ppoll(2). `docs/platforms.md` lists what each system uses.
//!
//! | facility | must | Linux | any Unix |
//! |---|---|---|---|
//! | [`os::poll`] | wait for descriptors no longer than the time given, and report an interruption by a signal | ppoll(2), to the nanosecond | poll(2), rounded up to milliseconds |
//! | [`os::accept`] | return a descriptor that is close-on-exec and in blocking mode | accept4(2) | accept(2), fcntl(2) |
//! | [`os::set_nonblocking`], [`os::family`], [`os::sendfile`], [`os::MAKE_NONBLOCKING`], [`os::CLOEXEC_RIGHTS`] | do what their names say | in one call | in two, or through a buffer |
//! | [`os::send`], [`os::sendto`], [`os::sendmsg`], [`os::recv`], [`os::recvfrom`], [`os::recvmsg`] | do what their man pages say; the caller makes sure that no thread is cancelled in them | the system call, where glibc would prepare for that | the C library's function; on 64-bit musl the system call for sendmsg |
//! | [`os::sendmmsg`], [`os::recvmmsg`] | send or receive several messages, waiting at most for the first | in one call | in a loop |
//! | [`os::cuts_segments`] | report whether the kernel cuts one send into datagrams | `UDP_SEGMENT` | no |
//! | [`os::sleep_at`], [`os::wake_at`] | put a thread to sleep on a value, and wake it | futex(2) | a condition variable |
//! | [`os::Changes`] | report when a descriptor's readiness has changed; may be unsupported | edge-triggered epoll(7) | unsupported |
//! | [`waker`] | end another thread's poll, and stay harmless when the program has closed its descriptors | eventfd(2) | pipe(2) |
//! | [`selector`](mod@selector) | keep many registrations and wait for them; a wake-up ends every wait | epoll(7) | poll(2) over all of them |
//! | [`holders`] | find the other holders of a socket; may be unknown, and then waiting is never left to the kernel alone | /proc | unknown |
//! | [`names`] | look up hosts without one thread's answer overwriting another's | the reentrant calls | a lock |
//! | [`control`] | read and write the control messages that every system lays out differently | all | the time of arrival |
//! | [`kernel`] | facts about the kernel: numbers of options and flags, how connect and buffers behave, TCP statistics, send queues | all | what every Unix has |
//!
//! These have one implementation:
//!
//! - [`unix`]: send and receive, which never wait when asked not to and never raise SIGPIPE, on memory that other threads may
//!   change; connect, close, options, addresses (through `socket2` where it has the call: [`unix::sock`]);
//! - [`descriptor`], the one place where a handle keeps its descriptor; [`wakeable_poll`], a poll with the entry that wakes it;
//! - [`sigpipe`], for calls that have no flag to suppress the signal; [`fork`], the generation that changes with each fork, and
//!   locks that start afresh in the child; [`entry`], the word that every call checks; [`thread`] and [`local`], which do not
//!   end the process when there is no memory; [`reserve`], a little memory for that case;
//! - [`mapped_log`], a file that is written through a window of memory; [`large_file`], sizes of files in 64 bits; [`clock`],
//!   [`process`], [`exit`], [`published`], [`once_box`], [`call_stack`] and [`modules`], for traces;
//! - [`undisturbed`], work in the middle of a program's own calls; [`arena`] and [`own_stack`], memory and a stack for it;
//! - `direct`, system calls that no library comes between, and `wake_signal`, the signal that ends another thread's call, for
//!   [`promises`](crate::promises) on Linux;
//! - [`resolve`], [`interface_index`], [`error_text`]: the resolver, interfaces, and the system's texts;
//! - [`numbers`]: numbers of flags and codes, and what stands for them where a system has none.
//!
//! The layout of addresses and of the headers of control messages makes no system call and is kept beside its subject
//! (`address/sockaddr`, `ancillary/codec`), as are the buffers that are lent to the kernel (`buffer`).
#![allow(unsafe_code)]

pub mod arena;
pub(crate) mod call_stack;
pub(crate) mod clock;
pub(crate) mod control;
pub(crate) mod descriptor;
#[cfg(target_os = "linux")]
pub(crate) mod direct;
pub(crate) mod entry;
pub(crate) mod error_text;
pub(crate) mod exit;
pub(crate) mod fork;
pub(crate) mod holders;
pub(crate) mod interface_index;
pub(crate) mod kernel;
pub(crate) mod large_file;
pub mod local;
pub(crate) mod mapped_log;
pub(crate) mod modules;
pub(crate) mod names;
pub(crate) mod numbers;
pub(crate) mod once_box;
pub(crate) mod os;
pub(crate) mod own_stack;
pub(crate) mod process;
pub(crate) mod published;
pub mod reserve;
pub(crate) mod resolve;
pub mod selector;
pub(crate) mod sigpipe;
pub(crate) mod thread;
pub(crate) mod undisturbed;
pub(crate) mod unix;
#[cfg(target_os = "linux")]
pub(crate) mod wake_signal;
pub(crate) mod wakeable_poll;
pub(crate) mod waker;
pub(crate) mod zeros;
