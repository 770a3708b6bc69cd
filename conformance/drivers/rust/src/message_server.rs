//! The message server, on a loopback port. Its callbacks do what messages ask for, and send back all others.

use crate::answer::{name, Refusal};
use crate::frames::framing;
use crate::handles::lock;
use crate::request::{is_on, malformed, number, Request};
use crate::serving::limit;
use crate::values::payload;
use crate::Driver;
use polysock::{create_server, CloseReason, Connection, Error, MessageHandler, MessageServeOptions};
use polysock::{MessageServer, NativeCaller, Reply, StartedMessageServer, Timeout, Trouble};
use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

type Fields = Result<String, Refusal>;

/// How long callbacks have to finish, unless a command says otherwise.
const TO_FINISH: Duration = Duration::from_secs(5);

#[derive(Default)]
pub struct MessageServers(Mutex<HashMap<String, Arc<Serving>>>);

/// A server that a scenario has started.
struct Serving {
    server: StartedMessageServer,
    program: Arc<Program>,
}

/// What its callbacks do, and what they were called for.
#[derive(Default)]
struct Program {
    greeting: Option<Vec<u8>>,
    open_fails: bool,
    open_holds: bool,
    close_fails: bool,
    server: OnceLock<Arc<MessageServer>>,
    seen: Mutex<Seen>,
    resumed: Condvar,
}

#[derive(Default)]
struct Seen {
    open: Vec<Arc<Connection>>,
    messages: usize,
    errors: usize,
    /// The reasons, and the errors behind them.
    closed: Vec<(&'static str, String)>,
    holding: usize,
    resumes: usize,
    ending: bool,
}

/// How a callback fails.
enum Failure {
    AskedTo,
    Refused(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl Program {
    /// Returns when the scenario resumes it.
    fn hold(&self) {
        let mut seen = lock(&self.seen);
        let before = seen.resumes;
        seen.holding += 1;
        while seen.resumes == before && !seen.ending {
            seen = self.resumed.wait(seen).unwrap_or_else(PoisonError::into_inner);
        }
        seen.holding -= 1;
    }

    fn resume(&self, ending: bool) {
        let mut seen = lock(&self.seen);
        seen.resumes += 1;
        seen.ending = ending;
        self.resumed.notify_all();
    }

    fn stop_server(&self) -> Result<usize, Error> {
        let server = self.server.get();
        server.map_or(Ok(0), |server| server.stop(TO_FINISH, &mut NativeCaller))
    }
}

/// The handler of the server, which drops it in the end.
struct Callbacks(Arc<Program>);

impl MessageHandler for Callbacks {
    /// How many messages the connection has had.
    type State = usize;
    type Failure = Failure;

    fn on_open(&self, connection: &Arc<Connection>) -> Result<usize, Failure> {
        if self.0.open_fails {
            return Err(Failure::AskedTo);
        }
        if let Some(greeting) = &self.0.greeting {
            connection.send(greeting)?;
        }
        lock(&self.0.seen).open.push(Arc::clone(connection));
        if self.0.open_holds {
            self.0.hold();
        }
        Ok(0)
    }

    fn on_message(
        &self,
        connection: &Arc<Connection>,
        count: &mut usize,
        message: &[u8],
        reply: &mut Reply<'_>,
    ) -> Result<(), Failure> {
        *count += 1;
        lock(&self.0.seen).messages += 1;
        match message {
            b"quiet" => {}
            b"fail" => return Err(Failure::AskedTo),
            b"abort" => connection.abort(),
            b"close" => {
                connection.close();
                let outcome = connection
                    .send(b"late")
                    .map_or_else(|error| name(&error), |()| "ok".to_owned());
                reply.send(outcome.as_bytes())?;
            }
            b"count" => reply.send(count.to_string().as_bytes())?,
            b"peer" => {
                let peer = connection.peer().as_socket_addr();
                let text = peer.map(|peer| format!("{} {}", peer.ip(), peer.port()));
                reply.send(text.unwrap_or_default().as_bytes())?;
            }
            b"twice" => {
                connection.send(b"first")?;
                reply.send(b"second")?;
            }
            b"split" => reply.send(b"two\nlines")?,
            b"stop" => reply.send(self.0.stop_server()?.to_string().as_bytes())?,
            b"hold" => {
                self.0.hold();
                reply.send(message)?;
            }
            message => reply.send(message)?,
        }
        Ok(())
    }

    fn on_close(&self, connection: &Arc<Connection>, _: usize, reason: &CloseReason) -> Result<(), Failure> {
        let mut seen = lock(&self.0.seen);
        seen.open.retain(|open| open.key() != connection.key());
        seen.closed.push((name_of(reason), failure_of(reason)));
        if self.0.close_fails {
            return Err(Failure::AskedTo);
        }
        Ok(())
    }

    fn on_error(&self, _: Trouble<Failure>, _: Option<&Arc<Connection>>) {
        lock(&self.0.seen).errors += 1;
    }

    fn kind_of(failure: &Failure) -> Option<polysock::Kind> {
        match failure {
            Failure::AskedTo => None,
            Failure::Refused(error) => Some(error.kind()),
        }
    }
}

fn name_of(reason: &CloseReason) -> &'static str {
    match reason {
        CloseReason::PeerFinished => "peer_finished",
        CloseReason::ByProgram => "by_program",
        CloseReason::Failed(_) => "failed",
        CloseReason::IdleTimeout => "idle_timeout",
        CloseReason::HandlerTimeout => "handler_timeout",
        CloseReason::HandlerFailed => "handler_failed",
        CloseReason::BadMessage(_) => "bad_message",
        CloseReason::Stopped => "stopped",
        _ => "unknown", // the enum is non-exhaustive
    }
}

fn failure_of(reason: &CloseReason) -> String {
    if let CloseReason::Failed(error) | CloseReason::BadMessage(error) = reason {
        name(error)
    } else {
        "-".to_owned()
    }
}

impl MessageServers {
    fn find(&self, name: &str) -> Result<Arc<Serving>, Refusal> {
        let found = lock(&self.0).get(name).cloned();
        found.ok_or_else(|| malformed(&format!("no message server {name}")))
    }

    /// Dropping a server stops it.
    pub fn stop_all(&self) {
        let all = mem::take(&mut *lock(&self.0));
        for serving in all.values() {
            serving.program.resume(true);
        }
        drop(all);
    }
}

impl Driver {
    pub fn serve_messages(&self, request: &Request<'_>) -> Fields {
        let framing = request.option("framing").map(|_| framing(request)).transpose()?;
        let mut options = MessageServeOptions::default();
        for (name, option) in [
            ("places", &mut options.max_connections),
            ("workers", &mut options.workers),
            ("unsent", &mut options.max_unsent),
        ] {
            if let Some(value) = request.option(name) {
                *option = number(value)?;
            }
        }
        options.raw_replies = is_on(request.option("raw").unwrap_or("off"))?;
        options.idle_timeout = limit(request, "idle")?;
        options.handler_timeout = limit(request, "handler")?;
        let program = Arc::new(Program {
            greeting: request.option("greeting").map(payload).transpose()?,
            open_fails: request.option("open") == Some("fail"),
            open_holds: request.option("open") == Some("hold"),
            close_fails: request.option("close") == Some("fail"),
            ..Program::default()
        });
        let listener = create_server("127.0.0.1", 0, 16)?;
        let port = listener.local_address()?.port().unwrap_or(0);
        let server = MessageServer::start(listener, framing, options, Callbacks(Arc::clone(&program)))?;
        let _ = program.server.set(Arc::clone(&server));
        let serving = Arc::new(Serving { server, program });
        lock(&self.message_servers.0).insert(request.argument(0)?.to_owned(), serving);
        Ok(format!("port={port}"))
    }

    pub fn serving_messages(&self, request: &Request<'_>) -> Fields {
        let serving = self.message_servers.find(request.argument(0)?)?;
        let open = lock(&serving.program.seen).open.clone();
        let unsent = open.iter().map(|connection| connection.unsent()).max();
        let (connections, stats) = (serving.server.connections(), serving.server.stats());
        let seen = lock(&serving.program.seen);
        let list = |texts: Vec<&str>| match texts.as_slice() {
            [] => "-".to_owned(),
            texts => texts.join(","),
        };
        Ok(format!(
            "open={} messages={} holding={} errors={} closed={} failures={} connections={connections} unsent={} handled={} \
             resets={} idle={} overdue={} bad={}",
            seen.open.len(),
            seen.messages,
            seen.holding,
            seen.errors,
            list(seen.closed.iter().map(|(reason, _)| *reason).collect()),
            list(seen.closed.iter().map(|(_, failure)| failure.as_str()).collect()),
            unsent.unwrap_or(0),
            stats.handled,
            stats.resets,
            stats.idle_timeouts,
            stats.handler_timeouts,
            stats.bad_messages,
        ))
    }

    pub fn push(&self, request: &Request<'_>) -> Fields {
        let serving = self.message_servers.find(request.argument(0)?)?;
        let message = payload(request.argument(1)?)?;
        let timeout = request.timeout()?.unwrap_or(Timeout::NonBlocking);
        let open = lock(&serving.program.seen).open.clone();
        let (mut sent, mut refused) = (0, None);
        for connection in &open {
            match connection.send_with(&message, timeout, &mut NativeCaller) {
                Ok(()) => sent += 1,
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        match refused {
            None => Ok(format!("n={sent}")),
            Some(error) => Err(Refusal::Error {
                name: name(&error),
                call: Some(error.operation().name()),
                done: Some(sent),
                more: None,
            }),
        }
    }

    pub fn hang_up(&self, request: &Request<'_>) -> Fields {
        let serving = self.message_servers.find(request.argument(0)?)?;
        let aborts = request.argument(1)? == "abort";
        let open = lock(&serving.program.seen).open.clone();
        for connection in &open {
            if aborts {
                connection.abort();
            } else {
                connection.close();
            }
        }
        Ok(format!("n={}", open.len()))
    }

    pub fn resume(&self, request: &Request<'_>) -> Fields {
        self.message_servers
            .find(request.argument(0)?)?
            .program
            .resume(false);
        Ok(String::new())
    }

    pub fn close_listener(&self, request: &Request<'_>) -> Fields {
        let serving = self.message_servers.find(request.argument(0)?)?;
        serving.server.listener().close()?;
        Ok(String::new())
    }

    pub fn await_stop(&self, request: &Request<'_>) -> Fields {
        let serving = self.message_servers.find(request.argument(0)?)?;
        serving.server.wait(Timeout::Never)?;
        Ok(String::new())
    }

    pub fn stop_messages(&self, request: &Request<'_>) -> Fields {
        let serving = self.message_servers.find(request.argument(0)?)?;
        let timeout = request.timeout()?.unwrap_or(Timeout::After(TO_FINISH));
        Ok(format!("running={}", serving.server.stop(timeout)?))
    }
}
