//! HTTP/1.0 by hand, the client:  client HOST PORT

use polysock::create_connection;
use std::env::args;
use std::error::Error;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);

/// Sends a request and prints the answer, which ends when the connection does.
fn ask(host: &str, port: u16, request: &str) -> Result<(), Box<dyn Error>> {
    let s = create_connection(host, port, TIMEOUT)?;
    s.set_timeout(TIMEOUT);
    s.send_all(&format!("{request}\r\nHost: {host}:{port}\r\n\r\n"))?;
    let (mut answer, mut buf) = (Vec::new(), [0; 4096]);
    loop {
        let n = s.recv(&mut buf)?;
        if n == 0 {
            break;
        }
        answer.extend(&buf[..n]);
    }

    println!("{request}");
    let answer = String::from_utf8(answer)?;
    let Some((head, content)) = answer
        .split_once("\r\n\r\n")
        .filter(|_| answer.starts_with("HTTP/1."))
    else {
        println!("  no answer");
        return Ok(());
    };
    let (status, headers) = head.split_once("\r\n").unwrap_or((head, ""));
    println!("  {}", status.get(9..).unwrap_or("")); // after "HTTP/1.0 "
    for (name, value) in headers.lines().filter_map(|header| header.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            println!("  {} bytes promised, {} came", value.trim(), content.len());
        }
    }
    for line in content.lines() {
        println!("  | {line}");
    }
    Ok(())
}

fn run() -> Result<(), Box<dyn Error>> {
    let (Some(host), Some(port)) = (args().nth(1), args().nth(2)) else {
        return Err("usage: client HOST PORT".into());
    };
    let port = port.parse()?;
    ask(&host, port, "GET / HTTP/1.0")?;
    ask(&host, port, "GET /hello.txt HTTP/1.0")?;
    ask(&host, port, "HEAD /hello.txt HTTP/1.0")?;
    ask(&host, port, "GET /nothing HTTP/1.0")?;
    ask(&host, port, "POST /hello.txt HTTP/1.0")?;
    ask(&host, port, "may I have the page, please?")
}

fn main() {
    if let Err(error) = run() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
