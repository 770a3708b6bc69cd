//! Half close, the client:  client HOST PORT
//!
//! Sends its standard input and prints the answers, both as they come: one loop waits for whichever is next. At the end
//! of the input it shuts down the sending side, and reads on until the server is done.

use polysock::{create_connection, poll, Events, PollEntry, PollTarget, Shutdown, Timeout};
use std::env::args;
use std::error::Error;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

fn talk() -> Result<(), Box<dyn Error>> {
    let (Some(host), Some(port)) = (args().nth(1), args().nth(2)) else {
        return Err("usage: client HOST PORT".into());
    };
    // Without the buffer of io::stdin(), which may keep lines where no poll sees them.
    let mut input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let s = create_connection(&host, port.parse()?, Duration::from_secs(5))?;
    s.set_timeout(Timeout::NonBlocking); // poll does the waiting

    let (mut out, mut answer) = ([0; 4096], [0; 4096]);
    let mut unsent = 0..0; // of `out`
    let mut typing = true; // until the end of the input
    loop {
        // Waits for input only when all previous input is sent, and for room only when there is something to send.
        let room = if unsent.is_empty() {
            Events::NONE
        } else {
            Events::WRITABLE
        };
        let keyboard = if typing && unsent.is_empty() {
            input.as_raw_fd()
        } else {
            -1
        }; // -1 is ignored
        let mut set = [
            PollEntry::new(&s, Events::READABLE | room),
            PollEntry::new(PollTarget::Number(keyboard), Events::READABLE),
        ];
        if poll(&mut set, Duration::from_secs(60))? == 0 {
            return Err("nothing happens".into());
        }
        let [socket, keyboard] = set.map(|entry| entry.revents);
        if !keyboard.is_empty() {
            unsent = 0..input.read(&mut out)?;
            if unsent.is_empty() {
                typing = false;
                s.shutdown(Shutdown::Write)?; // "that was all"; we still receive
            }
        }
        if socket.contains(Events::WRITABLE) {
            unsent.start += s.send(&out[unsent.clone()])?; // as much as there is room for
        }
        if socket != Events::WRITABLE && !socket.is_empty() {
            let n = s.recv(&mut answer)?; // data, the end of the stream, or an error: recv says which
            if n == 0 {
                break;
            }
            io::stdout().write_all(&answer[..n])?;
        }
    }
    println!("the server has ended its stream");
    Ok(())
}

fn main() {
    if let Err(error) = talk() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
