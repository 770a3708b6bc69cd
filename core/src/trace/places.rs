//! The places in a C, C++ or Rust program that calls come from: return addresses, with the files that they are in, in which
//! the lines are looked up when the trace is shown.
//!
//! A stack is recorded once, as a list of `module+address`, and calls refer to it by its number. If the library is a separate
//! file, its frames are known by their addresses and left out; otherwise more frames are recorded, and the library's are
//! recognised by their names when the trace is shown.

use super::settings::trace_number;
use super::thread::{begin_line, finds_places, write};
use crate::memory;
use crate::sys::call_stack;
use crate::sys::fork::{ForkLock, InChild};
use crate::sys::modules::{self, Module};
use std::fmt::Write;
use std::ops::{ControlFlow, Range};
use std::sync::OnceLock;

/// How many frames are recorded above the library's: a C++ class may add some to the program's.
const MOST_FRAMES: usize = 8;

/// How many are recorded when the library's are among them.
const MOST_WITH_OURS: usize = 24;

/// How many different stacks are recorded. A program that has more is recursive.
const MOST_PLACES: usize = 4096;

/// How many files they may be in.
const MOST_MODULES: usize = 256;

static PLACES: ForkLock<Places> = ForkLock::inherited(Places::NONE);

/// What this trace has recorded.
struct Places {
    trace: u64,
    /// The stacks' keys, sorted, and their numbers.
    known: Vec<(u64, usize)>,
    /// Each is numbered by its place in this list, from 1 on.
    modules: Vec<Range<usize>>,
}

impl Default for Places {
    fn default() -> Self {
        Self::NONE
    }
}

impl InChild for Places {}

impl Places {
    const NONE: Self = Self {
        trace: 0,
        known: Vec::new(),
        modules: Vec::new(),
    };

    /// Those of the present trace.
    fn of_now(&mut self) -> &mut Self {
        let now = trace_number();
        if self.trace != now {
            *self = Self {
                trace: now,
                ..Self::NONE
            };
        }
        self
    }

    fn add(&mut self, key: u64) -> Option<usize> {
        let number = self.known.len() + 1;
        let at = self.known.binary_search_by_key(&key, |(known, _)| *known).err()?;
        memory::reserve(&mut self.known, 1).ok()?;
        self.known.insert(at, (key, number));
        Some(number)
    }
}

/// The number of the place in the program that this thread's call comes from, in a language whose calls have return addresses
/// and if it can be known; the place is recorded first if it is new.
pub(super) fn number_of_place() -> Option<usize> {
    if finds_places() {
        return None;
    }
    let mut room = [0; MOST_WITH_OURS];
    let (library, c_library) = (library(), c_library());
    let most = if library.is_some() {
        MOST_FRAMES
    } else {
        MOST_WITH_OURS
    };
    let mut count = 0;
    call_stack::walk(|address| {
        if library.is_some_and(|library| library.contains(&address)) {
            return ControlFlow::Continue(());
        }
        // The C library starts programs and threads, so the program's frames have come before. Each frame costs a quarter of a microsecond.
        if c_library.is_some_and(|c_library| c_library.contains(&address)) {
            return ControlFlow::Break(());
        }
        if let Some(place) = room.get_mut(count) {
            *place = address;
        }
        count += 1;
        if count < most {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    let frames = room.get(..count).unwrap_or_default();
    number_of(frames, library.is_some())
}

/// The number of a stack, which is recorded first if it is new.
fn number_of(frames: &[usize], without_ours: bool) -> Option<usize> {
    let key = key(frames);
    {
        let mut places = PLACES.lock();
        let known = &places.of_now().known;
        if let Ok(at) = known.binary_search_by_key(&key, |(known, _)| *known) {
            return known.get(at).map(|(_, number)| *number);
        }
        if frames.is_empty() || known.len() >= MOST_PLACES {
            return None;
        }
    }
    let mut text = String::new();
    for frame in frames {
        let Some((module, base)) = module_of(*frame) else {
            break;
        };
        let space = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{space}{module}+{:x}", frame.wrapping_sub(base));
    }
    let number = PLACES.lock().of_now().add(key)?;
    let (mut line, _) = begin_line("event", "place");
    line.number("place", number);
    line.text("frames", text);
    if without_ours {
        line.yes("outside");
    }
    write(&mut line);
    Some(number)
}

/// The number of the module that an address is in, which is recorded first if it is new, and where it is loaded.
fn module_of(address: usize) -> Option<(usize, usize)> {
    let module = modules::containing(address)?;
    let (number, is_new) = {
        let mut places = PLACES.lock();
        let known = &mut places.of_now().modules;
        match known.iter().position(|addresses| *addresses == module.addresses) {
            Some(at) => (at + 1, false),
            None if known.len() >= MOST_MODULES => return None,
            None => {
                memory::push(known, module.addresses.clone()).ok()?;
                (known.len(), true)
            }
        }
    };
    if is_new {
        record_module(number, &module);
    }
    Some((number, module.base))
}

fn record_module(number: usize, module: &Module) {
    let (mut line, _) = begin_line("event", "module");
    line.number("module", number);
    if module.path.is_empty() {
        let program = std::env::current_exe().unwrap_or_default();
        line.text("path", program.to_string_lossy());
    } else {
        line.text("path", String::from_utf8_lossy(&module.path));
    }
    if !module.build_id.is_empty() {
        let mut hex = String::new();
        for byte in &module.build_id {
            let _ = write!(hex, "{byte:02x}");
        }
        line.text("build_id", hex);
    }
    write(&mut line);
}

/// The addresses of the library, if it is a separate file and not linked into the program.
fn library() -> Option<&'static Range<usize>> {
    static LIBRARY: OnceLock<Option<Range<usize>>> = OnceLock::new();
    let own = || {
        let module = modules::containing(library as *const () as usize)?;
        let name = module.path.rsplit(|byte| *byte == b'/').next()?;
        name.starts_with(b"libpolysock").then_some(module.addresses)
    };
    LIBRARY.get_or_init(own).as_ref()
}

/// The addresses of the C library, if the program has not been linked with it statically.
fn c_library() -> Option<&'static Range<usize>> {
    static LIBRARY: OnceLock<Option<Range<usize>>> = OnceLock::new();
    let find = || {
        let module = modules::containing(libc::close as *const () as usize)?;
        (!module.path.is_empty()).then_some(module.addresses)
    };
    LIBRARY.get_or_init(find).as_ref()
}

/// A hash of a stack (FNV-1a over words, with a final mix): two of the 4,096 that are recorded are unlikely to share one.
fn key(frames: &[usize]) -> u64 {
    let mut key = 0xcbf2_9ce4_8422_2325_u64;
    for frame in frames {
        key = (key ^ *frame as u64).wrapping_mul(0x0100_0000_01b3);
        key ^= key >> 29;
    }
    key
}
