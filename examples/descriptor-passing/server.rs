//! A parent accepts connections, a child serves them: descriptors over a Unix socket:  server [PORT [CLIENTS]]

use polysock::{create_server, Control, Family, Flags, Protocol, RecvBuf, Socket, SocketType, Timeout};
use std::env::args;
use std::error::Error;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{Command, Stdio};
use std::time::Duration;

const WAIT_FOR_CLIENT: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(5);
const CONTROL_ROOM: usize = 64; // more than one descriptor takes

/// The child: takes one descriptor after another from the channel, until the parent closes its end.
fn work(channel: &Socket) -> Result<(), Box<dyn Error>> {
    let mut byte = [0]; // descriptors are sent with data, at least one byte
    loop {
        let parts = [RecvBuf::from(&mut byte)];
        let mut got = channel
            .within(Timeout::Never)
            .recv_message(&parts, CONTROL_ROOM, Flags::NONE)?;
        if got.count == 0 {
            return Ok(());
        }
        for fd in got.take_descriptors() {
            let s = Socket::from_fd(fd)?; // the socket owns it now and closes it
            println!("worker: greets a client");
            if let Err(error) = s.within(TIMEOUT).send_all(b"hello from the worker") {
                println!("{error}");
            }
        }
    }
}

fn pass_on(channel: &Socket, fd: BorrowedFd<'_>) -> polysock::Result<usize> {
    let control = [Control::rights(&[fd])?];
    channel
        .within(TIMEOUT)
        .send_message(&["x".into()], &control, None, Flags::NONE)
}

fn serve() -> Result<(), Box<dyn Error>> {
    // The child is this program again, with its end of the channel for standard input.
    if args().nth(1).as_deref() == Some("worker") {
        return work(&Socket::from_fd(io::stdin().as_fd().try_clone_to_owned()?)?);
    }
    let port = args().nth(1).map_or(Ok(0), |word| word.parse())?;
    let clients = args().nth(2).map_or(Ok(1), |word| word.parse())?;

    let listener = create_server("127.0.0.1", port, 16)?;
    println!("listening on {}", listener.local_address()?);

    let (channel, worker_end) = Socket::pair(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT)?;
    let mut worker = Command::new(std::env::current_exe()?)
        .arg("worker")
        .stdin(Stdio::from(worker_end.detach()?))
        .spawn()?;
    for _ in 0..clients {
        let (s, _address) = listener.within(WAIT_FOR_CLIENT).accept()?;
        println!("parent: passes a client on");
        let fd = s.detach()?;
        pass_on(&channel, fd.as_fd())?;
    } // the block closes our copy: while we also had one, the client would not see the end
    channel.close()?; // the worker's receive ends
    let status = worker.wait()?;
    println!("parent: the worker has ended");
    if !status.success() {
        return Err("the worker failed".into());
    }
    Ok(())
}

fn main() {
    if let Err(error) = serve() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
