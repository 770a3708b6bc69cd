//! Control messages (cmsg(3)) as bytes: one encoder, one iterator.

use std::io;

/// Control messages are aligned to this: a word, but four bytes on Apple's systems.
const ALIGN: usize = if cfg!(target_vendor = "apple") {
    4
} else {
    size_of::<usize>()
};
/// The length field of a header: `size_t` on Linux, `socklen_t` elsewhere.
const LENGTH_SIZE: usize = if cfg!(target_os = "linux") {
    size_of::<usize>()
} else {
    4
};
const HEADER: usize = align(size_of::<libc::cmsghdr>());

const fn align(length: usize) -> usize {
    length.next_multiple_of(ALIGN)
}

/// How many bytes a control message with `data` bytes of data takes, padding included (`CMSG_SPACE`).
pub const fn space(data: usize) -> Option<usize> {
    match data.checked_add(HEADER + ALIGN) {
        Some(_) => Some(HEADER + align(data)),
        None => None,
    }
}

/// How many bytes a control message with `data` bytes of data takes, without padding (`CMSG_LEN`).
pub const fn length(data: usize) -> Option<usize> {
    data.checked_add(HEADER)
}

/// Appends one control message.
pub fn push(buffer: &mut Vec<u8>, level: i32, kind: i32, data: &[u8]) -> io::Result<()> {
    let too_long = || io::Error::from_raw_os_error(libc::EMSGSIZE);
    let end = buffer.len() + space(data.len()).ok_or_else(too_long)?;
    let length = length(data.len()).ok_or_else(too_long)?.to_ne_bytes();
    // The length field has the width of `usize` on Linux; elsewhere the low four bytes are all there is.
    let low = if cfg!(target_endian = "big") {
        length.len() - LENGTH_SIZE
    } else {
        0
    };
    buffer.extend(length.iter().skip(low).take(LENGTH_SIZE));
    buffer.extend(level.to_ne_bytes());
    buffer.extend(kind.to_ne_bytes());
    buffer.resize(end - align(data.len()), 0);
    buffer.extend(data);
    buffer.resize(end, 0);
    Ok(())
}

/// The value of the length field at the beginning of a header.
pub(super) fn stated_length(header: &[u8]) -> Option<usize> {
    let mut width = [0; size_of::<usize>()];
    let low = if cfg!(target_endian = "big") {
        width.len() - LENGTH_SIZE
    } else {
        0
    };
    width
        .get_mut(low..low + LENGTH_SIZE)?
        .copy_from_slice(header.get(..LENGTH_SIZE)?);
    Some(usize::from_ne_bytes(width))
}

/// Whether every control message has a header and is as long as its header says.
pub fn is_well_formed(mut rest: &[u8]) -> bool {
    while rest.len() >= HEADER {
        let length = stated_length(rest).unwrap_or(0);
        if length < HEADER || length > rest.len() {
            return false;
        }
        rest = rest.get(align(length)..).unwrap_or(&[]);
    }
    true
}

/// The control messages in what the kernel wrote: level, type, data. If the last one was cut short, it ends where it
/// was cut.
pub fn messages(mut rest: &[u8]) -> impl Iterator<Item = (i32, i32, &[u8])> {
    std::iter::from_fn(move || {
        let (header, _) = rest.split_at_checked(HEADER)?;
        let length = stated_length(header)?;
        let number = |at: usize| Some(i32::from_ne_bytes(header.get(at..at + 4)?.try_into().ok()?));
        let (level, kind) = (number(LENGTH_SIZE)?, number(LENGTH_SIZE + 4)?);
        if length < HEADER {
            return None;
        }
        let data = rest.get(HEADER..length.min(rest.len()))?;
        let next = length.checked_next_multiple_of(ALIGN);
        rest = next.and_then(|next| rest.get(next..)).unwrap_or(&[]);
        Some((level, kind, data))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pushed_comes_out_again() {
        let mut buffer = Vec::new();
        push(&mut buffer, 1, 2, b"abc").unwrap();
        push(&mut buffer, -3, 4, b"").unwrap();
        push(&mut buffer, 5, 6, &[7; 16]).unwrap();
        let found: Vec<_> = messages(&buffer).collect();
        assert_eq!(found, [(1, 2, &b"abc"[..]), (-3, 4, b""), (5, 6, &[7; 16])]);
    }

    #[test]
    fn what_is_not_as_long_as_it_says_is_not_well_formed() {
        let mut buffer = Vec::new();
        assert!(is_well_formed(&buffer));
        push(&mut buffer, 1, 2, b"abc").unwrap();
        push(&mut buffer, 5, 6, &[7; 16]).unwrap();
        assert!(is_well_formed(&buffer));
        let cut = buffer.get(..buffer.len() - 1).unwrap();
        assert!(!is_well_formed(cut));
        assert_eq!(messages(cut).count(), 2);
        let first = length(0).unwrap();
        assert!(
            is_well_formed(&buffer[..space(3).unwrap() + first - 1]),
            "no header, no message"
        );
        buffer[0] = u8::try_from(first - 1).unwrap();
        assert!(!is_well_formed(&buffer));
        assert_eq!(messages(&buffer).count(), 0);
    }

    #[test]
    #[allow(unsafe_code)] // the system's own macros, which only compute
    fn the_layout_is_that_of_the_system() {
        for length in 0..64_u32 {
            let data = usize::try_from(length).unwrap();
            // SAFETY: these only compute.
            let (system_space, system_length) = unsafe { (libc::CMSG_SPACE(length), libc::CMSG_LEN(length)) };
            assert_eq!(space(data), usize::try_from(system_space).ok());
            assert_eq!(super::length(data), usize::try_from(system_length).ok());
        }
        assert_eq!(space(usize::MAX), None);
        assert_eq!(super::length(usize::MAX), None);
    }

    #[test]
    fn every_cut_and_every_length_ends_without_reading_beyond() {
        let mut buffer = Vec::new();
        push(&mut buffer, 1, 2, b"abc").unwrap();
        push(&mut buffer, 3, 4, b"defghijklm").unwrap();
        for cut in 0..buffer.len() {
            assert!(messages(&buffer[..cut]).count() <= 2);
        }
        for length in [
            0,
            1,
            HEADER - 1,
            HEADER,
            HEADER + 1,
            1000,
            usize::MAX,
            usize::MAX - 7,
        ] {
            buffer[..LENGTH_SIZE].copy_from_slice(&length.to_ne_bytes()[..LENGTH_SIZE]);
            let count = messages(&buffer).count();
            assert_eq!(
                count > 0,
                length >= HEADER,
                "the first has a header, and says that it is {length} long"
            );
            assert!(count <= 3);
        }
    }

    /// Random bytes, and headers whose length is random: each message lies within them and none is read twice.
    #[test]
    fn whatever_bytes_there_are_messages_lie_within_them() {
        let clock = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        let seed = u64::from(clock.subsec_nanos()) | 1;
        println!("seed {seed}");
        let mut number = seed;
        let mut random = |limit: usize| {
            number ^= number << 13;
            number ^= number >> 7;
            number ^= number << 17;
            (number >> 20) as usize % limit
        };
        for _ in 0..20_000 {
            let mut buffer = Vec::new();
            for _ in 0..random(4) {
                let data: Vec<u8> = (0..random(40)).map(|_| random(256) as u8).collect();
                push(&mut buffer, random(9) as i32, random(9) as i32, &data).unwrap();
            }
            let whole = messages(&buffer)
                .map(|(.., data)| space(data.len()).unwrap())
                .sum::<usize>();
            assert_eq!(whole, buffer.len());
            for _ in 0..random(6) {
                let at = random(buffer.len() + 1);
                match buffer.get_mut(at) {
                    Some(byte) => *byte = random(256) as u8,
                    None => buffer.push(random(256) as u8),
                }
            }
            buffer.truncate(random(buffer.len() + 1));
            let mut end = buffer.as_ptr() as usize;
            for (_, _, data) in messages(&buffer) {
                let start = data.as_ptr() as usize;
                assert!(start >= end + HEADER);
                end = start + data.len();
            }
            assert!(end <= buffer.as_ptr() as usize + buffer.len());
        }
    }
}
