//! Children that a handler forks, and children that have a copy of their parent's server.

use crate::sockets::connect;
use crate::support::*;
use polysock::{
    Address, Connection, Error, Kind, MessageServeOptions, MessageServer, NativeCaller, Reply, ServeOptions,
    Server, Socket, Step, Timeout, Trouble,
};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::{mpsc, Arc, Mutex};

/// A stop does not wait for a handler whose connection a child holds, too: it tries again while it waits for all.
pub fn stop_wakes_a_handler_once_a_child_has_gone() {
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let handler = move |connection: &Arc<Socket>, _: &Address| {
        tell.lock().unwrap().send(system::Thread::current()).unwrap();
        assert_eq!(kind(connection.recv(&mut [0])), Kind::Closed);
        Ok(())
    };
    let server = Server::start(listener(4).0, ServeOptions::default(), handler, no_trouble).unwrap();
    let client = connect(&server.listener().local_address().unwrap());
    system::Observer::of(told.recv().unwrap()).wait_blocked();
    let (mut go_away, mut tell) = UnixStream::pair().unwrap();
    let parents_end = tell.as_raw_fd();
    let child = system::fork(move || {
        system::close(parents_end);
        let _ = go_away.read(&mut [0]);
    });
    let stopping = start(move || server.stop(Timeout::NonBlocking));
    // A slower search finds no child at all.
    std::thread::sleep(ms(30));
    tell.write_all(b"!").unwrap();
    child.succeed();
    assert_eq!(stopping.result().unwrap(), 0);
    assert_eq!(client.within(LATE).recv(&mut [0]).unwrap(), 0);
}

/// A classic forking server: a process for each connection. FIN first, because of the unread input, would end it.
pub fn a_child_takes_a_connection_over_from_a_handler() {
    let children: Arc<Mutex<Vec<system::Child>>> = Arc::default();
    let forked = Arc::clone(&children);
    let handler = move |connection: &Arc<Socket>, _: &Address| {
        until("a byte is there", || connection.available() == Ok(1));
        let child = system::fork(|| {
            let mut bytes = [0; 2];
            connection.within(LATE).recv_exact(&mut bytes).unwrap();
            connection.send_all(&bytes).unwrap();
        });
        forked.lock().unwrap().push(child);
        Ok(())
    };
    let server = Server::start(listener(16).0, ServeOptions::default(), handler, no_trouble).unwrap();
    let clients: Vec<_> = (0..3)
        .map(|_| connect(&server.listener().local_address().unwrap()))
        .collect();
    for client in &clients {
        client.send_all(b"1").unwrap();
    }
    until("all handlers have returned", || {
        children.lock().unwrap().len() == 3 && server.connections() == 0
    });
    for client in &clients {
        client.send_all(b"2").unwrap();
        let mut bytes = [0; 2];
        client.within(LATE).recv_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"12");
    }
    children
        .lock()
        .unwrap()
        .drain(..)
        .for_each(system::Child::succeed);
    assert_eq!(server.stop(LATE).unwrap(), 0);
}

fn no_trouble(trouble: Trouble<Error>, _: Option<&Address>) {
    eprintln!("{trouble}");
    std::process::abort();
}

pub fn a_child_stops_its_copy_of_a_server() {
    let handler = |connection: &Arc<Socket>, _: &Address| {
        let mut byte = [0];
        while connection.recv(&mut byte)? > 0 {
            connection.send_all(&byte)?;
        }
        Ok(())
    };
    let server = Server::start(listener(16).0, ServeOptions::default(), handler, no_trouble).unwrap();
    let address = server.listener().local_address().unwrap();
    let echo = |client: &Socket| {
        client.send_all(b"x").unwrap();
        client.within(LATE).recv_exact(&mut [0]).unwrap();
    };
    let client = connect(&address);
    echo(&client);
    for _ in 0..20 {
        let child = system::fork(|| {
            assert_eq!(server.connections(), 0);
            // No thread serves here, so nothing would end this wait.
            let error = server.wait(Timeout::Never).unwrap_err();
            assert_eq!(error.kind(), Kind::Closed);
            assert!(error.to_string().contains("after a fork"), "{error}");
            let (running, took) = timed(|| server.stop(Timeout::Never));
            assert_eq!(running.unwrap(), 0);
            assert!(took < ms(900), "{took:?}");
            server.wait(Timeout::Never).unwrap();
        });
        echo(&connect(&address));
        child.succeed();
    }
    echo(&client);
    echo(&connect(&address));
    drop(client);
    assert_eq!(server.stop(LATE).unwrap(), 0);
}

/// It has neither the threads nor the connections; what it does with its copies does not disturb the parent.
pub fn a_child_has_no_part_in_a_message_server() {
    let known = Arc::new(Mutex::new(None::<Arc<Connection>>));
    let seen = Arc::clone(&known);
    let echo = move |connection: &Arc<Connection>, message: &[u8], reply: &mut Reply<'_>| {
        *seen.lock().unwrap() = Some(Arc::clone(connection));
        reply.send(message)
    };
    let listener = listener(16).0;
    let address = listener.local_address().unwrap();
    let server = MessageServer::start(listener, None, MessageServeOptions::default(), echo).unwrap();
    let echo = |client: &Socket| {
        client.send_all(b"x").unwrap();
        client.within(LATE).recv_exact(&mut [0]).unwrap();
    };
    let client = connect(&address);
    echo(&client);
    let connection = known.lock().unwrap().clone().unwrap();
    for _ in 0..20 {
        let child = system::fork(|| {
            assert_eq!(server.connections(), 0);
            assert_eq!(
                connection.send(b"from the child").unwrap_err().kind(),
                Kind::Closed
            );
            connection.abort();
            let error = server.wait(Timeout::Never).unwrap_err();
            assert_eq!(error.kind(), Kind::Closed);
            assert!(error.to_string().contains("after a fork"), "{error}");
            let (running, took) = timed(|| server.stop(Timeout::Never));
            assert_eq!(running.unwrap(), 0);
            assert!(took < ms(900), "{took:?}");
            server.wait(Timeout::Never).unwrap();
        });
        echo(&connect(&address));
        child.succeed();
    }
    echo(&client);
    assert_eq!(client.available().unwrap(), 0);
    connection.send(b"y").unwrap();
    client.within(LATE).recv_exact(&mut [0]).unwrap();
    assert_eq!(server.stop(LATE).unwrap(), 0);
}

pub fn a_child_that_a_handler_forked_does_not_go_on_serving() {
    let server = Arc::new(Server::new(listener(16).0, ServeOptions::default()).unwrap());
    let clients = [(); 2].map(|()| connect(&server.listener().local_address().unwrap()));
    let this = std::process::id();
    let listener = Arc::clone(server.listener());
    let mut children = Vec::new();
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            for client in clients {
                client.within(LATE).recv_exact(&mut [0; 5]).unwrap();
                assert_eq!(client.within(LATE).recv(&mut [0]).unwrap(), 0);
            }
            listener.close().unwrap();
        });
        let mut worker = server.worker();
        while let Some(step) = worker.step(&mut NativeCaller).unwrap() {
            match step {
                Step::Handle { connection, .. } => match system::fork_on() {
                    Some(child) => children.push(child),
                    None => connection.send_all(b"child").unwrap(),
                },
                Step::Recruit | Step::Trouble(_) | _ => worker.become_last_worker(),
            }
        }
        if std::process::id() != this {
            system::exit(); // the rest is the parent's
        }
        reading.join().unwrap();
    });
    assert_eq!(children.len(), 2);
    children.into_iter().for_each(system::Child::succeed);
}
