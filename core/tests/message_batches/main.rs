//! The message server as other languages use it: in steps, with replies that are sent when a batch is over.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)] // tests fail by panicking

#[path = "../message_server/closing.rs"]
mod closing;
#[path = "../message_server/handling.rs"]
mod handling;
#[path = "../message_server/many.rs"]
mod many;
#[path = "../message_server/order.rs"]
mod order;
#[path = "../message_server/pressure.rs"]
mod pressure;
#[path = "../message_server/stopping.rs"]
mod stopping;
#[path = "../message_server/support.rs"]
mod support;
#[path = "../message_server/taking_over.rs"]
mod taking_over;

#[path = "../support/mod.rs"]
mod common;

/// See the same tests of `message_server`.
const SENDS_AT_ONCE: bool = false;
