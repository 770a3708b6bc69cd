//! The rounds to be played: the library's, and between them some with wrong calls.

use crate::close::{Calls, OURS, WRONG};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

/// So often must the judge find wrong calls wrong.
pub const ENOUGH: usize = 5;
/// The most rounds of each kind of wrong calls: enough that a judge that finds little is at fault, not chance.
const WRONG_ROUNDS: u64 = 200;

/// A round to be played.
pub struct Job {
    pub number: u64,
    pub calls: Calls,
    /// How often the judge has found these calls wrong.
    convicted: Arc<AtomicUsize>,
}

impl Job {
    pub fn ours(number: u64) -> Self {
        Self {
            number,
            calls: OURS,
            convicted: Arc::default(),
        }
    }

    /// Whether enough is known about its calls.
    pub fn is_superfluous(&self) -> bool {
        self.convicted.load(Ordering::Relaxed) >= ENOUGH
    }

    /// The judge has found its calls wrong.
    pub fn convict(&self) {
        self.convicted.fetch_add(1, Ordering::Relaxed);
    }
}

/// The library's closes, and between them some that are wrong.
pub fn jobs(closes: u64) -> Vec<Job> {
    let mut jobs: Vec<_> = (0..closes).map(Job::ours).collect();
    for (kind, calls) in WRONG.iter().enumerate() {
        let convicted = Arc::default();
        for nth in 0..WRONG_ROUNDS {
            let number = nth * WRONG.len() as u64 + kind as u64;
            let place = number as usize * jobs.len() / (WRONG_ROUNDS as usize * WRONG.len());
            let job = Job {
                number: closes + number,
                calls: *calls,
                convicted: Arc::clone(&convicted),
            };
            jobs.insert(place, job);
        }
    }
    jobs
}
