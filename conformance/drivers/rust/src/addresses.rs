//! Addresses as the protocol writes them.

use crate::answer::Refusal;
use crate::request::{malformed, number, Request};
use crate::values::{hex, payload, unhex};
use polysock::Address;
use std::net::IpAddr;

/// The address given by the arguments from `at` on: host and port, or one word for a Unix socket's.
pub fn address(request: &Request<'_>, at: usize) -> Result<Address, Refusal> {
    address_of(request.argument(at)?, request.argument(at + 1).ok())
}

/// The address given by a host and a port, or by one word for a Unix socket's.
pub fn address_of(first: &str, port: Option<&str>) -> Result<Address, Refusal> {
    let Some(port) = port else {
        let name = unix_name(first)?;
        return Address::unix(&name).map_err(|_| Refusal::named("INVAL"));
    };
    let ip: IpAddr = first
        .parse()
        .map_err(|_| malformed(&format!("no host {first}")))?;
    Ok((ip, number(port)?).into())
}

/// `/path`, `@abstract`, `@:hex digits`, or `-` for no name.
fn unix_name(word: &str) -> Result<Vec<u8>, Refusal> {
    Ok(match word.strip_prefix('@') {
        Some(name) => {
            let name = match name.strip_prefix(':') {
                Some(digits) => unhex(digits)?,
                None => name.as_bytes().to_vec(),
            };
            [vec![0], name].concat()
        }
        None if word == "-" => Vec::new(),
        None => word.as_bytes().to_vec(),
    })
}

/// `host=… port=…`, or `name=…` of what has no port.
pub fn show(address: &Address) -> String {
    if let Some(address) = address.as_socket_addr() {
        return format!("host={} port={}", address.ip(), address.port());
    }
    match address.unix_name() {
        None | Some([]) => "name=-".to_owned(),
        Some([0, name @ ..]) if is_plain(name) => format!("name=@{}", String::from_utf8_lossy(name)),
        Some([0, name @ ..]) => format!("name=@:{}", hex(name)),
        Some(path) => format!("name={}", String::from_utf8_lossy(path)),
    }
}

/// `address_text`
pub fn address_text(request: &Request<'_>) -> Result<String, Refusal> {
    let text = address(request, 0)?.to_string();
    Ok(format!("text={}", hex(text.as_bytes())))
}

/// `read_address`
pub fn read_address(request: &Request<'_>) -> Result<String, Refusal> {
    let refused = |_| Refusal::named("INVAL");
    let text = String::from_utf8(payload(request.argument(0)?)?).map_err(|_| malformed("no text"))?;
    Ok(show(&Address::parse(&text, Some(0)).map_err(refused)?))
}

fn is_plain(name: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._/-".contains(byte);
    !name.is_empty() && name.iter().all(plain)
}
