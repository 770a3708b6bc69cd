//! What a socket says about itself.

use crate::addresses::{address, show};
use crate::answer::Refusal;
use crate::request::{malformed, Request};
use crate::values::on_off;
use crate::Driver;

type Fields = Result<String, Refusal>;

impl Driver {
    pub fn local_address(&self, request: &Request<'_>) -> Fields {
        Ok(show(&self.handles.socket(request.argument(0)?)?.local_address()?))
    }

    pub fn peer_address(&self, request: &Request<'_>) -> Fields {
        Ok(show(&self.handles.socket(request.argument(0)?)?.peer_address()?))
    }

    pub fn peer_ip(&self, request: &Request<'_>) -> Fields {
        let peer = self.handles.socket(request.argument(0)?)?.peer_address()?;
        let ip = peer.ip().ok_or_else(|| malformed("no IP address"))?;
        Ok(format!("ip={ip}"))
    }

    pub fn same_peer(&self, request: &Request<'_>) -> Fields {
        let peer = self.handles.socket(request.argument(0)?)?.peer_address()?;
        Ok(format!("same={}", on_off(peer == address(request, 1)?)))
    }

    pub fn state(&self, request: &Request<'_>) -> Fields {
        let state = self.handles.socket(request.argument(0)?)?.state()?;
        Ok(format!("state={state}"))
    }
}
