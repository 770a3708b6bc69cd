//! Gives the shared library its name for the linker, and keeps it loaded.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libpolysock-bsd.so.0");
        // The fork handler and the destructors of thread-local data must outlive a dlclose.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
        // A missing symbol is an error here, not in the user's program.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,defs");
    }
}
