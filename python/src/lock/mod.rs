//! When a call keeps the interpreter lock and when it gives it up. Only [`caller`] detaches from the interpreter.

mod budget;
pub mod caller;
pub mod switch;
