//! The short ways of the calls that programs make most often.

pub mod table;
