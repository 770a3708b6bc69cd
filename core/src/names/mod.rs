//! Names to addresses and back, and the system's other tables of names.

#[cfg(any(test, fuzzing))]
pub(crate) mod properties;
mod resolve;
mod tables;

pub use resolve::{name_of, resolve, resolve_name, resolve_service, split_host_port};
pub use tables::{
    host_by_address, host_by_name, host_name, interface_index, interface_list, interface_name, interfaces,
    protocol_by_name, service_name, service_port, set_host_name, InterfaceInfo,
};
