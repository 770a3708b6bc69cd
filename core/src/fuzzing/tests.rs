//! The fuzz targets without a fuzzer: every input of the corpora, and random changes to them.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

type Target = fn(&[u8]);

/// How many changed inputs each target gets.
const ROUNDS: usize = 5_000;

/// The same where an emulator runs the tests, slowly (`make test-arm`).
const ROUNDS_WHEN_EMULATED: usize = 100;

macro_rules! targets {
    ($($target:ident)*) => {$(
        #[test]
        fn $target() {
            play(stringify!($target), super::$target);
        }
    )*};
}

targets! { address_bytes address_text control_messages framing host_port mixed_calls tcp_info }

fn play(name: &str, target: Target) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(name);
    let files = fs::read_dir(&folder).unwrap();
    let mut corpus: Vec<_> = files
        .map(|file| fs::read(file.unwrap().path()).unwrap())
        .collect();
    corpus.sort();
    assert!(!corpus.is_empty(), "{} is empty", folder.display());
    for input in &corpus {
        run(target, input);
    }
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut changes = Changes(u64::from(clock.subsec_nanos()) | 1);
    let rounds = match std::env::var_os("POLYSOCK_TEST_EMULATOR") {
        Some(_) => ROUNDS_WHEN_EMULATED,
        None => ROUNDS,
    };
    for _ in 0..rounds {
        run(target, &changes.of(&corpus));
    }
}

/// Shows the input with which the target fails.
fn run(target: Target, input: &[u8]) {
    struct Shown<'a>(&'a [u8]);
    impl Drop for Shown<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                println!("the input was b\"{}\"", self.0.escape_ascii());
            }
        }
    }
    let _shown = Shown(input);
    target(input);
}

/// Random changes (xorshift).
struct Changes(u64);

impl Changes {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % limit
    }

    fn byte(&mut self) -> u8 {
        self.below(256) as u8
    }

    /// An input with up to four changes.
    fn of(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut input = corpus[self.below(corpus.len())].clone();
        for _ in 0..self.below(5) {
            let at = self.below(input.len() + 1);
            let other = &corpus[self.below(corpus.len())];
            match self.below(6) {
                0 => input.insert(at, self.byte()),
                1 => drop(input.splice(at.., other[self.below(other.len() + 1)..].iter().copied())),
                2 => input.truncate(at),
                3 if at < input.len() => drop(input.remove(at)),
                4 if at < input.len() => input[at] = self.byte(),
                5 if at < input.len() => input[at] ^= 1 << self.below(8),
                _ => {}
            }
        }
        input
    }
}
