//! The results as tables in Markdown.

use crate::close::WRONG;
use crate::judge::{finished, Fault};
use crate::plan::Manner;
use crate::round::Round;
use polysock::{CloseVerdict, Kind};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

const VERDICTS: [CloseVerdict; 5] = [
    CloseVerdict::PeerFinished,
    CloseVerdict::Acknowledged,
    CloseVerdict::TimedOut,
    CloseVerdict::Reset,
    CloseVerdict::LimitReached,
];

/// So long after the acknowledgement, a call has mostly noticed it.
const AFTERWARDS: Duration = Duration::from_millis(50);

/// What all rounds brought.
#[derive(Default)]
pub struct Table {
    rounds: u64,
    manners: BTreeMap<&'static str, [usize; 5]>,
    paths: BTreeMap<&'static str, [usize; 5]>,
    waits: BTreeMap<&'static str, usize>,
    /// How long after the last packet that it depends on a success was reported.
    success: Vec<Duration>,
    /// How long after a reset.
    reset: Vec<Duration>,
    /// How long after the acknowledgement `wait_acked` succeeded.
    acked: Vec<Duration>,
    /// How long after the deadline.
    late: Vec<Duration>,
    /// Successes where the peer ended some time after it had our FIN, and those called `PeerFinished`.
    afterwards: (usize, usize),
    /// Those where it ended with the very segment that acknowledged our FIN.
    at_once: (usize, usize),
    /// Time and processor time of the calls to whom nothing came.
    silent: (Duration, Duration),
    greatest_silent_share: f64,
    bytes: u64,
    dropped: usize,
    wrong: BTreeMap<&'static str, Wrong>,
}

/// What the judge said about wrong calls.
#[derive(Default)]
struct Wrong {
    rounds: usize,
    /// In how many it found something.
    convicted: usize,
    /// In how many it found this.
    faults: BTreeMap<Fault, usize>,
}

impl Table {
    /// Adds a round of the library.
    pub fn add(&mut self, round: &Round) {
        self.rounds += 1;
        let Ok(outcome) = round.close.result else { return };
        let column = VERDICTS
            .iter()
            .position(|verdict| *verdict == outcome.verdict)
            .unwrap();
        self.manners.entry(round.plan.manner.text()).or_default()[column] += 1;
        self.paths.entry(round.plan.path.text()).or_default()[column] += 1;
        if let Some(waited) = &round.waited {
            let known = round.record.ours.known.reached(waited.position);
            if let (Ok(()), Some(known)) = (waited.call.result, known) {
                let last = known.done.max(waited.call.begun);
                self.acked.push(waited.call.ended.saturating_duration_since(last));
            }
            let text = match waited.call.result {
                Ok(()) => "acknowledged",
                Err(Kind::TimedOut | Kind::WouldBlock) => "timed out",
                Err(_) => "reset",
            };
            *self.waits.entry(text).or_default() += 1;
        }
        self.bytes += round.sent;
        self.dropped += round.record.dropped;
        let (begun, ended) = (round.close.begun, round.close.ended);
        let known = round.record.ours.known.reached(round.sent + 1);
        let finished = finished(&round.record);
        match outcome.verdict {
            CloseVerdict::PeerFinished | CloseVerdict::Acknowledged => {
                let (Some(known), Some(finished)) = (known, finished) else {
                    return;
                };
                let last = known.done.max(finished.done).max(begun);
                self.success.push(ended.saturating_duration_since(last));
                let finishes = usize::from(outcome.verdict == CloseVerdict::PeerFinished);
                let between = finished.begun.saturating_duration_since(known.done.max(begun));
                if between >= AFTERWARDS {
                    self.afterwards.0 += 1;
                    self.afterwards.1 += finishes;
                } else if known.begun == finished.begun {
                    self.at_once.0 += 1;
                    self.at_once.1 += finishes;
                }
            }
            CloseVerdict::Reset => {
                // The last one: the kernel takes no reset that does not come in order.
                let resets = round.record.peers.resets_given.iter();
                if let Some(reset) = resets.rev().find(|reset| reset.begun <= ended) {
                    self.reset
                        .push(ended.saturating_duration_since(reset.done.max(begun)));
                }
            }
            CloseVerdict::LimitReached => {}
            CloseVerdict::TimedOut | _ => self
                .late
                .push(ended.saturating_duration_since(begun + round.plan.deadline)),
        }
        let waits = round.plan.is_silent() && !round.plan.deadline.is_zero();
        if waits && outcome.verdict == CloseVerdict::TimedOut {
            self.silent.0 += round.close.took();
            self.silent.1 += round.cpu;
            let share = round.cpu.as_secs_f64() / round.close.took().as_secs_f64();
            self.greatest_silent_share = self.greatest_silent_share.max(share);
        }
    }

    /// Adds a round of wrong calls.
    pub fn add_wrong(&mut self, calls: &'static str, faults: &BTreeSet<Fault>) {
        let wrong = self.wrong.entry(calls).or_default();
        wrong.rounds += 1;
        wrong.convicted += usize::from(!faults.is_empty());
        for fault in faults {
            *wrong.faults.entry(*fault).or_default() += 1;
        }
    }

    pub fn rounds(&self) -> u64 {
        self.rounds
    }

    /// The wrong calls that the judge has not found wrong in this many rounds.
    pub fn acquitted(&self, enough: usize) -> Vec<&'static str> {
        let convicted = |name| {
            self.wrong
                .get(name)
                .is_some_and(|wrong| wrong.convicted >= enough)
        };
        WRONG
            .iter()
            .map(|calls| calls.name)
            .filter(|name| !convicted(*name))
            .collect()
    }

    /// Which part of the peers that surely ended after our FIN was called `PeerFinished`.
    pub fn proven_share(&self) -> f64 {
        match self.afterwards {
            (0, _) => 1.0,
            (all, finishes) => finishes as f64 / all as f64,
        }
    }

    /// The part of a processor that a call used to which nothing came.
    pub fn silent_share(&self) -> f64 {
        let (time, cpu) = self.silent;
        cpu.as_secs_f64() / time.as_secs_f64().max(0.001)
    }

    pub fn show(&self, took: Duration) -> String {
        let mut text = format!(
            "{} closes in {:.0} s, {} MB sent, {} packets lost on purpose\n\n",
            self.rounds,
            took.as_secs_f64(),
            self.bytes / 1_000_000,
            self.dropped
        );
        let manners = Manner::ALL.map(Manner::text);
        verdicts(&mut text, "the peer", &manners, &self.manners);
        let paths = crate::plan::Path::ALL.map(crate::plan::Path::text);
        verdicts(&mut text, "the path", &paths, &self.paths);

        text.push_str("| time | closes | median ms | 99 % ms | maximum ms |\n|---|--:|--:|--:|--:|\n");
        times(
            &mut text,
            "from the last packet it depends on to a success",
            &self.success,
        );
        times(&mut text, "from the reset to `Reset`", &self.reset);
        times(
            &mut text,
            "from the acknowledgement to the success of `wait_acked`",
            &self.acked,
        );
        times(&mut text, "from the deadline to `TimedOut`", &self.late);
        // Writing to a String can't fail.
        let waits: Vec<_> = self
            .waits
            .iter()
            .map(|(result, count)| format!("{count} {result}"))
            .collect();
        let _ = writeln!(text, "\n`wait_acked`: {}", waits.join(", "));
        let _ = writeln!(
            text,
            "the peer ended 50 ms or more after it had acknowledged our FIN: {}, of these `PeerFinished`: {}",
            self.afterwards.0, self.afterwards.1
        );
        let _ = writeln!(
            text,
            "the peer ended with the segment that acknowledged our FIN: {}, of these `PeerFinished`: {}",
            self.at_once.0, self.at_once.1
        );
        let _ = writeln!(
            text,
            "processor time while nothing came: {:.3} % of {:.0} s, at most {:.2} %\n",
            self.silent_share() * 100.0,
            self.silent.0.as_secs_f64(),
            self.greatest_silent_share * 100.0
        );
        text.push_str("| wrong calls | closes | found wrong | in how many for what |\n|---|--:|--:|---|\n");
        for calls in WRONG {
            let Some(wrong) = self.wrong.get(calls.name) else {
                continue;
            };
            let faults: Vec<_> = wrong
                .faults
                .iter()
                .map(|(fault, count)| format!("{fault:?} {count}"))
                .collect();
            let faults = faults.join(", ");
            let _ = writeln!(
                text,
                "| {} | {} | {} | {faults} |",
                calls.name, wrong.rounds, wrong.convicted
            );
        }
        text
    }
}

fn verdicts(
    text: &mut String,
    what: &str,
    names: &[&'static str],
    rows: &BTreeMap<&'static str, [usize; 5]>,
) {
    let _ = write!(text, "| {what} | closes |");
    for verdict in VERDICTS {
        let _ = write!(text, " {verdict:?} |");
    }
    text.push_str("\n|---|--:|--:|--:|--:|--:|--:|\n");
    let mut sum = [0; 5];
    for name in names {
        let row = rows.get(name).copied().unwrap_or_default();
        line(text, name, row);
        sum.iter_mut().zip(row).for_each(|(sum, count)| *sum += count);
    }
    line(text, "**all**", sum);
    text.push('\n');
}

fn line(text: &mut String, name: &str, row: [usize; 5]) {
    let _ = write!(text, "| {name} | {} |", row.iter().sum::<usize>());
    for count in row {
        let _ = write!(text, " {count} |");
    }
    text.push('\n');
}

fn times(text: &mut String, name: &str, times: &[Duration]) {
    let mut times = times.to_vec();
    times.sort_unstable();
    let at = |part: f64| {
        let place = (times.len() as f64 * part).ceil() as usize;
        times
            .get(place.saturating_sub(1))
            .map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    };
    let _ = writeln!(
        text,
        "| {name} | {} | {:.2} | {:.1} | {:.1} |",
        times.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}
