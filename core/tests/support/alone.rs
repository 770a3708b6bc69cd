//! Tests that need a separate process: to count descriptors or system calls, or to have their own network.

use std::ffi::OsStr;
use std::process::Command;

/// The emulator, with its options, that runs this program on another kind of machine; `make test-arm` names it.
const EMULATOR: &str = "POLYSOCK_TEST_EMULATOR";

pub fn emulator() -> Option<String> {
    std::env::var(EMULATOR).ok()
}

/// A command that runs this program once more.
pub fn this_program() -> Command {
    this_program_by(&[])
}

/// The same through another command, such as `unshare -n`.
pub fn this_program_by(command: &[&str]) -> Command {
    let emulator = emulator().unwrap_or_default();
    let this = std::env::current_exe().unwrap();
    let words = command.iter().copied().chain(emulator.split_whitespace());
    let mut words = words.map(OsStr::new).chain([this.as_os_str()]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words);
    command
}

const INSIDE: &str = "POLYSOCK_TEST_ALONE";

/// Runs the body of a test in a fresh process, started by a command (`unshare -n`, `strace …`). The body is given
/// what `argument` says.
pub fn alone_by<F: FnOnce(&str)>(command: &[&str], argument: &str, body: F) {
    if let Ok(argument) = std::env::var(INSIDE) {
        return body(&argument);
    }
    run_alone(command, test_of::<F>(), argument);
}

pub fn alone<F: FnOnce()>(body: F) {
    if inside() {
        return body();
    }
    run_alone(&[], test_of::<F>(), "");
}

fn run_alone(command: &[&str], name: &str, argument: &str) {
    let output = this_program_by(command)
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(INSIDE, argument)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "no such test: {name}");
}

/// The test that contains a closure, by its name in the test harness.
pub fn test_of<F>() -> &'static str {
    let path = std::any::type_name::<F>(); // behaviour::wake::the_test::{{closure}}
    let test = path.split("::{{closure}}").next().unwrap();
    test.split_once("::").map_or(test, |(_program, name)| name)
}

/// Whether this is the fresh process.
pub fn inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}
