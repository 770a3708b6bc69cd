//! `polysock-run [--safe] [--trace FOLDER] PROGRAM …`: runs a program with the layer below its socket calls.

#![allow(unsafe_code)]

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
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

const FAILED: u8 = 125;
const CANNOT_RUN: u8 = 126;
const NOT_FOUND: u8 = 127;

/// Why nothing was run: what to print, and the exit status.
type Refusal = (String, u8);

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
    let path = find_program(program)?;
    check_program(&path)?;
    let mut command = Command::new(&path);
    command
        .arg0(program)
        .args(words)
        .env("LD_PRELOAD", preload(&find_layer()?)?);
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

fn failed(path: &Path, error: &io::Error) -> Refusal {
    (format!("{}: {}", path.display(), text_of(error)), FAILED)
}

/// The system's text for an error, without the number that the standard library appends.
fn text_of(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(errno) => polysock::Kind::Os(errno).to_string(),
        None => error.to_string(),
    }
}

/// The program's file, found as a shell finds it.
fn find_program(name: &OsStr) -> Result<PathBuf, Refusal> {
    if name.as_bytes().contains(&b'/') {
        return Ok(PathBuf::from(name));
    }
    let path = env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    let candidates = env::split_paths(&path).map(|folder| folder.join(name));
    let found = candidates.into_iter().find(|file| {
        fs::metadata(file).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
    });
    found.ok_or_else(|| (format!("{}: not found", Path::new(name).display()), NOT_FOUND))
}

/// The layer: beside this program, or in the library folder of the same installation.
fn find_layer() -> Result<PathBuf, Refusal> {
    const NAME: &str = "libpolysock-bsd.so.0";
    let this = env::current_exe()
        .map_err(|error| (format!("can't find the file of polysock-run: {error}"), FAILED))?;
    let folder = this.parent().unwrap_or(Path::new("/"));
    let multiarch = format!("../lib/{}-linux-gnu", env::consts::ARCH);
    let candidates = [".", "../lib", "../lib64", &multiarch].map(|place| folder.join(place).join(NAME));
    let found = candidates.iter().find_map(|file| file.canonicalize().ok());
    let layer = found.ok_or_else(|| {
        (
            format!(
                "{NAME} is neither in {} nor in a lib folder beside it",
                folder.display()
            ),
            FAILED,
        )
    })?;
    check_version(&layer)?;
    Ok(layer)
}

/// Refuses a layer of another version, which might ignore what it does not know.
fn check_version(layer: &Path) -> Result<(), Refusal> {
    const OURS: &str = env!("CARGO_PKG_VERSION");
    // What precedes the version in the layer (start.rs).
    const MARK: &[u8] = b"polysock layer ";
    let contents = fs::read(layer).map_err(|error| failed(layer, &error))?;
    let place = contents.windows(MARK.len()).position(|text| text == MARK);
    let version = place.and_then(|place| {
        contents
            .get(place + MARK.len()..)?
            .split(|byte| *byte == 0)
            .next()
    });
    let problem = match version {
        Some(version) if version == OURS.as_bytes() => return Ok(()),
        Some(version) => format!("its version is {}", version.escape_ascii()),
        None => "it does not state its version".to_owned(),
    };
    let text = format!(
        "{}: {problem}, but that of polysock-run is {OURS}; install both together",
        layer.display()
    );
    Err((text, FAILED))
}

/// The value of LD_PRELOAD: the layer, then what is preloaded already.
fn preload(layer: &Path) -> Result<OsString, Refusal> {
    let mut list = layer.as_os_str().to_owned();
    if list.as_bytes().iter().any(|byte| b" :".contains(byte)) {
        let text = format!(
            "{}: LD_PRELOAD can't hold a path with a space or a colon",
            layer.display()
        );
        return Err((text, FAILED));
    }
    if let Some(others) = env::var_os("LD_PRELOAD").filter(|others| !others.is_empty()) {
        list.push(":");
        list.push(others);
    }
    Ok(list)
}

/// How many interpreters of scripts are followed.
const MOST_INTERPRETERS: usize = 4;

/// Refuses programs into which the loader does not load the layer, or whose calls do not go through it.
fn check_program(path: &Path) -> Result<(), Refusal> {
    let program = path;
    let mut path = program.to_path_buf();
    for _ in 0..MOST_INTERPRETERS {
        let beginning = match read_beginning(&path) {
            Ok(beginning) => beginning,
            Err(error) if error.kind() == io::ErrorKind::NotFound && path != program => {
                let interpreter = path.as_os_str().as_bytes().escape_ascii();
                let text = format!(
                    "{}: its interpreter {interpreter} was not found",
                    program.display()
                );
                return Err((text, CANNOT_RUN));
            }
            // A program that can't be read can still be run.
            Err(_) => return Ok(()),
        };
        if let Some(interpreter) = interpreter_of_script(&beginning) {
            path = interpreter;
            continue;
        }
        let reason = check_rights(&path).or_else(|| check_format(&beginning));
        return match reason {
            None => Ok(()),
            Some(reason) => Err((format!("{}: {reason}", path.display()), CANNOT_RUN)),
        };
    }
    Ok(())
}

/// How much of a file is looked at: its headers are at its beginning.
const BEGINNING: u64 = 64 << 10;

fn read_beginning(path: &Path) -> io::Result<Vec<u8>> {
    let mut beginning = Vec::new();
    fs::File::open(path)?
        .take(BEGINNING)
        .read_to_end(&mut beginning)?;
    Ok(beginning)
}

fn interpreter_of_script(beginning: &[u8]) -> Option<PathBuf> {
    let line = beginning
        .strip_prefix(b"#!")?
        .split(|byte| *byte == b'\n')
        .next()?;
    // Nothing else separates words for the kernel: a carriage return belongs to the name.
    let word = line
        .split(|byte| b" \t\0".contains(byte))
        .find(|word| !word.is_empty())?;
    Some(PathBuf::from(OsStr::from_bytes(word)))
}

/// Why a program that gains rights can't be run with the layer.
fn check_rights(path: &Path) -> Option<String> {
    const REMEDY: &str =
        "and LD_PRELOAD is ignored for programs that gain privileges; run it as a user that has these privileges already";
    let about = fs::metadata(path).ok()?;
    // SAFETY: no memory is involved.
    let (user, group) = unsafe { (libc::geteuid(), libc::getegid()) };
    if about.mode() & libc::S_ISUID != 0 && about.uid() != user {
        return Some(format!("it is setuid, {REMEDY}"));
    }
    if about.mode() & libc::S_ISGID != 0 && about.gid() != group {
        return Some(format!("it is setgid, {REMEDY}"));
    }
    (user != 0 && has_capabilities(path)).then(|| format!("its file has capabilities, {REMEDY}"))
}

fn has_capabilities(path: &Path) -> bool {
    let Ok(path) = std::ffi::CString::new(path.as_os_str().as_bytes()) else {
        return false;
    };
    let name = c"security.capability";
    // SAFETY: both texts end with NUL, and nothing is written for a length of 0.
    unsafe { libc::getxattr(path.as_ptr(), name.as_ptr(), std::ptr::null_mut(), 0) > 0 }
}

/// Why a program of this format can't be run with the layer.
fn check_format(beginning: &[u8]) -> Option<String> {
    let elf = Elf::of(beginning)?;
    if !elf.is_like_ours() {
        return Some("it is for another processor or word size, so it can't load the layer".to_owned());
    }
    match elf.interpreter() {
        None => Some("it is statically linked, so its socket calls do not go through the C library's shared object; link it dynamically".to_owned()),
        Some(loader) if loader.windows(7).any(|part| part == b"ld-musl") != cfg!(target_env = "musl") => {
            Some(format!("it uses {}, but the layer was built for another C library", loader.escape_ascii()))
        }
        Some(loader) if !Path::new(OsStr::from_bytes(loader)).exists() => {
            Some(format!("its loader {} was not found", loader.escape_ascii()))
        }
        Some(_) => None,
    }
}

/// The headers of a program in this machine's byte order and word size (elf(5)).
struct Elf<'a>(&'a [u8]);

impl<'a> Elf<'a> {
    fn of(file: &'a [u8]) -> Option<Self> {
        file.starts_with(b"\x7fELF").then_some(Self(file))
    }

    /// Whether word size, byte order and processor are those of this program.
    fn is_like_ours(&self) -> bool {
        let this = read_beginning(Path::new("/proc/self/exe")).unwrap_or_default();
        let kind = |file: &[u8]| {
            (
                file.get(4..6).map(<[u8]>::to_vec),
                file.get(18..20).map(<[u8]>::to_vec),
            )
        };
        this.is_empty() || kind(&this) == kind(self.0)
    }

    fn number(&self, at: usize, size: usize) -> Option<usize> {
        let bytes = self.0.get(at..at.checked_add(size)?)?;
        let fold = |number: usize, byte: &u8| number << 8 | usize::from(*byte);
        Some(if cfg!(target_endian = "little") {
            bytes.iter().rev().fold(0, fold)
        } else {
            bytes.iter().fold(0, fold)
        })
    }

    /// The loader that the program names; `None` if it is statically linked.
    fn interpreter(&self) -> Option<&'a [u8]> {
        const PT_INTERP: usize = 3;
        let word = size_of::<usize>();
        // The offsets of e_phoff, e_phentsize and e_phnum, and in an entry of p_offset and p_filesz.
        let (table, entry_size, entries, offset, length) = if word == 8 {
            (32, 54, 56, 8, 32)
        } else {
            (28, 42, 44, 4, 16)
        };
        let table = self.number(table, word)?;
        let entry_size = self.number(entry_size, 2)?;
        (0..self.number(entries, 2)?).find_map(|index| {
            let entry = table.checked_add(index.checked_mul(entry_size)?)?;
            if self.number(entry, 4)? != PT_INTERP {
                return None;
            }
            let start = self.number(entry.checked_add(offset)?, word)?;
            let end = start.checked_add(self.number(entry.checked_add(length)?, word)?)?;
            self.0.get(start..end)?.strip_suffix(b"\0")
        })
    }
}
