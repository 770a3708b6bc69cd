//! What this machine can't test.
#![allow(dead_code)] // each test program uses a part

use super::alone::emulator;
use std::fs::OpenOptions;
use std::io::Write;
use std::process::Command;

/// Says what is not tested and what it needs: on standard error, past the test harness, which keeps what passing tests
/// print to itself; and in the list that `make test` ends with (`tools/skipped.sh`).
pub fn skip(what: &str, needs: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {what}: needs {needs}");
    if let Some(list) = std::env::var_os("POLYSOCK_SKIPPED") {
        let mut list = OpenOptions::new().append(true).create(true).open(list).unwrap();
        let line = format!("Rust: {what}\t{needs}\n");
        list.write_all(line.as_bytes()).unwrap(); // one write, which no other test's line can cut in two
    }
}

/// Whether a command succeeds here; if not, the test `name` is skipped because what it `needs` is missing.
pub fn can(words: &[&str], name: &str, needs: &str) -> bool {
    let can = words
        .split_first()
        .map(|(program, rest)| Command::new(program).args(rest).output())
        .is_some_and(|ran| ran.is_ok_and(|output| output.status.success()));
    if !can {
        skip(name, needs);
    }
    can
}

/// Whether `localhost` leads to an address: it is a line in /etc/hosts, which need not be there.
pub fn can_find_localhost(name: &str) -> bool {
    let hosts = std::fs::read_to_string("/etc/hosts").unwrap_or_default(); // a look-up might ask another machine
    let can = hosts.split_whitespace().any(|word| word == "localhost");
    if !can {
        skip(name, "the name localhost (/etc/hosts)");
    }
    can
}

/// Whether strace is there and may trace. An emulator makes other calls than the program that it runs.
pub fn can_trace(name: &str) -> bool {
    if emulator().is_some() {
        skip(name, "strace without an emulator");
        return false;
    }
    can(&["strace", "-o", "/dev/null", "true"], name, "strace")
}

/// Whether a network namespace can be made and furnished with `ip`.
pub fn can_have_a_network(name: &str) -> bool {
    can(&["ip", "-Version"], name, "iproute2")
        && can(
            &["unshare", "-n", "-m", "true"],
            name,
            "root, for a network namespace",
        )
}
