//! Handlers that log what they are called for, and clients.

pub use crate::common::*;
use polysock::{
    CloseReason, Connection, Error, Framing, MessageEvent, MessageHandler, MessageServeOptions,
    MessageServer, MessageStep, NativeCaller, Reply, Result, Socket, StartedMessageServer, Timeout, Trouble,
};
use std::ops::Deref;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// What callbacks were called for, with the keys of the connections.
#[derive(Clone, Debug, PartialEq)]
pub enum Called {
    Open(u64),
    Message(u64, Vec<u8>),
    Close(u64, CloseReason),
    Trouble(String),
}

/// Reports its callbacks and answers with a function.
pub struct Logging<F> {
    log: Mutex<Sender<Called>>,
    answer: F,
}

impl<F> Logging<F> {
    fn log(&self, called: Called) {
        let _ = self.log.lock().unwrap().send(called);
    }
}

impl<F> MessageHandler for Logging<F>
where
    F: Fn(&Arc<Connection>, &[u8], &mut Reply<'_>) -> Result<()> + Send + Sync + 'static,
{
    /// How many messages there were.
    type State = usize;
    type Failure = Error;

    fn on_open(&self, connection: &Arc<Connection>) -> Result<usize> {
        self.log(Called::Open(connection.key()));
        Ok(0)
    }

    fn on_message(
        &self,
        connection: &Arc<Connection>,
        count: &mut usize,
        message: &[u8],
        reply: &mut Reply<'_>,
    ) -> Result<()> {
        *count += 1;
        self.log(Called::Message(connection.key(), message.to_vec()));
        (self.answer)(connection, message, reply)
    }

    fn on_close(&self, connection: &Arc<Connection>, _: usize, reason: &CloseReason) -> Result<()> {
        self.log(Called::Close(connection.key(), reason.clone()));
        Ok(())
    }

    fn on_error(&self, trouble: Trouble<Error>, _: Option<&Arc<Connection>>) {
        self.log(Called::Trouble(trouble.to_string()));
    }
}

pub fn echo(_: &Arc<Connection>, message: &[u8], reply: &mut Reply<'_>) -> Result<()> {
    reply.send(message)
}

pub fn options() -> MessageServeOptions {
    MessageServeOptions::default()
}

/// A server of this framing, and what its callbacks are called for.
pub fn start<F>(
    framing: Option<Framing>,
    options: MessageServeOptions,
    answer: F,
) -> (Serving, Receiver<Called>)
where
    F: Fn(&Arc<Connection>, &[u8], &mut Reply<'_>) -> Result<()> + Send + Sync + 'static,
{
    start_on(listener(128).0, framing, options, answer)
}

/// The same on this listener.
pub fn start_on<F>(
    listener: Socket,
    framing: Option<Framing>,
    options: MessageServeOptions,
    answer: F,
) -> (Serving, Receiver<Called>)
where
    F: Fn(&Arc<Connection>, &[u8], &mut Reply<'_>) -> Result<()> + Send + Sync + 'static,
{
    let (log, called) = mpsc::channel();
    let log = Mutex::new(log);
    let logging = Logging { log, answer };
    (serve(listener, framing, options, logging), called)
}

/// A server with callbacks of the test's own.
pub fn serve<H>(
    listener: Socket,
    framing: Option<Framing>,
    options: MessageServeOptions,
    handler: H,
) -> Serving
where
    H: MessageHandler<State = usize, Failure = Error>,
{
    if crate::SENDS_AT_ONCE {
        Serving::Started(MessageServer::start(listener, framing, options, handler).unwrap())
    } else {
        let server = MessageServer::new(listener, framing, options).unwrap();
        recruit(&server, &Arc::new(handler));
        Serving::Steps(server)
    }
}

/// A server, with its own threads or with those of the test.
pub enum Serving {
    Started(StartedMessageServer),
    Steps(Arc<MessageServer>),
}

impl Serving {
    pub fn stop(&self, timeout: impl Into<Timeout>) -> Result<usize> {
        match self {
            Self::Started(server) => server.stop(timeout),
            Self::Steps(server) => server.stop(timeout, &mut NativeCaller),
        }
    }

    pub fn wait(&self, timeout: impl Into<Timeout>) -> Result<()> {
        MessageServer::wait(self, timeout, &mut NativeCaller)
    }
}

impl Deref for Serving {
    type Target = Arc<MessageServer>;

    fn deref(&self) -> &Arc<MessageServer> {
        match self {
            Self::Started(server) => server,
            Self::Steps(server) => server,
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.stop(Timeout::NonBlocking);
    }
}

/// Starts a thread that works as another language's do: in steps, and replies are sent when a batch is over.
fn recruit<H: MessageHandler<State = usize, Failure = Error>>(server: &Arc<MessageServer>, handler: &Arc<H>) {
    let (server, handler) = (Arc::clone(server), Arc::clone(handler));
    let mut worker = server.worker().while_needed();
    std::thread::spawn(move || {
        while let Some(step) = worker.step(&mut NativeCaller).unwrap() {
            match step {
                MessageStep::Recruit => recruit(&server, &handler),
                MessageStep::Trouble(error) => handler.on_error(Trouble::Accept(error), None),
                MessageStep::Batch(mut batch) => {
                    while let Some(event) = batch.next_event() {
                        let Err((connection, trouble)) = call(&*handler, &event) else {
                            continue;
                        };
                        let Trouble::Handler(error) = &trouble else {
                            batch.failed(None);
                            handler.on_error(trouble, Some(&connection));
                            continue;
                        };
                        let kind = Some(error.kind());
                        if batch.failed(kind) {
                            handler.on_error(trouble, Some(&connection));
                        }
                    }
                }
                _ => {}
            }
        }
    });
}

fn call<H: MessageHandler<State = usize, Failure = Error>>(
    handler: &H,
    event: &MessageEvent<'_>,
) -> std::result::Result<(), (Arc<Connection>, Trouble<Error>)> {
    let mut count = 0;
    let (connection, called) = match event {
        MessageEvent::Open(connection) => (connection, catch(|| handler.on_open(connection).map(drop))),
        MessageEvent::Message(connection, message) => {
            let reply = &mut Reply::to(connection);
            let call = || handler.on_message(connection, &mut count, message, reply);
            (connection, catch(call))
        }
        MessageEvent::Close(connection, reason) => {
            (connection, catch(|| handler.on_close(connection, count, reason)))
        }
        event => panic!("{event:?}"),
    };
    called.map_err(|trouble| (Arc::clone(connection), trouble))
}

fn catch(call: impl FnOnce() -> Result<()>) -> std::result::Result<(), Trouble<Error>> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)) {
        Ok(called) => called.map_err(Trouble::Handler),
        Err(payload) => Err(Trouble::Panic(payload)),
    }
}

/// A listener whose connections have small buffers that stay small.
pub fn small_listener() -> Socket {
    let (listener, _) = listener(16);
    set_int(&listener, libc::SO_RCVBUF, 8192);
    set_int(&listener, libc::SO_SNDBUF, 8192);
    listener
}

pub fn connect(server: &MessageServer) -> Socket {
    connect_with(server, |_| ())
}

/// A client that receives little ahead.
pub fn connect_small(server: &MessageServer) -> Socket {
    connect_with(server, |client| set_int(client, libc::SO_RCVBUF, 8192))
}

fn connect_with(server: &MessageServer, prepare: impl FnOnce(&Socket)) -> Socket {
    let address = server.listener().local_address().unwrap();
    let client = Socket::tcp(address.family()).unwrap();
    prepare(&client);
    client.within(LATE).connect(&address).unwrap();
    client.set_timeout(LATE);
    client
}

/// Sends bytes, and checks what comes back.
pub fn assert_answered(client: &Socket, sent: &[u8], answer: &[u8]) {
    client.send_all(sent).unwrap();
    let mut got = vec![0; answer.len()];
    client.recv_exact(&mut got).unwrap();
    assert_eq!(got, answer);
}

/// The next line that a client receives.
pub fn line(client: &Socket) -> Option<Vec<u8>> {
    client.recv_frame(&Framing::lines()).unwrap()
}

pub fn assert_ended(client: &Socket) {
    assert_eq!(client.recv(&mut [0]).unwrap(), 0);
}

pub fn next(called: &Receiver<Called>) -> Called {
    called.recv_timeout(LATE).unwrap()
}

/// The reason of the next close; other calls are skipped.
pub fn next_close(called: &Receiver<Called>) -> CloseReason {
    loop {
        if let Called::Close(_, reason) = next(called) {
            return reason;
        }
    }
}

/// Waits until something is so.
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < LATE, "{what}: not within {LATE:?}");
        std::thread::yield_now();
    }
}
