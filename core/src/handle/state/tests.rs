//! Every transition of the state word.

use super::*;

const PARENTS: u32 = 7;

fn ours() -> u32 {
    fork::generation()
}

fn state(word: Word) -> State {
    State(AtomicU64::new(word.0))
}

fn calls(state: &State) -> (u64, u64) {
    let Calls { inside, in_kernel } = state.calls();
    (inside, in_kernel)
}

fn closed_with_a_call_inside() -> State {
    let state = State::new(Entry::now());
    let entered = state.enter(WaitsIn::Kernel);
    let closing = state.close(Entry::now(), || true);
    assert!(entered.is_ok() && closing.is_some());
    state
}

#[test]
fn calls_are_counted_in_and_out() {
    let state = State::new(Entry::now());
    assert_eq!(state.enter(WaitsIn::Poll), Ok(1));
    assert_eq!(state.enter(WaitsIn::Kernel), Ok(2));
    assert_eq!(calls(&state), (2, 1));
    assert_eq!(state.leave(WaitsIn::Kernel), Left::Nothing);
    assert_eq!(calls(&state), (1, 0));
    assert_eq!(state.leave(WaitsIn::Poll), Left::Nothing);
    assert_eq!(calls(&state), (0, 0));
    assert!(!state.is_closed());
}

#[test]
fn no_call_enters_a_full_handle_and_the_counts_stay_apart() {
    for (most, waits) in [(1 << 19, WaitsIn::Poll), (1 << 17, WaitsIn::Kernel)] {
        let state = state(Word(Word::open(ours()).0 + (most - 1) * waits.count()));
        assert_eq!(state.enter(waits), Ok(most));
        let before = calls(&state);
        for waits in [WaitsIn::Poll, WaitsIn::Kernel] {
            assert_eq!(state.enter(waits), Err(Kind::Busy));
        }
        assert_eq!(calls(&state), before);
        // A close and a call that helps it are counted nevertheless.
        assert!(!state.close(Entry::now(), || true).unwrap().alone);
        let helps = state.enter_closed();
        assert_eq!(helps, waits == WaitsIn::Kernel);
        assert_eq!(calls(&state), (before.0 + 1 + u64::from(helps), before.1));
        assert!(!state
            .load(Ordering::Relaxed)
            .has(REGISTERED | ORPHANED | DETACHED));
    }
}

#[test]
fn a_close_without_calls_is_alone_and_refuses_everything_afterwards() {
    let state = State::new(Entry::now());
    assert_eq!(
        state.close(Entry::now(), || true),
        Some(Closing {
            alone: true,
            registered: false
        })
    );
    assert!(state.is_closed());
    assert!(!state.is_detached());
    assert_eq!(state.enter(WaitsIn::Poll), Err(Kind::Closed));
    assert_eq!(state.detach(), Err(Kind::Closed));
    assert_eq!(state.close(Entry::now(), || true), None);
    assert!(state.leave_closed());
    assert!(!state.enter_closed());
}

/// A close with no other call inside closes the descriptor without counting itself out.
#[test]
fn nothing_is_left_to_help_where_no_call_waits_in_the_kernel() {
    let state = State::new(Entry::now());
    assert!(!state.enter_closed());
    assert!(state.close(Entry::now(), || true).unwrap().alone);
    assert!(!state.enter_closed());
}

#[test]
fn a_close_learns_whether_anything_has_registered() {
    let state = State::new(Entry::now());
    state.note_registered();
    state.note_registered();
    assert!(state.close(Entry::now(), || true).unwrap().registered);
}

#[test]
fn calls_that_leave_wake_the_close_that_waits_for_them() {
    let state = closed_with_a_call_inside();
    assert!(state.enter_closed());
    assert_eq!(calls(&state), (3, 1));
    assert_eq!(state.leave(WaitsIn::Kernel), Left::WakeCloser);
    assert_eq!(state.leave(WaitsIn::Poll), Left::WakeCloser);
    assert!(state.leave_closed());
}

#[test]
fn the_last_call_closes_the_descriptor_once_the_close_has_stopped_waiting() {
    let state = closed_with_a_call_inside();
    assert!(state.enter_closed());
    assert!(!state.leave_closed());
    assert_eq!(state.leave(WaitsIn::Poll), Left::Nothing);
    assert!(state.enter_closed());
    assert_eq!(state.leave(WaitsIn::Kernel), Left::Nothing);
    assert_eq!(state.leave(WaitsIn::Poll), Left::CloseDescriptor);
    assert!(!state.enter_closed());
}

#[test]
fn only_a_handle_without_calls_is_detached() {
    let state = State::new(Entry::now());
    state.enter(WaitsIn::Poll).unwrap();
    assert_eq!(state.detach(), Err(Kind::Busy));
    state.leave(WaitsIn::Poll);
    assert_eq!(state.detach(), Ok(()));
    assert!(state.is_detached() && state.is_closed());
    assert_eq!(state.enter(WaitsIn::Poll), Err(Kind::Closed));
    assert_eq!(state.close(Entry::now(), || true), None);
    assert_eq!(state.detach(), Err(Kind::Closed));
}

#[test]
fn a_child_counts_none_of_its_parents_calls() {
    let parents = Word::open(PARENTS).with(WaitsIn::Kernel).marked(REGISTERED);
    let inherited = state(parents);
    // The thread that forked inside a call leaves it in the child.
    assert_eq!(inherited.leave(WaitsIn::Kernel), Left::Nothing);
    assert_eq!(inherited.enter(WaitsIn::Poll), Ok(1));
    assert_eq!(calls(&inherited), (1, 0));
    assert_eq!(inherited.leave(WaitsIn::Poll), Left::Nothing);
    assert_eq!(inherited.leave(WaitsIn::Poll), Left::Nothing);
    assert_eq!(calls(&inherited), (0, 0));
    assert!(inherited.close(Entry::now(), || true).unwrap().registered);
    assert_eq!(state(parents).detach(), Ok(()));
}

#[test]
fn a_child_closes_what_its_parent_was_closing_if_it_is_open() {
    let parents = Word::open(PARENTS).with(WaitsIn::Poll).marked(CLOSED | ORPHANED);
    let closing = Closing {
        alone: true,
        registered: false,
    };
    assert_eq!(state(parents).enter(WaitsIn::Poll), Err(Kind::Closed));
    assert_eq!(state(parents).close(Entry::now(), || false), None);
    let inherited = state(parents);
    assert_eq!(inherited.close(Entry::now(), || true), Some(closing));
    assert_eq!(inherited.close(Entry::now(), || true), None);
    assert!(inherited.leave_closed());
}

#[test]
fn a_close_that_was_suspended_goes_on_once() {
    let state = State::new(Entry::now());
    state.enter(WaitsIn::Kernel).unwrap();
    assert!(!state.close(Entry::now(), || false).unwrap().alone);
    assert_eq!(state.close(Entry::now(), || true), None);
    state.suspend_close();
    assert_eq!(calls(&state), (1, 1));
    assert_eq!(state.enter(WaitsIn::Poll), Err(Kind::Closed));
    assert_eq!(state.detach(), Err(Kind::Closed));
    assert_eq!(state.leave(WaitsIn::Kernel), Left::WakeCloser);
    assert!(state.close(Entry::now(), || false).unwrap().alone);
    assert_eq!(state.close(Entry::now(), || true), None);
    assert!(state.leave_closed());
    assert_eq!(state.close(Entry::now(), || true), None);
}

#[test]
fn a_child_of_a_closing_call_leaves_without_having_entered() {
    let parents = Word::open(PARENTS).with(WaitsIn::Poll).marked(CLOSED);
    let inherited = state(parents);
    inherited.suspend_close();
    assert_eq!(calls(&inherited), (0, 0));
    assert!(inherited.close(Entry::now(), || false).is_some());
    assert!(state(parents).leave_closed());
}

#[test]
fn generations_as_far_apart_as_the_word_can_tell_differ() {
    let word = Word::open(1);
    assert!(!word.is_inherited(1));
    assert!(word.is_inherited(2));
    assert!(word.is_inherited(1 + (1 << 18)));
    assert_eq!(word.marked(CLOSED).in_child(2), Word::open(2).marked(CLOSED));
}
