//! Batches of datagrams.

use crate::addresses::{address_of, show};
use crate::answer::{name_of, Refusal};
use crate::making::call;
use crate::request::{malformed, number, Request};
use crate::values::{hash, hex, on_off, payload};
use crate::Driver;
use polysock::{Address, IncomingDatagram, OutgoingDatagram, RecvBuf};

type Fields = Result<String, Refusal>;

/// The most bytes that the buffers of one receive have together.
const MUCH: usize = 16 << 20;

impl Driver {
    pub fn send_batch(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let times = request.option("times").map_or(Ok(1), number::<usize>)?;
        let items: Vec<_> = request
            .argument(1)?
            .split(',')
            .map(item)
            .collect::<Result<_, _>>()?;
        let count = items.len() * times;
        let mut datagrams: Vec<_> = items
            .iter()
            .cycle()
            .take(count)
            .map(|(data, to)| OutgoingDatagram::new(data, to))
            .collect();
        let sent = call(&socket, request)?.send_batch(&mut datagrams)?;
        let refused = datagrams.iter().enumerate().filter_map(|(index, datagram)| {
            let error = datagram.refusal()?;
            Some(format!("{index}:{}", name_of(error.kind())))
        });
        Ok(format!("n={sent} refused={}", list(refused)))
    }

    pub fn recv_batch(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let (most, size) = (request.number::<usize>(1)?, request.number::<usize>(2)?);
        if most.saturating_mul(size) > MUCH {
            return Err(malformed("too much"));
        }
        let mut memory = vec![vec![0; size]; most];
        let rooms: Vec<_> = memory.iter_mut().map(RecvBuf::from).collect();
        let mut arrived = vec![IncomingDatagram::EMPTY; most];
        let count = call(&socket, request)?.recv_batch(&rooms, &mut arrived)?;
        drop(rooms);
        let mut all = Vec::new();
        for (bytes, datagram) in memory.iter().zip(&arrived).take(count) {
            for data in datagram.split(bytes) {
                all.push((data, sender(&datagram.address), datagram.truncated()));
            }
        }
        let lengths = list(all.iter().map(|(data, ..)| data.len().to_string()));
        let data = list(all.iter().map(|(data, ..)| shown(data)));
        let from = list(all.iter().map(|(_, from, _)| from.clone()));
        let trunc = list(all.iter().map(|(.., truncated)| on_off(*truncated).to_owned()));
        Ok(format!(
            "n={} len={lengths} data={data} from={from} trunc={trunc}",
            all.len()
        ))
    }

    pub fn send_segments(&self, request: &Request<'_>) -> Fields {
        let socket = self.handles.socket(request.argument(0)?)?;
        let data = payload(request.argument(1)?)?;
        let size = request.number(2)?;
        let to = match request.argument(3) {
            Ok(first) => Some(address_of(first, request.argument(4).ok())?),
            Err(_) => None,
        };
        let count = call(&socket, request)?.send_segments(&data, size, to.as_ref())?;
        Ok(format!("n={count}"))
    }
}

/// `PAYLOAD`, `PAYLOAD~NAME` or `PAYLOAD~HOST~PORT`.
fn item(text: &str) -> Result<(Vec<u8>, Option<Address>), Refusal> {
    let mut parts = text.split('~');
    let data = payload(parts.next().unwrap_or_default())?;
    let to = parts.next().map(|first| address_of(first, parts.next()));
    Ok((data, to.transpose()?))
}

/// `HOST~PORT` or a name.
fn sender(address: &Address) -> String {
    let shown = show(address);
    let words = shown.split(' ').filter_map(|word| word.split_once('='));
    words.map(|(_, value)| value).collect::<Vec<_>>().join("~")
}

/// Hex digits, `-`, or of more than 64 bytes `#` and their hash.
fn shown(data: &[u8]) -> String {
    match data.len() {
        0 => "-".to_owned(),
        1..=64 => hex(data),
        _ => format!("#{:08x}", hash(data)),
    }
}

/// With commas; `-` for none.
fn list(items: impl Iterator<Item = String>) -> String {
    let text = items.collect::<Vec<_>>().join(",");
    if text.is_empty() {
        "-".to_owned()
    } else {
        text
    }
}
