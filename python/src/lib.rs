//! The Python module of polysock: it translates between Python and the crate `polysock`, and adds no behaviour.

mod address;
mod arguments;
mod audit;
mod core_call;
mod deadline;
mod errors;
mod framing;
mod inet;
mod lock;
mod names;
mod net;
mod place;
mod race;
mod raw;
mod reader;
mod server;
mod socket;
mod trace;

/// Small requests are served when the system has no memory left.
#[global_allocator]
static ALLOCATOR: polysock::Reserve = polysock::Reserve;

/// The native half of the package `polysock`.
// Nothing here rests on the interpreter lock (docs/threads-and-state.md).
#[pyo3::pymodule(gil_used = false)]
mod _native {
    use pyo3::exceptions::PyImportError;
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::deadline::Deadline;
    #[pymodule_export]
    use crate::errors::TruncatedError;
    #[pymodule_export]
    use crate::framing::Framing;
    #[pymodule_export]
    use crate::inet::{htonl, htons, inet_aton, inet_ntoa, inet_ntop, inet_pton, ntohl, ntohs};
    #[pymodule_export]
    use crate::lock::switch::{get_try_first, set_try_first, try_counts};
    #[pymodule_export]
    use crate::names::hosts::{gethostbyaddr, gethostbyname, gethostbyname_ex};
    #[pymodule_export]
    use crate::names::machine::{gethostname, if_indextoname, if_nameindex, if_nametoindex, sethostname};
    #[pymodule_export]
    use crate::names::resolve::{getaddrinfo, getnameinfo};
    #[pymodule_export]
    use crate::names::services::{getprotobyname, getservbyname, getservbyport};
    #[pymodule_export]
    use crate::net::{
        send_out, take_in, DatagramPacket, DatagramSocket, ExtendedSocketOptions, Inet4Address, Inet6Address,
        InetAddress, InetSocketAddress, MulticastSocket, NetworkInterface, ServerSocket, SocketAddress,
        SocketInputStream, SocketOption, SocketOutputStream, StandardSocketOptions, Turn,
    };
    #[pymodule_export]
    use crate::race::Race;
    #[pymodule_export]
    use crate::reader::Reader;
    #[pymodule_export]
    use crate::server::{Connection, MessageServer, MessageWorker, Server, Step, Worker};
    #[pymodule_export]
    use crate::socket::descriptor::{close, dup, socketpair};
    #[pymodule_export]
    use crate::socket::{cmsg_len, cmsg_space, complete_class};
    #[pymodule_export]
    use crate::socket::{Messages, TcpInfo};
    #[pymodule_export]
    use crate::trace::{is_tracing, start_trace, stop_trace};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // PyO3 makes each type once per process, and we cache exception classes: no other interpreter may see them.
        if !crate::raw::threads::is_main_interpreter(module.py()) {
            let text = "polysock can't be loaded in a sub-interpreter: its types are the main interpreter's";
            return Err(PyImportError::new_err(text));
        }
        crate::place::introduce();
        crate::lock::watch_forks();
        crate::errors::strerror(module.py(), 0)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        let socket = crate::socket::native_type(module.py())?;
        module.add("socket", &socket)?;
        module.add("SocketType", socket)?;
        // Their Python names are those of other classes of this module.
        module.add("NetSocket", module.py().get_type::<crate::net::NetSocket>())?;
        module.add(
            "JavaConnection",
            module.py().get_type::<crate::server::JavaConnection>(),
        )
    }
}
