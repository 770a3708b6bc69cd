//! The results as a table in Markdown.

use crate::Round;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// What the rounds of each kind of call brought.
#[derive(Default)]
pub struct Table {
    kinds: BTreeMap<&'static str, Row>,
    signals: usize,
}

#[derive(Default)]
struct Row {
    blocked: Vec<Duration>,
    racing: Vec<Duration>,
}

impl Table {
    pub fn add(&mut self, round: &Round) {
        let row = self.kinds.entry(round.case.name).or_default();
        if round.blocked {
            row.blocked.push(round.woken);
        } else {
            row.racing.push(round.woken);
        }
        self.signals += round.signals;
    }

    pub fn rounds(&self) -> usize {
        let rows = self.kinds.values();
        rows.map(|row| row.blocked.len() + row.racing.len()).sum()
    }

    pub fn show(&self, took: Duration, checked: u64) -> String {
        let mut text = String::from(
            "| call | rounds | already blocked | median µs | 99 % µs | 99.9 % µs | greatest µs |\n|---|--:|--:|--:|--:|--:|--:|\n",
        );
        let mut all = Row::default();
        for (name, row) in &self.kinds {
            line(&mut text, name, row);
            all.blocked.extend(&row.blocked);
            all.racing.extend(&row.racing);
        }
        line(&mut text, "**all**", &all);
        // Writing to a String can't fail.
        let _ = write!(
            text,
            "\n{} rounds in {:.1} s, {} signals, hangs 0, {checked} foreign descriptors checked, 0 touched",
            self.rounds(),
            took.as_secs_f64(),
            self.signals,
        );
        text
    }
}

/// One line: the times are those of the calls that were blocked.
fn line(text: &mut String, name: &str, row: &Row) {
    let mut times = row.blocked.clone();
    times.sort_unstable();
    let at = |part: f64| {
        let place = (times.len() as f64 * part).ceil() as usize;
        let time = times.get(place.saturating_sub(1));
        time.map_or(0, |time| time.as_micros())
    };
    let rounds = times.len() + row.racing.len();
    let _ = writeln!(
        text,
        "| {name} | {rounds} | {} | {} | {} | {} | {} |",
        times.len(),
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0)
    );
}
