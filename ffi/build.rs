//! Gives the shared library its name for the linker, and keeps it loaded.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let system = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if system == "macos" {
        // Programs that are linked with it look for it by their rpath, or by DYLD_LIBRARY_PATH.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libpolysock.0.dylib");
    }
    if system == "linux" {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libpolysock.so.0");
        // The fork handler and the destructors of thread-local data must outlive a dlclose.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
        // A missing symbol is an error here, not in the user's program.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,defs");
    }
}
