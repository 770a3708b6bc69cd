//! What happens in a round: drawn from the seed and the round's number alone, so that every process knows it and a round can
//! be played again.

use crate::link::{Cut, CutWays, Quality};
use crate::support::random::Random;
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Plan {
    pub manner: Manner,
    /// How many bytes the peer sends first.
    pub peer_sends: usize,
    /// How many bytes the peer reads before it does what its manner says; it may be fewer than there are.
    pub peer_reads: usize,
    /// How long the peer takes between reading and ending.
    pub peer_pauses: Duration,
    /// A receive buffer that stays small.
    pub peer_has_little_room: bool,
    /// How many bytes we send.
    pub size: usize,
    /// How many bytes of the peer's we read before we close.
    pub reads: usize,
    /// Whether we end our stream some time before.
    pub half_closed: bool,
    /// How long we first wait for acknowledgements.
    pub waits: Option<Duration>,
    /// How long we then take before we close: much may have happened by then.
    pub pauses: Duration,
    pub deadline: Duration,
    /// `SO_LINGER`, which must not make the close last longer.
    pub linger: Option<Duration>,
    pub path: Path,
    pub quality: Quality,
}

/// What the peer's program does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manner {
    ReadsAllThenCloses,
    LingersThenCloses,
    HalfClosesFirst,
    HalfClosesAtTheSameTime,
    ClosesAtTheSameTime,
    ReadsAllStaysOpen,
    ReadsPartStaysOpen,
    ClosesWithUnreadInput,
    KilledAfterReadingAll,
    KilledWithUnreadInput,
    Resets,
    SendsForever,
}

impl Manner {
    pub const ALL: [Self; 12] = [
        Self::ReadsAllThenCloses,
        Self::LingersThenCloses,
        Self::HalfClosesFirst,
        Self::HalfClosesAtTheSameTime,
        Self::ClosesAtTheSameTime,
        Self::ReadsAllStaysOpen,
        Self::ReadsPartStaysOpen,
        Self::ClosesWithUnreadInput,
        Self::KilledAfterReadingAll,
        Self::KilledWithUnreadInput,
        Self::Resets,
        Self::SendsForever,
    ];

    /// Those that end in several ways are more frequent.
    fn draw(random: &mut Random) -> Self {
        let frequent = [
            Self::ReadsAllThenCloses,
            Self::HalfClosesFirst,
            Self::HalfClosesAtTheSameTime,
            Self::ClosesAtTheSameTime,
        ];
        match random.happens(35) {
            true => random.one_of(&frequent),
            false => random.one_of(&Self::ALL),
        }
    }

    pub const fn text(self) -> &'static str {
        match self {
            Self::ReadsAllThenCloses => "reads all, closes",
            Self::LingersThenCloses => "reads all, closes with SO_LINGER",
            Self::HalfClosesFirst => "half closes first, reads all",
            Self::HalfClosesAtTheSameTime => "half closes at the same time",
            Self::ClosesAtTheSameTime => "closes at the same time",
            Self::ReadsAllStaysOpen => "reads all, stays open",
            Self::ReadsPartStaysOpen => "reads a part or nothing, stays open",
            Self::ClosesWithUnreadInput => "closes with input unread",
            Self::KilledAfterReadingAll => "is killed after reading all",
            Self::KilledWithUnreadInput => "is killed with input unread",
            Self::Resets => "resets (SO_LINGER 0)",
            Self::SendsForever => "sends forever",
        }
    }

    /// Whether it reads until the end of our stream.
    pub const fn reads_all(self) -> bool {
        !matches!(
            self,
            Self::ReadsPartStaysOpen
                | Self::ClosesWithUnreadInput
                | Self::KilledWithUnreadInput
                | Self::ClosesAtTheSameTime
        )
    }

    /// Whether a perfect path and enough time lead to an end without a reset.
    pub const fn is_orderly(self) -> bool {
        matches!(
            self,
            Self::ReadsAllThenCloses
                | Self::LingersThenCloses
                | Self::HalfClosesFirst
                | Self::HalfClosesAtTheSameTime
                | Self::KilledAfterReadingAll
        )
    }
}

/// What kind of path it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Path {
    Perfect,
    Slow,
    Lossy,
    LossyAndSlow,
    CutBeforeData,
    CutBeforeFin,
    CutAfterFin,
    CutAfterAck,
}

impl Path {
    pub const ALL: [Self; 8] = [
        Self::Perfect,
        Self::Slow,
        Self::Lossy,
        Self::LossyAndSlow,
        Self::CutBeforeData,
        Self::CutBeforeFin,
        Self::CutAfterFin,
        Self::CutAfterAck,
    ];

    pub const fn text(self) -> &'static str {
        match self {
            Self::Perfect => "neither loss nor delay",
            Self::Slow => "1–100 ms each way, some packets overtake others",
            Self::Lossy => "1–30 % lost",
            Self::LossyAndSlow => "both",
            Self::CutBeforeData => "cut in the middle of our data",
            Self::CutBeforeFin => "cut before our FIN",
            Self::CutAfterFin => "cut after our FIN",
            Self::CutAfterAck => "cut after our FIN's acknowledgement or before the peer's FIN",
        }
    }

    fn draw(random: &mut Random) -> Self {
        match random.happens(40) {
            true => random.one_of(&[Self::Perfect, Self::Lossy]),
            false => random.one_of(&Self::ALL),
        }
    }
}

/// Enough for an orderly end on a perfect path, however busy the machine.
pub const LONG: Duration = Duration::from_secs(15);

impl Plan {
    pub fn draw(seed: u64, number: u64) -> Self {
        let random = &mut Random::new(seed, number);
        let manner = Manner::draw(random);
        let size = draw_size(random);
        let path = Path::draw(random);
        let quality = draw_quality(random, path, size);
        let peer_sends = match random.below(3) {
            0 => 0,
            1 => 1 + random.below(3000) as usize,
            _ => 1 + random.below(256 << 10) as usize,
        };
        let foreseeable = path == Path::Perfect && (manner.is_orderly() || manner == Manner::SendsForever);
        let linger = random.happens(5).then_some(LONG);
        let deadline = match random.below(100) {
            // What is known already is reported all the same.
            0..5 => Duration::ZERO,
            5..70 if foreseeable => LONG,
            // 50 ms to 3 s, as often below 400 ms as above.
            _ => Duration::from_secs_f64(0.05 * 60_f64.powf(random.below(1000) as f64 / 999.0)),
        };
        Self {
            manner,
            peer_sends,
            peer_reads: match manner.reads_all() {
                true => usize::MAX,
                false if random.happens(40) => 0,
                false => random.below(size as u64 + 1) as usize,
            },
            peer_pauses: match random.below(3) {
                _ if manner == Manner::SendsForever && deadline == LONG => Duration::ZERO,
                0 => Duration::ZERO,
                _ => Duration::from_micros(random.below(150_000)),
            },
            peer_has_little_room: random.happens(20),
            size,
            reads: match random.below(3) {
                0 => 0,
                1 => peer_sends,
                _ => random.below(peer_sends as u64 + 1) as usize,
            },
            half_closed: random.happens(if deadline.is_zero() { 50 } else { 20 }),
            waits: random
                .happens(30)
                .then(|| Duration::from_millis(random.one_of(&[0, 20, 100, 300, 1000]))),
            pauses: match random.happens(if deadline.is_zero() { 60 } else { 20 }) {
                true => Duration::from_millis(random.below(300)),
                false => Duration::ZERO,
            },
            deadline,
            linger,
            path,
            quality,
        }
    }

    /// Makes it end soon, for what may wait without need.
    pub fn hurry(&mut self) {
        self.deadline = self.deadline.min(Duration::from_secs(1));
        self.linger = None;
        self.waits = self.waits.or(Some(Duration::from_millis(20)));
    }

    /// Whether nothing should prevent success.
    pub fn must_end_well(&self) -> bool {
        self.path == Path::Perfect && self.manner.is_orderly() && self.deadline == LONG
    }

    /// Whether the peer looks at its socket after the verdict.
    pub fn reports_after_verdict(&self) -> bool {
        matches!(
            self.manner,
            Manner::ReadsAllStaysOpen | Manner::ReadsPartStaysOpen | Manner::SendsForever
        )
    }

    /// Whether the calls only wait: nothing comes from the peer.
    pub fn is_silent(&self) -> bool {
        let never_ends = matches!(
            self.manner,
            Manner::ReadsAllStaysOpen | Manner::ReadsPartStaysOpen
        );
        never_ends || matches!(self.path, Path::CutBeforeFin | Path::CutAfterFin)
    }
}

/// Nothing, a segment or less, what fits the buffers, and up to 1 MB.
fn draw_size(random: &mut Random) -> usize {
    let most = random.one_of(&[0, 1, 1448, 16 << 10, 100 << 10, 100 << 10, 1 << 20]);
    random.below(most + 1) as usize
}

fn draw_quality(random: &mut Random, path: Path, size: usize) -> Quality {
    let mut quality = Quality::PERFECT;
    if matches!(path, Path::Slow | Path::LossyAndSlow) {
        quality.delay = Duration::from_millis(1 + random.below(100));
        if random.happens(30) {
            quality.jitter = Duration::from_millis(1 + random.below(20));
        }
    }
    if matches!(path, Path::Lossy | Path::LossyAndSlow) {
        quality.loss = match random.below(4) {
            0 => (0, 1 + random.below(30)),
            1 => (1 + random.below(30), 0),
            _ => (1 + random.below(30), 1 + random.below(30)),
        };
    }
    quality.cut = match path {
        Path::Perfect | Path::Slow | Path::Lossy | Path::LossyAndSlow => return quality,
        Path::CutBeforeData => Cut::BeforeByte(random.below(size as u64 + 1)),
        Path::CutBeforeFin => Cut::BeforeFin,
        Path::CutAfterFin => Cut::AfterFin,
        Path::CutAfterAck => random.one_of(&[Cut::AfterAck, Cut::BeforePeersFin]),
    };
    quality.cut_ways = random.one_of(&[CutWays::Both, CutWays::Both, CutWays::ToPeer, CutWays::FromPeer]);
    if random.happens(50) {
        quality.delay = Duration::from_millis(random.below(50));
    }
    quality
}
