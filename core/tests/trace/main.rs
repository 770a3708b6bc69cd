//! Traces: what is recorded, and that nothing that happens to the file or to the process disturbs the program.
//!
//! A trace belongs to a process, so each test runs a separate program: one of the ignored tests.
#![allow(
    missing_docs,
    unsafe_code, // fork, kill, setrlimit
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod calls;
mod process;
mod programs;

#[path = "../support/mod.rs"]
mod support;
