//! The first line of a file: who writes it, and how its clock relates to the wall clock.

use super::line::Line;
use crate::sys::published::Published;
use crate::sys::{clock, process};

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
    if let Some(network) = network() {
        line.text("network", network);
    }
    line.number("data", most_data);
    line
}

/// The command line.
fn program() -> String {
    let mut program = String::new();
    for word in std::env::args_os() {
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
fn machine() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    id.unwrap_or_default().trim().to_owned()
}

/// Identifies the network namespace of this process; a recorder of segments compares it with the one that it records.
fn network() -> Option<String> {
    let link = std::fs::read_link("/proc/self/ns/net").ok()?;
    link.into_os_string().into_string().ok()
}
