//! What a socket says about itself.

use crate::answer::Refusal;
use crate::request::{malformed, Request};
use crate::Driver;
use polysock_core::Address;

type Fields = Result<String, Refusal>;

impl Driver {
    pub fn local_address(&self, request: &Request<'_>) -> Fields {
        host_port(&self.handles.socket(request.argument(0)?)?.local_address()?)
    }

    pub fn peer_address(&self, request: &Request<'_>) -> Fields {
        host_port(&self.handles.socket(request.argument(0)?)?.peer_address()?)
    }

    pub fn state(&self, request: &Request<'_>) -> Fields {
        let state = self.handles.socket(request.argument(0)?)?.state()?;
        Ok(format!("state={state}"))
    }
}

pub fn host_port(address: &Address) -> Fields {
    let address = address.as_socket_addr();
    let address = address.ok_or_else(|| malformed("an address without a port"))?;
    Ok(format!("host={} port={}", address.ip(), address.port()))
}
