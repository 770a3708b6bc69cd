//! The message server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)] // tests fail by panicking

mod closing;
mod handling;
mod many;
mod order;
mod pressure;
mod stopping;
mod support;
mod taking_over;

#[path = "../support/mod.rs"]
mod common;

/// The server's own threads send replies before they go on to the next connection.
const SENDS_AT_ONCE: bool = true;
