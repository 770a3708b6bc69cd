//! What is seen of the end of a connection after we have ended our own stream.

use super::connection::{Connection, Transport};
use super::report::CloseVerdict;
use crate::sys::kernel;
use crate::tcp_info::TcpInfo;
use crate::tcp_state::TcpState;
use std::io;

/// What was seen so far.
#[derive(Default)]
pub(super) struct Ending {
    /// How many segments had arrived at the last look.
    segments: Option<u32>,
    /// How many segments had arrived when our end was not acknowledged and the peer had not ended its stream.
    segments_before_end: Option<u32>,
    /// Whether the peer had received everything at the last look (Unix).
    pub(super) all_received: bool,
    /// What the peer had not received at the last look that found something (Unix).
    pub(super) unread: u64,
}

impl Ending {
    /// Looks before the input is read, so that nothing can arrive after the end that was seen. Returns whether both streams
    /// have ended, or the connection is broken.
    pub(super) fn look(&mut self, connection: Connection<'_>) -> io::Result<bool> {
        if connection.transport == Transport::Unix {
            let unread = kernel::send_queue(connection.fd)?;
            if unread > 0 {
                self.unread = unread;
            }
            self.all_received = unread == 0;
            return Ok(false); // only the peer's end tells
        }
        let info = kernel::tcp_info(connection.fd)?;
        match info.state {
            // The state is read before the number of segments, so only the number read before is older.
            TcpState::ESTABLISHED | TcpState::FIN_WAIT1 => self.segments_before_end = self.segments,
            TcpState::FIN_WAIT2 => connection.handle.connection_end.note_own_end_first(),
            TcpState::CLOSED | TcpState::TIME_WAIT => {
                if self.one_segment_did_it(&info) {
                    connection.handle.connection_end.note_own_end_first();
                }
                return Ok(true);
            }
            _ => {}
        }
        self.segments = info.segs_in;
        Ok(false)
    }

    /// Whether the peer's end acknowledged ours, as it does when the peer ends its stream at once. The state that shows
    /// this is then never seen, nor when both ends have crossed; but that takes two segments.
    fn one_segment_did_it(&self, info: &TcpInfo) -> bool {
        let arrived = info.segs_in.zip(self.segments_before_end);
        arrived.is_some_and(|(now, before)| now.wrapping_sub(before) == 1)
    }
}

impl Connection<'_> {
    /// What a connection that is over proves.
    pub(super) fn verdict(self) -> io::Result<CloseVerdict> {
        let end = &self.handle.connection_end;
        let broken = match self.transport {
            // Without an end of ours, TCP ends only by breaking.
            Transport::Tcp => !end.has_own_end() || kernel::send_queue(self.fd)? > 0,
            Transport::Unix => false,
        };
        Ok(if broken || self.error()?.is_some() {
            CloseVerdict::Reset
        } else if end.own_end_was_first() {
            CloseVerdict::PeerFinished
        } else {
            CloseVerdict::Acknowledged
        })
    }
}
