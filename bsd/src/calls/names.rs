//! getaddrinfo(3).

use crate::memory;
use crate::next;
use libc::{addrinfo, c_char, c_int};
use polysock::bare::{self, Fields, Outcome};

/// How much of a name a record shows, and how many answers.
const LONGEST: usize = 256;
const MOST_SHOWN: usize = 16;

fn add_text(fields: &mut Fields<'_>, name: &'static str, text: *const c_char) {
    let mut room = [0; LONGEST];
    if let Some(text) = memory::text(text, &mut room) {
        fields.text(name, String::from_utf8_lossy(text));
    }
}

pub(crate) unsafe fn getaddrinfo(
    host: *const c_char,
    service: *const c_char,
    hints: *const addrinfo,
    found: *mut *mut addrinfo,
) -> c_int {
    let call = bare::begin_without_socket("getaddrinfo", |fields| {
        add_text(fields, "host", host);
        add_text(fields, "service", service);
    });
    let call = call.map(bare::wait);
    let result = next::getaddrinfo(host, service, hints, found);
    if let Some(call) = call {
        let outcome = match result {
            0 => Outcome::Done,
            code => Outcome::Unresolved(code),
        };
        bare::end(call, outcome, |fields| {
            if result == 0 {
                fields.list("found", answers(found).take(MOST_SHOWN), |fields, answer| {
                    super::socket::add_address(fields, "address", answer.ai_addr, answer.ai_addrlen);
                });
            }
        });
    }
    result
}

fn answers(found: *mut *mut addrinfo) -> impl Iterator<Item = addrinfo> {
    // SAFETY: any bytes are a pointer.
    let mut next = unsafe { memory::read(found) };
    std::iter::from_fn(move || {
        // SAFETY: any bytes are pointers and numbers.
        let answer = unsafe { memory::read(next?) }?;
        next = Some(answer.ai_next);
        Some(answer)
    })
}
