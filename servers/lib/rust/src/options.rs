//! The flags of the servers.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Options of a server.
pub struct Options {
    pub addr: SocketAddr,
    /// The number of processors.
    pub cpus: usize,
    /// The folder of the data set.
    pub data: PathBuf,
    /// After this many requests a connection is closed; 0 is never.
    pub keepalive_requests: usize,
    /// The largest number of accepted connections; 0 is no limit.
    pub max_connections: usize,
}

impl Options {
    /// Reads --addr, --cpus, --data, --keepalive-requests and --max-connections, each
    /// with a value. It ends the program with a message for anything else.
    pub fn parse() -> Options {
        match Options::read(std::env::args().skip(1)) {
            Ok(options) => options,
            Err(message) => {
                eprintln!("{message}");
                std::process::exit(2);
            }
        }
    }

    fn read(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = Options {
            addr: ([127, 0, 0, 1], 8080).into(),
            cpus: 1,
            data: PathBuf::new(),
            keepalive_requests: 0,
            max_connections: 0,
        };
        while let Some(flag) = args.next() {
            let value = args.next().ok_or_else(|| format!("{flag} needs a value"))?;
            match flag.as_str() {
                "--addr" => options.addr = parsed(&flag, &value)?,
                "--cpus" => options.cpus = parsed::<usize>(&flag, &value)?.max(1),
                "--data" => options.data = value.into(),
                "--keepalive-requests" => options.keepalive_requests = parsed(&flag, &value)?,
                "--max-connections" => options.max_connections = parsed(&flag, &value)?,
                _ => return Err(format!("unknown flag {flag}")),
            }
        }
        Ok(options)
    }
}

fn parsed<T: std::str::FromStr>(flag: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{flag} cannot be {value:?}"))
}
