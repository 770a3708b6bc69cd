//! A server with its own threads.

use super::failure::kind_of;
use super::threads::Threads;
use super::{ServeOptions, Server, Step, Worker};
use crate::address::Address;
use crate::caller::NativeCaller;
use crate::error::{Error, Kind, Result};
use crate::socket::Socket;
use crate::time::Timeout;
use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;

/// A [`Server`] with its own threads. Dropping it stops it without giving handlers time to finish.
#[derive(Debug)]
pub struct StartedServer {
    server: Arc<Server>,
    threads: Arc<Threads>,
}

/// What went wrong while a server served.
#[derive(Debug)]
#[non_exhaustive]
pub enum Trouble<F> {
    /// A handler failed.
    Handler(F),
    /// A handler failed after [`stop`](Server::stop) had closed its connection or after its time was up, most likely
    /// for that reason.
    Woken(F),
    /// A handler panicked, with this payload.
    Panic(Box<dyn Any + Send>),
    /// Accepting failed; it will be tried again, see [`Step::Trouble`].
    Accept(Error),
    /// No further thread could be started; connections wait for an existing one.
    Thread(Error),
}

impl<F: fmt::Display> fmt::Display for Trouble<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handler(failure) | Self::Woken(failure) => write!(f, "{failure}"),
            Self::Panic(payload) => {
                let text = payload.downcast_ref::<&str>().copied();
                let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
                write!(f, "the handler panicked: {}", text.unwrap_or("no words"))
            }
            Self::Accept(error) | Self::Thread(error) => write!(f, "{error}"),
        }
    }
}

impl Server {
    /// Serves with its own threads: one to begin with, and up to `max_connections` as connections arrive.
    ///
    /// `handle` handles a connection, see [`Step::Handle`]; `failed` is called when a handler fails or panics, with the
    /// peer's address, and when anything else goes wrong, according to [`Worker::should_report`]. A failure counts as
    /// that of a call when it is an [`Error`], an `io::Error`, or a box of one. Several threads call both at once.
    ///
    /// ```
    /// use polysock::{create_connection, create_server, ServeOptions, Server};
    /// use std::time::Duration;
    ///
    /// # fn main() -> polysock::Result<()> {
    /// let server = Server::start(
    ///     create_server("127.0.0.1", 0, 128)?,
    ///     ServeOptions::default(),
    ///     |connection, _peer| {
    ///         let mut line = [0; 5];
    ///         connection.recv_exact(&mut line)?;
    ///         connection.send_all(&line)
    ///     },
    ///     |trouble, peer| eprintln!("{peer:?}: {trouble}"),
    /// )?;
    ///
    /// let port = server.listener().local_address()?.port().unwrap_or(0);
    /// let client = create_connection("127.0.0.1", port, Duration::from_secs(5))?;
    /// client.send_all(b"hello")?;
    /// let mut line = [0; 5];
    /// client.recv_exact(&mut line)?;
    /// assert_eq!(&line, b"hello");
    /// assert_eq!(server.stop(Duration::from_secs(5))?, 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`Server::new`]; also `EAGAIN` when not even one thread can be started.
    pub fn start<F, Handle, Failed>(
        listener: impl Into<Arc<Socket>>,
        options: ServeOptions,
        handle: Handle,
        failed: Failed,
    ) -> Result<StartedServer>
    where
        F: 'static,
        Handle: Fn(&Arc<Socket>, &Address) -> std::result::Result<(), F> + Send + Sync + 'static,
        Failed: Fn(Trouble<F>, Option<&Address>) + Send + Sync + 'static,
    {
        Self::start_with(listener, options, handle, failed, kind_of)
    }

    /// Starts a server whose handlers have their own type of failure: `kind` returns the kind of the failed call's
    /// error, if a call failed.
    ///
    /// # Errors
    /// See [`start`](Self::start).
    pub fn start_with<F, Handle, Failed>(
        listener: impl Into<Arc<Socket>>,
        options: ServeOptions,
        handle: Handle,
        failed: Failed,
        kind: fn(&F) -> Option<Kind>,
    ) -> Result<StartedServer>
    where
        F: 'static,
        Handle: Fn(&Arc<Socket>, &Address) -> std::result::Result<(), F> + Send + Sync + 'static,
        Failed: Fn(Trouble<F>, Option<&Address>) + Send + Sync + 'static,
    {
        let program = Arc::new(Program {
            server: Arc::new(Self::new(listener, options)?),
            threads: Arc::new(Threads::new()),
            handle,
            failed,
            kind,
        });
        recruit(&program)?;
        program.server.state.lock().started = true;
        Ok(StartedServer {
            server: Arc::clone(&program.server),
            threads: Arc::clone(&program.threads),
        })
    }
}

impl StartedServer {
    /// Ends the server, see [`Server::stop`]. When this returns, the threads without a running handler have ended.
    ///
    /// # Errors
    /// None: no signal interrupts this call.
    pub fn stop(&self, timeout: impl Into<Timeout>) -> Result<usize> {
        let running = self.server.stop(timeout, &mut NativeCaller)?;
        let workers = self.server.state.lock().threads().collect();
        self.threads.join(&self.server.state, &workers);
        Ok(running)
    }

    /// Waits until accepting has ended, see [`Server::wait`].
    ///
    /// # Errors
    /// See [`Server::wait`].
    pub fn wait(&self, timeout: impl Into<Timeout>) -> Result<()> {
        self.server.wait(timeout, &mut NativeCaller)
    }
}

impl Deref for StartedServer {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl Drop for StartedServer {
    fn drop(&mut self) {
        // There is no caller to report running handlers to.
        let _ = self.stop(Timeout::NonBlocking);
    }
}

/// The program that the threads run.
struct Program<F, Handle, Failed> {
    server: Arc<Server>,
    threads: Arc<Threads>,
    handle: Handle,
    failed: Failed,
    kind: fn(&F) -> Option<Kind>,
}

/// Starts another thread.
fn recruit<F, Handle, Failed>(program: &Arc<Program<F, Handle, Failed>>) -> Result<()>
where
    F: 'static,
    Handle: Fn(&Arc<Socket>, &Address) -> std::result::Result<(), F> + Send + Sync + 'static,
    Failed: Fn(Trouble<F>, Option<&Address>) + Send + Sync + 'static,
{
    let shared = Arc::clone(program);
    program.threads.start(c"polysock-server", move || work(&shared))
}

fn work<F, Handle, Failed>(program: &Arc<Program<F, Handle, Failed>>)
where
    F: 'static,
    Handle: Fn(&Arc<Socket>, &Address) -> std::result::Result<(), F> + Send + Sync + 'static,
    Failed: Fn(Trouble<F>, Option<&Address>) + Send + Sync + 'static,
{
    let mut worker = program.server.worker().while_needed();
    // This caller never interrupts, so there is no error.
    while let Ok(Some(step)) = worker.step(&mut NativeCaller) {
        match step {
            Step::Handle { connection, peer } => {
                let handled = catch_unwind(AssertUnwindSafe(|| (program.handle)(&connection, &peer)));
                if let Some(trouble) = trouble_of(handled, &worker, program.kind) {
                    program.report(trouble, Some(&peer));
                }
            }
            Step::Recruit => {
                if let Err(error) = recruit(program) {
                    worker.become_last_worker();
                    program.report(Trouble::Thread(error), None);
                }
            }
            Step::Trouble(error) => program.report(Trouble::Accept(error), None),
        }
    }
}

fn trouble_of<F>(
    handled: std::thread::Result<std::result::Result<(), F>>,
    worker: &Worker,
    kind: fn(&F) -> Option<Kind>,
) -> Option<Trouble<F>> {
    match handled {
        Ok(Ok(())) => None,
        Ok(Err(failure)) if worker.is_woken() => Some(Trouble::Woken(failure)),
        Ok(Err(failure)) => worker
            .should_report(kind(&failure))
            .then_some(Trouble::Handler(failure)),
        Err(payload) => Some(Trouble::Panic(payload)),
    }
}

impl<F, Handle, Failed> Program<F, Handle, Failed>
where
    Failed: Fn(Trouble<F>, Option<&Address>),
{
    /// Reports a failure. There is nowhere to report a panic of `failed` itself.
    fn report(&self, trouble: Trouble<F>, peer: Option<&Address>) {
        let reported = catch_unwind(AssertUnwindSafe(|| (self.failed)(trouble, peer)));
        // The destructor of its payload may panic, too.
        reported.unwrap_or_else(std::mem::forget);
    }
}
