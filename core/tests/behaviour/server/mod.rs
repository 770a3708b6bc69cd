//! The callback server.

mod handling;
mod limits;
mod stop;
mod support;
mod trouble;
