//! The first line of a file: who writes it, and how its clock relates to the wall clock.

use super::line::Line;
use crate::sys::published::Published;
use crate::sys::{clock, kernel, process};
use std::sync::OnceLock;

/// The version of the records. It changes when a reader of the earlier ones would misunderstand them.
pub(super) const VERSION: u32 = 1;

/// The longest command line that is recorded.
const LONGEST_PROGRAM: usize = 500;

static LANGUAGE: Published<&str> = Published::nothing();

/// Names the language that this library is called from, for its binding; Rust unless set.
#[doc(hidden)]
pub fn set_trace_language(language: &'static str) {
    LANGUAGE.publish(language);
}

/// `parent` is the file of the process that forked this one.
pub(super) fn header(parent: Option<&str>, most_data: usize) -> Line {
    let mut line = Line::begin();
    line.number("polysock_trace", VERSION);
    line.number("time", clock::monotonic_ns());
    line.number("wall_time", clock::wall_ns());
    line.number("pid", std::process::id());
    line.number("parent_pid", process::parent());
    if let Some(parent) = parent {
        line.text("forked_from", parent);
    }
    line.number("thread", process::thread_number());
    line.text("program", program());
    line.text("language", LANGUAGE.get().unwrap_or(&"rust"));
    line.text("version", env!("CARGO_PKG_VERSION"));
    line.text("machine", machine());
    // A recorder of segments compares this with the namespace that it records.
    if let Some(network) = kernel::network_namespace() {
        line.text("network", network);
    }
    line.number("data", most_data);
    line
}

/// The command line.
fn program() -> String {
    let mut program = String::new();
    for word in process::arguments() {
        if !program.is_empty() {
            program.push(' ');
        }
        program.push_str(&word.to_string_lossy());
    }
    if let Some((end, _)) = program.char_indices().nth(LONGEST_PROGRAM) {
        program.truncate(end);
        program.push('…');
    }
    program
}

/// What stands for this machine since it was last started, within which monotonic clocks agree.
fn machine() -> &'static str {
    static MACHINE: OnceLock<String> = OnceLock::new();
    MACHINE.get_or_init(|| kernel::boot_id().trim().to_owned())
}

/// Reads what needs a descriptor: later the program may have none left, or close it.
pub(super) fn prepare() {
    machine();
    process::arguments();
}
