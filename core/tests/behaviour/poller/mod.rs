//! Poller.

mod registrations;
mod support;
mod waits;
