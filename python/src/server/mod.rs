//! The servers: the core's, with threads that Python makes.

mod arguments;
mod callbacks;
mod close_reason;
mod connection;
mod handlers;
mod java_connection;
mod link;
mod messages;
mod step;

pub use connection::Connection;
pub use handlers::{Server, Worker};
pub use java_connection::JavaConnection;
pub use messages::{MessageServer, MessageWorker};
pub use step::Step;
