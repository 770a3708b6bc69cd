//! A server that accepts and manages connections and leaves each one to a handler; neither depends on the other's code.

mod failure;
mod limits;
mod options;
mod shared;
mod start;
mod state;
mod step;
mod stop;
mod worker;

pub use options::ServeOptions;
pub use shared::Server;
pub use start::{StartedServer, Trouble};
pub use state::ServerStats;
pub use step::Step;
pub use worker::Worker;
