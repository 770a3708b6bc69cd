//! `StandardSocketOptions`, `ExtendedSocketOptions`, and `setOption` with them.

use super::exceptions::{illegal_argument, make, null_pointer, option, socket_exception};
use super::network_interface::{self, NetworkInterface};
use polysock::java_net::{self, KeepaliveNumber};
use polysock::{Interface, Result, Socket};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFrozenSet, PyInt};
use pyo3::IntoPyObjectExt;
use std::hash::{Hash, Hasher};
use std::time::Duration;

/// A kind of socket, which has its own options.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SocketKind {
    Connection,
    Listener,
    Datagram,
}

use SocketKind::{Connection, Datagram, Listener};

/// An option: its name in Java, the kinds of socket that have it, and its value.
struct Row {
    name: &'static str,
    kinds: &'static [SocketKind],
    value: Value,
}

/// The type of an option's value, and how it is read and set.
enum Value {
    Boolean {
        get: fn(&Socket) -> Result<bool>,
        set: fn(&Socket, bool) -> Result<()>,
    },
    /// `set` returns None for a number that Java refuses, with this text.
    Number {
        get: fn(&Socket) -> Result<i64>,
        set: fn(&Socket, i64) -> Option<Result<()>>,
        refusal: &'static str,
    },
    /// The interface for sending to groups.
    Interface,
    ReadOnly {
        get: fn(&Socket) -> Result<i64>,
    },
}

impl Value {
    const fn boolean(get: fn(&Socket) -> Result<bool>, set: fn(&Socket, bool) -> Result<()>) -> Self {
        Self::Boolean { get, set }
    }

    const fn number(
        get: fn(&Socket) -> Result<i64>,
        set: fn(&Socket, i64) -> Option<Result<()>>,
        refusal: &'static str,
    ) -> Self {
        Self::Number { get, set, refusal }
    }
}

/// One option: its name, and the type of its value.
#[pyclass(module = "polysock.net", frozen, eq, hash)]
#[derive(Clone, Copy)]
pub struct SocketOption(&'static Row);

impl PartialEq for SocketOption {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for SocketOption {}

impl Hash for SocketOption {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}

#[pymethods]
impl SocketOption {
    /// The name, such as `SO_RCVBUF`.
    fn name(&self) -> &'static str {
        self.0.name
    }

    /// The type of the value: bool, int or NetworkInterface.
    fn r#type<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        match self.0.value {
            Value::Boolean { .. } => py.get_type::<PyBool>().into_any(),
            Value::Interface => py.get_type::<NetworkInterface>().into_any(),
            Value::Number { .. } | Value::ReadOnly { .. } => py.get_type::<PyInt>().into_any(),
        }
    }

    /// The name.
    #[pyo3(name = "toString")]
    fn text(&self) -> &'static str {
        self.0.name
    }

    fn __str__(&self) -> &'static str {
        self.0.name
    }

    fn __repr__(&self) -> String {
        format!("<SocketOption {}>", self.0.name)
    }
}

/// Sets an option.
pub fn set<'s, 'py>(
    py: Python<'py>,
    kind: SocketKind,
    socket: impl FnOnce() -> PyResult<&'s Socket>,
    name: Option<&Bound<'py, SocketOption>>,
    value: &Bound<'py, PyAny>,
) -> PyResult<()> {
    let row = row_of(py, kind, name)?;
    let socket = socket()?;
    if value.is_none() {
        return Err(illegal_argument(py, "Invalid value 'null'"));
    }
    match row.value {
        Value::Boolean { set, .. } => option(py, set(socket, value.extract()?)),
        Value::Number { set, refusal, .. } => match set(socket, value.extract()?) {
            Some(result) => option(py, result),
            None => Err(illegal_argument(py, refusal)),
        },
        Value::Interface => {
            let interface: Bound<'py, NetworkInterface> = value.extract()?;
            let index = interface.get().index;
            option(py, java_net::set_multicast_interface(socket, index))
        }
        Value::ReadOnly { .. } => {
            let text = format!("Attempt to set read only option {}", row.name);
            let _: i64 = value.extract()?;
            Err(socket_exception(py, libc::EACCES, &text))
        }
    }
}

/// The value of an option.
pub fn get<'s, 'py>(
    py: Python<'py>,
    kind: SocketKind,
    socket: impl FnOnce() -> PyResult<&'s Socket>,
    name: Option<&Bound<'py, SocketOption>>,
) -> PyResult<Bound<'py, PyAny>> {
    let row = row_of(py, kind, name)?;
    let socket = socket()?;
    match row.value {
        Value::Boolean { get, .. } => option(py, get(socket))?.into_bound_py_any(py),
        Value::Number { get, .. } | Value::ReadOnly { get } => option(py, get(socket))?.into_bound_py_any(py),
        Value::Interface => multicast_interface(py, socket)?.into_bound_py_any(py),
    }
}

/// The option of an argument, if this kind of socket has it.
fn row_of(
    py: Python<'_>,
    kind: SocketKind,
    name: Option<&Bound<'_, SocketOption>>,
) -> PyResult<&'static Row> {
    let Some(name) = name else {
        return Err(null_pointer(py, "name is null"));
    };
    let row = name.get().0;
    if row.kinds.contains(&kind) {
        return Ok(row);
    }
    let text = format!("'{}' not supported", row.name);
    Err(make(py, "UnsupportedOperationException", (text,)))
}

/// The options that a kind of socket has.
pub fn supported(py: Python<'_>, kind: SocketKind) -> PyResult<Bound<'_, PyAny>> {
    let rows = ROWS.iter().filter(|row| row.kinds.contains(&kind));
    let options: PyResult<Vec<_>> = rows.map(|row| Py::new(py, SocketOption(row))).collect();
    Ok(PyFrozenSet::new(py, options?)?.into_any())
}

/// The interface for sending to groups; None is the system's choice.
pub fn multicast_interface(py: Python<'_>, socket: &Socket) -> PyResult<Option<Py<NetworkInterface>>> {
    if let Interface::Index(index) = option(py, socket.multicast_interface())? {
        network_interface::find(py, |interface| interface.index == index)
    } else {
        Ok(None)
    }
}

/// The linger time in seconds; -1 means off.
pub fn linger_seconds(socket: &Socket) -> Result<i64> {
    let linger = socket.linger()?;
    Ok(linger.map_or(-1, |time| i64::try_from(time.as_secs()).unwrap_or(i64::MAX)))
}

fn set_linger_seconds(socket: &Socket, seconds: i64) -> Result<()> {
    java_net::set_linger(socket, u64::try_from(seconds).ok().map(Duration::from_secs))
}

/// The size of a buffer, at least 1.
fn buffer_size(number: i64) -> Option<usize> {
    usize::try_from(number).ok().map(|size| size.max(1))
}

fn byte(number: i64) -> Option<u32> {
    u8::try_from(number).ok().map(u32::from)
}

fn signed<T: TryInto<i64>>(number: T) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

const fn keepalive(which: KeepaliveNumber) -> Value {
    macro_rules! value {
        ($which:ident) => {
            Value::number(
                |socket| java_net::keepalive_number(socket, KeepaliveNumber::$which).map(signed),
                |socket, number| {
                    let number = i32::try_from(number).unwrap_or(i32::MAX);
                    Some(java_net::set_keepalive_number(
                        socket,
                        KeepaliveNumber::$which,
                        number,
                    ))
                },
                "",
            )
        };
    }
    match which {
        KeepaliveNumber::Idle => value!(Idle),
        KeepaliveNumber::Interval => value!(Interval),
        KeepaliveNumber::Count => value!(Count),
    }
}

/// The options that every system has.
#[pyclass(module = "polysock.net", frozen)]
pub struct StandardSocketOptions;

/// The options that not every system has.
#[pyclass(module = "polysock.net", frozen)]
pub struct ExtendedSocketOptions;

/// The rows of the table, and the constants of the two classes.
macro_rules! options {
    ($($class:ident { $($name:ident: [$($kind:ident),+], $value:expr;)+ })+) => {
        $($(static $name: Row = Row {
            name: stringify!($name),
            kinds: &[$($kind),+],
            value: $value,
        };)+)+

        static ROWS: &[&Row] = &[$($(&$name,)+)+];

        $(
            #[pymethods]
            #[allow(non_snake_case)] // Java's names
            impl $class {
                $(
                    #[classattr]
                    fn $name() -> SocketOption {
                        SocketOption(&$name)
                    }
                )+
            }
        )+
    };
}

options! {
    StandardSocketOptions {
        SO_BROADCAST: [Datagram], Value::boolean(Socket::broadcast, Socket::set_broadcast);
        SO_KEEPALIVE: [Connection], Value::boolean(
            |socket| socket.keepalive().map(|on| on.is_some()),
            |socket, on| socket.set_keepalive(on.then(Default::default)),
        );
        SO_SNDBUF: [Connection, Datagram], Value::number(
            |socket| java_net::send_buffer(socket).map(signed),
            |socket, size| Some(java_net::set_send_buffer(socket, buffer_size(size)?)),
            "Invalid send/receive buffer size",
        );
        SO_RCVBUF: [Connection, Listener, Datagram], Value::number(
            |socket| java_net::recv_buffer(socket).map(signed),
            |socket, size| Some(java_net::set_recv_buffer(socket, buffer_size(size)?)),
            "Invalid send/receive buffer size",
        );
        SO_REUSEADDR: [Connection, Listener, Datagram],
            Value::boolean(Socket::reuse_address, Socket::set_reuse_address);
        SO_REUSEPORT: [Connection, Listener, Datagram], Value::boolean(Socket::reuse_port, Socket::set_reuse_port);
        SO_LINGER: [Connection], Value::number(
            linger_seconds,
            |socket, seconds| Some(set_linger_seconds(socket, seconds)),
            "",
        );
        IP_TOS: [Connection, Listener, Datagram], Value::number(
            |socket| java_net::traffic_class(socket).map(signed),
            |socket, class| Some(java_net::set_traffic_class(socket, byte(class)?)),
            "Invalid IP_TOS value",
        );
        IP_MULTICAST_IF: [Datagram], Value::Interface;
        IP_MULTICAST_TTL: [Datagram], Value::number(
            |socket| socket.multicast_ttl().map(signed),
            |socket, hops| Some(java_net::set_multicast_ttl(socket, byte(hops)?)),
            "Invalid TTL/hop value",
        );
        IP_MULTICAST_LOOP: [Datagram], Value::boolean(Socket::multicast_loop, java_net::set_multicast_loop);
        TCP_NODELAY: [Connection], Value::boolean(Socket::nodelay, Socket::set_nodelay);
    }
    ExtendedSocketOptions {
        TCP_QUICKACK: [Connection, Listener], Value::boolean(Socket::quickack, Socket::set_quickack);
        TCP_KEEPIDLE: [Connection, Listener], keepalive(KeepaliveNumber::Idle);
        TCP_KEEPINTERVAL: [Connection, Listener], keepalive(KeepaliveNumber::Interval);
        TCP_KEEPCOUNT: [Connection, Listener], keepalive(KeepaliveNumber::Count);
        SO_INCOMING_NAPI_ID: [Connection, Listener, Datagram], Value::ReadOnly {
            get: |socket| java_net::incoming_napi_id(socket).map(signed),
        };
        IP_DONTFRAGMENT: [Datagram], Value::boolean(java_net::dont_fragment, java_net::set_dont_fragment);
    }
}
