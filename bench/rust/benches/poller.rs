//! A poller with many idle sockets: a wait that finds one ready, and one registration made and ended.

use criterion::{criterion_group, criterion_main, BenchmarkId, Criterion};
use polysock::{Event, Events, Poller, Trigger};
use polysock_bench::unix;
use std::time::Duration;

fn poller(c: &mut Criterion) {
    let mut group = c.benchmark_group("poller");
    for idle in [1, 100, 400] {
        let poller = Poller::new().unwrap();
        let pairs: Vec<_> = (0..idle).map(|_| unix().unwrap()).collect();
        for (token, (idle, _)) in (1..).zip(&pairs) {
            poller.add(idle, token, Events::READABLE, Trigger::Level).unwrap();
        }
        let (ready, peer) = unix().unwrap();
        peer.send(b"x").unwrap();
        let mut events = [Event::default(); 64];
        group.bench_function(BenchmarkId::new("add + remove beside", idle), |b| {
            b.iter(|| {
                poller.add(&ready, 0, Events::READABLE, Trigger::Level).unwrap();
                poller.remove(&ready).unwrap();
            });
        });
        poller.add(&ready, 0, Events::READABLE, Trigger::Level).unwrap();
        group.bench_function(BenchmarkId::new("wait, one ready beside", idle), |b| {
            b.iter(|| assert_eq!(poller.wait(&mut events, Duration::from_secs(5)).unwrap(), 1));
        });
    }
    group.finish();
}

criterion_group!(benches, poller);
criterion_main!(benches);
