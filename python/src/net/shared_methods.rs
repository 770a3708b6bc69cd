//! The methods that Java's sockets and their streams have in common, written once. Each class has its own error texts.

/// Defines these methods for a class that has a field `core` and a method `open(py)`, which returns the BSD socket
/// underneath.
///
/// `so_timeout` says which call waits, and `checked first` whether a wrong timeout is refused even if the socket is
/// closed, as in Java's DatagramSocket.
macro_rules! shared_methods {
    ($class:ident {
        kind: $kind:expr,
        close: $close:literal,
        is_bound: $is_bound:literal,
        so_timeout: $waits:literal refuses $timeout_refusal:literal checked first: $checked_first:literal,
        set_reuse_address: $set_reuse:literal,
        reuse_address: $reuse:literal,
        set_receive_buffer: $set_receive_buffer:literal refuses $size_refusal:literal,
        receive_buffer: $receive_buffer:literal,
    }) => {
        #[pymethods]
        impl $class {
            #[doc = $is_bound]
            #[pyo3(name = "isBound")]
            fn is_bound(&self) -> bool {
                self.core.is_bound()
            }

            /// Whether it was closed.
            #[pyo3(name = "isClosed")]
            fn is_closed(&self) -> bool {
                self.core.is_closed()
            }

            /// Always None: there are no channels here.
            #[pyo3(name = "getChannel")]
            #[allow(clippy::unused_self)]
            fn channel(&self) -> Option<bool> {
                None
            }

            #[doc = concat!("Sets how many milliseconds ", $waits)]
            #[pyo3(name = "setSoTimeout", signature = (timeout, /))]
            fn set_so_timeout(&self, py: Python<'_>, timeout: i64) -> PyResult<()> {
                let checked = $crate::net::arguments::timeout(py, timeout, $timeout_refusal);
                if $checked_first && checked.is_err() {
                    return checked.map(drop);
                }
                self.open(py)?.set_recv_timeout(checked?);
                Ok(())
            }

            #[doc = concat!("How many milliseconds ", $waits)]
            #[pyo3(name = "getSoTimeout")]
            fn so_timeout(&self, py: Python<'_>) -> PyResult<u128> {
                Ok($crate::net::arguments::milliseconds(
                    self.open(py)?.recv_timeout(),
                ))
            }

            #[doc = $set_reuse]
            #[pyo3(name = "setReuseAddress", signature = (on, /))]
            fn set_reuse_address(&self, py: Python<'_>, on: bool) -> PyResult<()> {
                $crate::net::exceptions::option(py, self.open(py)?.set_reuse_address(on))
            }

            #[doc = $reuse]
            #[pyo3(name = "getReuseAddress")]
            fn reuse_address(&self, py: Python<'_>) -> PyResult<bool> {
                $crate::net::exceptions::option(py, self.open(py)?.reuse_address())
            }

            #[doc = $set_receive_buffer]
            #[pyo3(name = "setReceiveBufferSize", signature = (size, /))]
            fn set_receive_buffer_size(&self, py: Python<'_>, size: i64) -> PyResult<()> {
                let size = $crate::net::arguments::size(py, size, $size_refusal)?;
                $crate::net::exceptions::option(
                    py,
                    polysock::java_net::set_recv_buffer(self.open(py)?, size),
                )
            }

            #[doc = $receive_buffer]
            #[pyo3(name = "getReceiveBufferSize")]
            fn receive_buffer_size(&self, py: Python<'_>) -> PyResult<usize> {
                $crate::net::exceptions::option(py, polysock::java_net::recv_buffer(self.open(py)?))
            }

            /// Sets an option, such as `StandardSocketOptions.SO_RCVBUF`, and returns the socket.
            #[pyo3(name = "setOption", signature = (name, value, /))]
            fn set_option<'py>(
                slf: &Bound<'py, Self>,
                name: Option<&Bound<'py, $crate::net::options::SocketOption>>,
                value: &Bound<'py, PyAny>,
            ) -> PyResult<Bound<'py, Self>> {
                let (py, this) = (slf.py(), slf.get());
                $crate::net::options::set(py, $kind, || this.open(py), name, value)?;
                Ok(slf.clone())
            }

            /// The value of an option.
            #[pyo3(name = "getOption", signature = (name, /))]
            fn get_option<'py>(
                &self,
                py: Python<'py>,
                name: Option<&Bound<'py, $crate::net::options::SocketOption>>,
            ) -> PyResult<Bound<'py, PyAny>> {
                $crate::net::options::get(py, $kind, || self.open(py), name)
            }

            /// The options that this kind of socket has.
            #[pyo3(name = "supportedOptions")]
            #[allow(clippy::unused_self)]
            fn supported_options<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                $crate::net::options::supported(py, $kind)
            }
        }

        $crate::net::shared_methods::closing_methods! { $class { $close } }
    };
}

/// Defines the methods that close a socket or a stream.
macro_rules! closing_methods {
    ($class:ident { $close:literal }) => {
        #[pymethods]
        impl $class {
            #[doc = $close]
            fn close(&self, py: Python<'_>) -> PyResult<()> {
                $crate::core_call::CoreCall::new(py).run(|caller| self.core.close(caller))
            }

            /// Returns itself; leaving the with statement closes it.
            fn __enter__(slf: Py<Self>) -> Py<Self> {
                slf
            }

            /// Closes it.
            #[pyo3(signature = (*_exception))]
            fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
                self.close(py)
            }
        }
    };
}

/// Defines the methods of sockets that send: connections and datagram sockets.
macro_rules! sending_methods {
    ($class:ident { send_buffer refuses $size_refusal:literal }) => {
        #[pymethods]
        impl $class {
            /// Requests a send buffer of this many bytes.
            #[pyo3(name = "setSendBufferSize", signature = (size, /))]
            fn set_send_buffer_size(&self, py: Python<'_>, size: i64) -> PyResult<()> {
                let size = $crate::net::arguments::size(py, size, $size_refusal)?;
                $crate::net::exceptions::option(
                    py,
                    polysock::java_net::set_send_buffer(self.open(py)?, size),
                )
            }

            /// The size of the send buffer, as it was requested if the system granted it.
            #[pyo3(name = "getSendBufferSize")]
            fn send_buffer_size(&self, py: Python<'_>) -> PyResult<usize> {
                $crate::net::exceptions::option(py, polysock::java_net::send_buffer(self.open(py)?))
            }

            /// Sets the type of service of IPv4 and the traffic class of IPv6, 0–255.
            #[pyo3(name = "setTrafficClass", signature = (tc, /))]
            fn set_traffic_class(&self, py: Python<'_>, tc: i64) -> PyResult<()> {
                let class = $crate::net::arguments::traffic_class(py, tc)?;
                $crate::net::exceptions::option(
                    py,
                    polysock::java_net::set_traffic_class(self.open(py)?, class),
                )
            }

            /// The traffic class.
            #[pyo3(name = "getTrafficClass")]
            fn traffic_class(&self, py: Python<'_>) -> PyResult<u32> {
                $crate::net::exceptions::option(py, polysock::java_net::traffic_class(self.open(py)?))
            }
        }
    };
}

pub(super) use {closing_methods, sending_methods, shared_methods};
