//! The states of the TCP sockets at a local port.

use crate::tcp_state::TcpState;
use std::fs::File;
use std::io::{BufRead, BufReader};

/// Calls `found` with the state of each TCP socket in this thread's network namespace whose local port is `port`, as far as
/// /proc shows them. A socket that is only bound is not among them.
pub fn tcp_states_at(port: u16, mut found: impl FnMut(TcpState)) {
    for table in ["/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"] {
        let Ok(file) = File::open(table) else { continue };
        for line in BufReader::new(file).split(b'\n').map_while(Result::ok) {
            if let Some((_, state)) = port_and_state(&line).filter(|(of, _)| *of == port) {
                found(TcpState(state));
            }
        }
    }
}

/// The local port and the state in a line: `0: 0100007F:1F90 00000000:0000 0A …`.
fn port_and_state(line: &[u8]) -> Option<(u16, u8)> {
    let mut words = std::str::from_utf8(line).ok()?.split_ascii_whitespace();
    let (_, port) = words.nth(1)?.rsplit_once(':')?;
    let state = words.nth(1)?;
    Some((
        u16::from_str_radix(port, 16).ok()?,
        u8::from_str_radix(state, 16).ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_found_by_its_port() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = std::net::TcpListener::bind(address) else {
                continue; // no IPv6
            };
            let mut states = Vec::new();
            tcp_states_at(listener.local_addr().unwrap().port(), |state| states.push(state));
            assert!(states.contains(&TcpState::LISTEN), "{address}: {states:?}");
        }
    }

    #[test]
    fn other_lines_are_skipped() {
        assert_eq!(
            port_and_state(b"  0: 0100007F:1F90 00000000:0000 0A 0"),
            Some((8080, 10))
        );
        let header = b"  sl  local_address rem_address   st tx_queue";
        for line in [
            &header[..],
            b"",
            b"0:",
            b"0: 1:ZZZZ 2:1 0A",
            b"0: 1:1 2:1",
            b"\xff",
        ] {
            assert_eq!(port_and_state(line), None);
        }
    }
}
