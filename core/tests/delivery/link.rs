//! The path of one connection: what it does to packets, and the record of them.

use crate::record::{Moment, Record};
use crate::segment::Segment;
use crate::support::random::Random;
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    ToPeer,
    FromPeer,
}

/// What a path does to packets.
#[derive(Clone, Debug)]
pub struct Quality {
    /// How many percent are lost on the way to the peer, and on the way back.
    pub loss: (u64, u64),
    /// How long each packet takes.
    pub delay: Duration,
    /// How much longer some take, which others then overtake.
    pub jitter: Duration,
    pub cut: Cut,
    pub cut_ways: CutWays,
}

impl Quality {
    /// Neither loss nor delay.
    pub const PERFECT: Self = Self {
        loss: (0, 0),
        delay: Duration::ZERO,
        jitter: Duration::ZERO,
        cut: Cut::Never,
        cut_ways: CutWays::Both,
    };
}

/// When nothing passes any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    Never,
    /// Before this byte of our stream.
    BeforeByte(u64),
    /// Before our FIN.
    BeforeFin,
    /// After our FIN, before its acknowledgement.
    AfterFin,
    /// After the acknowledgement of our FIN, perhaps before the peer's FIN.
    AfterAck,
    /// Before the peer's FIN.
    BeforePeersFin,
}

/// Which way is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutWays {
    Both,
    ToPeer,
    FromPeer,
}

impl CutWays {
    fn has(self, way: Way) -> bool {
        match self {
            Self::Both => true,
            Self::ToPeer => way == Way::ToPeer,
            Self::FromPeer => way == Way::FromPeer,
        }
    }
}

pub struct Link {
    quality: Quality,
    is_cut: bool,
    random: Random,
    pub record: Record,
}

impl Link {
    /// A perfect path, for a connection to be made.
    pub fn new(random: Random) -> Self {
        Self {
            quality: Quality::PERFECT,
            is_cut: false,
            random,
            record: Record::default(),
        }
    }

    /// From now on the path is like this.
    pub fn become_like(&mut self, quality: Quality) {
        self.is_cut = false;
        self.quality = quality;
    }

    /// A packet comes in: how long it will take, unless it is lost.
    pub fn enter(&mut self, way: Way, segment: &Segment) -> Option<Duration> {
        let now = Instant::now();
        let moment = Moment {
            begun: now,
            done: now,
        };
        let Record { ours, peers, .. } = &mut self.record;
        let (stream, opposite) = match way {
            Way::ToPeer => (ours, peers),
            Way::FromPeer => (peers, ours),
        };
        stream.send(segment, moment);
        opposite.acknowledge(segment, moment);

        self.is_cut |= self.cuts_before(way, segment);
        if self.is_cut && self.quality.cut_ways.has(way) {
            self.record.dropped += 1;
            return None;
        }
        let loss = match way {
            Way::ToPeer => self.quality.loss.0,
            Way::FromPeer => self.quality.loss.1,
        };
        if self.random.happens(loss) {
            self.record.dropped += 1;
            return None;
        }
        self.is_cut |= self.cuts_after(way, segment);
        let jitter = self.quality.jitter.as_micros() as u64;
        let later = if jitter == 0 { 0 } else { self.random.below(jitter) };
        Some(self.quality.delay + Duration::from_micros(later))
    }

    fn cuts_before(&self, way: Way, segment: &Segment) -> bool {
        match (self.quality.cut, way) {
            (Cut::BeforeByte(byte), Way::ToPeer) => {
                let place = self.record.ours.place(segment);
                place.is_some_and(|(_, end)| end > byte)
            }
            (Cut::BeforeFin, Way::ToPeer) | (Cut::BeforePeersFin, Way::FromPeer) => segment.fin,
            _ => false,
        }
    }

    fn cuts_after(&self, way: Way, segment: &Segment) -> bool {
        match (self.quality.cut, way) {
            (Cut::AfterFin, Way::ToPeer) => segment.fin,
            (Cut::AfterAck, Way::FromPeer) => {
                let ours = &self.record.ours;
                ours.length
                    .is_some_and(|length| ours.acked_by(segment) > Some(length))
            }
            _ => false,
        }
    }

    /// The packet arrives: `give` gives it to a kernel.
    pub fn leave(&mut self, way: Way, segment: &Segment, give: impl FnOnce()) {
        let begun = Instant::now();
        give();
        let moment = Moment {
            begun,
            done: Instant::now(),
        };
        let Record { ours, peers, .. } = &mut self.record;
        let (stream, opposite) = match way {
            Way::ToPeer => (ours, peers),
            Way::FromPeer => (peers, ours),
        };
        let had_passed = stream.has_passed(segment);
        stream.give(segment, moment);
        opposite.learn(segment, had_passed, moment);
    }
}
