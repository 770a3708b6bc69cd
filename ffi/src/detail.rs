//! The description of each thread's last failure. It is put together only when the program asks for it.

use crate::error::{Failure, Words};
use libc::c_char;
use polysock::{memory, Operation, PerThread};
use std::cell::RefCell;
use std::ffi::CString;
use std::fmt;

/// Describes the last failure in this thread, as in "connect 127.0.0.1:80: Connection refused".
///
/// BSD: none (err(3) prints). Python: str(exception). Java: Throwable.getMessage.
/// For people; do not parse it. It names the operation, the address or argument where there is one and its valid values,
/// and the time limit that passed. Long text of the caller's is shortened, and control characters are shown as \\x1b. Ask
/// right after a failed call: a later success leaves it as it is. The text belongs to the library and is valid until the
/// next call that fails in this thread; "" when none has. Never NULL.
/// @ingroup polysock_library
#[no_mangle]
pub extern "C" fn polysock_last_detail() -> *const c_char {
    let text = LAST.with(|last| {
        let mut last = last.try_borrow_mut().ok()?;
        let Last { failure, text } = &mut *last;
        if let (Some((function, words)), None) = (failure.as_ref(), text.as_ref()) {
            *text = say(&Saying { function, words });
        }
        text.as_ref().map(|text| text.as_ptr())
    });
    text.flatten().unwrap_or(c"".as_ptr())
}

#[derive(Default)]
struct Last {
    failure: Option<(&'static str, Words)>,
    text: Option<CString>,
}

static LAST: PerThread<RefCell<Last>> = PerThread::new();

/// Keeps what is known of a failed call.
pub(crate) fn record(function: &'static str, failure: Failure) {
    LAST.with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = Last {
                failure: Some((function, failure.words)),
                text: None,
            };
        }
    });
}

/// The description, if there is memory for it.
fn say(saying: &Saying<'_>) -> Option<CString> {
    let mut text = String::from(memory::text(&format_args!("{saying}\0"))?);
    text.retain(|character| character != '\0');
    text.push('\0'); // where that one was
    CString::from_vec_with_nul(text.into_bytes()).ok()
}

struct Saying<'a> {
    function: &'a str,
    words: &'a Words,
}

impl fmt::Display for Saying<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.function.strip_prefix("polysock_").unwrap_or(self.function);
        match self.words {
            Words::Core(error) if error.operation().name() != name && is_a_part(error.operation()) => {
                write!(f, "{name}: {error}")
            }
            Words::Core(error) => write!(f, "{name}{}", error.without_operation()),
            Words::Argument(argument, problem) => write!(f, "{name}: {argument} {problem}"),
            Words::NativeCaller(words) => write!(f, "{name}: {words}"),
            Words::Panic(report) => write!(f, "{name}: bug in polysock: {report}"),
        }
    }
}

/// Whether an operation is one of several that a function makes. All others have the function's name, only in general
/// words: setsockopt for polysock_set_ttl().
fn is_a_part(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::Resolve
            | Operation::Socket
            | Operation::Bind
            | Operation::Listen
            | Operation::Accept
            | Operation::Connect
            | Operation::CreateConnection
            | Operation::CreateServer
    )
}
