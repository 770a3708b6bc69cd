//! dprintf(3), whose arguments only its format describes. Rust has no such functions: these put the registers with arguments
//! into memory, and make of them what va_start(3) makes, for vdprintf(3).

#[cfg(target_env = "gnu")]
use crate::calls::__vdprintf_chk;
use crate::calls::vdprintf;
use crate::next::{self, are_watched};
use libc::{c_char, c_int, c_void};
use std::arch::naked_asm;

unsafe extern "C-unwind" fn plain(number: c_int, format: *const c_char, arguments: *mut c_void) -> c_int {
    if are_watched() {
        vdprintf(number, format, arguments)
    } else {
        next::vdprintf(number, format, arguments)
    }
}

#[cfg(target_env = "gnu")]
unsafe extern "C-unwind" fn checked(
    number: c_int,
    flag: c_int,
    format: *const c_char,
    arguments: *mut c_void,
) -> c_int {
    if are_watched() {
        __vdprintf_chk(number, flag, format, arguments)
    } else {
        next::__vdprintf_chk(number, flag, format, arguments)
    }
}

/// A function with this many named arguments. A call that is not watched goes on to the next function of its name, if that was looked up
/// already; otherwise `$with_list` gets the list of arguments.
macro_rules! variadic {
    ($name:ident, $named:literal, $list:literal, $with_list:ident) => {
        #[no_mangle]
        #[unsafe(naked)]
        pub unsafe extern "C-unwind" fn $name() {
            instructions!($name, $named, $list, $with_list)
        }
    };
}

/// The instructions of such a function.
#[cfg(target_arch = "x86_64")]
macro_rules! instructions {
    ($name:ident, $named:literal, $list:literal, $with_list:ident) => {
        naked_asm!(
            ".cfi_startproc",
            "cmp byte ptr [rip + {watched}], 0",
            "jne 2f",
            "mov r11, qword ptr [rip + {next}]",
            "test r11, r11",
            "je 2f",
            "jmp r11",
            "2:",
            "sub rsp, 216",
            ".cfi_adjust_cfa_offset 216",
            // The registers, from 32 on.
            "mov qword ptr [rsp + 48], rdx",
            "mov qword ptr [rsp + 56], rcx",
            "mov qword ptr [rsp + 64], r8",
            "mov qword ptr [rsp + 72], r9",
            "test al, al",
            "je 3f",
            "movaps xmmword ptr [rsp + 80], xmm0",
            "movaps xmmword ptr [rsp + 96], xmm1",
            "movaps xmmword ptr [rsp + 112], xmm2",
            "movaps xmmword ptr [rsp + 128], xmm3",
            "movaps xmmword ptr [rsp + 144], xmm4",
            "movaps xmmword ptr [rsp + 160], xmm5",
            "movaps xmmword ptr [rsp + 176], xmm6",
            "movaps xmmword ptr [rsp + 192], xmm7",
            "3:",
            // The list: how many bytes of them the named arguments take, the arguments on the stack, the registers.
            "mov dword ptr [rsp], {named}",
            "mov dword ptr [rsp + 4], 48",
            "lea rax, [rsp + 224]",
            "mov qword ptr [rsp + 8], rax",
            "lea rax, [rsp + 32]",
            "mov qword ptr [rsp + 16], rax",
            concat!("mov ", $list, ", rsp"),
            "call {with_list}",
            "add rsp, 216",
            ".cfi_adjust_cfa_offset -216",
            "ret",
            ".cfi_endproc",
            watched = sym next::WATCHED,
            next = sym next::variadic::$name,
            with_list = sym $with_list,
            named = const 8 * $named,
        )
    };
}

#[cfg(target_arch = "aarch64")]
macro_rules! instructions {
    ($name:ident, $named:literal, $list:literal, $with_list:ident) => {
        naked_asm!(
            ".cfi_startproc",
            "adrp x16, {watched}",
            "ldrb w16, [x16, :lo12:{watched}]",
            "cbnz w16, 2f",
            "adrp x16, {next}",
            "ldr x16, [x16, :lo12:{next}]",
            "cbz x16, 2f",
            "br x16",
            "2:",
            "stp x29, x30, [sp, #-240]!",
            ".cfi_adjust_cfa_offset 240",
            ".cfi_rel_offset x29, 0",
            ".cfi_rel_offset x30, 8",
            "mov x29, sp",
            // The registers: six of numbers from 64 on, eight of floating-point numbers from 112 on.
            "stp x2, x3, [sp, #64]",
            "stp x4, x5, [sp, #80]",
            "stp x6, x7, [sp, #96]",
            "stp q0, q1, [sp, #112]",
            "stp q2, q3, [sp, #144]",
            "stp q4, q5, [sp, #176]",
            "stp q6, q7, [sp, #208]",
            // The list: the arguments on the stack, the ends of the registers, and where in them the first argument is.
            "add x16, sp, #240",
            "str x16, [sp, #16]",
            "add x17, sp, #112",
            "str x17, [sp, #24]",
            "str x16, [sp, #32]",
            "mov w16, #{unnamed}",
            "str w16, [sp, #40]",
            "mov w16, #-128",
            "str w16, [sp, #44]",
            concat!("add ", $list, ", sp, #16"),
            "bl {with_list}",
            "ldp x29, x30, [sp], #240",
            ".cfi_adjust_cfa_offset -240",
            ".cfi_restore x29",
            ".cfi_restore x30",
            "ret",
            ".cfi_endproc",
            watched = sym next::WATCHED,
            next = sym next::variadic::$name,
            with_list = sym $with_list,
            unnamed = const 8 * $named - 64,
        )
    };
}

#[cfg(target_arch = "x86_64")]
variadic!(dprintf, 2, "rdx", plain);
#[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
variadic!(__dprintf_chk, 3, "rcx", checked);
#[cfg(target_arch = "aarch64")]
variadic!(dprintf, 2, "x2", plain);
#[cfg(all(target_arch = "aarch64", target_env = "gnu"))]
variadic!(__dprintf_chk, 3, "x3", checked);
