//! What the test and a peer's process say to each other: short lines, each a datagram.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

/// One end.
pub struct Control(UnixDatagram);

impl Control {
    pub fn pair() -> (Self, Self) {
        let (one, other) = UnixDatagram::pair().unwrap();
        (Self(one), Self(other))
    }

    pub fn say(&self, words: &str) {
        self.0.send(words.as_bytes()).unwrap();
    }

    pub fn hear(&self) -> String {
        self.hear_within(None).unwrap()
    }

    /// What is said in this time.
    pub fn hear_within(&self, time: Option<Duration>) -> io::Result<String> {
        let mut buffer = [0; 256];
        self.0.set_read_timeout(time)?;
        let count = self.0.recv(&mut buffer)?;
        Ok(String::from_utf8(buffer[..count].to_vec()).unwrap())
    }

    /// Passes over what was said to a process that no longer listens.
    pub fn hear_until(&self, wanted: &str) {
        while self.hear() != wanted {}
    }
}
