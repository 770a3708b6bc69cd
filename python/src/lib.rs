//! The Python module of polysock: translation between Python and `polysock-core`, no behaviour of its own.
