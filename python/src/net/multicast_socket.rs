//! `MulticastSocket`: UDP with groups.

use super::datagram_socket::{group_of, index, BindTo, DatagramSocket};
use super::exceptions::{illegal_argument, option, socket_exception};
use super::inet_address::{self, InetAddress};
use super::inet_socket_address::SocketAddress;
use super::network_interface::{self, NetworkInterface};
use super::options;
use polysock::java_net;
use pyo3::prelude::*;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// A UDP socket for groups: several sockets may have the same port, and what it sends to a group stays on the link
/// unless `setTimeToLive` allows more.
#[pyclass(module = "polysock.net", frozen, extends = DatagramSocket, subclass)]
pub struct MulticastSocket {
    /// The address that `setInterface` was given, and the interface that has it.
    chosen: Mutex<Option<(Py<InetAddress>, u32)>>,
}

#[pymethods]
impl MulticastSocket {
    #[new]
    #[pyo3(signature = (port = Some(BindTo::Port(0)), /), text_signature = "(port=0, /)")]
    fn new(py: Python<'_>, port: Option<BindTo<'_>>) -> PyResult<PyClassInitializer<Self>> {
        let port = port.unwrap_or(BindTo::Address(None));
        let base = DatagramSocket::make(py, &port, None, true)?;
        Ok(PyClassInitializer::from(base).add_subclass(Self {
            chosen: Mutex::default(),
        }))
    }

    /// Sets how many routers a packet to a group may pass, 0–255; 1 unless set, 0 keeps it on this host.
    #[pyo3(name = "setTimeToLive", signature = (ttl, /))]
    fn set_time_to_live(slf: PyRef<'_, Self>, ttl: i64) -> PyResult<()> {
        let py = slf.py();
        let ttl = u8::try_from(ttl).map_err(|_| illegal_argument(py, "Invalid TTL/hop value"))?;
        option(
            py,
            java_net::set_multicast_ttl(slf.as_super().open(py)?, ttl.into()),
        )
    }

    /// How many routers a packet to a group may pass.
    #[pyo3(name = "getTimeToLive")]
    fn time_to_live(slf: PyRef<'_, Self>) -> PyResult<u32> {
        let py = slf.py();
        option(py, slf.as_super().open(py)?.multicast_ttl())
    }

    /// Keeps what is sent to a group from this host's own members: True *disables* the loop.
    #[pyo3(name = "setLoopbackMode", signature = (disable, /))]
    fn set_loopback_mode(slf: PyRef<'_, Self>, disable: bool) -> PyResult<()> {
        let py = slf.py();
        option(
            py,
            java_net::set_multicast_loop(slf.as_super().open(py)?, !disable),
        )
    }

    /// Whether what is sent to a group is kept from this host's own members.
    #[pyo3(name = "getLoopbackMode")]
    fn loopback_mode(slf: PyRef<'_, Self>) -> PyResult<bool> {
        let py = slf.py();
        option(py, slf.as_super().open(py)?.multicast_loop()).map(|on| !on)
    }

    /// Sends to groups through this interface.
    #[pyo3(name = "setNetworkInterface", signature = (netIf, /))]
    #[allow(non_snake_case)] // the names that Python sees
    fn set_network_interface(
        slf: PyRef<'_, Self>,
        netIf: Option<&Bound<'_, NetworkInterface>>,
    ) -> PyResult<()> {
        let py = slf.py();
        let Some(interface) = netIf else {
            return Err(illegal_argument(py, "Invalid value 'null'"));
        };
        option(
            py,
            java_net::set_multicast_interface(slf.as_super().open(py)?, interface.get().index),
        )
    }

    /// The interface for sending to groups; None is the system's choice.
    #[pyo3(name = "getNetworkInterface")]
    fn network_interface(slf: PyRef<'_, Self>) -> PyResult<Option<Py<NetworkInterface>>> {
        let py = slf.py();
        options::multicast_interface(py, slf.as_super().open(py)?)
    }

    /// Sends to groups through the interface that has this address.
    #[pyo3(name = "setInterface", signature = (inf, /))]
    fn set_interface(slf: PyRef<'_, Self>, inf: Option<&Bound<'_, InetAddress>>) -> PyResult<()> {
        let py = slf.py();
        let socket = slf.as_super().open(py)?;
        let invalid = |text: &str| socket_exception(py, libc::EINVAL, text);
        let address = inf.ok_or_else(|| invalid("Invalid value 'null'"))?;
        let found = network_interface::of_address(py, address.get())?;
        let found = found.ok_or_else(|| {
            let address = address.get().text();
            invalid(&format!("No network interface with address {address}"))
        })?;
        let index = found.get().index;
        option(py, java_net::set_multicast_interface(socket, index))?;
        let mut chosen = slf.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = chosen.replace((address.clone().unbind(), index));
        drop(chosen);
        drop(before); // may run Python code, so not while the lock is held
        Ok(())
    }

    /// An address of the interface for sending to groups: the one given to `setInterface`, if any; 0.0.0.0 if the
    /// system chooses.
    #[pyo3(name = "getInterface")]
    fn interface(slf: PyRef<'_, Self>) -> PyResult<Py<InetAddress>> {
        let py = slf.py();
        let socket = slf.as_super().open(py)?;
        if let Some(interface) = options::multicast_interface(py, socket)? {
            let interface = interface.get();
            let chosen = slf.chosen.lock().unwrap_or_else(PoisonError::into_inner);
            match &*chosen {
                Some((address, index)) if *index == interface.index => return Ok(address.clone_ref(py)),
                _ => drop(chosen),
            }
            if let Some(address) = interface.inet_addresses(py)?.into_iter().next() {
                return Ok(address);
            }
        }
        inet_address::any(py)
    }

    /// Joins a group on an interface: `joinGroup(socketAddress, networkInterface)`, or `joinGroup(address)` on the
    /// interface for sending.
    #[pyo3(name = "joinGroup", signature = (group, netIf = None, /))]
    #[allow(non_snake_case)] // the names that Python sees
    fn join_group(
        slf: PyRef<'_, Self>,
        group: Option<&Bound<'_, PyAny>>,
        netIf: Option<&Bound<'_, NetworkInterface>>,
    ) -> PyResult<()> {
        let py = slf.py();
        let (group, interface) = Self::named(&slf, group, netIf)?;
        DatagramSocket::membership(py, group, |group| slf.as_super().core.join(group, interface))
    }

    /// Leaves a group that was joined with the same arguments.
    #[pyo3(name = "leaveGroup", signature = (group, netIf = None, /))]
    #[allow(non_snake_case)] // the names that Python sees
    fn leave_group(
        slf: PyRef<'_, Self>,
        group: Option<&Bound<'_, PyAny>>,
        netIf: Option<&Bound<'_, NetworkInterface>>,
    ) -> PyResult<()> {
        let py = slf.py();
        let (group, interface) = Self::named(&slf, group, netIf)?;
        DatagramSocket::membership(py, group, |group| slf.as_super().core.leave(group, interface))
    }
}

impl MulticastSocket {
    /// The group and the interface given by the arguments of `joinGroup`.
    fn named(
        slf: &PyRef<'_, Self>,
        group: Option<&Bound<'_, PyAny>>,
        interface: Option<&Bound<'_, NetworkInterface>>,
    ) -> PyResult<(Option<IpAddr>, Option<u32>)> {
        let py = slf.py();
        let Some(address) = group.and_then(|group| group.cast::<InetAddress>().ok()) else {
            let group = group.map(|group| group.cast::<SocketAddress>()).transpose()?;
            return Ok((group_of(py, group)?, index(interface)));
        };
        let chosen = options::multicast_interface(py, slf.as_super().open(py)?)?;
        let chosen = chosen.map(|interface| interface.get().index);
        Ok((Some(address.get().with_port(0).ip()), chosen))
    }
}
