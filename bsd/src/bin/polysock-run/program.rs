//! Which programs can be run with the layer.

use crate::c_library::CLibrary;
use crate::elf::{read_beginning, Elf};
use crate::refusal::{Refusal, CANNOT_RUN, NOT_FOUND};
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The program's file, found as a shell finds it.
pub(crate) fn find(name: &OsStr) -> Result<PathBuf, Refusal> {
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

/// How many interpreters of scripts are followed.
const MOST_INTERPRETERS: usize = 4;

/// What is started: a program, or the interpreter of a script.
pub(crate) struct Program {
    pub(crate) file: PathBuf,
    pub(crate) c_library: CLibrary,
}

/// Refuses programs into which the loader does not load the layer, or whose calls do not go through it.
pub(crate) fn check(path: &Path) -> Result<Program, Refusal> {
    let mut file = path.to_path_buf();
    for _ in 0..MOST_INTERPRETERS {
        let beginning = match read_beginning(&file) {
            Ok(beginning) => beginning,
            Err(error) if error.kind() == io::ErrorKind::NotFound && file != path => {
                let interpreter = file.as_os_str().as_bytes().escape_ascii();
                let text = format!("{}: its interpreter {interpreter} was not found", path.display());
                return Err((text, CANNOT_RUN));
            }
            // A program that can't be read can still be run.
            Err(_) => break,
        };
        if let Some(interpreter) = interpreter_of_script(&beginning) {
            file = interpreter;
            continue;
        }
        let checked = match check_rights(&file) {
            Some(reason) => Err(reason),
            None => check_format(&beginning),
        };
        return match checked {
            Ok(c_library) => Ok(Program { file, c_library }),
            Err(reason) => Err((format!("{}: {reason}", file.display()), CANNOT_RUN)),
        };
    }
    Ok(Program {
        file,
        c_library: CLibrary::OWN,
    })
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

/// Why a program that gains privileges can't be run with the layer.
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

/// The C library of a program of this format, or why it can't be run with the layer.
fn check_format(beginning: &[u8]) -> Result<CLibrary, String> {
    let Some(elf) = Elf::of(beginning) else {
        return Ok(CLibrary::OWN);
    };
    if !elf.is_like_ours() {
        return Err("it is for another processor or word size, so it can't load the layer".to_owned());
    }
    let Some(loader) = elf.interpreter() else {
        return Err("it is statically linked, so its socket calls do not go through the C library's shared object; link it dynamically".to_owned());
    };
    if !Path::new(OsStr::from_bytes(loader)).exists() {
        return Err(format!("its loader {} was not found", loader.escape_ascii()));
    }
    Ok(CLibrary::of_loader(loader))
}
