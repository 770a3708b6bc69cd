//! Restarting a server on its port: SO_REUSEADDR and TIME_WAIT.

use polysock::{Address, Family, Result, Socket};
use std::io;
use std::net::IpAddr;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);

fn listen(address: &Address, reuse: bool) -> Result<Socket> {
    let s = Socket::tcp(Family::IPV4)?;
    s.set_reuse_address(reuse)?;
    s.bind(address)?;
    s.listen(5)?;
    Ok(s)
}

fn attempt(title: &str, address: &Address, reuse: bool) {
    match listen(address, reuse).map_err(|error| error.io_kind()) {
        Ok(_listener) => println!("{title}: ok"),
        Err(io::ErrorKind::AddrInUse) => println!("{title}: EADDRINUSE"),
        Err(other) => println!("{title}: {other}"),
    }
}

fn show() -> Result<()> {
    // A server serves a client and closes first: the port then stays in TIME_WAIT for a minute, because of
    // late segments.
    let listener = listen(&Address::from((IpAddr::from([127, 0, 0, 1]), 0)), true)?;
    let address = listener.local_address()?;
    let client = Socket::tcp(Family::IPV4)?;
    client.within(TIMEOUT).connect(&address)?;
    let (server, _address) = listener.within(TIMEOUT).accept()?; // inherits reuse-address

    attempt("while it listens, with reuse-address", &address, true);
    listener.close()?;
    attempt("while it serves, without", &address, false);
    attempt("while it serves, with", &address, true);
    server.close()?;
    client.within(TIMEOUT).recv(&mut [0])?;
    client.close()?;
    attempt("in TIME_WAIT, without", &address, false);
    attempt("in TIME_WAIT, with", &address, true);
    Ok(())
}

fn main() {
    if let Err(error) = show() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
