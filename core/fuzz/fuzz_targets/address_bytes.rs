#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| polysock::fuzzing::address_bytes(bytes));
