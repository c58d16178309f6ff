//! @NAME@ answers the rows hello, json and echo.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{SystemTime, UNIX_EPOCH};

fn main() -> Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
    for stream in TcpListener::bind(address)?.incoming().flatten() {
        // A client that goes away ends its own thread alone.
        std::thread::spawn(move || drop(serve(stream)));
    }
    Ok(())
}

/// Request is one request with its whole body.
struct Request {
    method: String,
    target: String,
    body: Vec<u8>,
    close: bool,
}

fn serve(mut stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut input = BufReader::new(stream.try_clone()?);
    while let Some(request) = read(&mut input)? {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let (status, kind, body) = match (request.method.as_str(), path) {
            ("GET", "/") => ("200 OK", "text/plain", b"alive\r\n".to_vec()),
            ("GET", "/json") => ("200 OK", "application/json", document(query)),
            ("POST", "/echo") => ("200 OK", "application/octet-stream", request.body),
            _ => ("404 Not Found", "text/plain", b"not found\n".to_vec()),
        };
        let mut answer = format!(
            "HTTP/1.1 {status}\r\nDate: {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            date(),
            body.len()
        )
        .into_bytes();
        answer.extend(body);
        stream.write_all(&answer)?;
        if request.close {
            break;
        }
    }
    Ok(())
}

/// read returns the next request, or nothing at the end of the connection.
fn read(input: &mut BufReader<TcpStream>) -> Result<Option<Request>> {
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (method, target) = match (words.next(), words.next()) {
        (Some(method), Some(target)) => (method, target),
        _ => return Err(Error::from(ErrorKind::InvalidData)),
    };
    let mut request = Request { method: method.into(), target: target.into(), body: Vec::new(), close: false };
    loop {
        let mut field = String::new();
        input.read_line(&mut field)?;
        let (name, value) = match field.split_once(':') {
            Some(pair) => pair,
            None => break,
        };
        match (name.to_ascii_lowercase().as_str(), value.trim()) {
            ("content-length", length) => {
                let length = length.parse::<usize>().map_err(|_| Error::from(ErrorKind::InvalidData))?;
                request.body = vec![0; length];
            }
            ("connection", value) => request.close = value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    input.read_exact(&mut request.body)?;
    Ok(Some(request))
}

fn document(query: &str) -> Vec<u8> {
    let id = query.strip_prefix("id=").and_then(|id| id.parse().ok()).unwrap_or(1u32);
    let flags = ["fast", "correct", "measured", "repeatable"].map(|flag| format!("\"{flag}\"")).join(",");
    format!("{{\"id\":{id},\"status\":\"ok\",\"data\":{{\"name\":\"joust\",\"version\":\"1.0.0\",\"flags\":[{flags}]}}}}").into_bytes()
}

/// date returns the time of now in the form of HTTP (RFC 9110 §5.6.7).
fn date() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, seconds) = (now / 86400, now % 86400);
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][(days % 7) as usize];
    // Years that begin in March have their leap day at the end.
    let z = days + 719468;
    let era_day = z % 146097;
    let year = (era_day - era_day / 1460 + era_day / 36524 - era_day / 146096) / 365;
    let day_of_year = era_day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let name = ["Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"][month as usize];
    let year = year + z / 146097 * 400 + u64::from(month >= 10);
    format!("{weekday}, {day:02} {name} {year} {:02}:{:02}:{:02} GMT", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
