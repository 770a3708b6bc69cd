//! The calls that errors belong to.

/// The call an error belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)] // each is named after its call
pub enum Operation {
    Socket,
    SocketPair,
    Dup,
    FromFd,
    Fileno,
    Detach,
    Bind,
    Listen,
    Accept,
    Connect,
    Send,
    SendAll,
    Recv,
    RecvExact,
    Available,
    SendTo,
    RecvFrom,
    SendMsg,
    RecvMsg,
    SendBatch,
    RecvBatch,
    SendSegments,
    SendFile,
    RecvFrame,
    SendFrame,
    TakeBuffered,
    Shutdown,
    Close,
    Abort,
    CloseGraceful,
    SendQueue,
    WaitAcked,
    PeerClosed,
    GetSockName,
    GetPeerName,
    SetOption,
    GetOption,
    State,
    Resolve,
    GetNameInfo,
    HostName,
    InterfaceName,
    CreateConnection,
    CreateServer,
    Poll,
    Poller,
    Server,
    Trace,
    /// A socket that was dropped without being closed.
    Drop,
}

impl Operation {
    /// The name of the call in the manual pages and the bindings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::SocketPair => "socketpair",
            Self::Dup => "dup",
            Self::FromFd => "from_fd",
            Self::Fileno => "fileno",
            Self::Detach => "detach",
            Self::Bind => "bind",
            Self::Listen => "listen",
            Self::Accept => "accept",
            Self::Connect => "connect",
            Self::Send => "send",
            Self::SendAll => "sendall",
            Self::Recv => "recv",
            Self::RecvExact => "recv_exact",
            Self::Available => "available",
            Self::SendTo => "sendto",
            Self::RecvFrom => "recvfrom",
            Self::SendMsg => "sendmsg",
            Self::RecvMsg => "recvmsg",
            Self::SendBatch => "send_batch",
            Self::RecvBatch => "recv_batch",
            Self::SendSegments => "send_segments",
            Self::SendFile => "sendfile",
            Self::RecvFrame => "recv_frame",
            Self::SendFrame => "send_frame",
            Self::TakeBuffered => "take_buffered",
            Self::Shutdown => "shutdown",
            Self::Close => "close",
            Self::Abort => "abort",
            Self::CloseGraceful => "close_graceful",
            Self::SendQueue => "send_queue",
            Self::WaitAcked => "wait_acked",
            Self::PeerClosed => "peer_closed",
            Self::GetSockName => "getsockname",
            Self::GetPeerName => "getpeername",
            Self::SetOption => "setsockopt",
            Self::GetOption => "getsockopt",
            Self::State => "state",
            Self::Resolve => "getaddrinfo",
            Self::GetNameInfo => "getnameinfo",
            Self::HostName => "hostname",
            Self::InterfaceName => "if_nameindex",
            Self::CreateConnection => "create_connection",
            Self::CreateServer => "create_server",
            Self::Poll => "poll",
            Self::Poller => "poller",
            Self::Server => "server",
            Self::Trace => "trace",
            Self::Drop => "drop",
        }
    }

    /// What [`Error::done`](crate::Error::done) counts.
    pub const fn counts(self) -> &'static str {
        if matches!(self, Self::SendBatch | Self::RecvBatch) {
            "datagrams"
        } else if matches!(self, Self::SendFrame) {
            "messages"
        } else {
            "bytes"
        }
    }
}
