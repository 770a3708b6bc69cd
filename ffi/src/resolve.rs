//! Looking up addresses by name, and names by address.

use crate::address::{self, polysock_addr};
use crate::error::Failure;
use crate::guard;
use crate::pointer::OutArray;
use crate::text::{self, check_text, put_text};
use libc::{c_char, c_int};
use polysock::{name_of, resolve, Family, Hints, Protocol, SocketType};

/// Looks up a host and a service, and returns the number of addresses found; writes at most `cap` of them to `out`.
///
/// BSD: getaddrinfo(3). Python: socket.getaddrinfo. Java: InetAddress.getAllByName.
/// One of `host` and `service` may be NULL, as in getaddrinfo(3). `family` and `type` limit the answers
/// (POLYSOCK_AF_UNSPEC and 0: all; without a type every address is listed once for each type). `flags` are the system's
/// AI_ numbers. A look-up can't be interrupted. Fails with POLYSOCK_EAI_... when the resolver fails.
/// @code
/// polysock_addr found[8];
/// int n = polysock_getaddrinfo("localhost", "80", POLYSOCK_AF_UNSPEC, POLYSOCK_SOCK_STREAM, 0, found, 8);
/// if (n < 0)
///     fprintf(stderr, "%s\n", polysock_last_detail());
/// @endcode
/// @ingroup polysock_addresses
#[no_mangle]
pub unsafe extern "C" fn polysock_getaddrinfo(
    host: *const c_char,
    service: *const c_char,
    family: c_int,
    r#type: c_int,
    flags: c_int,
    out: *mut polysock_addr,
    cap: usize,
) -> c_int {
    guard::number("polysock_getaddrinfo", || {
        let out = OutArray::new(out, cap, "out")?;
        let (host, service) = (text::optional_text(host), text::optional_text(service));
        if host.is_none() && service.is_none() {
            return Err(Failure::argument("host", "and service are NULL"));
        }
        let hints = Hints {
            family: Family(family),
            socket_type: SocketType(r#type),
            protocol: Protocol::DEFAULT,
            flags,
        };
        let answers = resolve(host, service, &hints)?;
        out.fill(answers.iter().map(|answer| polysock_addr::from(&answer.address)));
        Ok(answers.len())
    })
}

/// Looks up the names of an address and of its port; those without a name are written as numbers.
///
/// BSD: getnameinfo(3). Python: socket.getnameinfo. Java: InetAddress.getHostName.
/// `host` or `service` may be NULL with size 0; it is not looked up then. `flags` are the system's NI_ numbers; with
/// NI_NUMERICHOST and NI_NUMERICSERV nothing is looked up. A look-up can't be interrupted. Fails with POLYSOCK_ENOSPC,
/// and writes neither, when one of the buffers is too small; with POLYSOCK_EAI_FAMILY for an address of a family
/// without names; with POLYSOCK_EAI_NONAME when NI_NAMEREQD is set and there is no name.
/// @ingroup polysock_addresses
#[no_mangle]
pub unsafe extern "C" fn polysock_getnameinfo(
    a: *const polysock_addr,
    host: *mut c_char,
    host_size: usize,
    service: *mut c_char,
    service_size: usize,
    flags: c_int,
) -> c_int {
    guard::code("polysock_getnameinfo", || {
        let address = address::read(a, "a")?;
        let mut flags = flags;
        if host.is_null() {
            flags = (flags | libc::NI_NUMERICHOST) & !libc::NI_NAMEREQD;
        }
        if service.is_null() {
            flags |= libc::NI_NUMERICSERV;
        }
        let (host_name, service_name) = name_of(&address, flags)?;
        let (host_name, service_name) = (host_name.to_string_lossy(), service_name.to_string_lossy());
        check_text(&host_name, host, host_size, "host")?;
        check_text(&service_name, service, service_size, "service")?;
        put_text(&host_name, host, host_size)?;
        put_text(&service_name, service, service_size)?;
        Ok(())
    })
}
