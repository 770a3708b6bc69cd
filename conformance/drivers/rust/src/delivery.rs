//! What became of the bytes that were sent.

use crate::answer::Refusal;
use crate::making::call;
use crate::request::{number, Request};
use crate::values::on_off;
use crate::Driver;
use polysock::{CloseVerdict, DISCARD_LIMIT};

type Fields = Result<String, Refusal>;

impl Driver {
    pub fn send_queue(&self, request: &Request<'_>) -> Fields {
        let queue = self.handles.socket(request.argument(0)?)?.send_queue()?;
        Ok(format!("unsent={} unacked={}", queue.unsent, queue.unacked))
    }

    pub fn wait_acked(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        call(&socket, request)?.wait_acked()?;
        Ok(String::new())
    }

    pub fn peer_closed(&self, request: &Request<'_>) -> Fields {
        let closed = self.handles.socket(request.argument(0)?)?.peer_closed()?;
        Ok(format!("closed={}", on_off(closed)))
    }

    pub fn close_graceful(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let limit = request.option("discard").map_or(Ok(DISCARD_LIMIT), number)?;
        let report = call(&socket, request)?.close_graceful(limit)?;
        Ok(format!(
            "verdict={} unacked={} unsent={} discarded={}",
            name(report.verdict),
            report.unacked,
            report.unsent,
            report.discarded
        ))
    }
}

fn name(verdict: CloseVerdict) -> &'static str {
    match verdict {
        CloseVerdict::PeerFinished => "peer_finished",
        CloseVerdict::Acknowledged => "acknowledged",
        CloseVerdict::TimedOut => "timed_out",
        CloseVerdict::Reset => "reset",
        CloseVerdict::LimitReached => "limit_reached",
        _ => "unknown",
    }
}
