//! Gives the shared library its name for the linker, and keeps it loaded. Finds out whether it can have variadic functions (`variadic.rs`).

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(variadic_functions)");
    let architecture = std::env::var("CARGO_CFG_TARGET_ARCH");
    // Not for x32 and ILP32.
    let is_written_for = matches!(architecture.as_deref(), Ok("x86_64" | "aarch64"))
        && std::env::var("CARGO_CFG_TARGET_POINTER_WIDTH").as_deref() == Ok("64");
    if is_written_for && minor_version().is_some_and(|minor| minor >= FIRST_WITH_NAKED_FUNCTIONS) {
        println!("cargo:rustc-cfg=variadic_functions");
    }
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libpolysock-bsd.so.0");
        // The fork handler and the destructors of thread-local data must outlive a dlclose.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
        // A missing symbol is an error here, not in the user's program.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,defs");
    }
}

/// Rust 1.88. Without them, programs' dprintf(3) is not seen.
const FIRST_WITH_NAKED_FUNCTIONS: u32 = 88;

/// The 95 of "rustc 1.95.0 (…)".
fn minor_version() -> Option<u32> {
    let output = Command::new(std::env::var_os("RUSTC")?)
        .arg("--version")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split('.').nth(1)?.parse().ok()
}
