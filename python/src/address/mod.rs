//! Python's address tuples and paths, and the core's addresses.

mod conversion;
mod families;
mod host;
mod ip;
mod text;
mod unix;

pub use conversion::{from_python, to_python};
pub use host::{host_name, look_up};
pub use ip::MAX_FLOW;
pub use text::{decode, ipv6_text};
