//! Names: of hosts, services, protocols, interfaces and this machine.

pub mod resolve;
pub mod tables;
