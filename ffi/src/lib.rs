//! The C library of polysock: translation between C and `polysock-core`, no behaviour of its own.
