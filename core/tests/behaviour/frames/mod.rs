//! Messages received on the socket itself, and what every other call then finds.

mod descriptors;
mod messages;
mod pending;
mod support;
mod threads;
