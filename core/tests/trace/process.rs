//! Whatever happens to the process or to the file, the program goes on, and if possible the trace, too.

use crate::programs::{number, one, run, start, with, Folder};
use crate::support::alone::this_program;
use crate::support::{connection, ms, skipped, LATE, LIMIT};
use polysock::{Family, Protocol, Socket, SocketType};
use std::fs;
use std::io::{BufRead, BufReader};
use std::time::Instant;

#[test]
fn nothing_is_lost_when_the_program_is_killed() {
    let folder = Folder::new("killed");
    let mut program = start("process::program_waits_forever", &folder.0);
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    lines
        .find(|line| line.as_deref().unwrap().contains("waiting"))
        .unwrap()
        .unwrap();
    let end = Instant::now() + LIMIT;
    while with(&folder.files().concat(), &[r#""begun":true"#]).is_empty() {
        assert!(Instant::now() < end);
        std::thread::sleep(ms(10));
    }
    // SAFETY: no memory is involved.
    unsafe { libc::kill(program.id().try_into().unwrap(), libc::SIGTERM) };
    program.wait().unwrap();
    let records = folder.records();
    one(&records, &[r#""call":"sendall""#, r#""data":"last""#]);
    one(&records, &[r#""call":"recv""#, r#""begun":true"#]);
    assert!(with(&records, &[r#""event":"exit""#]).is_empty());
}

#[test]
#[ignore = "a program of the tests above"]
fn program_waits_forever() {
    let (client, server) = connection();
    server.send_all("last").unwrap();
    println!("waiting");
    server.recv(&mut [0]).unwrap();
    drop(client);
}

#[test]
fn a_program_may_change_its_directory_and_close_every_descriptor() {
    let records = run("process::program_closes_everything").records();
    let sent = with(&records, &[r#""call":"send""#]);
    assert_eq!(sent.len(), 2000, "more than one window holds");
    let ended = with(&records, &[r#""event":"ended""#]);
    assert!(ended.is_empty(), "{ended:?}");
}

#[test]
#[ignore = "a program of the tests above"]
fn program_closes_everything() {
    let (client, server) = connection();
    let keep = [0, 1, 2, client.fileno().unwrap(), server.fileno().unwrap()];
    client.send("first").unwrap();
    std::env::set_current_dir("/").unwrap();
    for number in (0..1024).filter(|number| !keep.contains(number)) {
        // SAFETY: no memory is involved, and the descriptors of the test harness are not used any more.
        unsafe { libc::close(number) };
    }
    let mut room = [0; 64];
    for _ in 1..2000 {
        client.send("again and again").unwrap();
        server.recv(&mut room).unwrap();
    }
}

#[test]
fn a_program_that_becomes_another_user_goes_on_when_its_trace_can_not() {
    // SAFETY: no memory is involved.
    if unsafe { libc::geteuid() } != 0 {
        skipped::skip("a_program_that_becomes_another_user", "root");
        return;
    }
    let records = run("process::program_becomes_another_user").records();
    let ended = one(&records, &[r#""event":"ended""#]);
    assert!(ended.contains(r#""error":"EACCES""#), "{ended}");
    one(&records, &[r#""call":"send""#, r#""data":"still root""#]);
    assert!(!with(&records, &[r#""data":"no longer""#]).is_empty());
}

#[test]
#[ignore = "a program of the tests above"]
fn program_becomes_another_user() {
    let (client, server) = connection();
    client.send("still root").unwrap();
    server.recv(&mut [0; 64]).unwrap();
    // SAFETY: no memory is involved.
    assert_eq!(unsafe { libc::setuid(65534) }, 0);
    for _ in 0..2000 {
        client.send("no longer").unwrap();
        server.recv(&mut [0; 64]).unwrap();
    }
    assert!(!polysock::is_tracing());
}

#[test]
fn a_process_that_becomes_another_program_continues_in_another_file() {
    let files = run("process::program_executes_another").files();
    assert_eq!(files.len(), 2, "{files:?}");
    let pids: Vec<_> = files.iter().map(|records| number(&records[0], "pid")).collect();
    assert_eq!(pids[0], pids[1]);
    let all = files.concat();
    one(&all, &[r#""call":"send""#, r#""data":"the first""#]);
    assert!(!with(&all, &[r#""call":"connect""#]).is_empty());
    assert_eq!(
        with(&all, &[r#""event":"exit""#]).len(),
        1,
        "the second program's"
    );
}

#[test]
#[ignore = "a program of the tests above"]
fn program_executes_another() {
    use std::os::unix::process::CommandExt;
    let (client, _server) = Socket::pair(Family::UNIX, SocketType::STREAM, Protocol::DEFAULT).unwrap();
    client.send("the first").unwrap();
    let failed = this_program()
        .args([
            "--exact",
            "calls::program_conversation",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .exec();
    panic!("{failed}");
}

#[test]
fn a_forked_child_has_a_separate_file() {
    let files = run("process::program_forks").files();
    assert_eq!(files.len(), 2, "{files:?}");
    let [parent, child] = if files[0][0].contains("forked_from") {
        [&files[1], &files[0]]
    } else {
        [&files[0], &files[1]]
    };
    assert!(!parent[0].contains("forked_from"));
    one(
        child,
        &[r#""how":"seen""#, r#""sent":6"#, r#""peer":"127.0.0.1:"#],
    );
    let sent = one(child, &[r#""call":"sendall""#, r#""data":"child""#]);
    assert_eq!(number(sent, "offset"), 6);
    assert!(with(parent, &[r#""data":"child""#]).is_empty());
    one(parent, &[r#""call":"recv_exact""#, r#""data":"parentchild""#]);
}

#[test]
#[ignore = "a program of the tests above"]
fn program_forks() {
    let (client, server) = connection();
    client.send_all("parent").unwrap();
    // SAFETY: the child makes one call and ends.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let sent = client.send_all("child").is_ok();
        // SAFETY: as above.
        unsafe { libc::_exit(i32::from(!sent)) };
    }
    server.within(LATE).recv_exact(&mut [0; 11]).unwrap();
    let mut status = 0;
    // SAFETY: `status` is ours.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(status, 0);
}

#[test]
fn a_full_disk_ends_the_trace_and_not_the_program() {
    let records = run("process::program_fills_the_disk").records();
    let ended = one(&records, &[r#""event":"ended""#]);
    assert!(ended.contains(r#""error":"EFBIG""#), "{ended}");
    assert!(records.last().unwrap().contains(r#""event":"ended""#));
    assert!(with(&records, &[r#""call":"send""#]).len() < 2000);
}

#[test]
#[ignore = "a program of the tests above"]
fn program_fills_the_disk() {
    let (client, server) = connection();
    let limit = libc::rlimit {
        rlim_cur: 150 << 10,
        rlim_max: 150 << 10,
    };
    // SAFETY: `limit` is ours. A write beyond it would end this process with SIGXFSZ.
    let code = unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) };
    assert_eq!(code, 0);
    let mut room = [0; 64];
    for _ in 0..ROUNDS {
        client.send("again and again").unwrap();
        server.recv(&mut room).unwrap();
    }
    assert!(!polysock::is_tracing());
}

#[test]
fn without_descriptors_the_trace_goes_on() {
    let records = run("process::program_has_no_descriptors").records();
    // Before Linux 5.14, the file needs a descriptor to become longer: records that have no room are counted.
    let lost: u64 = with(&records, &[r#""event":"lost""#])
        .iter()
        .map(|lost| number(lost, "records"))
        .sum();
    let recorded = with(&records, &[r#""data":"again and again""#]).len() as u64;
    assert_eq!(recorded + lost, 2 * ROUNDS);
    one(&records, &[r#""data":"at last""#]);
}

const ROUNDS: u64 = 2000;

#[test]
#[ignore = "a program of the tests above"]
fn program_has_no_descriptors() {
    let (client, server) = connection();
    let mut files = Vec::new();
    while let Ok(file) = fs::File::open("/dev/null") {
        files.push(file);
    }
    let mut room = [0; 64];
    for _ in 0..ROUNDS {
        client.send("again and again").unwrap();
        server.recv(&mut room).unwrap();
    }
    drop(files);
    client.send("at last").unwrap();
}
