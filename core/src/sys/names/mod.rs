//! The system's tables of names (netdb.h, net/if.h).

mod host_name;
mod hosts;
mod interfaces;
mod tables;

pub use host_name::{host_name, set_host_name};
pub use hosts::{host_by_address, host_by_name};
pub use interfaces::{interface_addresses, interface_name, interfaces};
pub use tables::{protocol, service_name, service_port};
