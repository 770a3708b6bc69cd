//! The native socket type: the members that CPython's `_socket.socket` has, and our own.
//!
//! `methods` lists them; what one does beyond a call or two stands in the file of its subject, here or beside this
//! folder (`message`, `options`, `sendfile`, `tcp_info`).

mod close;
mod connect;
pub mod create;
pub mod descriptor;
pub mod message;
mod methods;
mod native;
pub mod options;
pub mod sendfile;
pub mod tcp_info;
mod timeout;
mod transfer;
mod unclaimed;

pub use native::NativeSocket;
pub use transfer::{received, received_into, sent, sent_all, waiting_flags, Using};
pub use unclaimed::Unclaimed;
