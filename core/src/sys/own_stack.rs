//! Work that needs more stack than its caller may have.

use super::arena::Arena;
use std::alloc::{GlobalAlloc, Layout};
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Much more than a record takes; the pages that are not touched cost nothing.
const SIZE: usize = 64 << 10;

/// Runs `work` on a separate stack: a program's signal handlers, and some of its threads, have only a few kilobytes. No signal
/// handler may run meanwhile. `None` without memory for the stack, or if the work panicked.
pub fn on_own_stack<T>(work: impl FnOnce() -> T) -> Option<T> {
    let mut job = Job {
        work: Some(work),
        result: None,
    };
    let function = runner(&job);
    let argument = (&raw mut job).cast();
    let layout = Layout::from_size_align(SIZE, 16).ok()?;
    // SAFETY: the size is not zero.
    let stack = unsafe { Arena.alloc(layout) };
    if stack.is_null() {
        return None;
    }
    // SAFETY: the stack is ours, aligned, and large enough; `run` matches its argument, which outlives the call, and does not unwind.
    unsafe { call_on(stack.wrapping_add(SIZE), function, argument) };
    // SAFETY: it came from this arena with this layout, and nothing runs on it any more.
    unsafe { Arena.dealloc(stack, layout) };
    job.result
}

struct Job<T, F> {
    work: Option<F>,
    result: Option<T>,
}

/// What runs this job.
fn runner<T, F: FnOnce() -> T>(_: &Job<T, F>) -> extern "C" fn(*mut u8) {
    run::<T, F>
}

extern "C" fn run<T, F: FnOnce() -> T>(job: *mut u8) {
    // SAFETY: `on_own_stack` passes its job, which nothing else uses meanwhile.
    let job = unsafe { &mut *job.cast::<Job<T, F>>() };
    if let Some(work) = job.work.take() {
        // The panic's payload is forgotten: its destructor may panic too.
        job.result = catch_unwind(AssertUnwindSafe(work))
            .map_err(std::mem::forget)
            .ok();
    }
}

/// Calls `function(argument)` with the stack that ends at `top`.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64")
))]
unsafe fn call_on(top: *mut u8, function: extern "C" fn(*mut u8), argument: *mut u8) {
    extern "C" {
        fn polysock_call_on_stack(top: *mut u8, function: extern "C" fn(*mut u8), argument: *mut u8);
    }
    // SAFETY: the caller's.
    unsafe { polysock_call_on_stack(top, function, argument) };
}

/// With the stack of the caller: elsewhere nothing needs this.
#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64")
)))]
unsafe fn call_on(_: *mut u8, function: extern "C" fn(*mut u8), argument: *mut u8) {
    function(argument);
}

// The unwind information lets walks of the stack go on in the caller's.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
std::arch::global_asm!(
    ".pushsection .text.polysock_call_on_stack,\"ax\",@progbits",
    ".hidden polysock_call_on_stack",
    ".globl polysock_call_on_stack",
    ".type polysock_call_on_stack,@function",
    "polysock_call_on_stack:",
    ".cfi_startproc",
    "push rbp",
    ".cfi_def_cfa_offset 16",
    ".cfi_offset rbp, -16",
    "mov rbp, rsp",
    ".cfi_def_cfa_register rbp",
    "mov rsp, rdi",
    "mov rdi, rdx",
    "call rsi",
    "mov rsp, rbp",
    "pop rbp",
    ".cfi_def_cfa rsp, 8",
    "ret",
    ".cfi_endproc",
    ".size polysock_call_on_stack, . - polysock_call_on_stack",
    ".popsection",
);

// Its arguments are on the caller's stack. At a call, the stack is aligned to 16 bytes.
#[cfg(all(target_os = "linux", target_arch = "x86"))]
std::arch::global_asm!(
    ".pushsection .text.polysock_call_on_stack,\"ax\",@progbits",
    ".hidden polysock_call_on_stack",
    ".globl polysock_call_on_stack",
    ".type polysock_call_on_stack,@function",
    "polysock_call_on_stack:",
    ".cfi_startproc",
    "push ebp",
    ".cfi_def_cfa_offset 8",
    ".cfi_offset ebp, -8",
    "mov ebp, esp",
    ".cfi_def_cfa_register ebp",
    "mov esp, dword ptr [ebp + 8]",
    "sub esp, 12",
    "push dword ptr [ebp + 16]",
    "call dword ptr [ebp + 12]",
    "mov esp, ebp",
    "pop ebp",
    ".cfi_def_cfa esp, 4",
    "ret",
    ".cfi_endproc",
    ".size polysock_call_on_stack, . - polysock_call_on_stack",
    ".popsection",
);

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
std::arch::global_asm!(
    ".pushsection .text.polysock_call_on_stack,\"ax\",@progbits",
    ".hidden polysock_call_on_stack",
    ".globl polysock_call_on_stack",
    ".type polysock_call_on_stack,@function",
    "polysock_call_on_stack:",
    ".cfi_startproc",
    "stp x29, x30, [sp, #-16]!",
    ".cfi_def_cfa_offset 16",
    ".cfi_offset w29, -16",
    ".cfi_offset w30, -8",
    "mov x29, sp",
    ".cfi_def_cfa w29, 16",
    "mov sp, x0",
    "mov x0, x2",
    "blr x1",
    "mov sp, x29",
    "ldp x29, x30, [sp], #16",
    ".cfi_def_cfa wsp, 0",
    ".cfi_restore w29",
    ".cfi_restore w30",
    "ret",
    ".cfi_endproc",
    ".size polysock_call_on_stack, . - polysock_call_on_stack",
    ".popsection",
);

#[cfg(all(
    test,
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64")
))]
mod tests {
    use super::*;
    use crate::sys::call_stack;
    use std::ops::ControlFlow;

    #[test]
    fn work_runs_on_a_stack_from_which_the_callers_frames_are_seen() {
        let here = 0_u8;
        let (there, frames) = on_own_stack(|| {
            let (there, mut frames) = (0_u8, 0);
            call_stack::walk(|_| {
                frames += 1;
                ControlFlow::Continue(())
            });
            (&raw const there as usize, frames)
        })
        .unwrap();
        assert!((&raw const here as usize).abs_diff(there) > SIZE);
        let mut around = 0;
        call_stack::walk(|_| {
            around += 1;
            ControlFlow::Continue(())
        });
        assert!(frames > around, "{frames} {around}");
    }

    #[test]
    fn a_panic_ends_there() {
        assert_eq!(on_own_stack(|| -> u8 { panic!("on purpose") }), None);
        assert_eq!(on_own_stack(|| 5), Some(5));
    }
}
