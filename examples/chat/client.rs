//! Four clients in a chat room:  client HOST PORT

use polysock::{create_connection, Result, Socket};
use std::env::args;
use std::error::Error;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);

struct Client {
    name: &'static str,
    socket: Socket,
}

impl Client {
    fn new(name: &'static str, host: &str, port: u16) -> Result<Self> {
        let socket = create_connection(host, port, TIMEOUT)?;
        socket.set_timeout(TIMEOUT);
        let client = Self { name, socket };
        client.hears()?;
        Ok(client)
    }

    fn says(&self, text: &str) -> Result<()> {
        println!("{} says: {text}", self.name);
        self.socket.send_all(&format!("{text}\n"))
    }

    fn hears(&self) -> Result<()> {
        let line = self.socket.recv_line()?;
        let shown = line.map_or("(the end)".into(), |line| {
            String::from_utf8_lossy(&line).into_owned()
        });
        println!("{} hears: {shown}", self.name);
        Ok(())
    }
}

fn talk() -> std::result::Result<(), Box<dyn Error>> {
    let (Some(host), Some(port)) = (args().nth(1), args().nth(2)) else {
        return Err("usage: client HOST PORT".into());
    };
    let port = port.parse()?;

    let ann = Client::new("Ann", &host, port)?;
    ann.says("Ann")?;
    ann.hears()?;

    let bob = Client::new("Bob", &host, port)?;
    bob.says("Ann")?;
    bob.hears()?;
    bob.says("Bob")?;
    bob.hears()?;
    ann.hears()?;

    let eve = Client::new("Eve", &host, port)?;
    eve.says("Eve")?;
    for client in [&eve, &ann, &bob] {
        client.hears()?;
    }

    ann.says("hello\nhow are you?")?; // two messages in one segment
    for client in [&bob, &bob, &eve, &eve] {
        client.hears()?;
    }

    eve.says("bye")?;
    for client in [&eve, &eve, &ann, &bob] {
        client.hears()?;
    }

    println!("Bob says a thousand letters");
    bob.socket.send_all(&format!("{}\n", "o".repeat(1000)))?;
    bob.hears()?;
    ann.hears()?;

    let nameless = Client::new("a fourth", &host, port)?;
    nameless.says("R2-D2")?;
    nameless.hears()?;
    nameless.hears()?;
    Ok(())
}

fn main() {
    if let Err(error) = talk() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
