//! One descriptor that many threads use: which calls are inside, which threads wait, who closes it.
//!
//! Every call passes one atomic word on its way in and out ([`state`]). The state through which threads affect each
//! other is kept under one lock, which is held for a few instructions at a time ([`shared`]). Each part has a file;
//! [`handle`](self::handle) puts them together, and what uses several of them is in `close`, `kernel_limiting`,
//! `kernel_waits`, `mode_switching`, `accept_turn`, `registration` and `turn`.

mod accept_turn;
mod ahead;
mod atomic;
mod close;
mod connection_end;
mod direction;
mod exposure;
#[allow(clippy::module_inception)]
mod handle;
mod kernel_limiting;
mod kernel_limits;
mod kernel_waits;
mod low_water;
mod messages;
mod mode;
mod mode_switching;
#[cfg(all(test, loom))]
mod models;
mod peer_failures;
mod registration;
mod shared;
mod spinning_receives;
mod state;
mod subscription;
mod timeouts;
mod turn;
mod turns;
mod wait_hints;
mod waiters;

pub(crate) use ahead::Ahead;
pub(crate) use direction::Direction;
pub(crate) use handle::{Handle, Inside};
pub(crate) use kernel_limits::SHORTEST as SHORTEST_KERNEL_LIMIT;
pub use low_water::has_low_water;
pub(crate) use low_water::note_low_water;
pub(crate) use mode::BlockingMode;
pub(crate) use mode_switching::NonBlocking;
pub(crate) use registration::Registration;
pub(crate) use subscription::{Subscriber, Subscription};
pub(crate) use turn::Turn;
pub(crate) use waiters::Reason;
