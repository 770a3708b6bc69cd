//! What holds of control messages: those found lie one after another within the bytes, none is read twice, and what was
//! written comes back.

use super::codec::{self, messages};
use super::{Ancillary, Control};
use crate::fuzzing::Input;
use crate::sys::control;

/// The input is what the kernel wrote, or what a program passes to the kernel.
pub fn control_messages(bytes: &[u8]) {
    let found: Vec<_> = messages(bytes).collect();
    let header = codec::length(0).unwrap();
    let (mut end, mut next) = (0, 0);
    for (_, _, data) in &found {
        // No `offset_from`: the place is computed, not assumed.
        let start = data.as_ptr() as usize - bytes.as_ptr() as usize;
        assert!(start >= end + header && start + data.len() <= bytes.len());
        end = start + data.len();
        next = start - header + codec::space(data.len()).unwrap();
    }
    let rest = bytes.get(next..).unwrap_or_default();
    let ends = rest.len() < header || codec::stated_length(rest).is_none_or(|length| length < header);
    assert!(ends, "a message was not found");
    assert!(!codec::is_well_formed(bytes) || rest.len() < header);
    for (level, kind, data) in &found {
        all_readers(*level, *kind, data);
    }
    what_is_sent_comes_back(bytes);
}

/// As each of the known messages, whatever it says it is.
fn all_readers(level: i32, kind: i32, data: &[u8]) {
    let known = [
        (libc::SOL_SOCKET, libc::SCM_TIMESTAMP),
        (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO),
        (level, kind),
    ];
    for (level, kind) in known.into_iter().chain(control::KNOWN) {
        let message = Ancillary::Other {
            level,
            kind,
            data: data.to_vec(),
        };
        let _ = (message.timestamp(), message.credentials());
        if let Some(info) = message.packet_info() {
            let sent = Control::packet_info(info.destination, info.interface).unwrap();
            assert_eq!((sent.level, sent.kind), (level, kind));
        }
    }
}

/// The input is messages to send: a length, a level, a type, and that many bytes.
fn what_is_sent_comes_back(bytes: &[u8]) {
    let mut input = Input(bytes);
    let mut sent = Vec::new();
    while !input.0.is_empty() && sent.len() < 16 {
        let length = input.byte();
        let (level, kind) = (input.byte().into(), input.byte().into());
        sent.push(Control::new(level, kind, input.bytes(length.into())).unwrap());
    }
    let encoded = Control::encode(&sent).unwrap();
    assert!(codec::is_well_formed(&encoded));
    let found: Vec<_> = messages(&encoded).collect();
    let expected = sent.iter().map(|one| (one.level, one.kind, &one.data[..]));
    assert!(found.into_iter().eq(expected), "{sent:?}");
}
