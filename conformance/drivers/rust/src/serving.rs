//! The callback server, which sends back what it receives, on a loopback port.

use crate::answer::Refusal;
use crate::handles::lock;
use crate::request::{malformed, number, Request};
use crate::Driver;
use polysock::{create_server, Result as SocketResult, ServeOptions, Server, Socket, StartedServer, Timeout};
use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Fields = Result<String, Refusal>;

#[derive(Default)]
pub struct Servers(Mutex<HashMap<String, Arc<StartedServer>>>);

impl Servers {
    fn find(&self, name: &str) -> Result<Arc<StartedServer>, Refusal> {
        let found = lock(&self.0).get(name).cloned();
        found.ok_or_else(|| malformed(&format!("no server {name}")))
    }

    /// Dropping a server stops it.
    pub fn stop_all(&self) {
        let all = mem::take(&mut *lock(&self.0));
        drop(all);
    }
}

impl Driver {
    pub fn serve(&self, request: &Request<'_>) -> Fields {
        let mut options = ServeOptions::default();
        if let Some(places) = request.option("places") {
            options.max_connections = number(places)?;
        }
        options.idle_timeout = limit(request, "idle")?;
        options.handler_timeout = limit(request, "handler")?;
        let listener = create_server("127.0.0.1", 0, 128)?;
        let port = listener.local_address()?.port().unwrap_or(0);
        let server = Server::start(listener, options, |connection, _| echo(connection), |_, _| {})?;
        lock(&self.servers.0).insert(request.argument(0)?.to_owned(), Arc::new(server));
        Ok(format!("port={port}"))
    }

    pub fn serving(&self, request: &Request<'_>) -> Fields {
        let server = self.servers.find(request.argument(0)?)?;
        let stats = server.stats();
        Ok(format!(
            "connections={} handled={} resets={} idle={} overdue={}",
            server.connections(),
            stats.handled,
            stats.resets,
            stats.idle_timeouts,
            stats.handler_timeouts,
        ))
    }

    pub fn stop(&self, request: &Request<'_>) -> Fields {
        let server = self.servers.find(request.argument(0)?)?;
        let running = server.stop(request.timeout()?.unwrap_or(Timeout::Never))?;
        Ok(format!("running={running}"))
    }
}

fn echo(connection: &Socket) -> SocketResult<()> {
    let mut room = [0; 4096];
    loop {
        let count = connection.recv(&mut room)?;
        let data = room.get(..count).unwrap_or_default();
        if data.is_empty() {
            return Ok(());
        }
        connection.send_all(data)?;
    }
}

/// Milliseconds, none unless given.
pub fn limit(request: &Request<'_>, option: &str) -> Result<Option<Duration>, Refusal> {
    let given = request.option(option).map(number).transpose()?;
    Ok(given.map(Duration::from_millis))
}
