//! What holds of addresses: whatever is accepted as text or as bytes comes back from either unchanged, and addresses that
//! are equal have the same hash.

use super::Address;
use crate::domain::Family;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The input is a text.
pub fn address_text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let with_port = Address::parse(text, None);
    let with_default = Address::parse(text, Some(7));
    if with_port.is_ok() {
        assert_eq!(
            with_port, with_default,
            "the default replaced the port of {text:?}"
        );
    }
    if let Ok(address) = with_default {
        let shown = address.to_string();
        let again = Address::parse(&shown, None);
        assert_eq!(again, Ok(address), "{text:?}, shown as {shown:?}");
        // Text has no flow label, and neither has an address read from it.
        assert!(
            again.is_ok_and(|again| again.as_bytes() == address.as_bytes()),
            "{text:?}"
        );
        bytes_come_back(&address);
    }
}

/// The input is a sockaddr, or two of the same length.
pub fn address_bytes(bytes: &[u8]) {
    let (half, other) = bytes.split_at(bytes.len() / 2);
    let addresses = [bytes, half, other].map(Address::from_bytes);
    let accepted: Vec<_> = addresses.into_iter().flatten().collect();
    for address in &accepted {
        bytes_come_back(address);
        text_comes_back(address);
        port_is_replaced(address);
    }
    for (a, b) in accepted.iter().flat_map(|a| accepted.iter().map(move |b| (a, b))) {
        let (there, back) = (a == b, b == a);
        assert_eq!(there, back, "{a:?} and {b:?}");
        assert!(
            a != b || hash(a) == hash(b),
            "{a:?} and {b:?} are equal, their hashes are not"
        );
        assert!(a != b || a.ip() == b.ip() && a.port() == b.port());
    }
    as_the_kernel_writes_it(bytes);
}

fn bytes_come_back(address: &Address) {
    let again = Address::from_bytes(address.as_bytes()).unwrap();
    assert_eq!(again, *address);
    assert_eq!(again.as_bytes(), address.as_bytes());
}

fn text_comes_back(address: &Address) {
    let shown = address.to_string();
    let again = Address::parse(&shown, None);
    let has_text = matches!(address.family(), Family::IPV4 | Family::IPV6 | Family::UNIX);
    assert_eq!(again.is_ok(), has_text, "{shown:?}");
    assert!(!has_text || again == Ok(*address), "{shown:?}");
    assert!(!shown.contains(char::is_control), "{shown:?}");
    if let Some(name) = address.unix_name() {
        let named = Address::unix(name).unwrap();
        assert_eq!(named, *address);
        assert_eq!(named.unix_name(), Some(name));
    }
}

fn port_is_replaced(address: &Address) {
    let changed = address.with_port(0xabcd);
    assert_eq!(changed.port(), address.port().map(|_| 0xabcd));
    assert_eq!(changed.ip(), address.ip());
    let back = changed.with_port(address.port().unwrap_or(0));
    assert_eq!(back.as_bytes(), address.as_bytes());
    assert_eq!(address.unmapped(), *address);
}

/// Any bytes, with any length: nothing is read that was not written.
fn as_the_kernel_writes_it(bytes: &[u8]) {
    let mut room = [0; Address::CAPACITY];
    let count = bytes.len().min(room.len());
    room[..count].copy_from_slice(&bytes[..count]);
    for length in [
        bytes.len(),
        usize::from(bytes.first().copied().unwrap_or(0)),
        usize::MAX,
    ] {
        let address = Address::from_kernel(&room, length);
        assert!(address.as_bytes().len() <= length);
        let _ = (
            address.to_string(),
            address.port(),
            address.unix_name(),
            hash(&address),
        );
        if let Ok(same) = Address::from_bytes(address.as_bytes()) {
            assert_eq!(same.as_bytes(), address.as_bytes());
        }
    }
}

fn hash(address: &Address) -> u64 {
    let mut hasher = DefaultHasher::new();
    address.hash(&mut hasher);
    hasher.finish()
}
