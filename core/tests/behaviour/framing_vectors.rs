//! Messages as other programs put them on the wire (`conformance/vectors/frames.txt`): the same bytes out, the same messages in.

use crate::support::*;
use polysock::{ByteOrder, Framing, PrefixWidth, Reader, SendBuf};
use std::time::Duration;

const VECTORS: &str = include_str!("../../../conformance/vectors/frames.txt");
const LIMIT: Duration = Duration::from_secs(20);

struct Vector {
    name: &'static str,
    framing: Framing,
    messages: Vec<Vec<u8>>,
    wire: Vec<u8>,
}

fn vectors() -> Vec<Vector> {
    let lines = VECTORS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(vector).collect()
}

fn vector(line: &'static str) -> Vector {
    let (messages, wire) = line.split_once(" = ").unwrap();
    let mut words = messages.split(' ');
    Vector {
        name: words.next().unwrap(),
        framing: framing(words.next().unwrap()),
        messages: words.map(bytes).collect(),
        wire: wire.split(' ').flat_map(bytes).collect(),
    }
}

fn framing(word: &str) -> Framing {
    use ByteOrder::{Big, Little};
    use PrefixWidth::{Bits16, Bits32, Bits64, Bits8};
    match word.split_once(':').unwrap_or((word, "")) {
        ("u8", _) => Framing::length_prefix(Bits8, Big),
        ("u16be", _) => Framing::length_prefix(Bits16, Big),
        ("u16le", _) => Framing::length_prefix(Bits16, Little),
        ("u32be", _) => Framing::length_prefix(Bits32, Big),
        ("u32le", _) => Framing::length_prefix(Bits32, Little),
        ("u64be", _) => Framing::length_prefix(Bits64, Big),
        ("u64le", _) => Framing::length_prefix(Bits64, Little),
        ("varint", _) => Framing::varint(),
        ("lines", _) => Framing::lines(),
        ("fixed", size) => Framing::fixed(size.parse().unwrap()).unwrap(),
        ("delim", delimiter) => Framing::delimiter(&bytes(delimiter)).unwrap(),
        _ => panic!("{word}"),
    }
}

fn bytes(word: &str) -> Vec<u8> {
    match word.strip_prefix("pattern:") {
        Some(length) => (0..length.parse().unwrap())
            .map(|i: usize| (i + i / 251) as u8)
            .collect(),
        None if word == "-" => Vec::new(),
        None => (0..word.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&word[at..at + 2], 16).unwrap())
            .collect(),
    }
}

#[test]
fn sends_the_bytes_that_other_programs_send() {
    for Vector {
        name,
        framing,
        messages,
        wire,
    } in vectors()
    {
        let (a, b) = unix_pair(libc::SOCK_STREAM);
        let mut sent = vec![0; wire.len()];
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let messages: Vec<_> = messages.iter().map(SendBuf::from).collect();
                a.within(LIMIT).send_frames(&messages, &framing).unwrap();
                a.close().unwrap();
            });
            b.within(LIMIT).recv_exact(&mut sent).unwrap();
            assert_eq!(b.within(LIMIT).recv(&mut [0]).unwrap(), 0, "{name}: more bytes");
        });
        assert!(sent == wire, "{name}");
    }
}

#[test]
fn receives_the_messages_that_other_programs_send() {
    let all = vectors();
    assert!(all.len() > 20, "{}", all.len());
    for Vector {
        name,
        framing,
        messages,
        wire,
    } in all
    {
        let (a, b) = unix_pair(libc::SOCK_STREAM);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                a.within(LIMIT).send_all(&wire).unwrap();
                a.close().unwrap();
            });
            let mut reader = Reader::new(b, framing);
            for message in &messages {
                let received = reader.within(LIMIT).frame().unwrap();
                assert!(received == Some(message), "{name}");
            }
            assert_eq!(
                reader.within(LIMIT).frame().unwrap(),
                None,
                "{name}: more messages"
            );
        });
    }
}
