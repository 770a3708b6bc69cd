//! Other holders of a socket.

#[cfg(all(target_os = "linux", not(polysock_portable)))]
mod proc;
#[cfg(any(not(target_os = "linux"), polysock_portable))]
mod unknown;

#[cfg(all(target_os = "linux", not(polysock_portable)))]
pub use proc::{holders, knows_holders};
#[cfg(any(not(target_os = "linux"), polysock_portable))]
pub use unknown::{holders, knows_holders};

/// The holders of a socket besides one descriptor of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holders {
    None,
    /// Only processes so young that they may be about to start another program, which closes what they inherited; or
    /// the search failed for the moment. Worth another search.
    Transient,
    /// A process that keeps it, or another descriptor of this process; also if that can't be known.
    Lasting,
}
