//! What the Rust servers share: routes and answers, without a transport. The answers
//! repeat the rows of the scenario table; "joust check" compares the two.

mod documents;
mod options;
mod routes;
mod text;

pub use documents::Item;
pub use options::Options;
pub use routes::{Answer, Body, Content, Request, Route, Routes};

/// The number of events of GET /sse.
pub const EVENTS: u32 = 100;

/// The largest body that is kept in memory, in bytes.
pub const WHOLE_LIMIT: usize = 32 << 20;

/// The backlog of the listening socket.
pub const BACKLOG: u32 = 4096;

/// The largest number of connections without an option, since each has a file.
pub const CONNECTIONS: usize = 16384;

/// The text of event number n of GET /sse.
pub fn event(n: u32) -> String {
    format!("data: {n}\n\n")
}
