//! A session, the client:  client HOST PORT
//!
//! Sends the lines of its standard input one by one, each after the previous answer. "bye" ends the session, and so
//! does the end of the input.

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
    s.set_timeout(TIMEOUT);
    println!("connected; type lines, and bye");

    let mut typed = std::io::stdin().lines();
    let mut line = String::new();
    while line != "bye" {
        line = typed.next().unwrap_or(Ok("bye".into()))?;
        s.send_all(&format!("{line}\n"))?;

        let (mut answer, mut buf) = (Vec::new(), [0; 1024]);
        while !answer.ends_with(b"\n") {
            let n = s.recv(&mut buf)?; // the answer ends with a newline; it may arrive in parts
            if n == 0 {
                return Err("the server ended the session".into());
            }
            answer.extend(&buf[..n]);
        }
        print!("server: {}", String::from_utf8_lossy(&answer));
    }
    Ok(())
}

fn main() {
    if let Err(error) = talk() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
