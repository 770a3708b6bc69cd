//! `polysock-run [--safe] [--trace FOLDER] PROGRAM …`: runs a program with the layer below its socket calls.

#![allow(unsafe_code)]

mod c_library;
mod elf;
mod layer;
mod program;
mod refusal;

use refusal::{failed, text_of, Refusal, CANNOT_RUN, FAILED, NOT_FOUND};
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

const USAGE: &str = "\
usage: polysock-run [--safe] [--trace FOLDER] [--data none|all|BYTES] PROGRAM [ARGUMENT]…

Runs a dynamically linked program, unchanged, with libpolysock-bsd below its socket calls.

  --safe          no SIGPIPE from its sockets, a close that ends the calls of other threads, and
                  exact time limits (SO_RCVTIMEO, SO_SNDTIMEO); for the programs that it starts, too
  --trace FOLDER  record its socket calls, and those of the programs that it starts;
                  `python -m polysock show FOLDER` shows them
  --data AMOUNT   how many bytes of each call to record: none, all, or a number (64)

The exit status is the program's; 125 if polysock-run itself fails, 126 if the program can't be
run this way, 127 if it was not found.";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let (text, status) = match run(&arguments) {
        Ok(Asked::Help) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(refusal) => refusal,
    };
    eprintln!("polysock-run: {text}");
    ExitCode::from(status)
}

enum Asked {
    Help,
}

/// Replaces this process with the program; returns only if that fails.
fn run(arguments: &[OsString]) -> Result<Asked, Refusal> {
    let mut words = arguments.iter();
    let (mut folder, mut data, mut safe) = (None, None, false);
    let nothing = || (format!("no program is given\n\n{USAGE}"), FAILED);
    let program = loop {
        let word = words.next().ok_or_else(nothing)?;
        match word.to_str() {
            Some("--help" | "-h") => return Ok(Asked::Help),
            Some("--safe") => safe = true,
            Some("--trace") => folder = Some(value_of("--trace", words.next())?),
            Some("--data") => data = Some(value_of("--data", words.next())?),
            Some("--") => break words.next().ok_or_else(nothing)?,
            Some(option) if option.starts_with('-') => {
                return Err((format!("unknown option {option}\n\n{USAGE}"), FAILED));
            }
            _ => break word,
        }
    };
    if let Some(data) = data {
        check_data(data)?;
    }
    let path = program::find(program)?;
    let checked = program::check(&path)?;
    let mut command = Command::new(&path);
    command
        .arg0(program)
        .args(words)
        .env("LD_PRELOAD", layer::preload(&checked)?);
    if safe {
        command.env("POLYSOCK_SAFE", "1");
    }
    if let Some(folder) = folder {
        // The program may change its directory before it makes its first call.
        let folder = std::path::absolute(folder).map_err(|error| failed(Path::new(folder), &error))?;
        make_folder(&folder)?;
        command.env("POLYSOCK_TRACE", folder);
    }
    if let Some(data) = data {
        command.env("POLYSOCK_TRACE_DATA", data);
    }
    let error = command.exec();
    let status = if error.kind() == io::ErrorKind::NotFound {
        NOT_FOUND
    } else {
        CANNOT_RUN
    };
    Err((format!("{}: {}", path.display(), text_of(&error)), status))
}

fn value_of<'a>(option: &str, value: Option<&'a OsString>) -> Result<&'a OsString, Refusal> {
    value
        .filter(|value| !value.is_empty())
        .ok_or_else(|| (format!("{option} needs a value\n\n{USAGE}"), FAILED))
}

fn check_data(data: &OsStr) -> Result<(), Refusal> {
    let is_known = data
        .to_str()
        .is_some_and(|text| matches!(text, "none" | "all") || text.parse::<usize>().is_ok());
    if is_known {
        Ok(())
    } else {
        Err((
            format!(
                "--data must be none, all or a number, not {}",
                Path::new(data).display()
            ),
            FAILED,
        ))
    }
}

/// Makes the folder, but not its parents: a mistyped path should be noticed.
fn make_folder(folder: &Path) -> Result<(), Refusal> {
    use std::os::unix::fs::DirBuilderExt;
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !folder.is_dir() => {
            Err(failed(folder, &error))
        }
        _ => Ok(()),
    }
}
