//! Credentials of the peer of a Unix domain socket.

/// The process that is the peer of a Unix domain socket, or that sent a message over one (`struct ucred`, unix(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The process.
    pub pid: i32,
    /// Its user.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
}

impl Credentials {
    /// What the kernel reports for a socket without a peer.
    pub(crate) const UNKNOWN: Self = Self {
        pid: 0,
        uid: u32::MAX,
        gid: u32::MAX,
    };
}
