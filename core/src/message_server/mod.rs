//! A server that accepts, receives and sends, and calls callbacks with messages.

mod batch;
mod buffers;
mod callbacks;
mod connection;
mod item;
mod lead;
mod limits;
mod options;
mod reason;
mod receive;
mod recording;
mod shared;
mod start;
mod state;
mod step;
mod stop;
mod traffic;
mod worker;

pub use batch::{MessageBatch, MessageEvent};
pub use connection::Connection;
pub use options::MessageServeOptions;
pub use reason::CloseReason;
pub use shared::MessageServer;
pub use start::{MessageHandler, Reply, StartedMessageServer};
pub use state::MessageServerStats;
pub use step::MessageStep;
pub use traffic::ConnectionData;
pub use worker::MessageWorker;
