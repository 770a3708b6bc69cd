//! Half close, the server:  server [PORT [CLIENTS]]
//!
//! Sends back in capitals what a client sends. When the client has ended its stream, it sends the sum of all
//! bytes, which the client gets because it still receives.

use polysock::{create_server, Result, Socket};
use std::env::args;
use std::error::Error;
use std::time::Duration;

const WAIT_FOR_CLIENT: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(5);

fn serve(connection: &Socket) -> Result<String> {
    let mut buf = [0; 4096];
    let (mut lines, mut bytes) = (0, 0);
    loop {
        let n = connection.recv(&mut buf)?;
        if n == 0 {
            break;
        }
        lines += buf[..n].iter().filter(|byte| **byte == b'\n').count();
        bytes += n;
        buf[..n].make_ascii_uppercase();
        connection.send_all(&buf[..n])?;
    }
    let total = format!("{lines} lines, {bytes} bytes");
    connection.send_all(&format!("{total}\n"))?;
    Ok(total)
}

fn run() -> std::result::Result<(), Box<dyn Error>> {
    let port = args().nth(1).map_or(Ok(0), |word| word.parse())?;
    let clients = args().nth(2).map_or(Ok(1), |word| word.parse())?;

    let listener = create_server("127.0.0.1", port, 16)?;
    println!("listening on {}", listener.local_address()?);
    for i in 1..=clients {
        let (connection, _address) = listener.within(WAIT_FOR_CLIENT).accept()?;
        connection.set_timeout(TIMEOUT);
        match serve(&connection) {
            Ok(total) => println!("client {i}: {total}"),
            Err(error) => println!("client {i}: {error}"),
        }
    }
    Ok(())
}

fn main() {
    if let Err(error) = run() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
