//! Compares what the calls reported with what crossed the relay.
//!
//! Every check has a margin of nothing: the relay knows of each packet when a kernel can have had it at the earliest and
//! at the latest. Only the end of a deadline is generous, because the machine may be busy.

use crate::close::Outcome;
use crate::record::{Moment, Record};
use crate::round::{Round, Waited};
use crate::support::LATE;
use polysock::{CloseVerdict, Kind};
use std::time::Instant;

/// What is wrong with a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The peer's TCP had not acknowledged everything.
    NotDelivered,
    /// What the peer's process saw contradicts the verdict.
    PeerDisagrees,
    /// The peer had not ended its stream.
    PeerNotEnded,
    /// The peer had ended its stream before it had our FIN, or it had not.
    WrongOrder,
    /// There was a reset before, or there was none.
    WrongReset,
    /// Everything was known in time, but the call reported that time is up.
    Pessimistic,
    /// The call ended before its time was up.
    Early,
    Late,
    /// Bytes not acknowledged, not sent, or discarded.
    WrongCount,
    /// There was no verdict.
    Failed,
    /// `peer_closed` contradicts what had arrived.
    WrongPeerClosed,
}

pub struct Complaint {
    pub fault: Fault,
    pub details: String,
}

struct Judge<'a> {
    round: &'a Round,
    record: &'a Record,
    complaints: Vec<Complaint>,
}

/// What is wrong with a round.
pub fn judge(round: &Round) -> Vec<Complaint> {
    let mut judge = Judge {
        round,
        record: &round.record,
        complaints: Vec::new(),
    };
    if let Some(waited) = &round.waited {
        judge.wait_acked(waited);
    }
    judge.peer_closed();
    judge.close();
    judge.complaints
}

impl Judge<'_> {
    fn check(&mut self, fine: bool, fault: Fault, details: impl FnOnce() -> String) {
        if !fine {
            let details = details();
            self.complaints.push(Complaint { fault, details });
        }
    }

    fn wait_acked(&mut self, waited: &Waited) {
        let ours = &self.record.ours;
        let (begun, ended) = (waited.call.begun, waited.call.ended);
        let due = begun + waited.limit;
        match waited.call.result {
            Ok(()) => {
                let acked = ours.acked.at_most(ended);
                self.check(acked >= waited.position, Fault::NotDelivered, || {
                    format!("wait_acked: {acked} of {} were acknowledged", waited.position)
                });
                self.check(waited.left == 0, Fault::WrongCount, || {
                    format!("wait_acked succeeded, but {} bytes are in the queue", waited.left)
                });
            }
            Err(Kind::TimedOut | Kind::WouldBlock) => {
                self.check(ended >= due, Fault::Early, || {
                    format!("wait_acked: {:?} of {:?}", waited.call.took(), waited.limit)
                });
                let known = ours.surely_known.at_least(due);
                self.check(
                    known < waited.position || waited.position == 0,
                    Fault::Pessimistic,
                    || format!("wait_acked: {known} of {} were known", waited.position),
                );
            }
            Err(kind) => {
                let reset = reset_by(self.record, ended);
                self.check(reset, Fault::WrongReset, || {
                    format!("wait_acked: {kind}, but there was no reset")
                });
            }
        }
        let late = ended.saturating_duration_since(due);
        self.check(late < LATE, Fault::Late, || format!("wait_acked: {late:?} late"));
    }

    fn peer_closed(&mut self) {
        let call = &self.round.peer_had_closed;
        let peers = &self.record.peers;
        match call.result {
            Ok(true) => {
                let ended = peers
                    .length
                    .is_some_and(|length| peers.given.at_most(call.ended) > length);
                self.check(ended, Fault::WrongPeerClosed, || {
                    "true, but its FIN had not come".into()
                });
            }
            Ok(false) => {
                let ended = peers
                    .length
                    .is_some_and(|length| peers.acked.at_least(call.begun) > length);
                self.check(!ended, Fault::WrongPeerClosed, || {
                    "false, but we had acknowledged its FIN".into()
                });
            }
            Err(kind) => {
                let reset = reset_by(self.record, call.ended);
                self.check(reset, Fault::WrongPeerClosed, || {
                    format!("{kind}, but there was no reset")
                });
            }
        }
    }

    fn close(&mut self) {
        let close = &self.round.close;
        let due = close.begun + self.round.plan.deadline;
        let late = close.ended.saturating_duration_since(due);
        self.check(late < LATE, Fault::Late, || format!("{late:?} late"));
        let outcome = match close.result {
            Ok(outcome) => outcome,
            Err(kind) => return self.check(false, Fault::Failed, || kind.to_string()),
        };
        self.check(
            outcome.discarded <= polysock::DISCARD_LIMIT,
            Fault::WrongCount,
            || format!("{} bytes were discarded, more than the limit", outcome.discarded),
        );
        match outcome.verdict {
            CloseVerdict::PeerFinished | CloseVerdict::Acknowledged => self.success(outcome),
            CloseVerdict::TimedOut => self.timed_out(outcome, due),
            CloseVerdict::Reset => self.reset(outcome),
            CloseVerdict::LimitReached => self.limit_reached(outcome),
            other => self.check(false, Fault::Failed, || format!("an unknown verdict: {other:?}")),
        }
        let expected = !self.round.plan.must_end_well()
            || matches!(
                outcome.verdict,
                CloseVerdict::PeerFinished | CloseVerdict::Acknowledged
            );
        self.check(expected, Fault::Pessimistic, || {
            "nothing prevents a good end".into()
        });
    }

    fn success(&mut self, outcome: Outcome) {
        let Round { sent, read, .. } = *self.round;
        let ended = self.round.close.ended;
        let Record { ours, peers, .. } = self.record;
        let all = sent + 1; // with the FIN
        let acked = ours.acked.at_most(ended);
        self.check(acked >= all, Fault::NotDelivered, || {
            format!("{acked} of {all} were acknowledged")
        });
        let known = ours.known.reached(all).filter(|moment| moment.begun <= ended);
        self.check(known.is_some(), Fault::NotDelivered, || {
            "the acknowledgement had not come".into()
        });
        let finished = finished(self.record).filter(|moment| moment.begun <= ended);
        self.check(finished.is_some(), Fault::PeerNotEnded, || {
            "its FIN had not come".into()
        });
        self.check(
            (outcome.unacked, outcome.unsent) == (0, 0),
            Fault::WrongCount,
            || "success, but not all".into(),
        );
        if let Some(length) = peers.length {
            self.check(read + outcome.discarded == length, Fault::WrongCount, || {
                format!(
                    "{read} read, {} discarded, but the peer sent {length}",
                    outcome.discarded
                )
            });
        }
        if let (Some(known), Some(finished)) = (known, finished) {
            let peer_had_our_fin = known.begun <= finished.begun;
            let says_so = outcome.verdict == CloseVerdict::PeerFinished;
            self.check(peer_had_our_fin || !says_so, Fault::WrongOrder, || {
                format!(
                    "the peer ended {:?} before it acknowledged our FIN",
                    known.begun - finished.begun
                )
            });
            let before = known.begun.max(finished.begun);
            let reset = peers.resets_given.iter().any(|reset| reset.done < before);
            self.check(!reset, Fault::WrongReset, || "success after a reset".into());
        }
        if let Some(report) = &self.round.report {
            let knew_all = report.end || self.round.plan.reports_after_verdict();
            let agrees = !knew_all || (report.received >= all && (!report.end || report.read == sent));
            self.check(agrees, Fault::PeerDisagrees, || {
                format!("{report:?}, but we sent {sent} bytes")
            });
        }
    }

    fn timed_out(&mut self, outcome: Outcome, due: Instant) {
        let close = &self.round.close;
        self.check(close.ended >= due, Fault::Early, || {
            format!("{:?} of {:?}", close.took(), self.round.plan.deadline)
        });
        let Record { ours, peers, .. } = self.record;
        let known = ours.surely_known.at_least(due) > self.round.sent;
        let finished = peers
            .length
            .is_some_and(|length| peers.acked.at_least(due) > length);
        self.check(!(known && finished), Fault::Pessimistic, || {
            "our FIN's acknowledgement and the peer's FIN had come in time".into()
        });
        self.counts(outcome, due);
    }

    fn reset(&mut self, outcome: Outcome) {
        let (begun, ended) = (self.round.close.begun, self.round.close.ended);
        let reset = reset_by(self.record, ended);
        self.check(reset, Fault::WrongReset, || "there was no reset".into());
        // What overtook an acknowledgement may have ended the connection before it came.
        let resets = self.record.peers.resets_given.iter();
        let first = resets.map(|reset| reset.begun).min();
        self.counts(outcome, first.map_or(begun, |first| first.min(begun)));
    }

    fn limit_reached(&mut self, outcome: Outcome) {
        let close = &self.round.close;
        let came = self.record.peers.given.at_most(close.ended);
        let too_much = came > self.round.read + polysock::DISCARD_LIMIT;
        self.check(too_much, Fault::WrongCount, || {
            format!("the limit was reached, but only {came} bytes had come")
        });
        self.counts(outcome, close.begun);
    }

    /// The counts of a close that failed: they were taken at `earliest` or later.
    fn counts(&mut self, outcome: Outcome, earliest: Instant) {
        let Round { sent, read, .. } = *self.round;
        let close = &self.round.close;
        let Record { ours, peers, .. } = self.record;
        let least = sent.saturating_sub(ours.known.at_most(close.ended));
        let most = sent.saturating_sub(ours.surely_known.at_least(earliest));
        let total = outcome.unacked + outcome.unsent;
        self.check((least..=most).contains(&total), Fault::WrongCount, || {
            format!(
                "{} unacked, {} unsent, but {least} to {most} bytes lacked an acknowledgement",
                outcome.unacked, outcome.unsent
            )
        });
        let most = sent.saturating_sub(ours.sent.at_least(earliest));
        self.check(outcome.unsent <= most, Fault::WrongCount, || {
            format!("{} unsent, but all except {most} were seen", outcome.unsent)
        });
        let taken = read + outcome.discarded;
        let most = peers.given.at_most(close.ended);
        self.check(taken <= most, Fault::WrongCount, || {
            format!("{taken} bytes read, but {most} had come")
        });
    }
}

/// When the peer's stream had come with its end.
pub fn finished(record: &Record) -> Option<Moment> {
    record.peers.given.reached(record.peers.length? + 1)
}

fn reset_by(record: &Record, time: Instant) -> bool {
    record.peers.resets_given.iter().any(|reset| reset.begun <= time)
}
