//! Closes connections over paths that lose, delay and cut off packets, to peers that behave in every way, and compares each
//! verdict with what crossed the path.
//!
//! The two ends are in two network namespaces, and every packet between them passes through a relay in this process, which
//! is the witness. `make test` plays some hundred closes, `make soak` 10,000. The environment can say how many
//! (`POLYSOCK_CLOSES`), how they are drawn (`POLYSOCK_CLOSES_SEED`), and name one to be played alone
//! (`POLYSOCK_CLOSES_ONLY`).
//!
//! Without the test harness: it forks the peers before it has threads.
#![cfg_attr(
    target_os = "linux",
    allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)
)]

#[cfg(target_os = "linux")]
mod close;
#[cfg(target_os = "linux")]
mod control;
#[cfg(target_os = "linux")]
mod jobs;
#[cfg(target_os = "linux")]
mod judge;
#[cfg(target_os = "linux")]
mod link;
#[cfg(target_os = "linux")]
mod network;
#[cfg(target_os = "linux")]
mod peer;
#[cfg(target_os = "linux")]
mod plan;
#[cfg(target_os = "linux")]
mod record;
#[cfg(target_os = "linux")]
mod relay;
#[cfg(target_os = "linux")]
mod round;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod segment;
#[cfg(target_os = "linux")]
mod stage;
#[path = "../support/mod.rs"]
mod support;
#[cfg(target_os = "linux")]
mod table;

#[cfg(not(target_os = "linux"))]
fn main() {
    support::skipped::skip("closes over bad paths", "Linux, for network namespaces");
}

#[cfg(target_os = "linux")]
fn main() {
    run::main();
}
