//! Sends a line and prints what comes back; the whole exchange takes at most five seconds:  echo_client HOST PORT TEXT

use polysock::{create_connection, Deadline, Error};
use std::time::Duration;

fn exchange(host: &str, port: u16, text: &str) -> Result<String, Error> {
    let deadline = Deadline::after(Duration::from_secs(5));
    let socket = create_connection(host, port, deadline)?;
    socket.within(deadline).send_all(text)?;
    let mut answer = vec![0; text.len()];
    socket.within(deadline).recv_exact(&mut answer)?;
    socket.close()?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, port, text] = arguments.as_slice() else {
        return Err("usage: echo_client HOST PORT TEXT".into());
    };
    println!("{}", exchange(host, port.parse()?, text)?);
    Ok(())
}
