//! Addresses: their text, bytes and parts.

use crate::buffer;
use crate::code::POLYSOCK_EAFNOSUPPORT;
use crate::error::Failure;
use crate::guard;
use crate::pointer::Out;
use crate::text::{self, put_text};
use libc::{c_char, c_int};
use polysock::Address;
use std::net::IpAddr;

/// The size of a buffer for the text of any address, with its NUL.
/// @ingroup polysock_addresses
pub const POLYSOCK_ADDR_TEXT_SIZE: usize = 336;

/// A socket address of any family: a plain value, to be copied freely; there is nothing to free.
///
/// BSD: struct sockaddr_storage with its length. Python: an address tuple. Java: InetSocketAddress.
/// Its size and alignment are frozen. `bytes` begins with a struct sockaddr of `length` bytes; addresses of families
/// that polysock does not know pass through unchanged.
/// @code
/// polysock_addr a;
/// char text[POLYSOCK_ADDR_TEXT_SIZE];
/// if (polysock_addr_parse(&a, "[::1]", 80) == 0 && polysock_addr_format(&a, text, sizeof text) > 0)
///     puts(text);    // [::1]:80
/// @endcode
/// @ingroup polysock_addresses
#[repr(C, align(8))]
#[derive(Clone, Copy)]
pub struct polysock_addr {
    /// The length of the sockaddr in `bytes`; 0 for no address.
    pub length: u64,
    /// The sockaddr.
    pub bytes: [u8; 128],
}

const _: () = assert!(size_of::<polysock_addr>() == 136 && align_of::<polysock_addr>() == 8);
const _: () = assert!(Address::CAPACITY == 128);
// The longest text: a Unix path of which each byte is shown as three; and a NUL.
const _: () = assert!("unix:".len() + 108 * 3 < POLYSOCK_ADDR_TEXT_SIZE);

impl From<&Address> for polysock_addr {
    fn from(address: &Address) -> Self {
        Self {
            length: address.as_bytes().len() as u64, // at most 128
            bytes: *address.storage(),
        }
    }
}

impl From<Address> for polysock_addr {
    fn from(address: Address) -> Self {
        Self::from(&address)
    }
}

/// Reads an address of the caller. One without bytes is that of an unnamed peer.
pub(crate) fn read(a: *const polysock_addr, name: &'static str) -> Result<Address, Failure> {
    if a.is_null() {
        return Err(Failure::argument(name, "is NULL"));
    }
    // SAFETY: C's contract: `a` points at an address that stays as it is until the call returns.
    let length = unsafe { (&raw const (*a).length).read_unaligned() };
    if length == 0 {
        return Ok(Address::EMPTY);
    }
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > Address::CAPACITY {
        return Err(Failure::argument(name, NOT_AN_ADDRESS));
    }
    // SAFETY: as above; the address has `CAPACITY` bytes.
    let bytes = unsafe { std::slice::from_raw_parts((&raw const (*a).bytes).cast(), length) };
    Address::from_bytes(bytes).map_err(|_| Failure::argument(name, NOT_AN_ADDRESS))
}

const NOT_AN_ADDRESS: &str = "is not an address";

/// Reads an IPv4 or IPv6 address.
pub(crate) fn read_ip(a: *const polysock_addr, name: &'static str) -> Result<(Address, IpAddr), Failure> {
    let address = read(a, name)?;
    let ip = address.ip().ok_or(Failure::new(
        POLYSOCK_EAFNOSUPPORT,
        "the address is not IPv4 or IPv6",
    ))?;
    Ok((address, ip))
}

/// Reads an address that the caller may leave out.
pub(crate) fn read_optional(a: *const polysock_addr, name: &'static str) -> Result<Option<Address>, Failure> {
    if a.is_null() {
        return Ok(None);
    }
    read(a, name).map(Some)
}

/// Reads the IP address of an address.
pub(crate) fn ip(a: *const polysock_addr, name: &'static str) -> Result<IpAddr, Failure> {
    Ok(read_ip(a, name)?.1)
}

/// A port that C passes as an int.
pub(crate) fn port(number: c_int, name: &'static str) -> Result<u16, Failure> {
    u16::try_from(number).map_err(|_| Failure::argument(name, "is outside 0 to 65535"))
}

/// Parses numeric text: "1.2.3.4:80", "[::1]:80", "[fe80::1%2]:80", "[fe80::1%eth0]:80", "unix:/path",
/// "unix:@abstract"; the default for a missing port is `default_port`.
///
/// BSD: inet_pton(3). Python: ipaddress.ip_address. Java: InetAddress.ofLiteral.
/// In a Unix name "%2f" stands for the byte 0x2f. Names of interfaces are looked up, names of hosts are not: see
/// polysock_getaddrinfo(). Fails with POLYSOCK_EINVAL for anything else, such as a port above 65535.
/// @ingroup polysock_addresses
#[no_mangle]
pub unsafe extern "C" fn polysock_addr_parse(
    out: *mut polysock_addr,
    text: *const c_char,
    default_port: c_int,
) -> c_int {
    guard::code("polysock_addr_parse", || {
        let out = Out::new(out, "out")?;
        let default_port = port(default_port, "default_port")?;
        let text = text::utf8(text::text(text, "text")?, "text")?;
        let address = Address::parse(text, Some(default_port))
            .map_err(|refused| Failure::argument("text", refused.rule()))?;
        out.set(polysock_addr::from(&address));
        Ok(())
    })
}

/// Writes the text that polysock_addr_parse() reads, and returns its length without the NUL.
///
/// BSD: inet_ntop(3). Python: str. Java: InetSocketAddress.toString.
/// With `buf` NULL and `size` 0 it only returns the length. Fails with POLYSOCK_ENOSPC, and writes nothing, when `size`
/// is too small; POLYSOCK_ADDR_TEXT_SIZE bytes are always enough. In a Unix name, bytes that are not UTF-8, control
/// characters (including NUL) and "%" are written in the form "%2f", so that every name parses back unchanged. An
/// address of an unknown family is written in hexadecimal.
/// @ingroup polysock_addresses
#[no_mangle]
pub unsafe extern "C" fn polysock_addr_format(
    a: *const polysock_addr,
    buf: *mut c_char,
    size: usize,
) -> c_int {
    guard::number("polysock_addr_format", || {
        let text = read(a, "a")?.to_string();
        put_text(&text, buf, size)
    })
}

/// Writes the IP address without the port: "1.2.3.4", "::1", "fe80::1%2"; returns its length without the NUL.
///
/// BSD: inet_ntop(3). Python: address[0]. Java: InetAddress.getHostAddress.
/// An IPv4-mapped address, "::ffff:1.2.3.4", is written as "1.2.3.4", so that an IPv4 peer has the same text on a
/// dual-stack socket, for example in a list of blocked addresses. Otherwise like polysock_addr_format(); fails with
/// POLYSOCK_EAFNOSUPPORT when the address is not IPv4 or IPv6.
/// @ingroup polysock_addresses
#[no_mangle]
pub unsafe extern "C" fn polysock_addr_ip(a: *const polysock_addr, buf: *mut c_char, size: usize) -> c_int {
    guard::number("polysock_addr_ip", || {
        let (address, ip) = read_ip(a, "a")?;
        let text = match address.unmapped().scope_id() {
            0 => ip.to_string(),
            scope => format!("{ip}%{scope}"),
        };
        put_text(&text, buf, size)
    })
}

/// Returns the scope of an IPv6 address, usually the index of an interface; 0 when the address has none.
///
/// BSD: sin6_scope_id, with if_indextoname(3). Python: address[3]. Java: Inet6Address.getScopeId.
/// @ingroup polysock_addresses
#[no_mangle]
pub unsafe extern "C" fn polysock_addr_scope(a: *const polysock_addr) -> u32 {
    guard::wall("polysock_addr_scope", || Ok(read(a, "a")?.scope_id())).unwrap_or(0)
}

/// Converts an IPv4-mapped address to IPv4: "[::ffff:1.2.3.4]:80" to "1.2.3.4:80". Any other is copied unchanged.
///
/// BSD: IN6_IS_ADDR_V4MAPPED and memcpy. Python: ipaddress.IPv6Address.ipv4_mapped. Java: none, it always converts.
/// On a dual-stack socket, such as one that polysock_create_server() made for every interface, the addresses of IPv4
/// peers are IPv4-mapped. `out` may be `a`. Fails with POLYSOCK_EINVAL when `a` is NULL or not an address.
/// @ingroup polysock_addresses
#[no_mangle]
pub unsafe extern "C" fn polysock_addr_unmap(out: *mut polysock_addr, a: *const polysock_addr) -> c_int {
    guard::code("polysock_addr_unmap", || {
        let (out, address) = (Out::new(out, "out")?, read(a, "a")?);
        out.set(polysock_addr::from(&address.unmapped()));
        Ok(())
    })
}

/// Returns the port in host byte order; 0 when the address has none.
///
/// BSD: ntohs(sin_port). Python: address[1]. Java: InetSocketAddress.getPort.
/// @ingroup polysock_addresses
#[no_mangle]
pub unsafe extern "C" fn polysock_addr_port(a: *const polysock_addr) -> u16 {
    let port = guard::wall("polysock_addr_port", || Ok(read(a, "a")?.port()));
    port.ok().flatten().unwrap_or(0)
}

/// Returns the address family; POLYSOCK_AF_UNSPEC for an address of length 0.
///
/// BSD: ss_family. Python: the length of the tuple. Java: instanceof Inet4Address.
/// Fails with POLYSOCK_EINVAL when `a` is NULL or not an address.
/// @ingroup polysock_addresses
#[no_mangle]
pub unsafe extern "C" fn polysock_addr_family(a: *const polysock_addr) -> c_int {
    guard::number("polysock_addr_family", || Ok(read(a, "a")?.family().0))
}

/// Reports whether two addresses are the same. Padding and IPv6 flow labels are ignored, and an IPv4-mapped address
/// ("::ffff:1.2.3.4") equals the IPv4 one.
///
/// BSD: memcmp of the fields. Python: ==. Java: InetSocketAddress.equals.
/// False when one of them is NULL or not an address.
/// @ingroup polysock_addresses
#[no_mangle]
pub unsafe extern "C" fn polysock_addr_equal(a: *const polysock_addr, b: *const polysock_addr) -> bool {
    guard::wall("polysock_addr_equal", || Ok(read(a, "a")? == read(b, "b")?)).unwrap_or(false)
}

/// Copies a sockaddr of any family.
///
/// BSD: memcpy. Python: none. Java: none.
/// Fails with POLYSOCK_EINVAL for more than 128 bytes, fewer than the family needs, or more than a Unix address has.
/// @ingroup polysock_addresses
#[no_mangle]
pub unsafe extern "C" fn polysock_addr_from_sockaddr(
    out: *mut polysock_addr,
    sa: *const libc::sockaddr,
    len: usize,
) -> c_int {
    guard::code("polysock_addr_from_sockaddr", || {
        let out = Out::new(out, "out")?;
        if sa.is_null() {
            return Err(Failure::argument("sa", "is NULL"));
        }
        if len > Address::CAPACITY {
            return Err(Failure::argument("len", "is above 128"));
        }
        let bytes = buffer::bytes(sa.cast(), len, "sa", "len")?;
        let address =
            Address::from_bytes(bytes).map_err(|_| Failure::argument("len", "does not fit the family"))?;
        out.set(polysock_addr::from(&address));
        Ok(())
    })
}

/// Returns the address as a sockaddr for system calls, and stores its size in `*len`, unless NULL.
///
/// BSD: a cast. Python: none. Java: none.
/// The pointer points into `*a` and is valid as long as it. It is NULL when `a` is NULL or not an address.
/// @ingroup polysock_addresses
#[no_mangle]
pub unsafe extern "C" fn polysock_addr_sockaddr(
    a: *const polysock_addr,
    len: *mut usize,
) -> *const libc::sockaddr {
    let found = guard::wall("polysock_addr_sockaddr", || {
        let address = read(a, "a")?;
        if let Some(len) = Out::optional(len) {
            len.set(address.as_bytes().len());
        }
        // SAFETY: `read` found an address there; no reference is made, only a pointer to its field.
        Ok(unsafe { &raw const (*a).bytes }.cast())
    });
    found.unwrap_or(std::ptr::null())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_size_is_enough_for_the_longest() {
        let path = Address::unix(&[0xff; 108]).unwrap(); // each byte is shown as three
        let hidden = Address::unix(&[&[0], [0xff; 107].as_slice()].concat()).unwrap();
        let mut foreign = [0xff; 128];
        foreign[1] = 0x7f;
        for address in [path, hidden, Address::from_bytes(&foreign).unwrap()] {
            assert!(address.to_string().len() < POLYSOCK_ADDR_TEXT_SIZE);
        }
    }
}
