//! Names: of hosts, services, protocols, interfaces and this machine.

pub mod hosts;
pub mod machine;
pub mod resolve;
pub mod services;
