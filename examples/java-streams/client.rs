//! Java's streams, the client with Rust's readers and writers:  client HOST PORT

use polysock::{create_connection, Shutdown};
use std::env::args;
use std::error::Error;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);

fn talk() -> Result<(), Box<dyn Error>> {
    let (Some(host), Some(port)) = (args().nth(1), args().nth(2)) else {
        return Err("usage: client HOST PORT".into());
    };
    let lines = ["hello", "stressed", "", "the last one"];
    let s = create_connection(&host, port.parse()?, PATIENCE)?;
    s.set_timeout(PATIENCE);

    let mut writer = BufWriter::new(&s);
    for line in lines {
        writeln!(writer, "{line}")?; // only collects
    }
    writer.flush()?; // and all go out together
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
