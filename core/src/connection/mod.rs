//! Connecting and listening by name.

mod client;
mod host;
mod race;
mod server;
mod tried;

pub(crate) use client::connect_to_any;
pub use client::{connect_any, create_connection, create_connection_with, ConnectOptions};
pub use race::{Race, RaceStep};
pub use server::{create_server, create_server_with, DualStack, ServerOptions};
