//! `StandardSocketOptions`, `ExtendedSocketOptions`, and `setOption` with them.

use super::exceptions::{self as error, illegal_argument};
use super::network_interface::{self, NetworkInterface};
use super::socket::option;
use polysock::java_net::{self, KeepaliveNumber};
use polysock::{Interface, Socket};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFrozenSet, PyInt};
use pyo3::IntoPyObjectExt;
use std::time::Duration;

/// A kind of socket, which has options of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Connection,
    Listener,
    Datagram,
}

/// One option: its name, and the type of its value.
#[pyclass(module = "polysock.net", frozen, eq, hash)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SocketOption(Which);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Which {
    Broadcast,
    KeepAlive,
    SendBuffer,
    ReceiveBuffer,
    ReuseAddress,
    ReusePort,
    Linger,
    TypeOfService,
    MulticastInterface,
    MulticastTtl,
    MulticastLoop,
    NoDelay,
    QuickAck,
    KeepIdle,
    KeepInterval,
    KeepCount,
    NapiId,
    DontFragment,
}

use Sort::{Connection, Datagram, Listener};
use Which::*;

/// Every option: its name in Java, and the kinds of socket that have it.
const ALL: [(Which, &str, &[Sort]); 18] = [
    (Broadcast, "SO_BROADCAST", &[Datagram]),
    (KeepAlive, "SO_KEEPALIVE", &[Connection]),
    (SendBuffer, "SO_SNDBUF", &[Connection, Datagram]),
    (ReceiveBuffer, "SO_RCVBUF", &[Connection, Listener, Datagram]),
    (ReuseAddress, "SO_REUSEADDR", &[Connection, Listener, Datagram]),
    (ReusePort, "SO_REUSEPORT", &[Connection, Listener, Datagram]),
    (Linger, "SO_LINGER", &[Connection]),
    (TypeOfService, "IP_TOS", &[Connection, Listener, Datagram]),
    (MulticastInterface, "IP_MULTICAST_IF", &[Datagram]),
    (MulticastTtl, "IP_MULTICAST_TTL", &[Datagram]),
    (MulticastLoop, "IP_MULTICAST_LOOP", &[Datagram]),
    (NoDelay, "TCP_NODELAY", &[Connection]),
    (QuickAck, "TCP_QUICKACK", &[Connection, Listener]),
    (KeepIdle, "TCP_KEEPIDLE", &[Connection, Listener]),
    (KeepInterval, "TCP_KEEPINTERVAL", &[Connection, Listener]),
    (KeepCount, "TCP_KEEPCOUNT", &[Connection, Listener]),
    (NapiId, "SO_INCOMING_NAPI_ID", &[Connection, Listener, Datagram]),
    (DontFragment, "IP_DONTFRAGMENT", &[Datagram]),
];

impl Which {
    fn name(self) -> &'static str {
        ALL.iter()
            .find(|(which, ..)| *which == self)
            .map_or("", |(_, name, _)| name)
    }

    fn is_of(self, sort: Sort) -> bool {
        ALL.iter()
            .any(|(which, _, sorts)| *which == self && sorts.contains(&sort))
    }

    fn is_boolean(self) -> bool {
        matches!(
            self,
            Broadcast
                | KeepAlive
                | ReuseAddress
                | ReusePort
                | MulticastLoop
                | NoDelay
                | QuickAck
                | DontFragment
        )
    }
}

#[pymethods]
impl SocketOption {
    /// The name, such as `SO_RCVBUF`.
    fn name(&self) -> &'static str {
        self.0.name()
    }

    /// The type of the value: bool, int or NetworkInterface.
    fn r#type<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        if self.0.is_boolean() {
            py.get_type::<PyBool>().into_any()
        } else if self.0 == MulticastInterface {
            py.get_type::<NetworkInterface>().into_any()
        } else {
            py.get_type::<PyInt>().into_any()
        }
    }

    /// The name.
    #[pyo3(name = "toString")]
    fn text(&self) -> &'static str {
        self.0.name()
    }

    fn __str__(&self) -> &'static str {
        self.0.name()
    }

    fn __repr__(&self) -> String {
        format!("<SocketOption {}>", self.0.name())
    }
}

/// The option of an argument, if this kind of socket has it.
fn known(py: Python<'_>, sort: Sort, name: Option<&Bound<'_, SocketOption>>) -> PyResult<Which> {
    let Some(name) = name else {
        return Err(error::null_pointer(py, "name is null"));
    };
    let which = name.get().0;
    if which.is_of(sort) {
        return Ok(which);
    }
    let text = format!("'{}' not supported", which.name());
    Err(error::make(py, "UnsupportedOperationException", (text,)))
}

/// Sets an option.
pub fn set<'s, 'py>(
    py: Python<'py>,
    sort: Sort,
    socket: impl FnOnce() -> PyResult<&'s Socket>,
    name: Option<&Bound<'py, SocketOption>>,
    value: &Bound<'py, PyAny>,
) -> PyResult<()> {
    let which = known(py, sort, name)?;
    let socket = socket()?;
    if value.is_none() && which != MulticastInterface {
        return Err(illegal_argument(py, "Invalid value 'null'"));
    }
    if which.is_boolean() {
        let on: bool = value.extract()?;
        return option(py, set_boolean(socket, which, on));
    }
    if which == MulticastInterface {
        let interface: Option<Bound<'py, NetworkInterface>> = value.extract()?;
        let Some(interface) = interface else {
            return Err(illegal_argument(py, "Invalid value 'null'"));
        };
        return option(
            py,
            java_net::set_multicast_interface(socket, interface.get().index),
        );
    }
    let number: i64 = value.extract()?;
    set_number(py, socket, which, number)
}

fn set_boolean(socket: &Socket, which: Which, on: bool) -> polysock::Result<()> {
    match which {
        Broadcast => socket.set_broadcast(on),
        KeepAlive => socket.set_keepalive(on.then(Default::default)),
        ReuseAddress => socket.set_reuse_address(on),
        ReusePort => socket.set_reuse_port(on),
        MulticastLoop => java_net::set_multicast_loop(socket, on),
        NoDelay => socket.set_nodelay(on),
        QuickAck => socket.set_quickack(on),
        DontFragment => java_net::set_dont_fragment(socket, on),
        SendBuffer | ReceiveBuffer | Linger | TypeOfService | MulticastInterface | MulticastTtl
        | KeepIdle | KeepInterval | KeepCount | NapiId => Ok(()), // not boolean
    }
}

fn set_number(py: Python<'_>, socket: &Socket, which: Which, number: i64) -> PyResult<()> {
    let size = |number: i64| {
        let size = usize::try_from(number).ok().map(|size| size.max(1));
        size.ok_or_else(|| illegal_argument(py, "Invalid send/receive buffer size"))
    };
    let byte = |text: &str| {
        u8::try_from(number)
            .map(u32::from)
            .map_err(|_| illegal_argument(py, text))
    };
    let keepalive = |which| {
        let number = i32::try_from(number).unwrap_or(i32::MAX);
        java_net::set_keepalive_number(socket, which, number)
    };
    let result = match which {
        SendBuffer => java_net::set_send_buffer(socket, size(number)?),
        ReceiveBuffer => java_net::set_recv_buffer(socket, size(number)?),
        Linger => java_net::set_linger(socket, u64::try_from(number).ok().map(Duration::from_secs)),
        TypeOfService => java_net::set_traffic_class(socket, byte("Invalid IP_TOS value")?),
        MulticastTtl => java_net::set_multicast_ttl(socket, byte("Invalid TTL/hop value")?),
        KeepIdle => keepalive(KeepaliveNumber::Idle),
        KeepInterval => keepalive(KeepaliveNumber::Interval),
        KeepCount => keepalive(KeepaliveNumber::Count),
        NapiId => {
            let text = "Attempt to set read only option SO_INCOMING_NAPI_ID";
            return Err(error::socket_exception(py, libc::EACCES, text));
        }
        Broadcast | KeepAlive | ReuseAddress | ReusePort | MulticastInterface | MulticastLoop | NoDelay
        | QuickAck | DontFragment => Ok(()), // no number
    };
    option(py, result)
}

/// The value of an option.
pub fn get<'s, 'py>(
    py: Python<'py>,
    sort: Sort,
    socket: impl FnOnce() -> PyResult<&'s Socket>,
    name: Option<&Bound<'py, SocketOption>>,
) -> PyResult<Bound<'py, PyAny>> {
    let which = known(py, sort, name)?;
    let socket = socket()?;
    let boolean = |result| option(py, result).and_then(|on: bool| on.into_bound_py_any(py));
    let number = |result| option(py, result).and_then(|number: i64| number.into_bound_py_any(py));
    let keepalive = |which| number(java_net::keepalive_number(socket, which).map(Into::into));
    match which {
        Broadcast => boolean(socket.broadcast()),
        KeepAlive => boolean(socket.keepalive().map(|on| on.is_some())),
        ReuseAddress => boolean(socket.reuse_address()),
        ReusePort => boolean(socket.reuse_port()),
        MulticastLoop => boolean(socket.multicast_loop()),
        NoDelay => boolean(socket.nodelay()),
        QuickAck => boolean(socket.quickack()),
        DontFragment => boolean(java_net::dont_fragment(socket)),
        SendBuffer => option(py, java_net::send_buffer(socket))?.into_bound_py_any(py),
        ReceiveBuffer => option(py, java_net::recv_buffer(socket))?.into_bound_py_any(py),
        Linger => number(socket.linger().map(seconds)),
        TypeOfService => number(java_net::traffic_class(socket).map(Into::into)),
        MulticastTtl => number(socket.multicast_ttl().map(Into::into)),
        MulticastInterface => multicast_interface(py, socket)?.into_bound_py_any(py),
        KeepIdle => keepalive(KeepaliveNumber::Idle),
        KeepInterval => keepalive(KeepaliveNumber::Interval),
        KeepCount => keepalive(KeepaliveNumber::Count),
        NapiId => number(java_net::incoming_napi_id(socket).map(Into::into)),
    }
}

/// Seconds of linger as Java tells them: -1 when off.
pub fn seconds(linger: Option<Duration>) -> i64 {
    linger.map_or(-1, |time| i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}

/// The interface for sending to groups; None is the system's choice.
pub fn multicast_interface(py: Python<'_>, socket: &Socket) -> PyResult<Option<Py<NetworkInterface>>> {
    if let Interface::Index(index) = option(py, socket.multicast_interface())? {
        network_interface::find(py, |interface| interface.index == index)
    } else {
        Ok(None)
    }
}

/// The options that a kind of socket has.
pub fn supported(py: Python<'_>, sort: Sort) -> PyResult<Bound<'_, PyAny>> {
    let options = ALL.iter().filter(|(_, _, sorts)| sorts.contains(&sort));
    let options: PyResult<Vec<_>> = options
        .map(|(which, ..)| Py::new(py, SocketOption(*which)))
        .collect();
    Ok(PyFrozenSet::new(py, options?)?.into_any())
}

/// The options that every system has.
#[pyclass(module = "polysock.net", frozen)]
pub struct StandardSocketOptions;

/// The options that not every system has.
#[pyclass(module = "polysock.net", frozen)]
pub struct ExtendedSocketOptions;

/// The constants of a class.
macro_rules! constants {
    ($class:ident: $($name:ident $which:ident)*) => {
        #[pymethods]
        #[allow(non_snake_case)] // Java's names
        impl $class {
            $(
                #[classattr]
                fn $name() -> SocketOption {
                    SocketOption($which)
                }
            )*
        }
    };
}

constants! {
    StandardSocketOptions:
    SO_BROADCAST Broadcast
    SO_KEEPALIVE KeepAlive
    SO_SNDBUF SendBuffer
    SO_RCVBUF ReceiveBuffer
    SO_REUSEADDR ReuseAddress
    SO_REUSEPORT ReusePort
    SO_LINGER Linger
    IP_TOS TypeOfService
    IP_MULTICAST_IF MulticastInterface
    IP_MULTICAST_TTL MulticastTtl
    IP_MULTICAST_LOOP MulticastLoop
    TCP_NODELAY NoDelay
}

constants! {
    ExtendedSocketOptions:
    TCP_QUICKACK QuickAck
    TCP_KEEPIDLE KeepIdle
    TCP_KEEPINTERVAL KeepInterval
    TCP_KEEPCOUNT KeepCount
    SO_INCOMING_NAPI_ID NapiId
    IP_DONTFRAGMENT DontFragment
}
