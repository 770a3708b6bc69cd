//! What the kernel accepts, for values that several options share.

use std::ops::RangeInclusive;
use std::time::Duration;

/// A byte of the header.
pub const BYTE: RangeInclusive<u32> = 0..=255;
/// What `int` holds, without the negative numbers.
pub const NATURAL: RangeInclusive<u32> = 0..=i32::MAX.unsigned_abs();
/// The longest linger time that every system accepts (some keep 16 bits).
pub const LONGEST_LINGER: Duration = Duration::from_secs(65_535);
/// The largest buffer that can be requested: the kernel doubles the request, and silently cuts what an `int` can't hold.
pub const LARGEST_BUFFER: usize = i32::MAX as usize / 2;
/// The two low bits of the type of service, which TCP keeps for itself (RFC 3168).
pub const CONGESTION_BITS: u32 = 0b11;
