//! What is called when the process exits normally.

#[cfg(all(target_os = "linux", not(target_env = "gnu")))]
pub use at_the_end::at_exit;

/// Calls `function` when the process exits normally. One that is registered before the program begins is called after
/// the destructors of all libraries.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn at_exit(function: extern "C" fn()) {
    use std::ffi::{c_int, c_void};
    extern "C" fn call(function: *mut c_void) {
        // SAFETY: it was made from such a function below.
        unsafe { std::mem::transmute::<*mut c_void, extern "C" fn()>(function)() };
    }
    extern "C" {
        fn __cxa_atexit(
            call: extern "C" fn(*mut c_void),
            argument: *mut c_void,
            library: *mut c_void,
        ) -> c_int;
    }
    // SAFETY: they are functions for the life of the process (the library is linked `-z nodelete`), so they need not be called
    // with this library's destructors, which atexit(3) would do. Registering fails only without memory.
    unsafe { __cxa_atexit(call, function as *mut c_void, std::ptr::null_mut()) };
}

/// Calls `function` when the process exits normally.
#[cfg(not(target_os = "linux"))]
pub fn at_exit(function: extern "C" fn()) {
    // SAFETY: it is a function for the life of the process (the library is linked `-z nodelete`). Registering fails only
    // without memory.
    unsafe { libc::atexit(function) };
}

/// musl calls what is registered, however early, before the destructors of libraries. So these are called by a destructor of this
/// library, which comes after those of libraries that were loaded later.
#[cfg(all(target_os = "linux", not(target_env = "gnu")))]
mod at_the_end {
    use std::ptr;
    use std::sync::atomic::{AtomicPtr, Ordering};

    const MOST: usize = 4;

    static FUNCTIONS: [AtomicPtr<()>; MOST] = [const { AtomicPtr::new(ptr::null_mut()) }; MOST];

    /// Calls `function` when the process exits normally, before those that were registered earlier.
    pub fn at_exit(function: extern "C" fn()) {
        let function = function as *mut ();
        for place in &FUNCTIONS {
            let taken = place.compare_exchange(ptr::null_mut(), function, Ordering::SeqCst, Ordering::SeqCst);
            if taken.is_ok() {
                return;
            }
        }
    }

    extern "C" fn call_all() {
        for place in FUNCTIONS.iter().rev() {
            let function = place.swap(ptr::null_mut(), Ordering::SeqCst);
            if !function.is_null() {
                // SAFETY: it was made from such a function above.
                unsafe { std::mem::transmute::<*mut (), extern "C" fn()>(function)() };
            }
        }
    }

    #[used]
    #[link_section = ".fini_array"]
    static END: extern "C" fn() = call_all;
}
