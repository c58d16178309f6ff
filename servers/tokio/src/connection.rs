//! One connection: requests are read and answered in turn.

use std::fmt::Write;
use std::io;
use std::time::SystemTime;

use answers::{Answer, Body, Content, Request, Routes};
use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::body::{Reader, PIECE};
use crate::head::{Framing, Head};

pub struct Connection<'a> {
    stream: TcpStream,
    routes: &'a Routes,
    /// After this many requests the connection is closed; 0 is never.
    most: usize,
    /// What has been read and not used.
    input: BytesMut,
    /// Answers that wait to be written together.
    output: BytesMut,
}

impl<'a> Connection<'a> {
    pub fn new(stream: TcpStream, routes: &'a Routes, most: usize) -> Connection<'a> {
        // A client that is gone needs no small packets.
        let _ = stream.set_nodelay(true);
        Connection { stream, routes, most, input: BytesMut::with_capacity(4096), output: BytesMut::new() }
    }

    /// Serves until the client or a rule ends the connection.
    pub async fn serve(mut self) -> io::Result<()> {
        let mut served = 0;
        loop {
            let mut head = match self.head().await {
                Ok(Some(head)) => head,
                Ok(None) => return Ok(()),
                Err(Refused::Gone(error)) => return Err(error),
                Err(Refused::Answer(answer)) => {
                    self.write(*answer, false, false).await?;
                    return self.close().await;
                }
            };
            served += 1;
            head.keep_alive &= served != self.most;
            let without_body = head.method == "HEAD";
            let (answer, keep_alive) = match self.answer(&head).await {
                Ok(answer) => (answer, head.keep_alive),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => (Answer::bad_request(), false),
                Err(error) => return Err(error),
            };
            self.write(answer, keep_alive, without_body).await?;
            if !keep_alive {
                return self.close().await;
            }
        }
    }

    /// Reads the next head: none at the end of the connection. It writes the answers that
    /// wait before it waits itself, so that those of pipelined requests leave together.
    async fn head(&mut self) -> Result<Option<Head>, Refused> {
        loop {
            if !self.input.is_empty() {
                if let Some(head) = Head::parse(&self.input).map_err(|answer| Refused::Answer(Box::new(answer)))? {
                    self.input.advance(head.size);
                    return Ok(Some(head));
                }
            }
            self.flush().await.map_err(Refused::Gone)?;
            self.input.reserve(4096);
            if self.stream.read_buf(&mut self.input).await.map_err(Refused::Gone)? == 0 {
                return Ok(None);
            }
        }
    }

    /// Reads the body as the route wants it, and answers.
    async fn answer(&mut self, head: &Head) -> io::Result<Answer> {
        if head.expects_continue {
            self.output.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        // A body may come late; earlier answers do not wait for it.
        if !matches!(head.framing, Framing::Length(0)) {
            self.flush().await?;
        }
        let (route, rest) = self.routes.find(&head.method, &head.path);
        let mut reader = Reader::new(&mut self.stream, &mut self.input, head.framing);
        let mut body = Vec::new();
        let mut count = 0;
        while let Some(piece) = reader.next().await? {
            count += piece.len() as u64;
            if route.body == Body::Whole && count <= answers::WHOLE_LIMIT as u64 {
                body.extend_from_slice(&piece);
            }
        }
        if route.body == Body::Whole && count > answers::WHOLE_LIMIT as u64 {
            return Ok(Answer::too_large());
        }
        let headers = |name: &str| head.values(name);
        let request = Request { query: &head.query, rest, headers: &headers, body: &body, body_bytes: count };
        Ok(self.routes.answer(route, &request))
    }

    async fn write(&mut self, mut answer: Answer, keep_alive: bool, without_body: bool) -> io::Result<()> {
        if !answer.delay.is_zero() {
            self.flush().await?;
            tokio::time::sleep(answer.delay).await;
        }
        if let Content::File(path) = &answer.content {
            match tokio::fs::read(path).await {
                Ok(content) => answer.content = Content::Made(content),
                Err(_) => answer = Answer::not_found(),
            }
        }
        self.write_head(&answer, keep_alive);
        match &answer.content {
            Content::Events => return self.write_events().await,
            Content::Fixed(text) if !without_body => self.output.extend_from_slice(text),
            Content::Made(text) if !without_body => self.output.extend_from_slice(text),
            _ => {}
        }
        if self.output.len() >= PIECE {
            self.flush().await?;
        }
        Ok(())
    }

    fn write_head(&mut self, answer: &Answer, keep_alive: bool) {
        let date = httpdate::HttpDate::from(SystemTime::now());
        let out = &mut self.output;
        // Writing into memory does not fail.
        let _ = write!(out, "HTTP/1.1 {} {}\r\ndate: {date}\r\n", answer.status, reason(answer.status));
        for (name, value) in &answer.headers {
            let _ = write!(out, "{name}: {value}\r\n");
        }
        let _ = match &answer.content {
            Content::Fixed(text) => write!(out, "content-length: {}\r\n", text.len()),
            Content::Made(text) => write!(out, "content-length: {}\r\n", text.len()),
            Content::Events => write!(out, "transfer-encoding: chunked\r\n"),
            Content::File(_) | Content::None => Ok(()),
        };
        out.extend_from_slice(if keep_alive { b"\r\n" } else { b"connection: close\r\n\r\n" });
    }

    /// Sends each event by itself, in a chunk.
    async fn write_events(&mut self) -> io::Result<()> {
        self.flush().await?;
        for n in 1..=answers::EVENTS {
            let event = answers::event(n);
            let _ = write!(self.output, "{:x}\r\n{event}\r\n", event.len());
            self.flush().await?;
        }
        self.output.extend_from_slice(b"0\r\n\r\n");
        self.flush().await
    }

    async fn flush(&mut self) -> io::Result<()> {
        if !self.output.is_empty() {
            self.stream.write_all(&self.output).await?;
            self.output.clear();
        }
        Ok(())
    }

    /// Ends the connection so that the client still gets the last answer: it takes what
    /// the client sends for a moment, since a reset would overtake the answer.
    async fn close(&mut self) -> io::Result<()> {
        const MOMENT: std::time::Duration = std::time::Duration::from_millis(500);
        self.flush().await?;
        self.stream.shutdown().await?;
        let mut rest = vec![0; 16 << 10];
        let drain = async { while matches!(self.stream.read(&mut rest).await, Ok(n) if n > 0) {} };
        let _ = tokio::time::timeout(MOMENT, drain).await;
        Ok(())
    }
}

/// Why there is no head.
enum Refused {
    Answer(Box<Answer>),
    Gone(io::Error),
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        302 => "Found",
        304 => "Not Modified",
        400 => "Bad Request",
        404 => "Not Found",
        413 => "Payload Too Large",
        431 => "Request Header Fields Too Large",
        _ => "Unknown",
    }
}
