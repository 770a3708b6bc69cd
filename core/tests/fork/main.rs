//! Forked children: they may use their copies whatever the parent's threads were doing, and disturb no other process.
//!
//! Without the test harness: a process that forks is better off without threads it does not control.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod servers;
mod sockets;
#[path = "../support/mod.rs"]
mod support;

/// What a close does while the kernel waits and a child holds the socket, too. Elsewhere than on Linux, the kernel never waits
/// alone, because the holders of a socket can't be found: there a close wakes the call at once.
const WHILE_THE_KERNEL_WAITS: [&str; 5] = [
    "a_child_hands_on_a_socket_without_a_limit",
    "a_child_does_not_make_its_parents_call_wait_longer",
    "close_wakes_once_a_child_has_gone",
    "many_closes_after_a_fork_share_one_patience",
    "a_child_keeps_its_connection_when_proc_has_gone",
];

/// Functions, each with its name.
macro_rules! named {
    ($($module:ident::$name:ident),* $(,)?) => {
        [$((stringify!($name), $module::$name)),*]
    };
}

fn main() {
    let tests: [(&str, fn()); 22] = named![
        sockets::a_child_that_closes_disturbs_nobody,
        sockets::a_child_uses_copies_that_were_busy,
        sockets::a_child_has_the_write_lock_afresh,
        sockets::close_wakes_once_a_child_has_gone,
        sockets::many_closes_after_a_fork_share_one_patience,
        sockets::a_child_keeps_its_connection_when_proc_has_gone,
        sockets::close_wakes_without_proc,
        servers::stop_wakes_a_handler_once_a_child_has_gone,
        sockets::a_childs_waits_are_its_own,
        sockets::two_workers_on_one_listener,
        sockets::forks_in_the_middle_of_everything,
        sockets::a_child_closes_what_was_being_closed,
        sockets::abort_in_a_child_resets_for_all,
        sockets::no_call_raises_sigpipe,
        servers::a_child_takes_a_connection_over_from_a_handler,
        servers::a_child_has_no_part_in_a_message_server,
        servers::a_child_stops_its_copy_of_a_server,
        servers::a_child_that_a_handler_forked_does_not_go_on_serving,
        sockets::a_child_has_a_copy_of_what_was_received_ahead,
        sockets::a_child_does_not_read_on_in_the_middle_of_its_parents_message,
        sockets::a_child_hands_on_a_socket_without_a_limit,
        sockets::a_child_does_not_make_its_parents_call_wait_longer,
    ];
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    for (name, test) in tests {
        if cfg!(any(not(target_os = "linux"), polysock_portable)) && WHILE_THE_KERNEL_WAITS.contains(&name) {
            println!(
                "test {name} ... ignored, the kernel waits alone only where the holders of a socket are known"
            );
            continue;
        }
        if wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str())) {
            // A process for each, so that one test's threads are not in the next one's children.
            support::system::fork(|| support::limited(test)).succeed();
            println!("test {name} ... ok");
        }
    }
}
