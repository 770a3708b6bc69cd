//! Echo over TCP, the client:  client HOST PORT

use polysock::create_connection;
use std::env::args;
use std::error::Error;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);

fn talk() -> Result<(), Box<dyn Error>> {
    let (Some(host), Some(port)) = (args().nth(1), args().nth(2)) else {
        return Err("usage: client HOST PORT".into());
    };
    let s = create_connection(&host, port.parse()?, TIMEOUT)?;
    s.set_timeout(TIMEOUT); // for each call from now on
    println!("connected");

    for line in ["hello", "TCP carries a stream of bytes", "good bye"] {
        let mut answer = vec![0; line.len()];
        s.send_all(line)?; // a single send may send only a part
        s.recv_exact(&mut answer)?; // a single recv may return only a part
        println!("sent \"{line}\", received \"{}\"", String::from_utf8(answer)?);
    }
    Ok(()) // dropping the socket closes it: the server reads the end of the stream
}

fn main() {
    if let Err(error) = talk() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
