//! The system, one thin typed function per call. Everything `unsafe` of this crate is below here.
//!
//! What a platform must provide, under these names:
//!
//! - send, recv (raw memory, never blocking when asked not to, never raising SIGPIPE), connect,
//!   disconnect, close, the descriptor's blocking mode, raw options ([`unix`]), and the one place where a handle
//!   keeps its descriptor ([`descriptor`]);
//! - `poll`: wait until a descriptor is ready or a [`wake::Waker`] is signalled, no longer than the time given,
//!   with an interruption by a signal told apart ([`unix`]; with nanoseconds in [`linux`]);
//! - a way to wake a waiting thread ([`wake`]: an eventfd on Linux, a pipe elsewhere); where a thread can have
//!   none, its waits are cut into slices;
//! - who else holds a socket (`holders`: in /proc on Linux, not to be known elsewhere);
//! - the fork generation and locks that start afresh in a forked child ([`fork`]);
//! - the layout of a sockaddr ([`sockaddr`]) and of control messages ([`ancillary`]);
//! - name resolution ([`resolve`]) and the tables of names ([`names`]);
//! - threads, and values of each thread's own, for which there may be no memory ([`thread`], [`local`]);
//! - a little memory for when the system has none ([`reserve`]);
//! - a [`selector`](mod@selector) for many descriptors (epoll on Linux, poll over all of them elsewhere).
//!
//! `socket2` does what it can do (through [`unix::sock`]); `libc` only the rest.
#![allow(unsafe_code)]

pub(crate) mod descriptor;
pub(crate) mod error_text;
pub(crate) mod fork;
pub(crate) mod holders;
pub(crate) mod interface_index;
pub(crate) mod kernel;
pub mod local;
pub(crate) mod names;
pub(crate) mod os;
pub mod reserve;
pub(crate) mod resolve;
pub mod selector;
pub(crate) mod sigpipe;
pub(crate) mod thread;
pub(crate) mod unix;
pub(crate) mod wakeable_poll;
pub(crate) mod waker;
pub(crate) mod zeros;
