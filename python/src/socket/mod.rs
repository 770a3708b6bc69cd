//! The native socket type: the members that CPython's `_socket.socket` has, and our own.
//!
//! `methods` and `extensions` list them; a method that takes more than a call or two is implemented in the file of its
//! subject.

mod ancillary;
mod batch;
mod class;
mod close;
mod connect;
mod create;
mod crypto;
mod datagram;
mod decoding;
mod delivery;
pub mod descriptor;
mod extensions;
mod fastcall;
mod finalize;
mod frame_methods;
pub mod frames;
mod message;
mod messages;
mod methods;
mod native;
mod options;
mod receive;
mod sendfile;
mod tcp_info;
mod timeout;
pub mod transfer;
mod unclaimed;

pub use ancillary::{cmsg_len, cmsg_space};
pub use class::{complete_class, native_type};
pub use decoding::Decoding;
pub use messages::Messages;
pub use native::NativeSocket;
pub use tcp_info::TcpInfo;
pub use unclaimed::Unclaimed;
