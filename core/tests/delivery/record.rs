//! What the relay has seen of a connection: the witness that no verdict can influence.
//!
//! Positions count from the first byte of a stream; the FIN counts as one more byte after the last.

use crate::segment::Segment;
use std::collections::BTreeMap;
use std::time::Instant;

/// When something became true for the kernel that was given a packet.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Not before.
    pub begun: Instant,
    /// Not after.
    pub done: Instant,
}

/// How a position grew.
#[derive(Clone, Debug, Default)]
pub struct History(Vec<(Moment, u64)>);

impl History {
    pub fn last(&self) -> u64 {
        self.0.last().map_or(0, |(_, value)| *value)
    }

    /// The position at this time at the most.
    pub fn at_most(&self, time: Instant) -> u64 {
        let until = self.0.partition_point(|(moment, _)| moment.begun <= time);
        until.checked_sub(1).map_or(0, |at| self.0[at].1)
    }

    /// The position at this time at the least.
    pub fn at_least(&self, time: Instant) -> u64 {
        let until = self.0.partition_point(|(moment, _)| moment.done <= time);
        until.checked_sub(1).map_or(0, |at| self.0[at].1)
    }

    /// When the position was reached.
    pub fn reached(&self, value: u64) -> Option<Moment> {
        let at = self.0.partition_point(|(_, reached)| *reached < value);
        self.0.get(at).map(|(moment, _)| *moment)
    }

    fn grow(&mut self, moment: Moment, value: u64) {
        if value > self.last() {
            self.0.push((moment, value));
        }
    }
}

/// One direction of a connection.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    /// The sequence number of its first byte.
    first: Option<u32>,
    /// How far its sender has sent it.
    pub sent: History,
    /// How many bytes it has, once a FIN was sent.
    pub length: Option<u64>,
    /// How far the receiver was given it without a gap. Its kernel may have dropped some for lack of memory.
    pub given: History,
    /// What was given after a gap: begin and end.
    after_gap: BTreeMap<u64, u64>,
    /// How far the receiver has acknowledged it: its kernel has it.
    pub acked: History,
    /// How far the sender was given acknowledgements: it may know them.
    pub known: History,
    /// How far it surely knows them. A kernel drops a segment whose bytes it has all had, with the acknowledgement in it.
    pub surely_known: History,
    /// Resets that its sender has sent, and those that the receiver was given.
    pub resets_sent: Vec<Moment>,
    pub resets_given: Vec<Moment>,
}

impl Stream {
    /// Where a segment of this stream begins and ends.
    pub fn place(&self, segment: &Segment) -> Option<(u64, u64)> {
        let begin = u64::from(segment.seq.wrapping_sub(self.first?));
        // A keepalive or a window probe repeats the byte before.
        let begin = if begin > u64::from(u32::MAX / 2) { 0 } else { begin };
        Some((begin, begin + u64::from(segment.length) + u64::from(segment.fin)))
    }

    /// Its sender has sent this.
    pub fn send(&mut self, segment: &Segment, moment: Moment) {
        if segment.syn {
            self.first = Some(segment.seq.wrapping_add(1));
            return;
        }
        if segment.rst {
            self.resets_sent.push(moment);
            return;
        }
        let Some((_, end)) = self.place(segment) else {
            return;
        };
        self.sent.grow(moment, end);
        if segment.fin {
            self.length = Some(end - 1);
        }
    }

    /// Its receiver is given this.
    pub fn give(&mut self, segment: &Segment, moment: Moment) {
        if segment.rst {
            self.resets_given.push(moment);
            return;
        }
        let Some((begin, end)) = self.place(segment) else {
            return;
        };
        if segment.syn {
            return;
        }
        let kept = self.after_gap.entry(begin).or_default();
        *kept = end.max(*kept);
        let mut whole = self.given.last();
        while let Some(entry) = self.after_gap.first_entry().filter(|entry| *entry.key() <= whole) {
            whole = whole.max(entry.remove());
        }
        self.given.grow(moment, whole);
    }

    /// Where this acknowledgement of the stream leads.
    pub fn acked_by(&self, segment: &Segment) -> Option<u64> {
        let position = segment.ack?.wrapping_sub(self.first?);
        // The acknowledgement of the SYN alone may be a byte before the first.
        (position <= u32::MAX / 2).then_some(u64::from(position))
    }

    /// Its receiver acknowledges.
    pub fn acknowledge(&mut self, segment: &Segment, moment: Moment) {
        if let Some(position) = self.acked_by(segment).filter(|_| !segment.rst) {
            self.acked.grow(moment, position);
        }
    }

    /// Whether its receiver has had all of this: a segment that was sent again, or that others have overtaken.
    pub fn has_passed(&self, segment: &Segment) -> bool {
        self.place(segment)
            .is_some_and(|(_, end)| end < self.given.last())
    }

    /// Its sender is given an acknowledgement, in a segment of the other direction that had passed already or had not.
    pub fn learn(&mut self, segment: &Segment, had_passed: bool, moment: Moment) {
        if let Some(position) = self.acked_by(segment).filter(|_| !segment.rst) {
            self.known.grow(moment, position);
            if !had_passed {
                self.surely_known.grow(moment, position);
            }
        }
    }
}

/// Both directions.
#[derive(Clone, Debug, Default)]
pub struct Record {
    pub ours: Stream,
    pub peers: Stream,
    /// Packets that were lost or cut off.
    pub dropped: usize,
}
