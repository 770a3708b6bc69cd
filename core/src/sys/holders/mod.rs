//! Who else holds a socket.

#[cfg(target_os = "linux")]
mod proc;
#[cfg(not(target_os = "linux"))]
mod unknown;

#[cfg(target_os = "linux")]
pub use proc::{holders, knows_holders};
#[cfg(not(target_os = "linux"))]
pub use unknown::{holders, knows_holders};

/// Who holds a socket besides one descriptor of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holders {
    Nobody,
    /// Only processes so young that they may be about to start another program, which closes what they inherited; or it
    /// could not be found out just now. Worth another look.
    ForNow,
    /// Somebody who stays; also where it can't be known.
    Somebody,
}
