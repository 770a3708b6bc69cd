//! A chat room on the message server:  server [PORT [CLIENTS]]
//!
//! A client's first line is its name; what it says after that is sent to all others. The room closes when CLIENTS
//! connections have ended.

use polysock::{
    create_server, CloseReason, Connection, Framing, Kind, MessageHandler, MessageServeOptions,
    MessageServer, Reply, Result,
};
use std::collections::BTreeMap;
use std::env::args;
use std::sync::mpsc::{channel, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

type Name = String;

/// The callbacks.
struct Room {
    members: Mutex<BTreeMap<Name, Arc<Connection>>>,
    /// Each connection that has ended is reported here.
    ended: Sender<()>,
}

impl MessageHandler for Room {
    /// The name, once the client has given one.
    type State = Option<Name>;
    type Failure = polysock::Error;

    fn on_open(&self, connection: &Arc<Connection>) -> Result<Option<Name>> {
        connection.send(b"your name?")?;
        Ok(None)
    }

    fn on_message(
        &self,
        connection: &Arc<Connection>,
        name: &mut Option<Name>,
        message: &[u8],
        reply: &mut Reply<'_>,
    ) -> Result<()> {
        let line = String::from_utf8_lossy(message);
        match name {
            None => reply.send(self.enter(connection, name, &line).as_bytes()),
            Some(_) if line == "bye" => {
                connection.close(); // once the answer has been sent
                reply.send(b"good bye")
            }
            Some(name) => {
                self.tell_others(name, &format!("{name}: {line}"));
                Ok(())
            }
        }
    }

    fn on_close(&self, _: &Arc<Connection>, name: Option<Name>, reason: &CloseReason) -> Result<()> {
        if let Some(name) = name {
            self.members().remove(&name);
            let farewell = match reason {
                CloseReason::PeerFinished => "hung up",
                CloseReason::ByProgram => "said bye",
                CloseReason::BadMessage(_) => "said too much",
                CloseReason::IdleTimeout => "fell asleep",
                _ => "was cut off",
            };
            println!("{name} has left: {farewell}");
            self.tell_others(&name, &format!("{name} has left"));
        }
        let _ = self.ended.send(());
        Ok(())
    }
}

impl Room {
    fn members(&self) -> MutexGuard<'_, BTreeMap<Name, Arc<Connection>>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, connection: &Arc<Connection>, name: &mut Option<Name>, line: &str) -> String {
        if line.is_empty() || line.len() > 20 || !line.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            connection.close();
            return "a name has up to 20 letters".into();
        }
        let here = {
            let mut members = self.members();
            if members.contains_key(line) {
                return "that name is taken; another one?".into();
            }
            let here: Vec<_> = members.keys().cloned().collect();
            members.insert(line.into(), Arc::clone(connection));
            here.join(", ")
        };
        *name = Some(line.into());
        println!("{line} has come");
        self.tell_others(line, &format!("{line} has come"));
        format!(
            "welcome; here: {}",
            if here.is_empty() { "nobody" } else { &here }
        )
    }

    fn tell_others(&self, name: &str, text: &str) {
        let others: Vec<_> = {
            let members = self.members();
            let others = members.iter().filter(|(member, _)| *member != name);
            others.map(|(_, connection)| Arc::clone(connection)).collect()
        };
        for connection in others {
            // This does not wait.
            if let Err(error) = connection.send(text.as_bytes()) {
                if error.kind() == Kind::WouldBlock {
                    connection.abort(); // it reads too slowly; others have just left
                }
            }
        }
    }
}

fn run() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let port = args().nth(1).map_or(Ok(0), |word| word.parse())?;
    let clients = args().nth(2).map_or(Ok(4), |word| word.parse())?;
    let listener = create_server("127.0.0.1", port, 16)?;
    println!("listening on {}", listener.local_address()?);

    let (ended, ends) = channel();
    let room = Room {
        members: Mutex::default(),
        ended,
    };
    let mut options = MessageServeOptions::default();
    options.idle_timeout = Some(Duration::from_secs(5));
    let lines = Framing::lines().with_limit(200);
    let server = MessageServer::start(listener, Some(lines), options, room)?;
    for _ in 0..clients {
        ends.recv_timeout(Duration::from_secs(60))?;
    }
    server.stop(Duration::from_secs(5))?;
    println!("the room is closed");
    Ok(())
}

fn main() {
    if let Err(error) = run() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
