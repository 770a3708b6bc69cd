//! A calculator on the callback server: two clients at once, further ones wait:  server [PORT]
//!
//! It ends when a client asks it to, with "stop".

mod protocol;

use polysock::{create_server, ServeOptions, Server, Socket};
use protocol::{receive_message, send_message, Failure, TIMEOUT};
use std::env::args;
use std::error::Error;
use std::sync::mpsc::{channel, Sender};
use std::time::Duration;

/// The calculator: knows nothing about sockets.
fn calculate(request: &str) -> String {
    let words: Vec<&str> = request.split_whitespace().collect();
    let [operation, a, b] = words[..] else {
        return "error bad request".into();
    };
    let (Ok(a), Ok(b)) = (a.parse::<i64>(), b.parse::<i64>()) else {
        return "error bad request".into();
    };
    let result = match operation {
        "add" => a.checked_add(b),
        "subtract" => a.checked_sub(b),
        "multiply" => a.checked_mul(b),
        "divide" if b == 0 => return "error division by zero".into(),
        "divide" => a.checked_div(b),
        _ => return "error no such operation".into(),
    };
    result.map_or("error overflow".into(), |number| format!("ok {number}"))
}

/// A connection: knows nothing about accepting, threads and limits.
fn serve(connection: &Socket, stop: &Sender<()>) -> Result<(), Failure> {
    loop {
        match receive_message(connection, TIMEOUT) {
            Ok(Some(request)) if request == "stop" => {
                let _ = stop.send(()); // fails if the server is already stopping
                return send_message(connection, "ok stopping");
            }
            Ok(Some(request)) => send_message(connection, &calculate(&request))?,
            Ok(None) => return Ok(()),
            Err(Failure::TooLong) => {
                send_message(connection, "error too long")?;
                return Err(Failure::TooLong);
            }
            Err(failure) => return Err(failure),
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let port = args().nth(1).map_or(Ok(0), |word| word.parse())?;
    let listener = create_server("127.0.0.1", port, 16)?;
    println!("listening on {}", listener.local_address()?);

    let (stop, stopped) = channel();
    let mut options = ServeOptions::default();
    options.max_connections = 2;
    // It serves in its own threads from here on.
    let server = Server::start(
        listener,
        options,
        move |connection, _peer| serve(connection, &stop),
        |trouble, peer| match peer {
            Some(_) => println!("a connection failed: {trouble}"),
            None => println!("the server failed: {trouble}"),
        },
    )?;
    let _ = stopped.recv_timeout(Duration::from_secs(60)); // stops when asked to, or after a minute
    println!("stopped, {} still run", server.stop(TIMEOUT)?); // running ones may finish
    Ok(())
}

fn main() {
    if let Err(error) = run() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
