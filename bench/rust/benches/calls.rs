//! Transfers of 64 bytes: of data that is ready, and a question with its answer. `make bench-rust` keeps both threads
//! on one processor; whether they share one would be chance otherwise, and would decide the times.

use criterion::{criterion_group, criterion_main, Criterion};
use polysock_bench::{ours, tcp, SIZE};
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);

fn ready(c: &mut Criterion) {
    let mut group = c.benchmark_group("send + recv of ready 64 B");
    let data = [1; SIZE];
    let mut arrived = [0; SIZE];

    let (mut left, mut right) = tcp().unwrap();
    group.bench_function("std", |b| {
        b.iter(|| {
            left.write_all(black_box(&data)).unwrap();
            right.read_exact(&mut arrived).unwrap();
        });
    });

    let (left, right) = ours().unwrap();
    group.bench_function("polysock", |b| {
        b.iter(|| {
            left.send(black_box(&data)).unwrap();
            right.recv(&mut arrived).unwrap();
        });
    });
    group.bench_function("polysock, timeout", |b| {
        b.iter(|| {
            left.within(TIMEOUT).send(black_box(&data)).unwrap();
            right.within(TIMEOUT).recv(&mut arrived).unwrap();
        });
    });
    group.finish();
}

/// The other end, which is always the standard library's.
fn echo(mut stream: TcpStream) {
    thread::spawn(move || {
        let mut data = [0; SIZE];
        while stream.read_exact(&mut data).is_ok() && stream.write_all(&data).is_ok() {}
    });
}

fn ping_pong(c: &mut Criterion) {
    let mut group = c.benchmark_group("ping-pong 64 B");
    let mut data = [1; SIZE];

    let (mut stream, peer) = tcp().unwrap();
    echo(peer);
    group.bench_function("std", |b| {
        b.iter(|| {
            stream.write_all(&data).unwrap();
            stream.read_exact(&mut data).unwrap();
        });
    });
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream.set_write_timeout(Some(TIMEOUT)).unwrap();
    group.bench_function("std, timeout", |b| {
        b.iter(|| {
            stream.write_all(&data).unwrap();
            stream.read_exact(&mut data).unwrap();
        });
    });

    let (socket, peer) = ours().unwrap();
    echo(peer.detach().unwrap().into());
    group.bench_function("polysock", |b| {
        b.iter(|| {
            socket.send(&data).unwrap();
            socket.recv(&mut data).unwrap();
        });
    });
    group.bench_function("polysock, timeout", |b| {
        b.iter(|| {
            socket.within(TIMEOUT).send(&data).unwrap();
            socket.within(TIMEOUT).recv(&mut data).unwrap();
        });
    });
    group.finish();
}

criterion_group!(benches, ready, ping_pong);
criterion_main!(benches);
