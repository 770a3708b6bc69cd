//! Turning recording on and off.

use super::settings::{set_state, state, Settings, TraceData, OFF, ON, SETTINGS, UNDECIDED};
use super::sink;
use crate::error::{legible, Error, Kind, Operation, Result};
use crate::sys::entry::Entry;
use crate::sys::fork;
use crate::sys::holders::knows_holders;
use crate::sys::process;
use std::ffi::OsStr;
use std::path::Path;

/// Names the folder in which a program records from its first call on.
pub(super) const FOLDER_VARIABLE: &str = "POLYSOCK_TRACE";

/// How much of what is sent and received it records: `none`, `all`, or how many bytes.
const DATA_VARIABLE: &str = "POLYSOCK_TRACE_DATA";

/// Whether calls are recorded. The first call also starts to count forks and finds out whether the holders of sockets can be
/// known, so that making a handle need not check.
#[inline]
pub(crate) fn is_on() -> bool {
    may_be_on() && is_on_slowly()
}

/// Whether calls are recorded, or it is not known yet.
#[inline]
pub(crate) fn may_be_on() -> bool {
    Entry::now().is_watched()
}

/// The same, except that the environment is not asked.
#[inline]
pub fn is_recording() -> bool {
    state() == ON
}

/// Begins to record if the environment asks for it, and returns whether it does. The file is made when there is something to
/// record.
pub fn begin_from_environment() -> bool {
    let begun = from_environment(|folder, data| {
        set(folder, data)?;
        sink::prepare();
        Ok(())
    });
    set_state(if begun { ON } else { OFF });
    begun
}

#[cold]
#[inline(never)]
fn is_on_slowly() -> bool {
    if state() == UNDECIDED {
        let mut sink = sink::lock();
        // Unless another thread has decided meanwhile.
        if state() == UNDECIDED {
            fork::watch();
            knows_holders();
            let begun = from_environment(|folder, data| begin(&mut sink, folder, data));
            set_state(if begun { ON } else { OFF });
        }
    }
    state() == ON
}

/// Records every call of this process from now on, in a new file in `folder`, which is created if necessary.
/// Calls that are in progress are not recorded.
///
/// A forked child continues in a new file. What a child started by exec does is recorded if `POLYSOCK_TRACE` is set in
/// its environment.
///
/// # Errors
/// `Busy` when calls are being recorded already; the system's errors, such as `EACCES` or `ENOSPC`, with the folder in the
/// detail.
pub fn start_trace(folder: impl AsRef<Path>, data: TraceData) -> Result<()> {
    let folder = folder.as_ref();
    let failed = |kind| Error::new(Operation::Trace, kind);
    if is_on() {
        return Err(failed(Kind::Busy).with_remedy("calls are being recorded already"));
    }
    let mut sink = sink::lock();
    begin(&mut sink, folder, data).map_err(|error| {
        failed(Kind::from_io(&error)).with_detail(legible(folder.as_os_str().as_encoded_bytes()))
    })?;
    set_state(ON);
    Ok(())
}

/// Stops recording. Does nothing if nothing is being recorded.
pub fn stop_trace() {
    set_state(OFF);
    sink::lock().close();
}

/// Whether calls are being recorded.
pub fn is_tracing() -> bool {
    is_on()
}

/// Lets `begin` begin, if the environment asks for it, and returns whether it has begun.
fn from_environment(begin: impl FnOnce(&Path, TraceData) -> std::io::Result<()>) -> bool {
    process::trusted_environment(FOLDER_VARIABLE).is_some_and(|folder| {
        let data = process::trusted_environment(DATA_VARIABLE);
        let data = data.as_deref().and_then(OsStr::to_str).and_then(TraceData::parse);
        begin(Path::new(&folder), data.unwrap_or_default()).is_ok()
    })
}

fn begin(sink: &mut sink::Sink, folder: &Path, data: TraceData) -> std::io::Result<()> {
    set(folder, data)?;
    sink.open()
}

/// Sets where the next file is made.
fn set(folder: &Path, data: TraceData) -> std::io::Result<()> {
    // The program may change its directory later.
    let folder = std::path::absolute(folder)?;
    make_folder(&folder)?;
    let number = SETTINGS.get().map_or(0, |settings| settings.number) + 1;
    SETTINGS.publish(Settings {
        folder,
        most_data: data.most(),
        number,
    });
    Ok(())
}

/// Makes the folder, but not those it is in: a mistyped path should be noticed.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    match std::fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}
