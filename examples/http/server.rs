//! HTTP/1.0 by hand, the server:  server [PORT [CLIENTS]]
//!
//! A request is a line, headers and an empty line. The answer has the same form, then the content.

use polysock::{create_server, Result, Shutdown, Socket};
use std::env::args;
use std::error::Error;
use std::time::Duration;

const WAIT_FOR_CLIENT: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(5);
const HEAD_LIMIT: usize = 8192;
const DRAIN_LIMIT: usize = 1 << 20;

fn page(path: &str) -> Option<(&'static str, &'static str)> {
    match path {
        "/" => Some((
            "text/html",
            "<h1>It works</h1>\n<a href=\"/hello.txt\">hello</a>\n",
        )),
        "/hello.txt" => Some(("text/plain", "Hello, world!\n")),
        _ => None,
    }
}

/// Receives up to the empty line that ends a request. None: the client stopped, or the request is too long or not text.
fn recv_head(s: &Socket) -> Result<Option<String>> {
    let (mut head, mut buf) = (Vec::new(), [0; 1024]);
    while head.len() < HEAD_LIMIT {
        let n = s.recv(&mut buf)?;
        head.extend(&buf[..n]);
        if n == 0 || head.windows(4).any(|four| four == b"\r\n\r\n") {
            break;
        }
    }
    let text = String::from_utf8(head).ok();
    Ok(text.filter(|text| text.contains("\r\n\r\n")))
}

struct Answer {
    status: &'static str,
    kind: &'static str,
    content: &'static str,
    head_only: bool,
}

fn respond(head: Option<&str>) -> Answer {
    let plain = |status, content| Answer {
        status,
        kind: "text/plain",
        content,
        head_only: false,
    };
    let words: Vec<&str> = head
        .and_then(|head| head.lines().next())
        .unwrap_or("")
        .split(' ')
        .collect();
    let (method, path) = match words[..] {
        [method, path, version] if path.starts_with('/') && version.starts_with("HTTP/1.") => (method, path),
        _ => return plain("400 Bad Request", "that is no request\n"),
    };
    if method != "GET" && method != "HEAD" {
        return plain("501 Not Implemented", "only GET and HEAD\n");
    }
    let found = page(path).map(|(kind, content)| Answer {
        status: "200 OK",
        kind,
        content,
        head_only: false,
    });
    let answer = found.unwrap_or(plain("404 Not Found", "there is no such page\n"));
    Answer {
        head_only: method == "HEAD",
        ..answer
    }
}

/// Answers one request. A close with unread bytes would reset the connection, and the answer might get lost: so it ends
/// its own stream and reads what is left.
fn serve(s: &Socket) -> Result<&'static str> {
    let Answer {
        status,
        kind,
        content,
        head_only,
    } = respond(recv_head(s)?.as_deref());
    let head = format!(
        "HTTP/1.0 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        content.len()
    );
    let content = if head_only { "" } else { content };
    s.send_all(&format!("{head}{content}"))?;
    s.shutdown(Shutdown::Write)?;
    let (mut rest, mut drained) = ([0; 4096], 0);
    while drained < DRAIN_LIMIT {
        match s.recv(&mut rest)? {
            0 => break,
            n => drained += n,
        }
    }
    Ok(status)
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
            Ok(status) => println!("client {i}: {status}"),
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
