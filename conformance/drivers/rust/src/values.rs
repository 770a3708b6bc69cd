//! Payloads and what was received.

use crate::answer::Refusal;
use crate::request::{malformed, number};

/// The bytes of a payload: `-`, hex digits, or `pattern:N[@K]`.
pub fn payload(text: &str) -> Result<Vec<u8>, Refusal> {
    if text == "-" {
        return Ok(Vec::new());
    }
    if let Some(rest) = text.strip_prefix("pattern:") {
        let (count, offset) = rest.split_once('@').unwrap_or((rest, "0"));
        return Ok(pattern(number(count)?, number(offset)?));
    }
    unhex(text)
}

/// The bytes of hex digits.
pub fn unhex(text: &str) -> Result<Vec<u8>, Refusal> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0);
    let digits = digits.ok_or_else(|| malformed("no hex digits"))?;
    let bytes = digits.chunks(2).map(|pair| match *pair {
        [high, low] => u8::try_from(high * 16 + low).map_err(|_| malformed("no hex digits")),
        _ => Err(malformed("no hex digits")),
    });
    bytes.collect()
}

/// `count` bytes of the pattern from `offset` on.
pub fn pattern(count: usize, offset: usize) -> Vec<u8> {
    (offset..offset + count)
        .map(|at| u8::try_from((at + at / 251) % 256).unwrap_or(0))
        .collect()
}

/// `n=… data=…` or `n=… hash=…`.
pub fn received(data: &[u8]) -> String {
    let count = data.len();
    if count > 64 {
        return format!("n={count} hash={:08x}", hash(data));
    }
    format!(
        "n={count} data={}",
        if data.is_empty() {
            "-".to_owned()
        } else {
            hex(data)
        }
    )
}

pub fn hex(data: &[u8]) -> String {
    data.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Adler-32.
pub fn hash(data: &[u8]) -> u32 {
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in data {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    b << 16 | a
}

pub fn on_off(value: bool) -> &'static str {
    if value {
        "on"
    } else {
        "off"
    }
}
