//! Echo over TCP, the server:  server [PORT [CLIENTS]]
//!
//! Sends back whatever a client sends, until the client ends its stream. It serves CLIENTS clients (default 1), one
//! after the other, and ends. A failing client costs only its own connection.

use polysock::{create_server, Result, Socket};
use std::env::args;
use std::error::Error;
use std::time::Duration;

const WAIT_FOR_CLIENT: Duration = Duration::from_secs(60);
const WAIT_FOR_DATA: Duration = Duration::from_secs(5);

fn echo(connection: &Socket) -> Result<usize> {
    let mut buf = [0; 4096];
    let mut total = 0;
    loop {
        let n = connection.recv(&mut buf)?;
        if n == 0 {
            return Ok(total); // the client has ended its stream
        }
        connection.send_all(&buf[..n])?;
        total += n;
    }
}

fn serve() -> std::result::Result<(), Box<dyn Error>> {
    let port = args().nth(1).map_or(Ok(0), |word| word.parse())?;
    let clients = args().nth(2).map_or(Ok(1), |word| word.parse())?;

    // socket, bind and listen in one call; port 0 lets the system choose, so we ask which port it chose.
    let listener = create_server("127.0.0.1", port, 16)?;
    println!("listening on {}", listener.local_address()?);
    for i in 1..=clients {
        let (connection, _address) = listener.within(WAIT_FOR_CLIENT).accept()?;
        connection.set_timeout(WAIT_FOR_DATA);
        match echo(&connection) {
            Ok(n) => println!("client {i}: {n} bytes sent back"),
            Err(error) => println!("client {i}: {error}"),
        }
    } // the end of the block closes the connection
    Ok(())
}

fn main() {
    if let Err(error) = serve() {
        eprintln!("{error}"); // what failed, and why
        std::process::exit(1);
    }
}
