//! Connecting and listening by name.

use crate::error::Failure;
use crate::guard;
use crate::handle::{give, polysock_t};
use crate::pointer::Out;
use crate::text;
use crate::time;
use libc::{c_char, c_int};
use polysock::{create_connection, create_server, resolve_service, split_host_port, Deadline};
use std::ffi::CStr;

/// Connects over TCP to a host given by name or address, trying all its addresses; the caller owns `*out`.
///
/// BSD: getaddrinfo(3) and connect(2) in a loop. Python: socket.create_connection. Java: new Socket(host, port).
/// `service` is a port number or a name such as "http". When it is NULL, `host` includes it ("example.org:80",
/// "[::1]:80") or is the address of a Unix domain socket ("unix:/path", "unix:@abstract"). An empty `host` is this
/// host. One deadline covers the look-up, which can't be interrupted, and all addresses. Fails with POLYSOCK_EAI_...
/// when the name is unknown, with POLYSOCK_ETIMEDOUT, or with the error of the first address; polysock_last_detail()
/// reports how many were tried.
/// @code
/// polysock_t *s;
/// if (polysock_create_connection(&s, "localhost", "8080", 5000) < 0)
///     fprintf(stderr, "%s\n", polysock_last_detail());
/// @endcode
/// @ingroup polysock_connections
#[no_mangle]
pub unsafe extern "C" fn polysock_create_connection(
    out: *mut *mut polysock_t,
    host: *const c_char,
    service: *const c_char,
    timeout_ms: c_int,
) -> c_int {
    guard::code("polysock_create_connection", || {
        let out = Out::new(out, "out")?;
        let timeout = time::timeout_or_never(timeout_ms)?;
        let deadline = Deadline::after(timeout);
        let (host, port) = host_and_port(text::text(host, "host")?, service)?;
        let connected = create_connection(host, port, deadline);
        // The limit that the caller set, not what the look-up left of it.
        give(&out, connected.map_err(|error| error.within(timeout))?);
        Ok(())
    })
}

/// Listens over TCP on the first address of a host, with reuse-address on; the caller owns `*out`.
///
/// BSD: getaddrinfo(3), bind(2) and listen(2). Python: socket.create_server. Java: new ServerSocket(port, backlog, address).
/// `host` NULL or "" is every interface, IPv4 and IPv6; `service` "0" lets the system choose a port. As for
/// polysock_create_connection(), `service` may be NULL and `host` include it: ":8080", "unix:/path". This call creates
/// the file of a Unix socket; the caller removes it with unlink(2). Fails with POLYSOCK_EADDRINUSE, ...
/// @code
/// polysock_t *listener, *s;
/// if (polysock_create_server(&listener, "127.0.0.1", "0", 16) == 0 &&
///     polysock_accept(listener, &s, NULL, POLYSOCK_INFINITE) == 0)
///     ...
/// @endcode
/// @ingroup polysock_connections
#[no_mangle]
pub unsafe extern "C" fn polysock_create_server(
    out: *mut *mut polysock_t,
    host: *const c_char,
    service: *const c_char,
    backlog: c_int,
) -> c_int {
    guard::code("polysock_create_server", || {
        let out = Out::new(out, "out")?;
        // As for getaddrinfo(3), no host is every interface.
        let host = text::optional_text(host).unwrap_or_default();
        let (host, port) = host_and_port(host, service)?;
        give(&out, create_server(host, port, backlog)?);
        Ok(())
    })
}

/// Host and service, which the caller passes as one text or two.
fn host_and_port(host: &CStr, service: *const c_char) -> Result<(&str, u16), Failure> {
    let host = text::utf8(host, "host")?;
    let (host, service) = match text::optional_text(service) {
        Some(service) => (host, text::utf8(service, "service")?),
        None if host.starts_with("unix:") => return Ok((host, 0)),
        None => split_host_port(host)?,
    };
    Ok((host, resolve_service(service)?))
}
