//! A server with threads of the standard library.

use super::{ServeOptions, Server, Service, Trouble};
use crate::address::Address;
use crate::error::{Error, Operation, Result};
use crate::host::{Host, Plain};
use crate::socket::Socket;
use crate::sys::fork::ForkLock;
use crate::time::Timeout;
use std::ops::Deref;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// A [`Server`] with threads of its own. Dropping it stops it, with no time for handlers to finish.
#[derive(Debug)]
pub struct StartedServer(Arc<Crew>);

/// The server and its threads.
struct Crew {
    server: Server,
    threads: ForkLock<Vec<JoinHandle<()>>>,
}

impl Server {
    /// Serves with threads of its own: one to begin with, and up to `max_connections` as connections come.
    ///
    /// `handle` handles a connection, see [`Service::handle`]; `failed` is told when it fails, and of what else goes wrong,
    /// see [`Trouble`]. Both are called by several threads at once.
    ///
    /// ```
    /// use polysock_core::{create_connection, create_server, Error, ServeOptions, Server};
    /// use std::time::Duration;
    ///
    /// # fn main() -> polysock_core::Result<()> {
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
    /// As [`Server::new`]; `EAGAIN` when not even one thread can be had.
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
        let crew = Arc::new(Crew {
            server: Server::new(listener, options)?,
            threads: ForkLock::new(),
        });
        let program = Arc::new(Program { handle, failed });
        let member = Member { crew, program };
        member.send_another()?;
        Ok(StartedServer(member.crew))
    }
}

impl StartedServer {
    /// Ends the server, see [`Server::stop`]; the threads that have no handler running have ended then.
    ///
    /// # Errors
    /// None as it is.
    pub fn stop(&self, timeout: impl Into<Timeout>) -> Result<usize> {
        let running = self.0.server.stop(timeout, &mut Plain)?;
        self.0.join();
        Ok(running)
    }

    /// Waits until accepting has ended, see [`Server::wait`].
    ///
    /// # Errors
    /// As [`Server::wait`].
    pub fn wait(&self, timeout: impl Into<Timeout>) -> Result<()> {
        self.0.server.wait(timeout, &mut Plain)
    }
}

impl Deref for StartedServer {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.0.server
    }
}

impl Drop for StartedServer {
    fn drop(&mut self) {
        // Nobody is left to tell that handlers still run.
        let _ = self.stop(Timeout::NonBlocking);
    }
}

impl Crew {
    /// Joins the threads that have left the server.
    fn join(&self) {
        let mut left = Vec::new();
        {
            let state = self.server.state.lock();
            let mut threads = self.threads.lock();
            for thread in std::mem::take(&mut *threads) {
                if state.workers.contains_key(&thread.thread().id()) {
                    threads.push(thread);
                } else {
                    left.push(thread);
                }
            }
        }
        for thread in left {
            // Panics of handlers end in the worker's own loop.
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for Crew {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.server.fmt(f)
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        // As the server's own state: fresh in a forked child.
        drop(self.threads.lock());
    }
}

/// What handles and what is told.
struct Program<Handle, Failed> {
    handle: Handle,
    failed: Failed,
}

/// One thread of the crew.
struct Member<Handle, Failed> {
    crew: Arc<Crew>,
    program: Arc<Program<Handle, Failed>>,
}

impl<Handle, Failed> Member<Handle, Failed> {
    /// Starts another thread.
    fn send_another<F>(&self) -> Result<()>
    where
        F: 'static,
        Handle: Fn(&Arc<Socket>, &Address) -> std::result::Result<(), F> + Send + Sync + 'static,
        Failed: Fn(Trouble<F>, Option<&Address>) + Send + Sync + 'static,
    {
        let mut member = Self {
            crew: Arc::clone(&self.crew),
            program: Arc::clone(&self.program),
        };
        let made = thread::Builder::new()
            .name("polysock-server".to_owned())
            .spawn(move || {
                let crew = Arc::clone(&member.crew);
                // What ends it was told to the program, and is what `wait` says.
                let _ = crew.server.help(&mut Plain, &mut member);
            });
        let thread = made.map_err(|error| Error::os(Operation::Server, &error))?;
        let mut threads = self.crew.threads.lock();
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
        Ok(())
    }
}

impl<H: Host, F, Handle, Failed> Service<H> for Member<Handle, Failed>
where
    F: 'static,
    Handle: Fn(&Arc<Socket>, &Address) -> std::result::Result<(), F> + Send + Sync + 'static,
    Failed: Fn(Trouble<F>, Option<&Address>) + Send + Sync + 'static,
{
    type Failure = F;

    fn handle(
        &mut self,
        _host: &mut H,
        connection: &Arc<Socket>,
        peer: &Address,
    ) -> std::result::Result<(), F> {
        (self.program.handle)(connection, peer)
    }

    fn failed(&mut self, _host: &mut H, trouble: Trouble<F>, peer: Option<&Address>) {
        (self.program.failed)(trouble, peer);
    }

    fn recruit(&mut self, _host: &mut H) -> bool {
        match self.send_another::<F>() {
            Ok(()) => true,
            Err(error) => {
                (self.program.failed)(Trouble::Thread(error), None);
                false
            }
        }
    }
}
