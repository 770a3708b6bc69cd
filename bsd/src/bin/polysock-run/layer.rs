//! The layer that goes with this program, and with a program that it runs.

use crate::c_library::CLibrary;
use crate::program::Program;
use crate::refusal::{failed, Refusal, CANNOT_RUN, FAILED};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

const NAME: &str = "libpolysock-bsd.so.0";

/// The value of LD_PRELOAD for a program: its layer, then what is preloaded already.
pub(crate) fn preload(program: &Program) -> Result<OsString, Refusal> {
    let this = env::current_exe()
        .map_err(|error| (format!("can't find the file of polysock-run: {error}"), FAILED))?;
    let folder = this.parent().unwrap_or(Path::new("/"));
    let layer = find(folder, program.c_library).ok_or_else(|| missing(folder, program))?;
    check_version(&layer)?;
    let mut list = for_either_library(folder).unwrap_or(layer).into_os_string();
    if list.as_bytes().iter().any(|byte| b" :".contains(byte)) {
        let text = format!(
            "{}: LD_PRELOAD can't hold a path with a space or a colon",
            Path::new(&list).display()
        );
        return Err((text, FAILED));
    }
    if let Some(others) = env::var_os("LD_PRELOAD").filter(|others| !others.is_empty()) {
        list.push(":");
        list.push(others);
    }
    Ok(list)
}

/// Where libraries are: beside polysock-run in `folder`, or in the library folder of the same installation.
fn places(folder: &Path) -> [PathBuf; 4] {
    let multiarch = format!("../lib/{}-linux-gnu", env::consts::ARCH);
    [".", "../lib", "../lib64", &multiarch].map(|place| folder.join(place))
}

/// The layer for a C library. Any but the one for polysock-run's own C library is in a folder named after its C library.
fn find(folder: &Path, c_library: CLibrary) -> Option<PathBuf> {
    let name = if c_library == CLibrary::OWN {
        PathBuf::from(NAME)
    } else {
        Path::new("polysock").join(c_library.name()).join(NAME)
    };
    let candidates = places(folder).map(|place| place.join(&name));
    candidates.iter().find_map(|file| file.canonicalize().ok())
}

fn missing(folder: &Path, program: &Program) -> Refusal {
    let (file, folder) = (program.file.display(), folder.display());
    let nowhere = format!("neither in {folder} nor in a lib folder beside it");
    if program.c_library == CLibrary::OWN {
        return (format!("{NAME} is {nowhere}"), FAILED);
    }
    let name = program.c_library.name();
    let remedy = match program.c_library {
        CLibrary::Musl => {
            "`make layer-musl` in polysock's sources builds it, and `make install` then installs it"
        }
        CLibrary::Glibc => "put that of a polysock for glibc there",
    };
    let text = format!("{file}: it uses the C library {name}, and the layer for that, polysock/{name}/{NAME}, is {nowhere}; {remedy}");
    (text, CANNOT_RUN)
}

/// A path under which every program finds the layer for its own C library, so that a program may start others that use the other
/// C library. For `$LIB`, glibc's loader puts the name of the system's library folder, in which there is a link to its layer; musl's
/// loader looks into a folder with that very name. `None` unless both layers are there.
#[cfg(target_env = "gnu")]
fn for_either_library(folder: &Path) -> Option<PathBuf> {
    let either = places(folder).map(|place| place.join("polysock/either"));
    let others = either
        .iter()
        .find_map(|folder| folder.canonicalize().ok())?
        .join("$LIB");
    let path = others.join(NAME);
    (is_found_by_the_loader(&path) && check_version(&path).is_ok()).then_some(path)
}

#[cfg(not(target_env = "gnu"))]
fn for_either_library(_: &Path) -> Option<PathBuf> {
    None
}

/// Whether glibc's loader, which replaces `$LIB`, finds a library that it can load. It does not load it.
#[cfg(target_env = "gnu")]
fn is_found_by_the_loader(path: &Path) -> bool {
    let Ok(path) = std::ffi::CString::new(path.as_os_str().as_bytes()) else {
        return false;
    };
    // SAFETY: the path ends with NUL, and no code of the library runs.
    let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_LAZY | libc::RTLD_NOLOAD) };
    // SAFETY: no memory is involved. Without an error, it was found, but was not loaded before.
    !library.is_null() || unsafe { libc::dlerror() }.is_null()
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
