#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| polysock::fuzzing::mixed_calls(bytes));
