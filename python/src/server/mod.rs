//! The callback server: the core's, with threads that Python makes.

mod arguments;
mod handlers;
mod step;

pub use handlers::{Server, Worker};
pub use step::Step;
