//! Where the fields of a sockaddr lie. No system calls.

use crate::domain::Family;

/// Length of `struct sockaddr_in`.
pub const IPV4_LENGTH: usize = size_of::<libc::sockaddr_in>();
/// Length of `struct sockaddr_in6`.
pub const IPV6_LENGTH: usize = size_of::<libc::sockaddr_in6>();
/// Where the family ends and a Unix name begins.
pub const FAMILY_END: usize = 2;
/// Room for a Unix name (`sun_path`).
pub const UNIX_NAME_CAPACITY: usize = size_of::<libc::sockaddr_un>() - FAMILY_END;
/// What a Unix name must be.
pub const UNIX_NAME_RULE: &str = match UNIX_NAME_CAPACITY {
    108 => "must be a Unix name of at most 108 bytes",
    104 => "must be a Unix name of at most 104 bytes",
    _ => "must be a shorter Unix name",
};
/// The longest Unix address that the system accepts, in bytes. The BSDs accept more than their `struct sockaddr_un` holds.
pub const UNIX_LENGTH: usize = if HAS_LENGTH_BYTE {
    128
} else {
    size_of::<libc::sockaddr_un>()
};

/// Reads the family of a sockaddr.
pub fn family(bytes: &[u8; 128]) -> Family {
    let [first, second, ..] = *bytes;
    if HAS_LENGTH_BYTE {
        Family(second.into())
    } else {
        Family(u16::from_ne_bytes([first, second]).into())
    }
}

/// Writes the family of a sockaddr.
pub fn put_family(bytes: &mut [u8; 128], family: Family) {
    let number = u16::try_from(family.0).unwrap_or(0);
    let [first, second, ..] = bytes;
    if HAS_LENGTH_BYTE {
        *second = number.to_le_bytes()[0];
    } else {
        [*first, *second] = number.to_ne_bytes();
    }
}

/// The BSDs keep the length in the first byte and the family in the second.
const HAS_LENGTH_BYTE: bool = cfg!(not(any(target_os = "linux", target_os = "android")));
