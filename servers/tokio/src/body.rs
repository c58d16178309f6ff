//! Bodies of requests, in pieces.

use std::io;

use bytes::{Buf, BytesMut};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::head::Framing;

/// The most bytes that are read at once.
pub const PIECE: usize = 64 << 10;

/// The longest line of a chunk's size or of a trailer.
const LONGEST_LINE: usize = 4 << 10;

/// A body that is being read, after its head.
pub struct Reader<'a> {
    stream: &'a mut TcpStream,
    buffer: &'a mut BytesMut,
    /// The rest of the body, or of the current chunk.
    left: u64,
    chunked: bool,
    /// A chunk has been read, so that its line ends before the next size.
    begun: bool,
    ended: bool,
}

impl<'a> Reader<'a> {
    pub fn new(stream: &'a mut TcpStream, buffer: &'a mut BytesMut, framing: Framing) -> Reader<'a> {
        let (left, chunked) = match framing {
            Framing::Length(length) => (length, false),
            Framing::Chunked => (0, true),
        };
        Reader { stream, buffer, left, chunked, begun: false, ended: false }
    }

    /// Returns the next piece, and nothing at the end of the body.
    pub async fn next(&mut self) -> io::Result<Option<BytesMut>> {
        if self.left == 0 && self.chunked && !self.ended {
            self.next_chunk().await?;
        }
        if self.left == 0 {
            return Ok(None);
        }
        if self.buffer.is_empty() {
            self.fill().await?;
        }
        let size = self.buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= size as u64;
        Ok(Some(self.buffer.split_to(size)))
    }

    /// Reads the size of the next chunk, or the end of the body.
    async fn next_chunk(&mut self) -> io::Result<()> {
        if self.begun && !self.line().await?.is_empty() {
            return Err(malformed());
        }
        self.begun = true;
        let line = self.line().await?;
        let digits = line.split(|b| *b == b';').next().unwrap_or(&[]);
        if digits.is_empty() || digits.len() > 15 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(malformed());
        }
        let digits = std::str::from_utf8(digits).map_err(|_| malformed())?;
        self.left = u64::from_str_radix(digits, 16).map_err(|_| malformed())?;
        if self.left == 0 {
            self.ended = true;
            while !self.line().await?.is_empty() {} // trailers
        }
        Ok(())
    }

    /// Returns the next line without its end.
    async fn line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|w| w == b"\r\n") {
                let line = self.buffer.split_to(end).to_vec();
                self.buffer.advance(2);
                return Ok(line);
            }
            if self.buffer.len() > LONGEST_LINE {
                return Err(malformed());
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> io::Result<()> {
        self.buffer.reserve(PIECE);
        match self.stream.read_buf(self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// The error of a body that breaks the protocol.
fn malformed() -> io::Error {
    io::ErrorKind::InvalidData.into()
}
