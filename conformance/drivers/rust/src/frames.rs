//! Messages in a stream.

use crate::answer::Refusal;
use crate::making::call;
use crate::request::{malformed, number, Request};
use crate::values::{hex, payload, received, unhex};
use crate::Driver;
use polysock::{ByteOrder, Framing, PrefixWidth, SendBuf};

type Fields = Result<String, Refusal>;

/// The most room that one message gets.
const MOST: usize = 1 << 20;

impl Driver {
    pub fn send_frame(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let message = payload(request.argument(1)?)?;
        call(&socket, request)?.send_frame(&message, &framing(request)?)?;
        Ok(String::new())
    }

    pub fn send_frames(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let messages: Result<Vec<_>, _> = request.argument(1)?.split(',').map(payload).collect();
        let messages = messages?;
        let messages: Vec<SendBuf<'_>> = messages.iter().map(Into::into).collect();
        call(&socket, request)?.send_frames(&messages, &framing(request)?)?;
        Ok(String::new())
    }

    pub fn recv_frame(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let message = call(&socket, request)?.recv_frame(&framing(request)?)?;
        Ok(message.map_or_else(end, |message| received(&message)))
    }

    pub fn recv_frame_into(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let mut room = vec![0; request.number::<usize>(1)?.min(MOST)];
        let count = call(&socket, request)?.recv_frame_into(&mut room, &framing(request)?)?;
        Ok(count.map_or_else(end, |count| received(room.get(..count).unwrap_or_default())))
    }

    pub fn recv_frames(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let most = request.number(1)?;
        let messages = call(&socket, request)?.recv_frames(most, &framing(request)?)?;
        let texts = messages.iter().map(|message| match message.as_slice() {
            [] => "-".to_owned(),
            message => hex(message),
        });
        let texts: Vec<_> = texts.collect();
        let count = texts.len();
        Ok(if count == 0 {
            "count=0".to_owned()
        } else {
            format!("count={count} data={}", texts.join(","))
        })
    }

    pub fn pending(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        Ok(format!("n={}", socket.pending()))
    }

    pub fn take_buffered(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        Ok(received(&socket.take_buffered()?))
    }
}

fn end() -> String {
    "end=on".to_owned()
}

/// The framing that a request names.
pub fn framing(request: &Request<'_>) -> Result<Framing, Refusal> {
    use ByteOrder::{Big, Little};
    use PrefixWidth::{Bits16, Bits32, Bits64, Bits8};
    let framing = match request.option("framing").unwrap_or("u32be") {
        "u8" => Framing::length_prefix(Bits8, Big),
        "u16be" => Framing::length_prefix(Bits16, Big),
        "u16le" => Framing::length_prefix(Bits16, Little),
        "u32be" => Framing::length_prefix(Bits32, Big),
        "u32le" => Framing::length_prefix(Bits32, Little),
        "u64be" => Framing::length_prefix(Bits64, Big),
        "u64le" => Framing::length_prefix(Bits64, Little),
        "varint" => Framing::varint(),
        "lines" => Framing::lines(),
        other => match other.split_once(':') {
            Some(("delim", bytes)) => Framing::delimiter(&unhex(bytes)?)?,
            Some(("fixed", size)) => Framing::fixed(number(size)?)?,
            _ => return Err(malformed(&format!("no framing: {other}"))),
        },
    };
    Ok(match request.option("limit") {
        Some(limit) => framing.with_limit(number(limit)?),
        None => framing,
    })
}
