//! Heads of requests.

use answers::Answer;

/// The most bytes and headers of a head.
pub const LONGEST: usize = 16 << 10;
const MOST_HEADERS: usize = 100;

/// How a head says that its body ends.
#[derive(Clone, Copy)]
pub enum Framing {
    Length(u64),
    Chunked,
}

/// The head of a request.
pub struct Head {
    /// The number of its bytes.
    pub size: usize,
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub framing: Framing,
    pub keep_alive: bool,
    pub expects_continue: bool,
}

impl Head {
    /// Parses a head at the start of the bytes: none, where it is not complete yet. An
    /// error is the answer to a head that a server must refuse.
    pub fn parse(bytes: &[u8]) -> Result<Option<Head>, Answer> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let size = match request.parse(bytes) {
            Ok(httparse::Status::Complete(size)) => size,
            Ok(httparse::Status::Partial) if bytes.len() >= LONGEST => return Err(Answer::head_too_large()),
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(Answer::head_too_large()),
            Err(_) => return Err(Answer::bad_request()),
        };
        let version = request.version.unwrap_or(0);
        let target = origin_form(request.path.unwrap_or("/"));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut head = Head {
            size,
            method: request.method.unwrap_or("").to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Vec::with_capacity(request.headers.len()),
            framing: Framing::Length(0),
            keep_alive: version == 1,
            expects_continue: false,
        };
        for header in request.headers.iter() {
            let value = std::str::from_utf8(header.value).map_err(|_| Answer::bad_request())?;
            head.headers.push((header.name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        head.judge(version)?;
        Ok(Some(head))
    }

    /// Returns the values of a header by its lower-case name.
    pub fn values<'a>(&'a self, name: &str) -> Vec<&'a str> {
        self.headers.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Takes from the headers what decides on the connection, and refuses what could be
    /// read in two ways.
    fn judge(&mut self, version: u8) -> Result<(), Answer> {
        let hosts = self.values("host").len();
        if hosts > 1 || (hosts == 0 && version == 1) {
            return Err(Answer::bad_request());
        }
        let framing = match (self.values("content-length").as_slice(), self.values("transfer-encoding").as_slice()) {
            ([], []) => Framing::Length(0),
            ([length], []) if !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit()) => {
                Framing::Length(length.parse().map_err(|_| Answer::bad_request())?)
            }
            ([], [coding]) if coding.eq_ignore_ascii_case("chunked") && version == 1 => Framing::Chunked,
            _ => return Err(Answer::bad_request()),
        };
        let connection = self.values("connection").join(",").to_ascii_lowercase();
        let named = |option: &str| connection.split(',').any(|o| o.trim() == option);
        let keep_alive = !named("close") && (self.keep_alive || named("keep-alive"));
        let expects = version == 1 && self.values("expect").iter().any(|v| v.eq_ignore_ascii_case("100-continue"));
        self.framing = framing;
        self.keep_alive = keep_alive;
        self.expects_continue = expects;
        Ok(())
    }
}

/// Returns a target without the scheme and the host that its absolute form has.
fn origin_form(target: &str) -> &str {
    match target.strip_prefix("http://") {
        Some(rest) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => target,
    }
}
