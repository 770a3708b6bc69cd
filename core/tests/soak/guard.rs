//! Descriptors that the library must not touch.

use crate::support::system;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Opens and closes files, pipes and sockets, and checks that each is still itself, holds what was written and was
/// neither shut down nor put into another mode. Returns how many were checked.
pub fn watch(number: u8, stop: &AtomicBool) -> u64 {
    let mut checked = 0;
    while !stop.load(Ordering::Relaxed) {
        let text = [number; 64];
        let files: Vec<_> = (0..4).map(|_| system::unnamed_file(&text)).collect();
        let (read, write) = system::pipe();
        let (mut one, mut other) = UnixStream::pair().unwrap();
        let numbers = [
            read.as_raw_fd(),
            write.as_raw_fd(),
            one.as_raw_fd(),
            other.as_raw_fd(),
        ];
        let all: Vec<_> = files.iter().map(AsRawFd::as_raw_fd).chain(numbers).collect();
        let identities = || -> Vec<_> { all.iter().map(|&fd| system::identity(fd).unwrap()).collect() };
        let flags = || -> Vec<_> { all.iter().map(|&fd| system::status_flags(fd)).collect() };
        let before = (identities(), flags());
        thread::yield_now();
        assert_eq!(
            (identities(), flags()),
            before,
            "a descriptor of {all:?} was touched"
        );
        for file in &files {
            assert_eq!(system::contents(file), text);
        }
        assert_eq!(system::waiting_bytes(&read), 0, "somebody wrote into our pipe");
        // Neither shut down nor written to: a byte goes there and back, and it is ours.
        let mut byte = [0];
        one.write_all(&[number]).unwrap();
        other.read_exact(&mut byte).unwrap();
        other.write_all(&byte).unwrap();
        one.read_exact(&mut byte).unwrap();
        assert_eq!(byte, [number], "somebody wrote into our socket");
        checked += all.len() as u64;
    }
    checked
}
