//! Reads a greeting to its end:  client HOST PORT

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
    let (mut buf, mut greeting) = ([0; 100], Vec::new());
    loop {
        let n = s.within(TIMEOUT).recv(&mut buf)?;
        if n == 0 {
            break;
        }
        greeting.extend_from_slice(&buf[..n]);
    }
    println!("{}, and the end of the stream", String::from_utf8(greeting)?);
    Ok(())
}

fn main() {
    if let Err(error) = talk() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
