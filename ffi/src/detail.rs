//! The description of each thread's last failure. The text is made only when the program asks for it.

use crate::error::{Description, Failure};
use libc::c_char;
use polysock::{memory, Kind, Operation, PerThread};
use std::cell::RefCell;
use std::ffi::CString;
use std::fmt;

/// Returns a description of the last failure in this thread, such as "connect 127.0.0.1:80: Connection refused".
///
/// BSD: none (err(3) prints). Python: str(exception). Java: Throwable.getMessage.
/// It is meant for people; do not parse it. It names the operation, the address or the argument with its valid values,
/// and the time limit that passed. Long text from the caller is shortened, and control characters are shown as \\x1b.
/// Call it right after the call that failed: a later success does not change it. The text belongs to the library and is
/// valid until the next call that fails in this thread; it is "" when none has, and never NULL.
/// @ingroup polysock_library
#[no_mangle]
pub extern "C" fn polysock_last_detail() -> *const c_char {
    let text = LAST.with(|last| {
        let mut last = last.try_borrow_mut().ok()?;
        let Last { failure, text } = &mut *last;
        if let (Some(failure), None) = (failure.as_ref(), text.as_ref()) {
            *text = c_string(failure);
        }
        text.as_ref().map(|text| text.as_ptr())
    });
    text.flatten().unwrap_or(c"".as_ptr())
}

/// Returns how many bytes were missing, at least, when the last failure in this thread was POLYSOCK_ETRUNCATED; otherwise 0.
///
/// BSD: none. Python: `missing` of the exception. Java: none.
/// @ingroup polysock_library
#[no_mangle]
pub extern "C" fn polysock_last_missing() -> usize {
    let missing = LAST.with(|last| {
        let last = last.try_borrow().ok()?;
        let Description::Core(error) = &last.failure.as_ref()?.description else {
            return None;
        };
        let Kind::Truncated { missing } = error.kind() else {
            return None;
        };
        Some(missing)
    });
    missing.flatten().unwrap_or_default()
}

#[derive(Default)]
struct Last {
    failure: Option<FailedCall>,
    text: Option<CString>,
}

static LAST: PerThread<RefCell<Last>> = PerThread::new();

/// Keeps what is known of a failed call.
pub(crate) fn record(function: &'static str, failure: Failure) {
    LAST.with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = Last {
                failure: Some(FailedCall {
                    function,
                    description: failure.description,
                }),
                text: None,
            };
        }
    });
}

struct FailedCall {
    function: &'static str,
    description: Description,
}

/// Its text, if there is memory for it.
fn c_string(failure: &FailedCall) -> Option<CString> {
    let mut text = String::from(memory::text(&format_args!("{failure}\0"))?);
    text.retain(|character| character != '\0');
    text.push('\0'); // in the room of the one above: no allocation can fail here
    CString::from_vec_with_nul(text.into_bytes()).ok()
}

impl fmt::Display for FailedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.function.strip_prefix("polysock_").unwrap_or(self.function);
        match &self.description {
            Description::Core(error) if error.operation().name() != name && is_a_step(error.operation()) => {
                write!(f, "{name}: {error}")
            }
            Description::Core(error) => write!(f, "{name}{}", error.without_operation()),
            Description::Argument(argument, problem) => write!(f, "{name}: {argument} {problem}"),
            Description::Text(text) => write!(f, "{name}: {text}"),
            Description::Panic(report) => write!(f, "{name}: bug in polysock: {report}"),
        }
    }
}

/// Whether an operation is one of several steps of a function, so that the text must name it. Any other is the function
/// itself in general terms: setsockopt for polysock_set_ttl().
fn is_a_step(operation: Operation) -> bool {
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
