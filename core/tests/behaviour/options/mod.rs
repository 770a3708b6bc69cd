//! Options, by level.

mod common;
mod ip;
mod multicast;
mod refusals;
mod socket;
pub mod support;
mod tcp;
