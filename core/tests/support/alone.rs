//! Tests that need a process of their own: to count descriptors or system calls, or to have a network of their own.

use std::process::Command;

const INSIDE: &str = "POLYSOCK_TEST_ALONE";

/// Runs the body of the test `name` in a fresh process, started by the words of `by` (`unshare -n`, `strace …`).
/// The body is told what `tell` says.
pub fn alone_by(by: &[&str], name: &str, tell: &str, body: impl FnOnce(&str)) {
    if let Ok(told) = std::env::var(INSIDE) {
        return body(&told);
    }
    let this = std::env::current_exe().unwrap();
    let mut words = by
        .iter()
        .map(std::convert::AsRef::as_ref)
        .chain([this.as_os_str()]);
    let output = Command::new(words.next().unwrap())
        .args(words)
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(INSIDE, tell)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "no such test: {name}");
}

pub fn alone(name: &str, body: impl FnOnce()) {
    alone_by(&[], name, "", |_| body());
}

/// Whether this is the fresh process.
pub fn inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}
