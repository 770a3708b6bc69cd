//! Messages on a socket that several threads use, among closes and signals.

use super::support::*;
use crate::support::*;
use polysock::{poll, Event, Events, Kind, PollEntry, Poller, Socket, Start, Trigger};
use std::sync::Arc;

#[test]
fn close_wakes_a_receive_of_messages_and_those_that_wait_for_their_turn() {
    both(|a, b| {
        let b = Arc::new(b);
        a.send_all(b"\0\0\0\x05he").unwrap();
        let calls: Vec<_> = (0..3)
            .map(|_| {
                let b = Arc::clone(&b);
                start_blocked(move || kind(b.recv_frame(&framing())))
            })
            .collect();
        let same = Arc::clone(&b);
        let plain = start_blocked(move || kind(same.recv(&mut [0])));
        b.close().unwrap();
        for call in calls {
            assert_eq!(call.result(), Kind::Closed);
        }
        assert_eq!(plain.result(), Kind::Closed);
        assert_eq!(b.pending(), 0);
    });
}

#[test]
fn each_message_goes_to_one_thread() {
    both(|a, b| {
        let b = Arc::new(b);
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let b = Arc::clone(&b);
                start(move || b.frames(framing()).map(Result::unwrap).collect::<Vec<_>>())
            })
            .collect();
        let sent: Vec<_> = (0..2_000_u32).map(|at| at.to_string().into_bytes()).collect();
        for piece in sent.chunks(7) {
            let buffers: Vec<_> = piece.iter().map(Into::into).collect();
            a.send_frames(&buffers, &framing()).unwrap();
        }
        a.close().unwrap();
        let mut received: Vec<_> = threads.into_iter().flat_map(Running::result).collect();
        received.sort_by_key(|message| String::from_utf8_lossy(message).parse::<u32>().unwrap());
        assert!(received == sent, "{} messages", received.len());
    });
}

/// Whatever else goes on at the same time.
#[test]
fn calls_of_all_kinds_at_once_leave_every_message_whole() {
    both(|a, b| {
        let b = Arc::new(b);
        let poller = Poller::new().unwrap();
        poller.add(&*b, 1, Events::READABLE, Trigger::Level).unwrap();
        let receiving: Vec<_> = [1, 3, 50]
            .map(|most| {
                let b = Arc::clone(&b);
                start(move || {
                    let mut sum = 0;
                    loop {
                        let messages = b.within(LIMIT).recv_frames(most, &framing()).unwrap();
                        if messages.is_empty() {
                            return sum;
                        }
                        for message in messages {
                            assert!(message.iter().all(|byte| *byte == message[0]));
                            sum += message.len();
                        }
                    }
                })
            })
            .into_iter()
            .collect();
        let others: [fn(&Socket, &Poller); 4] = [
            |b, _| {
                readable(b);
            },
            |b, _| {
                let mut entries = [PollEntry::new(b, Events::READABLE)];
                poll(&mut entries, ms(1)).unwrap();
            },
            |_, poller| {
                poller.wait(&mut [Event::default()], ms(1)).unwrap();
            },
            |b, _| {
                let _ = (b.pending(), b.available(), b.is_closed());
            },
        ];
        let poller = Arc::new(poller);
        let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let watching = others.map(|other| {
            let (b, poller, done) = (Arc::clone(&b), Arc::clone(&poller), Arc::clone(&done));
            start(move || {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    other(&b, &poller);
                }
            })
        });
        let mut sent = 0;
        for at in 0..3_000_usize {
            let message = vec![(at % 256) as u8; 1 + at * 7 % 300];
            sent += message.len();
            a.send_frame(&message, &framing()).unwrap();
        }
        a.close().unwrap();
        let received: usize = receiving.into_iter().map(Running::result).sum();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        watching.into_iter().for_each(Running::result);
        assert_eq!(received, sent);
        assert_eq!(b.pending(), 0);
    });
}

/// A thread waits in the middle of a message; nothing that another one does gets between its bytes.
#[test]
fn a_receive_waits_until_the_message_of_another_thread_is_whole() {
    both(|a, b| {
        let b = Arc::new(b);
        let same = Arc::clone(&b);
        let receiving = start_blocked(move || same.recv_frame(&framing()).unwrap());
        a.send_all(b"\0\0\0\x05he").unwrap();
        until("the beginning has come", || b.pending() == 6);
        assert_eq!(kind(b.within(NOW).recv(&mut [0])), Kind::WouldBlock);
        assert_eq!(kind(b.within(ms(20)).recv_exact(&mut [0])), Kind::TimedOut);
        assert_eq!(kind(b.within(NOW).recv_frame(&framing())), Kind::WouldBlock);
        assert_eq!(kind(b.take_buffered()), Kind::Busy);
        assert_eq!(kind(b.detach()), Kind::Busy);
        assert_eq!(kind(b.duplicate()), Kind::Busy);
        assert!(!readable(&b));
        a.send_all(b"llonext").unwrap();
        assert_eq!(receiving.result(), text("hello"));
        let mut next = [0; 4];
        b.within(LATE).recv_exact(&mut next).unwrap();
        assert_eq!(&next, b"next");
    });
}

#[test]
fn a_signal_handler_does_not_receive_in_the_middle_of_a_message() {
    both(|a, b| {
        system::handle_signal(libc::SIGUSR2);
        let b = Arc::new(b);
        let same = Arc::clone(&b);
        let (tell, told) = std::sync::mpsc::channel();
        a.send_all(b"\0\0\0\x05he").unwrap();
        let receiving = start_blocked(move || {
            let mut refused = Vec::new();
            let mut handler = AtSignal(
                || {
                    refused.push(kind(same.recv_frame(&framing())));
                    refused.push(kind(same.recv(&mut [0])));
                    refused.push(kind(same.take_buffered()));
                    let error = same.recv_exact(&mut [0]).unwrap_err();
                    assert!(
                        error.to_string().contains("a signal handler has interrupted"),
                        "{error}"
                    );
                    tell.send(()).unwrap();
                    Ok(())
                },
                Start::Waiting,
            );
            let message = same.on(&mut handler).recv_frame(&framing()).unwrap();
            (message, refused)
        });
        until("the beginning has come", || b.pending() == 6);
        receiving.wait_blocked();
        receiving.thread.signal(libc::SIGUSR2);
        told.recv_timeout(LIMIT / 2).unwrap();
        a.send_all(b"llo").unwrap();
        let (message, refused) = receiving.result();
        assert_eq!(message, text("hello"));
        assert_eq!(refused[..3], [Kind::Busy; 3]);
    });
}

#[test]
fn a_caller_that_stops_in_the_middle_loses_nothing() {
    both(|a, b| {
        system::handle_signal(libc::SIGUSR2);
        let b = Arc::new(b);
        let same = Arc::clone(&b);
        a.send_all(b"\0\0\0\x05he").unwrap();
        let receiving = start_blocked(move || {
            let mut stops = AtSignal(|| Err(polysock::Stop), Start::Waiting);
            kind(same.on(&mut stops).recv_frame(&framing()))
        });
        until("the beginning has come", || b.pending() == 6);
        receiving.wait_blocked();
        receiving.thread.signal(libc::SIGUSR2);
        assert_eq!(receiving.result(), Kind::Interrupted);
        a.send_all(b"llo").unwrap();
        assert_eq!(b.recv_frame(&framing()).unwrap(), text("hello"));
    });
}
