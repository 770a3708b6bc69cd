//! The layer that goes with this program.

use crate::refusal::{failed, Refusal, FAILED};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The layer: beside this program, or in the library folder of the same installation.
pub(crate) fn find() -> Result<PathBuf, Refusal> {
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
pub(crate) fn preload(layer: &Path) -> Result<OsString, Refusal> {
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
