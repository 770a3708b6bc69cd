//! Sets `Py_GIL_DISABLED` for a free-threaded interpreter, and links the module so that `raw/thread_end.rs` sees the end of
//! a thread before any frame of ours does.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    pyo3_build_config::use_pyo3_cfgs();
    let target = |name| env::var(name).unwrap_or_default();
    if target("CARGO_CFG_TARGET_OS") == "linux" && target("CARGO_CFG_TARGET_ENV") == "gnu" {
        println!("cargo::rustc-cdylib-link-arg=-Wl,--wrap=rust_eh_personality");
    }
}
