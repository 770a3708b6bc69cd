//! What a socket says about itself.

use crate::addresses::show;
use crate::answer::Refusal;
use crate::request::Request;
use crate::Driver;

type Fields = Result<String, Refusal>;

impl Driver {
    pub fn local_address(&self, request: &Request<'_>) -> Fields {
        Ok(show(&self.handles.socket(request.argument(0)?)?.local_address()?))
    }

    pub fn peer_address(&self, request: &Request<'_>) -> Fields {
        Ok(show(&self.handles.socket(request.argument(0)?)?.peer_address()?))
    }

    pub fn state(&self, request: &Request<'_>) -> Fields {
        let state = self.handles.socket(request.argument(0)?)?.state()?;
        Ok(format!("state={state}"))
    }
}
