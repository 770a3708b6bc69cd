//! Properties of messages, whatever a peer sends: no end of a message depends on the pieces in which the stream arrives,
//! a message that was accepted for sending is received as it was, and memory is bounded by what has arrived.

use super::decode::{Decoded, Refusal};
use super::format::{ByteOrder, Framing, PrefixWidth};
use super::read_ahead::ReadAhead;
use crate::fuzzing::Input;

/// The stream is what `input` contains, in pieces, of a framing that it chooses.
pub fn framing(bytes: &[u8]) {
    let mut input = Input(bytes);
    let framing = chosen(&mut input);
    let pieces = Pieces::chosen(&mut input);
    // For lengths that few bytes announce.
    let filling = match (input.byte(), framing.limit()) {
        (more, 0x100..) => usize::from(more.saturating_sub(192)) << 12,
        _ => 0,
    };
    messages_come_back(&framing, pieces.of(input.0).take(64));

    let mut stream = input.0.to_vec();
    stream.resize(stream.len() + filling, b'x');
    let (chosen, filling) = stream.split_at(input.0.len());
    pieces_make_no_difference(&framing, &stream, pieces.of(chosen).chain(filling.chunks(4000)));
}

/// A framing of any format, with a small limit or a large one.
pub(super) fn chosen(input: &mut Input<'_>) -> Framing {
    const WIDTHS: [PrefixWidth; 4] = [
        PrefixWidth::Bits8,
        PrefixWidth::Bits16,
        PrefixWidth::Bits32,
        PrefixWidth::Bits64,
    ];
    let format = input.byte() % 12;
    let limit = match input.byte() {
        u8::MAX => usize::MAX,
        254 => Framing::DEFAULT_LIMIT,
        small => small.into(),
    };
    let framing = match format {
        width @ 0..=3 => Framing::length_prefix(WIDTHS[usize::from(width)], ByteOrder::Big),
        width @ 4..=7 => Framing::length_prefix(WIDTHS[usize::from(width - 4)], ByteOrder::Little),
        8 => Framing::varint(),
        9 => {
            let size = usize::from(input.byte().max(1));
            return Framing::fixed(size).unwrap().with_limit(size); // another limit would refuse all or none
        }
        10 => {
            let length = 1 + usize::from(input.byte()) % Framing::LONGEST_DELIMITER;
            Framing::delimiter(input.bytes(length)).unwrap_or(Framing::lines())
        }
        _ => Framing::lines(),
    };
    framing.with_limit(limit)
}

/// The lengths of the pieces that arrive, again from the beginning once all have been used.
struct Pieces<'a>(&'a [u8]);

impl<'a> Pieces<'a> {
    fn chosen(input: &mut Input<'a>) -> Self {
        let count = 1 + usize::from(input.byte() % 16);
        Self(input.bytes(count))
    }

    /// A stream in pieces; an empty one is a receive that found nothing.
    fn of<'s>(&self, mut stream: &'s [u8]) -> impl Iterator<Item = &'s [u8]> + use<'a, 's> {
        let whole = [u8::MAX];
        let lengths = if self.0.iter().all(|length| *length == 0) {
            whole.to_vec()
        } else {
            self.0.to_vec()
        };
        let mut lengths = lengths.into_iter().cycle();
        std::iter::from_fn(move || {
            let length = if stream.is_empty() { None } else { lengths.next() };
            let piece;
            (piece, stream) = stream.split_at(usize::from(length?).min(stream.len()));
            Some(piece)
        })
    }
}

/// What a stream consists of: its messages, and how it ends.
#[derive(Debug, PartialEq, Eq)]
struct Content {
    messages: Vec<Vec<u8>>,
    end: End,
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    BetweenMessages,
    /// How many bytes are missing at least.
    Truncated(usize),
    TooLong,
    Overlong,
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TooLong(_) => Self::TooLong, // how long depends on what has arrived
            Refusal::Overlong => Self::Overlong,
        }
    }
}

fn content_of(framing: &Framing, stream: &[u8]) -> Content {
    let (mut messages, mut rest) = (Vec::new(), stream);
    let end = loop {
        match framing.decode(rest, 0) {
            Ok(Decoded::Message(found)) => {
                messages.push(rest[found.body].to_vec());
                rest = &rest[found.next..];
            }
            Ok(Decoded::Missing(missing)) => break end_of(framing, rest, missing, &mut messages),
            Err(refusal) => break refusal.into(),
        }
    };
    Content { messages, end }
}

/// How a stream ends that ends after these bytes.
fn end_of(framing: &Framing, rest: &[u8], missing: usize, messages: &mut Vec<Vec<u8>>) -> End {
    match framing.decode_last(rest) {
        Ok(Some(last)) => {
            messages.push(rest[last.body].to_vec());
            End::BetweenMessages
        }
        Ok(None) if rest.is_empty() => End::BetweenMessages,
        Ok(None) => End::Truncated(missing),
        Err(refusal) => refusal.into(),
    }
}

fn pieces_make_no_difference<'s>(framing: &Framing, stream: &[u8], pieces: impl Iterator<Item = &'s [u8]>) {
    let whole = content_of(framing, stream);
    for message in &whole.messages {
        assert!(message.len() <= framing.limit(), "longer than the limit");
    }
    let received = received(framing, pieces);
    assert!(
        received == whole,
        "{framing:?}: {received:?}, but as a whole {whole:?}"
    );
}

/// What a reader finds, which decodes what it has, receives a piece, and so on.
fn received<'s>(framing: &Framing, mut pieces: impl Iterator<Item = &'s [u8]>) -> Content {
    let (mut ahead, mut messages) = (ReadAhead::default(), Vec::new());
    let (mut arriving, mut most) = (&[][..], 0);
    let end = loop {
        let missing = match ahead.find(framing) {
            Ok(Decoded::Message(found)) => {
                messages.push(ahead.take(found).to_vec());
                continue;
            }
            Ok(Decoded::Missing(missing)) => missing,
            Err(refusal) => break refusal.into(),
        };
        assert!(missing > 0, "a whole message would wait for more");
        if ahead.len() % 2 == 0 && ahead.len() < 1 << 13 {
            asks_for_a_line(&mut ahead);
        }
        if arriving.is_empty() {
            match pieces.next() {
                Some(piece) => arriving = piece,
                None => break end_of(framing, ahead.bytes(), missing, &mut messages),
            }
        }
        let room = ahead.room(missing).unwrap();
        let (now, later) = arriving.split_at(arriving.len().min(room.len()));
        room[..now.len()].copy_from_slice(now);
        ahead.came(now.len());
        arriving = later;
        most = ahead.len().max(most);
        assert!(
            ahead.memory_is_bounded_by(most),
            "too much memory for {most} bytes"
        );
    };
    Content { messages, end }
}

/// A call for a line while a message has begun: what it has searched counts for lines only.
fn asks_for_a_line(ahead: &mut ReadAhead) {
    let lines = Framing::lines();
    let found = ahead.find(&lines);
    assert_eq!(found, lines.decode(ahead.bytes(), 0));
}

/// Each message is either refused before it is sent, or received as it was, after one and before another. None is
/// refused without need.
fn messages_come_back<'s>(framing: &Framing, messages: impl Iterator<Item = &'s [u8]>) {
    let (mut sent, mut stream) = (Vec::new(), Vec::new());
    for message in messages {
        let Ok(header) = framing.header(message.len()) else {
            continue;
        };
        let encoded = [header.as_bytes(), message, framing.trailer()].concat();
        let found = framing.decode(&encoded, 0);
        let same = matches!(&found, Ok(Decoded::Message(found))
            if encoded[found.body.clone()] == *message && found.next == encoded.len());
        let accepted = framing.check(message).is_ok();
        assert!(
            same == accepted,
            "{framing:?}: {message:?} accepted: {accepted}, but received: {found:?}"
        );
        if accepted {
            sent.push(message.to_vec());
            stream.extend(encoded);
        }
    }
    let received = content_of(framing, &stream);
    assert!(
        received.messages == sent && received.end == End::BetweenMessages,
        "{framing:?}: {received:?}, but sent were {sent:?}"
    );
}
