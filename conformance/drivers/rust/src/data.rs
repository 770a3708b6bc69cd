//! Sending and receiving.

use crate::addresses::{address, show};
use crate::answer::{name, Refusal};
use crate::making::call;
use crate::request::{malformed, Request};
use crate::values::{on_off, pattern, payload, received};
use crate::Driver;
use polysock::{Error, Flags, Kind, Timeout};

type Fields = Result<String, Refusal>;

const CHUNK: usize = 64 * 1024;
/// The most that `recv_exact` and `collect` gather, and beyond which `fill` finds no end.
const MUCH: usize = 16 << 20;
/// The most that one receive asks for.
const MOST: usize = 1 << 20;

impl Driver {
    pub fn send(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let data = payload(request.argument(1)?)?;
        let count = call(&socket, request)?.send_with(&data, flags(request))?;
        Ok(format!("n={count}"))
    }

    pub fn send_all(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let data = payload(request.argument(1)?)?;
        call(&socket, request)?.send_all(&data)?;
        Ok(format!("n={}", data.len()))
    }

    pub fn recv(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let mut room = vec![0; request.number::<usize>(1)?.min(MOST)];
        let count = call(&socket, request)?.recv_with(&mut room, flags(request))?;
        room.truncate(count);
        Ok(received(&room))
    }

    pub fn send_to(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let data = payload(request.argument(1)?)?;
        let to = address(request, 2)?;
        let count = call(&socket, request)?.send_to(&data, &to)?;
        Ok(format!("n={count}"))
    }

    pub fn recv_from(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let mut room = vec![0; request.number::<usize>(1)?.min(MOST)];
        let got = call(&socket, request)?.recv_from_with(&mut room, flags(request))?;
        room.truncate(got.count);
        let truncated = on_off(got.truncated());
        Ok(format!(
            "{} {} trunc={truncated}",
            received(&room),
            show(&got.address)
        ))
    }

    pub fn next_length(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let (mut byte, peek) = ([0], Flags::PEEK | Flags::TRUNCATE);
        let mut call = call(&socket, request)?;
        let count = match request.argument(1)? {
            "recvfrom" => call.recv_from_with(&mut byte, peek)?.count,
            _ => call.recv_with(&mut byte, peek)?,
        };
        Ok(format!("n={count}"))
    }

    pub fn recv_exact(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let mut room = vec![0; request.number::<usize>(1)?.min(MUCH)];
        call(&socket, request)?.recv_exact(&mut room)?;
        Ok(received(&room))
    }

    pub fn collect(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let limit = match request.argument(1)? {
            "all" => MUCH,
            _ => request.number::<usize>(1)?.min(MUCH),
        };
        let (mut data, mut room) = (Vec::new(), vec![0; CHUNK]);
        while data.len() < limit {
            room.resize(CHUNK.min(limit - data.len()), 0);
            match socket.recv(&mut room) {
                Ok(0) => break,
                Ok(count) => data.extend_from_slice(room.get(..count).unwrap_or(&[])),
                Err(error) => return Err(after(data.len(), &error)),
            }
        }
        Ok(received(&data))
    }

    pub fn fill(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let mut done = 0;
        while done < 4 * MUCH {
            let data = pattern(CHUNK, done);
            match socket.within(Timeout::NonBlocking).send(&data) {
                Ok(count) => done += count,
                Err(error) if error.kind() == Kind::WouldBlock => return Ok(format!("n={done}")),
                Err(error) => return Err(error.into()),
            }
        }
        Err(malformed("never full"))
    }
}

fn flags(request: &Request<'_>) -> Flags {
    let mut flags = Flags::NONE;
    for (word, flag) in [("peek", Flags::PEEK), ("oob", Flags::OUT_OF_BAND)] {
        if request.option(word).is_some() {
            flags = flags | flag;
        }
    }
    flags
}

/// The error of a loop of ours that had gathered `done` bytes.
fn after(done: usize, error: &Error) -> Refusal {
    Refusal::Error {
        name: name(error),
        call: Some(error.operation().name()),
        done: Some(done),
        more: None,
    }
}
