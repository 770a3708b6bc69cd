//! Ends each connection as its client asks, "close" or "reset":  server [PORT [CLIENTS]]

use polysock::create_server;
use std::env::args;
use std::error::Error;
use std::time::Duration;

const WAIT_FOR_CLIENT: Duration = Duration::from_secs(60);
const WAIT_FOR_DATA: Duration = Duration::from_secs(5);

fn serve() -> Result<(), Box<dyn Error>> {
    let port = args().nth(1).map_or(Ok(0), |word| word.parse())?;
    let mut clients = args().nth(2).map_or(Ok(1), |word| word.parse())?;

    let listener = create_server("127.0.0.1", port, 16)?;
    println!("listening on {}", listener.local_address()?);
    while clients > 0 {
        let (s, _address) = listener.within(WAIT_FOR_CLIENT).accept()?;
        let mut word = [0; 5];
        match s.within(WAIT_FOR_DATA).recv_exact(&mut word) {
            Ok(()) if &word == b"close" => {
                // Everything is read, so close sends a FIN: "I have nothing more to send". This client comes
                // again.
                println!("closing");
                continue;
            }
            Ok(()) if &word == b"reset" => {
                // Abort sends a RST: "this connection is over, for both of us".
                println!("resetting");
                s.abort()?;
            }
            Ok(()) => println!("no such request"),
            Err(error) => println!("{error}"),
        }
        clients -= 1;
    } // the end of the block closes the connection, if that was not done
    Ok(())
}

fn main() {
    if let Err(error) = serve() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
