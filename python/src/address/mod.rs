//! Python's address tuples and paths, and the core's addresses.

pub mod families;
mod ip;

pub use ip::{from_python, host_name, ipv6_text, look_up, to_python, MAX_FLOW};
