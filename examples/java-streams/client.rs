//! Java's streams, the client with Rust's readers and writers:  client HOST PORT

use polysock::{create_connection, Shutdown};
use std::env::args;
use std::error::Error;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);

fn talk() -> Result<(), Box<dyn Error>> {
    let (Some(host), Some(port)) = (args().nth(1), args().nth(2)) else {
        return Err("usage: client HOST PORT".into());
    };
    let lines = ["hello", "stressed", "", "the last one"];
    let s = create_connection(&host, port.parse()?, TIMEOUT)?;
    s.set_timeout(TIMEOUT);

    let mut writer = BufWriter::new(&s);
    for line in lines {
        writeln!(writer, "{line}")?; // only fills the buffer
    }
    writer.flush()?; // now all are sent together
    s.shutdown(Shutdown::Write)?; // "that was all"

    let mut answers = BufReader::new(&s).lines();
    for line in lines {
        let answer = answers.next().ok_or("the server ended too early")??;
        println!("\"{line}\" came back as \"{answer}\"");
    }
    println!(
        "and then the end of the stream: {:?}",
        answers.next().transpose()?
    );
    Ok(())
}

fn main() {
    if let Err(error) = talk() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
