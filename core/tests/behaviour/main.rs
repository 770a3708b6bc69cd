//! The behaviour of the public API, one file per subject. A single program, so that it is linked once.
//!
//! Tests that change the process (limits, forks) or inspect all of it run in a fresh process: `support::alone`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)] // tests fail by panicking

#[path = "../support/mod.rs"]
mod support;

mod accept;
mod address;
mod batch;
mod caller;
mod close;
mod connect;
mod connection;
mod convert;
mod datagram;
mod delivery;
mod ending;
mod error;
#[cfg(target_os = "linux")] // only its sockets have error queues
mod error_queue;
mod exhaustion;
#[cfg(target_os = "linux")] // filters of system calls (seccomp)
mod filter;
mod frames;
mod framing;
mod framing_vectors;
mod java_net;
#[cfg(target_os = "linux")] // elsewhere the holders of a socket are unknown, and the kernel never waits alone
mod kernel_limit;
#[cfg(target_os = "linux")] // as above
mod kernel_wait;
mod message;
mod mode;
mod names;
mod options;
mod poll;
mod poller;
mod recv;
mod regressions;
mod resolve;
mod send;
mod sendfile;
mod server;
mod socket;
mod std_io;
#[cfg(target_os = "linux")] // strace
mod system_calls;
mod tcp_info;
mod timeouts;
#[cfg(target_os = "linux")] // /proc names what is behind a descriptor
mod wake;
