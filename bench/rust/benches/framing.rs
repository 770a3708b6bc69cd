//! Taking messages of 64 bytes, each after its length in 32 bits, out of a stream that has arrived.

use criterion::{criterion_group, criterion_main, BatchSize, Criterion, Throughput};
use polysock::{ByteOrder, Framing, PrefixWidth, Reader, Socket};
use polysock_bench::{unix, SIZE};
use std::hint::black_box;
use std::io::{BufReader, Read};
use std::os::unix::net::UnixStream;

/// Messages that are there when the clock starts; any buffer has room for them.
const COUNT: usize = 500;

fn wire() -> Vec<u8> {
    let mut message = vec![0, 0, 0, SIZE as u8];
    message.resize(4 + SIZE, b'x');
    message.repeat(COUNT)
}

fn framing(c: &mut Criterion) {
    let wire = wire();
    let framing = Framing::length_prefix(PrefixWidth::Bits32, ByteOrder::Big);
    let mut group = c.benchmark_group("messages of 64 B");
    group.throughput(Throughput::Elements(COUNT as u64));

    let (mut sender, receiver) = UnixStream::pair().unwrap();
    let mut buffered = BufReader::with_capacity(1 << 16, receiver);
    group.bench_function("std BufReader", |b| {
        b.iter_batched(
            || std::io::Write::write_all(&mut sender, &wire).unwrap(),
            |()| {
                for _ in 0..COUNT {
                    let mut length = [0; 4];
                    buffered.read_exact(&mut length).unwrap();
                    let mut message = [0; SIZE];
                    let message = &mut message[..u32::from_be_bytes(length) as usize];
                    buffered.read_exact(message).unwrap();
                    black_box(message);
                }
            },
            BatchSize::PerIteration,
        );
    });

    let (sender, mut reader) = stream(framing);
    group.bench_function("polysock Reader::frame", |b| {
        b.iter_batched(
            || sender.send_all(&wire).unwrap(),
            |()| {
                for _ in 0..COUNT {
                    black_box(reader.frame().unwrap());
                }
            },
            BatchSize::PerIteration,
        );
    });

    let (sender, mut reader) = stream(framing);
    group.bench_function("polysock Reader::frames", |b| {
        b.iter_batched(
            || sender.send_all(&wire).unwrap(),
            |()| {
                let mut count = 0;
                while count < COUNT {
                    count += reader.frames().unwrap().map(black_box).count();
                }
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn stream(framing: Framing) -> (Socket, Reader<Socket>) {
    let (sender, receiver) = unix().unwrap();
    (sender, Reader::new(receiver, framing))
}

criterion_group!(benches, framing);
criterion_main!(benches);
