//! A server that accepts and manages connections and leaves each one to a handler; neither depends on the other's code.

pub(crate) mod accepting;
mod failure;
mod limits;
pub(crate) mod monitor;
mod options;
mod shared;
mod start;
mod state;
mod step;
mod stop;
pub(crate) mod threads;
mod worker;

pub(crate) use failure::kind_of;
pub use options::ServeOptions;
pub use shared::Server;
pub use start::{StartedServer, Trouble};
pub use state::ServerStats;
pub use step::Step;
pub use worker::Worker;
