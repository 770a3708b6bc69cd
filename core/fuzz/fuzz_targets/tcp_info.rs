#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| polysock::fuzzing::tcp_info(bytes));
