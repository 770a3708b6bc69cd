//! Uses the calculator, and tests its limits:  client HOST PORT

mod protocol;

use polysock::{create_connection, Kind, Socket};
use protocol::{receive_message, send_message, Failure, TIMEOUT};
use std::env::args;
use std::error::Error;
use std::time::Duration;

const REQUESTS: [&str; 9] = [
    "add 1 2",
    "subtract 5 8",
    "multiply 6 7",
    "divide 7 2",
    "divide -7 2",
    "divide 1 0",
    "add 9223372036854775807 1",
    "add one two",
    "cube 3 3",
];

fn show_answer(s: &Socket, request: &str) -> Result<(), Failure> {
    let answer = receive_message(s, TIMEOUT)?;
    println!(
        "{request}: {}",
        answer.as_deref().unwrap_or("the end of the stream")
    );
    Ok(())
}

fn ask(s: &Socket, request: &str) -> Result<(), Failure> {
    send_message(s, request)?;
    show_answer(s, request)
}

fn talk() -> Result<(), Box<dyn Error>> {
    let (Some(host), Some(port)) = (args().nth(1), args().nth(2)) else {
        return Err("usage: client HOST PORT".into());
    };
    let port = port.parse()?;
    let first = create_connection(&host, port, TIMEOUT)?;
    for request in REQUESTS {
        ask(&first, request)?;
    }

    println!("a second client");
    let second = create_connection(&host, port, TIMEOUT)?;
    ask(&second, "add 20 22")?;

    println!("a third client: the server has two at once");
    let third = create_connection(&host, port, TIMEOUT)?; // the kernel accepts it
    send_message(&third, "add 30 33")?; // and keeps what we send, up to a limit
    match receive_message(&third, Duration::from_millis(300)) {
        Err(Failure::Socket(error)) if error.kind() == Kind::TimedOut => println!("no answer"),
        other => println!("{other:?}"),
    }
    first.close()?;
    println!("the first client leaves");
    show_answer(&third, "add 30 33")?;

    second.send_all(&1_000_000_u32.to_be_bytes())?; // "a million bytes follow"
    show_answer(&second, "a million bytes")?;
    show_answer(&second, "the second client")?;
    second.close()?;

    ask(&third, "stop")?;
    Ok(())
}

fn main() {
    if let Err(error) = talk() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
