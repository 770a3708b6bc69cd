//! Sets `Py_GIL_DISABLED` for a free-threaded interpreter, and links the module: without the interpreter's functions, and so that
//! `raw/thread_end.rs` sees the end of a thread before any frame of ours does.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    pyo3_build_config::use_pyo3_cfgs();
    // Python's functions come with the interpreter, which only Apple's linker needs to know.
    pyo3_build_config::add_extension_module_link_args();
    let target = |name| env::var(name).unwrap_or_default();
    if target("CARGO_CFG_TARGET_OS") == "linux" && target("CARGO_CFG_TARGET_ENV") == "gnu" {
        println!("cargo::rustc-cdylib-link-arg=-Wl,--wrap=rust_eh_personality");
    }
}
