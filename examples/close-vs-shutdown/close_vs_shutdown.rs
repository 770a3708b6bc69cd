//! close versus shutdown, while a child holds a copy:  close_vs_shutdown
//!
//! Safe Rust does not fork: the child is this program once more, and gets its copy as standard output.

use polysock::{create_server, Kind, Shutdown, Socket};
use std::error::Error;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);
const A_MOMENT: Duration = Duration::from_millis(200);

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Both ends of a TCP connection.
fn connection() -> polysock::Result<(Socket, Socket)> {
    let listener = create_server("127.0.0.1", 0, 1)?;
    let address = listener.local_address()?;
    let peer = Socket::tcp(address.family())?;
    peer.within(TIMEOUT).connect(&address)?;
    let (ours, _address) = listener.within(TIMEOUT).accept()?;
    Ok((ours, peer))
}

/// Starts a child with a copy of `ours`: a byte to its standard input makes it send, the end of the input ends it.
fn start_child(ours: &Socket) -> Outcome<Child> {
    let copy = ours.duplicate()?.detach()?;
    let mut command = Command::new(std::env::current_exe()?);
    Ok(command.arg("child").stdin(Stdio::piped()).stdout(copy).spawn()?)
}

fn be_the_child() -> Outcome<()> {
    let copy = Socket::from_fd(io::stdout().as_fd().try_clone_to_owned()?)?;
    for _byte in io::stdin().lock().bytes() {
        if let Err(error) = copy.within(TIMEOUT).send_all("the child is here") {
            drop(copy); // exit drops nothing
            std::process::exit(error.errno().unwrap_or(1)); // 32 is EPIPE
        }
    }
    Ok(())
}

fn speak(child: &mut Child) -> io::Result<()> {
    child.stdin.as_mut().map_or(Ok(()), |word| word.write_all(b"!"))
}

fn see_it_end(mut child: Child) -> io::Result<()> {
    let status = child.wait()?; // closes its standard input first
    let could = if status.code() == Some(32) {
        "could not send any more"
    } else {
        "could still send"
    };
    println!("  the child ends; it {could}");
    Ok(())
}

fn tell_what_comes(peer: &Socket, time: Duration) -> polysock::Result<()> {
    let mut buf = [0; 100];
    match peer.within(time).recv(&mut buf) {
        Ok(0) => println!("  the peer reads the end of the stream"),
        Ok(n) => println!("  the peer reads \"{}\"", String::from_utf8_lossy(&buf[..n])),
        Err(error) if error.kind() == Kind::TimedOut => println!("  the peer waits, and nothing comes"),
        Err(error) => return Err(error),
    }
    Ok(())
}

fn run() -> Outcome<()> {
    println!("close:");
    let (ours, peer) = connection()?;
    let mut child = start_child(&ours)?;
    ours.close()?; // gives up only our copy: the connection lives on in the child
    tell_what_comes(&peer, A_MOMENT)?;
    speak(&mut child)?;
    tell_what_comes(&peer, TIMEOUT)?;
    see_it_end(child)?;
    tell_what_comes(&peer, TIMEOUT)?;

    println!("shutdown:");
    let (ours, peer) = connection()?;
    let mut child = start_child(&ours)?;
    ours.shutdown(Shutdown::Write)?; // ends the stream itself, for every copy
    tell_what_comes(&peer, TIMEOUT)?;
    speak(&mut child)?;
    see_it_end(child)?;
    Ok(())
}

fn main() {
    let end = if std::env::args().nth(1).is_some() {
        be_the_child()
    } else {
        run()
    };
    if let Err(error) = end {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
