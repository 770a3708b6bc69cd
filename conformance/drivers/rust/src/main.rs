//! Conformance driver for Rust: one request a line in, one answer a line out. The protocol is in
//! `conformance/README.md`.

mod addresses;
mod answer;
mod batch;
mod data;
mod delivery;
mod facts;
mod frames;
mod handles;
mod making;
mod message_server;
mod options;
mod process;
mod request;
mod serving;
mod system;
mod tasks;
mod values;

use addresses::{address_text, read_address};
use answer::{Answer, Refusal};
use handles::Handles;
use message_server::MessageServers;
use request::Request;
use serving::Servers;
use std::io::{BufRead, Write};
use std::sync::Arc;
use std::time::Instant;
use tasks::Tasks;

/// What the README calls them. A linger has no sign here, so `linger_range` is missing.
const CAPABILITIES: [&str; 23] = [
    "abort",
    "address_text",
    "backlog_range",
    "batch",
    "close_fails",
    "close_java",
    "cork",
    "create_connection",
    "create_server",
    "datagram",
    "delivery",
    "done",
    "dup",
    "frames",
    "get_timeout",
    "mapped",
    "message_server",
    "next_length",
    "recv_exact",
    "serve",
    "state",
    "unix",
    "whole_sendall",
];

/// What all threads of the driver share.
struct Driver {
    handles: Handles,
    servers: Servers,
    message_servers: MessageServers,
    tasks: Tasks,
}

impl Driver {
    /// Carries out one line; returns the line to write.
    fn answer(self: &Arc<Self>, line: &str) -> String {
        let began = Instant::now();
        let answer = Request::parse(line).and_then(|request| self.carry_out(&request));
        let ms = began.elapsed().as_millis();
        match answer {
            Ok(Answer::Fields(fields)) if fields.is_empty() => format!("ok ms={ms}"),
            Ok(Answer::Fields(fields)) => format!("ok {fields} ms={ms}"),
            Ok(Answer::Joined(line)) => format!("{line} join_ms={ms}"),
            Err(refusal) => format!("{refusal} ms={ms}"),
        }
    }

    fn carry_out(self: &Arc<Self>, request: &Request<'_>) -> Result<Answer, Refusal> {
        match request.command {
            "start" => return self.start(request),
            "join" => return self.join(request),
            _ => {}
        }
        let fields = match request.command {
            "hello" => format!("lang=rust caps={}", CAPABILITIES.join(",")),
            "quit" => String::new(),
            "reset" => self.reset()?,
            "exhaust" => self.exhaust()?,
            "release" => self.release()?,
            "socket" => self.socket(request)?,
            "socketpair" => self.socket_pair(request)?,
            "bind" => self.bind(request)?,
            "listen" => self.listen(request)?,
            "server" => self.server(request)?,
            "accept" => self.accept(request)?,
            "connect" => self.connect(request)?,
            "create_connection" => self.create_connection(request)?,
            "create_server" => self.create_server(request)?,
            "serve" => self.serve(request)?,
            "serving" => self.serving(request)?,
            "stop" => self.stop(request)?,
            "serve_messages" => self.serve_messages(request)?,
            "serving_messages" => self.serving_messages(request)?,
            "push" => self.push(request)?,
            "hang_up" => self.hang_up(request)?,
            "resume" => self.resume(request)?,
            "close_listener" => self.close_listener(request)?,
            "await_stop" => self.await_stop(request)?,
            "stop_messages" => self.stop_messages(request)?,
            "shutdown" => self.shutdown(request)?,
            "close" => self.close(request)?,
            "close_java" => self.close_java(request)?,
            "abort" => self.abort(request)?,
            "close_graceful" => self.close_graceful(request)?,
            "wait_acked" => self.wait_acked(request)?,
            "send_queue" => self.send_queue(request)?,
            "peer_closed" => self.peer_closed(request)?,
            "is_closed" => self.is_closed(request)?,
            "fileno" => self.fileno(request)?,
            "detach" => self.detach(request)?,
            "from_fd" => self.adopt(request)?,
            "dup" => self.duplicate(request)?,
            "open_fd" => self.open_fd()?,
            "close_fd" => self.close_fd(request)?,
            "send" => self.send(request)?,
            "sendall" => self.send_all(request)?,
            "recv" => self.recv(request)?,
            "sendto" => self.send_to(request)?,
            "recvfrom" => self.recv_from(request)?,
            "next_length" => self.next_length(request)?,
            "send_batch" => self.send_batch(request)?,
            "recv_batch" => self.recv_batch(request)?,
            "send_segments" => self.send_segments(request)?,
            "recv_exact" => self.recv_exact(request)?,
            "collect" => self.collect(request)?,
            "fill" => self.fill(request)?,
            "send_frame" => self.send_frame(request)?,
            "send_frames" => self.send_frames(request)?,
            "recv_frame" => self.recv_frame(request)?,
            "recv_frame_into" => self.recv_frame_into(request)?,
            "recv_frames" => self.recv_frames(request)?,
            "pending" => self.pending(request)?,
            "take_buffered" => self.take_buffered(request)?,
            "getsockname" => self.local_address(request)?,
            "getpeername" => self.peer_address(request)?,
            "peer_ip" => self.peer_ip(request)?,
            "same_peer" => self.same_peer(request)?,
            "address_text" => address_text(request)?,
            "read_address" => read_address(request)?,
            "state" => self.state(request)?,
            "set" => self.set(request)?,
            "get" => self.get(request)?,
            "setsockopt" => self.set_raw(request)?,
            "getsockopt" => self.get_raw(request)?,
            _ => return Err(Refusal::Unsupported),
        };
        Ok(Answer::Fields(fields))
    }
}

fn main() -> std::io::Result<()> {
    let driver = Arc::new(Driver {
        handles: Handles::default(),
        servers: Servers::default(),
        message_servers: MessageServers::default(),
        tasks: Tasks::default(),
    });
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let mut output = std::io::stdout().lock();
        writeln!(output, "{}", driver.answer(&line))?;
        output.flush()?;
        if line.trim() == "quit" {
            break;
        }
    }
    // A thread left inside a call must not keep the process.
    std::process::exit(0);
}
