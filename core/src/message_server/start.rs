//! A message server with its own threads.

use super::traffic::ConnectionData;
use super::{CloseReason, Connection, MessageEvent, MessageServeOptions, MessageServer, MessageStep};
use crate::caller::NativeCaller;
use crate::error::{Kind, Result};
use crate::framing::Framing;
use crate::server::threads::Threads;
use crate::server::{kind_of, Trouble};
use crate::socket::Socket;
use crate::time::Timeout;
use std::ops::Deref;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;

type Outcome<T, F> = std::result::Result<T, F>;

/// The callbacks of a message server.
///
/// Those of one connection are called one after the other, those of different connections by several threads at once.
/// A function of a connection, a message and a [`Reply`] is a handler too.
pub trait MessageHandler: Send + Sync + 'static {
    /// What belongs to one connection.
    type State: Send + 'static;
    /// How a callback fails.
    type Failure: 'static;

    /// A connection has been accepted. If this fails, it is closed, and no other callback is called for it.
    ///
    /// # Errors
    /// The handler's own.
    fn on_open(&self, connection: &Arc<Connection>) -> Outcome<Self::State, Self::Failure>;

    /// A message has arrived. If this fails, the connection is closed once the replies to earlier messages have been sent.
    ///
    /// # Errors
    /// The handler's own.
    fn on_message(
        &self,
        connection: &Arc<Connection>,
        state: &mut Self::State,
        message: &[u8],
        reply: &mut Reply<'_>,
    ) -> Outcome<(), Self::Failure>;

    /// A connection has ended.
    ///
    /// # Errors
    /// The handler's own.
    fn on_close(
        &self,
        connection: &Arc<Connection>,
        state: Self::State,
        reason: &CloseReason,
    ) -> Outcome<(), Self::Failure> {
        let _ = (connection, state, reason);
        Ok(())
    }

    /// A callback failed or panicked, or the server itself failed; the server goes on.
    fn on_error(&self, trouble: Trouble<Self::Failure>, connection: Option<&Arc<Connection>>) {
        let _ = (trouble, connection);
    }

    /// The kind of a failure, if it is that of a call: resets by the peer are counted instead of reported each time.
    fn kind_of(failure: &Self::Failure) -> Option<Kind> {
        kind_of(failure)
    }
}

impl<T> MessageHandler for T
where
    T: Fn(&Arc<Connection>, &[u8], &mut Reply<'_>) -> Result<()> + Send + Sync + 'static,
{
    type State = ();
    type Failure = crate::error::Error;

    fn on_open(&self, _: &Arc<Connection>) -> Result<()> {
        Ok(())
    }

    fn on_message(
        &self,
        connection: &Arc<Connection>,
        (): &mut (),
        message: &[u8],
        reply: &mut Reply<'_>,
    ) -> Result<()> {
        self(connection, message, reply)
    }
}

/// Where the replies to a message go.
#[derive(Debug)]
pub struct Reply<'c>(&'c Connection);

impl<'c> Reply<'c> {
    /// For a thread that works in steps.
    #[doc(hidden)]
    pub fn to(connection: &'c Connection) -> Self {
        Self(connection)
    }

    /// Sends a reply, framed. It is accepted however much is unsent, and goes out when the callback has returned.
    ///
    /// # Errors
    /// `EMSGSIZE` and `InvalidInput` for a message that the framing does not allow; `Closed` when the connection was closed
    /// meanwhile; `OutOfMemory`.
    pub fn send(&mut self, message: &[u8]) -> Result<()> {
        self.0.reply(message)
    }
}

/// A [`MessageServer`] with its own threads. Dropping it stops it without giving callbacks time to finish.
#[derive(Debug)]
pub struct StartedMessageServer {
    server: Arc<MessageServer>,
    threads: Arc<Threads>,
}

impl MessageServer {
    /// Serves with its own threads: one to begin with, and others while callbacks take long.
    ///
    /// ```
    /// use polysock::{create_connection, create_server, Framing, MessageServeOptions, MessageServer};
    /// use std::time::Duration;
    ///
    /// # fn main() -> polysock::Result<()> {
    /// let server = MessageServer::start(
    ///     create_server("127.0.0.1", 0, 128)?,
    ///     Some(Framing::lines()),
    ///     MessageServeOptions::default(),
    ///     |_: &_, line: &[u8], reply: &mut polysock::Reply<'_>| reply.send(&line.to_ascii_uppercase()),
    /// )?;
    ///
    /// let port = server.listener().local_address()?.port().unwrap_or(0);
    /// let client = create_connection("127.0.0.1", port, Duration::from_secs(5))?;
    /// client.send_all(b"one\ntwo\n")?;
    /// let mut lines = [0; 8];
    /// client.recv_exact(&mut lines)?;
    /// assert_eq!(&lines, b"ONE\nTWO\n");
    /// assert_eq!(server.stop(Duration::from_secs(5))?, 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// With state for each connection, a type implements [`MessageHandler`]:
    ///
    /// ```
    /// use polysock::{create_connection, create_server, Connection, Framing, MessageHandler};
    /// use polysock::{MessageServeOptions, MessageServer, Reply, Result};
    /// use std::sync::Arc;
    /// use std::time::Duration;
    ///
    /// struct Counter;
    ///
    /// impl MessageHandler for Counter {
    ///     type State = u64;
    ///     type Failure = polysock::Error;
    ///
    ///     fn on_open(&self, _: &Arc<Connection>) -> Result<u64> {
    ///         Ok(0)
    ///     }
    ///
    ///     fn on_message(&self, _: &Arc<Connection>, count: &mut u64, _: &[u8], reply: &mut Reply<'_>) -> Result<()> {
    ///         *count += 1;
    ///         reply.send(count.to_string().as_bytes())
    ///     }
    /// }
    ///
    /// # fn main() -> Result<()> {
    /// let listener = create_server("127.0.0.1", 0, 128)?;
    /// let server = MessageServer::start(listener, Some(Framing::lines()), MessageServeOptions::default(), Counter)?;
    /// # let port = server.listener().local_address()?.port().unwrap_or(0);
    /// # let client = create_connection("127.0.0.1", port, Duration::from_secs(5))?;
    /// # client.send_all(b"one\ntwo\n")?;
    /// # let mut lines = [0; 4];
    /// # client.recv_exact(&mut lines)?;
    /// # assert_eq!(&lines, b"1\n2\n");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`MessageServer::new`]; also `EAGAIN` when not even one thread can be started.
    pub fn start<H: MessageHandler>(
        listener: impl Into<Arc<Socket>>,
        framing: Option<Framing>,
        options: MessageServeOptions,
        handler: H,
    ) -> Result<StartedMessageServer> {
        let program = Arc::new(Program {
            server: Self::new(listener, framing, options)?,
            threads: Arc::new(Threads::new()),
            handler,
        });
        recruit(&program)?;
        program.server.state.lock().started = true;
        Ok(StartedMessageServer {
            server: Arc::clone(&program.server),
            threads: Arc::clone(&program.threads),
        })
    }
}

impl StartedMessageServer {
    /// Ends the server, see [`MessageServer::stop`]. If no callback is running when this returns, the threads have ended.
    ///
    /// # Errors
    /// None: no signal interrupts this call.
    pub fn stop(&self, timeout: impl Into<Timeout>) -> Result<usize> {
        let running = self.server.stop(timeout, &mut NativeCaller)?;
        let (over, workers) = {
            let state = self.server.state.lock();
            (state.is_over(), state.threads())
        };
        // While a connection is left, a thread that is only about to become a worker would wait for it.
        if over {
            self.threads.join(&self.server.state, &workers);
        }
        Ok(running)
    }

    /// Waits until accepting has ended, see [`MessageServer::wait`].
    ///
    /// # Errors
    /// See [`MessageServer::wait`].
    pub fn wait(&self, timeout: impl Into<Timeout>) -> Result<()> {
        self.server.wait(timeout, &mut NativeCaller)
    }
}

impl Deref for StartedMessageServer {
    type Target = Arc<MessageServer>;

    fn deref(&self) -> &Arc<MessageServer> {
        &self.server
    }
}

impl Drop for StartedMessageServer {
    fn drop(&mut self) {
        // There is no caller to report running callbacks to.
        let _ = self.stop(Timeout::NonBlocking);
    }
}

/// The program that the threads run.
struct Program<H> {
    server: Arc<MessageServer>,
    threads: Arc<Threads>,
    handler: H,
}

/// Starts another thread.
fn recruit<H: MessageHandler>(program: &Arc<Program<H>>) -> Result<()> {
    let shared = Arc::clone(program);
    program.threads.start(c"polysock-server", move || work(&shared))
}

fn work<H: MessageHandler>(program: &Arc<Program<H>>) {
    let mut worker = program.server.worker().while_needed().sending_at_once();
    // This caller never interrupts, so there is no error.
    while let Ok(Some(step)) = worker.step(&mut NativeCaller) {
        match step {
            MessageStep::Recruit => {
                if let Err(error) = recruit(program) {
                    program.report(Trouble::Thread(error), None);
                }
            }
            MessageStep::Trouble(error) => program.report(Trouble::Accept(error), None),
            MessageStep::Batch(mut batch) => {
                while let Some((event, data)) = batch.next_event_and_data() {
                    let Err((connection, trouble)) = program.call(event, data) else {
                        continue;
                    };
                    let kind = match &trouble {
                        Trouble::Handler(failure) => H::kind_of(failure),
                        Trouble::Woken(_) | Trouble::Panic(_) | Trouble::Accept(_) | Trouble::Thread(_) => {
                            None
                        }
                    };
                    if batch.failed(kind) {
                        program.report(trouble, Some(&connection));
                    }
                }
            }
        }
    }
}

impl<H: MessageHandler> Program<H> {
    /// Calls the callback of an event; returns how it failed, on which connection.
    fn call(
        &self,
        event: MessageEvent<'_>,
        data: &mut ConnectionData,
    ) -> Outcome<(), (Arc<Connection>, Trouble<H::Failure>)> {
        let (connection, called) = match event {
            MessageEvent::Open(connection) => {
                let opened = catch_unwind(AssertUnwindSafe(|| self.handler.on_open(connection)));
                let called = opened.map(|opened| {
                    opened.map(|state| {
                        *data = Some(Box::new(state));
                    })
                });
                (connection, called)
            }
            MessageEvent::Message(connection, message) => {
                let called = catch_unwind(AssertUnwindSafe(|| {
                    let state = data
                        .as_deref_mut()
                        .and_then(<dyn std::any::Any + Send>::downcast_mut);
                    state.map_or(Ok(()), |state| {
                        self.handler
                            .on_message(connection, state, message, &mut Reply(connection))
                    })
                }));
                (connection, called)
            }
            MessageEvent::Close(connection, reason) => {
                let state = data.take().and_then(|data| data.downcast().ok());
                let called = catch_unwind(AssertUnwindSafe(|| {
                    state.map_or(Ok(()), |state| self.handler.on_close(connection, *state, reason))
                }));
                (connection, called)
            }
        };
        match called {
            Ok(Ok(())) => Ok(()),
            Ok(Err(failure)) => Err((Arc::clone(connection), Trouble::Handler(failure))),
            Err(payload) => Err((Arc::clone(connection), Trouble::Panic(payload))),
        }
    }

    /// Reports a failure. There is nowhere to report a panic of `on_error` itself.
    fn report(&self, trouble: Trouble<H::Failure>, connection: Option<&Arc<Connection>>) {
        let reported = catch_unwind(AssertUnwindSafe(|| self.handler.on_error(trouble, connection)));
        // The destructor of its payload may panic, too.
        reported.unwrap_or_else(std::mem::forget);
    }
}
