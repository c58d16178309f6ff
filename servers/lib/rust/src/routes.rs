//! The routes: what answers which path, and how it wants the request's body.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::documents::{document, gzip, object, priced, Item};
use crate::text::{accepts, cookies, media_type};

const TEXT: &str = "text/plain";
const JSON: &str = "application/json";

/// How a route wants the body of its requests.
#[derive(Clone, Copy, PartialEq)]
pub enum Body {
    /// In memory, at most WHOLE_LIMIT bytes.
    Whole,
    /// In pieces, of any length, counted.
    Pieces,
}

/// A request whose body has been read.
pub struct Request<'a> {
    pub query: &'a str,
    /// The part of the path after the route's prefix.
    pub rest: &'a str,
    /// Returns the values of a header by its lower-case name.
    pub headers: &'a dyn Fn(&str) -> Vec<&'a str>,
    /// The body, of a route that wants it whole.
    pub body: &'a [u8],
    /// The number of the body's bytes.
    pub body_bytes: u64,
}

impl<'a> Request<'a> {
    fn header(&self, name: &str) -> &'a str {
        (self.headers)(name).first().copied().unwrap_or("")
    }

    /// Returns a number of the query, which is fallback where it has none of that name.
    fn number(&self, name: &str, fallback: i64) -> Option<i64> {
        match form_urlencoded::parse(self.query.as_bytes()).find(|(key, _)| key == name) {
            Some((_, value)) => value.parse().ok(),
            None => Some(fallback),
        }
    }
}

/// The content of an answer.
pub enum Content {
    Fixed(&'static [u8]),
    Made(Vec<u8>),
    /// The file at the path.
    File(PathBuf),
    /// EVENTS events, sent one by one.
    Events,
    /// An answer that must have neither a body nor its length.
    None,
}

/// An answer: a status with headers and content.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, &'static str)>,
    pub content: Content,
    /// A time to wait before the answer.
    pub delay: Duration,
}

impl Answer {
    fn new(status: u16, content_type: &'static str, content: Content) -> Answer {
        Answer { status, headers: vec![("content-type", content_type)], content, delay: Duration::ZERO }
    }

    fn fixed(text: &'static str) -> Answer {
        Answer::new(200, TEXT, Content::Fixed(text.as_bytes()))
    }

    fn decimal(number: impl ToString) -> Answer {
        Answer::new(200, TEXT, Content::Made(number.to_string().into_bytes()))
    }

    fn json(text: Vec<u8>) -> Answer {
        Answer::new(200, JSON, Content::Made(text))
    }

    /// An answer to a request that cannot be understood.
    pub fn bad_request() -> Answer {
        Answer::new(400, TEXT, Content::Fixed(b"the request cannot be understood\n"))
    }

    /// The answer to a path without a route.
    pub fn not_found() -> Answer {
        Answer::new(404, TEXT, Content::Fixed(b"not found\n"))
    }

    /// The answer to a body that is longer than WHOLE_LIMIT.
    pub fn too_large() -> Answer {
        Answer::new(413, TEXT, Content::Fixed(b"the body is too large\n"))
    }

    /// The answer to a request whose head is too long.
    pub fn head_too_large() -> Answer {
        Answer::new(431, TEXT, Content::Fixed(b"the head is too large\n"))
    }

    fn with(mut self, name: &'static str, value: &'static str) -> Answer {
        self.headers.push((name, value));
        self
    }

    /// Compresses the text as the request allows.
    fn compressed(mut self, r: &Request) -> Answer {
        if let (Content::Made(text), true) = (&self.content, accepts(r.header("accept-encoding"), "gzip")) {
            self.content = Content::Made(gzip(text));
            self = self.with("content-encoding", "gzip");
        }
        self.with("vary", "accept-encoding")
    }
}

type Handler = fn(&Routes, &Request) -> Option<Answer>;

/// One route.
pub struct Route {
    handler: Handler,
    pub body: Body,
}

/// All routes, and what they answer from.
pub struct Routes {
    items: Vec<Item>,
    large: &'static [u8],
    files: PathBuf,
    exact: HashMap<String, Route>,
    below: Vec<(&'static str, Route)>,
    missing: Route,
}

impl Routes {
    /// Registers all routes over the data set's folder.
    pub fn new(data: &Path) -> Result<Routes, String> {
        let path = data.join("items.json");
        let explain = |e: &dyn std::fmt::Display| {
            format!("cannot read {}: {e}; give the data set's folder with --data", path.display())
        };
        let text = std::fs::read(&path).map_err(|e| explain(&e))?;
        let pattern = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let large: Vec<u8> = pattern.iter().copied().cycle().take(65536).collect();
        let mut routes = Routes {
            items: serde_json::from_slice(&text).map_err(|e| explain(&e))?,
            large: Box::leak(large.into_boxed_slice()),
            files: data.join("static"),
            exact: HashMap::new(),
            below: Vec::new(),
            missing: Route { handler: |_, _| Some(Answer::not_found()), body: Body::Pieces },
        };
        routes.register();
        Ok(routes)
    }

    fn register(&mut self) {
        self.add("GET /", |_, _| Some(Answer::fixed("alive\r\n")));
        self.add("GET /json", |_, r| Some(Answer::json(object(r.number("id", 1)?))));
        self.add("POST /echo", |_, r| {
            Some(Answer::new(200, "application/octet-stream", Content::Made(r.body.to_vec())))
        });
        self.add("GET /large", |routes, _| Some(Answer::new(200, TEXT, Content::Fixed(routes.large))));
        self.add("GET /cookies", |_, r| {
            Some(Answer::decimal((r.headers)("cookie").into_iter().map(cookies).sum::<usize>()))
        });
        self.stream("POST /upload", |_, r| Some(Answer::decimal(r.body_bytes)));
        self.add("POST /upload_auto", |_, r| Some(Answer::decimal(r.body.len())));
        self.stream("POST /upload_manual", |_, r| Some(Answer::decimal(r.body_bytes)));
        self.add("POST /form", |_, r| Some(Answer::decimal(form_urlencoded::parse(r.body).count())));
        self.stream("POST /drain", |_, _| Some(Answer::fixed("ok")));
        self.add("GET /gzip", |_, r| Some(Answer::json(document(r.number("seed", 1)?)).compressed(r)));
        self.add("GET /qs", |_, r| Some(Answer::decimal(form_urlencoded::parse(r.query.as_bytes()).count())));
        self.add("GET /etag", etag);
        self.add("GET /redirect", |_, _| {
            Some(Answer { headers: vec![("location", "/target")], ..Answer::new(302, TEXT, Content::Fixed(b"")) })
        });
        self.add("OPTIONS /api", |_, _| Some(preflight()));
        self.add("GET /sse", |_, _| {
            Some(Answer::new(200, "text/event-stream", Content::Events).with("cache-control", "no-cache"))
        });
        self.add("GET /baseline11", sum);
        self.add("POST /baseline11", sum);
        self.add("GET /pipeline", |_, _| Some(Answer::fixed("ok")));
        for i in 1..=100 {
            self.add(&format!("GET /api/v1/items/{i:04}"), |_, _| Some(Answer::fixed("alive\r\n")));
        }
        self.add_below("GET /json/", |routes, r| Some(routes.priced(r)?.compressed(r)));
        self.add_below("GET /httparena_json/", Routes::priced);
        self.add_below("GET /delay/", |_, r| {
            Some(Answer { delay: Duration::from_millis(r.rest.parse().ok()?), ..Answer::fixed("ok") })
        });
        self.add_below("GET /static/", Routes::file);
    }

    fn add(&mut self, key: &str, handler: Handler) {
        self.exact.insert(key.to_owned(), Route { handler, body: Body::Whole });
    }

    fn stream(&mut self, key: &str, handler: Handler) {
        self.exact.insert(key.to_owned(), Route { handler, body: Body::Pieces });
    }

    fn add_below(&mut self, prefix: &'static str, handler: Handler) {
        self.below.push((prefix, Route { handler, body: Body::Whole }));
    }

    /// Returns the route of a path, and the part of the path after the route's prefix.
    /// A path without a route has the one that answers 404.
    pub fn find<'a>(&self, method: &str, path: &'a str) -> (&Route, &'a str) {
        // HEAD is answered as GET, without the body.
        let method = if method == "HEAD" { "GET" } else { method };
        let key = format!("{method} {path}");
        if let Some(route) = self.exact.get(&key) {
            return (route, "");
        }
        match self.below.iter().find(|(prefix, _)| key.starts_with(prefix)) {
            Some((prefix, route)) => (route, &path[prefix.len() - method.len() - 1..]),
            None => (&self.missing, ""),
        }
    }

    /// Answers a request of the route.
    pub fn answer(&self, route: &Route, request: &Request) -> Answer {
        (route.handler)(self, request).unwrap_or_else(Answer::bad_request)
    }

    fn priced(&self, r: &Request) -> Option<Answer> {
        let count: usize = r.rest.parse().ok()?;
        let multiplier = r.number("m", 1)?;
        match self.items.get(..count) {
            Some(items) => Some(Answer::json(priced(items, multiplier))),
            None => Some(Answer::not_found()),
        }
    }

    /// Answers with a static file, in the compressed form that stands beside it where the
    /// request allows it.
    fn file(&self, r: &Request) -> Option<Answer> {
        let name = r.rest;
        if name.is_empty() || name.starts_with('.') || name.contains('/') {
            return Some(Answer::not_found());
        }
        let accepted = r.header("accept-encoding");
        for (encoding, ending) in [("br", "br"), ("gzip", "gz")] {
            let path = self.files.join(format!("{name}.{ending}"));
            if accepts(accepted, encoding) && path.exists() {
                let answer = Answer::new(200, media_type(name), Content::File(path));
                return Some(answer.with("content-encoding", encoding).with("vary", "accept-encoding"));
            }
        }
        let answer = Answer::new(200, media_type(name), Content::File(self.files.join(name)));
        Some(answer.with("vary", "accept-encoding"))
    }
}

fn etag(_: &Routes, r: &Request) -> Option<Answer> {
    const TAG: &str = "\"v1\"";
    let answer = if r.header("if-none-match") == TAG {
        Answer { headers: Vec::new(), ..Answer::new(304, TEXT, Content::None) }
    } else {
        Answer::fixed("alive\r\n")
    };
    Some(answer.with("etag", TAG))
}

fn preflight() -> Answer {
    let headers = vec![
        ("access-control-allow-origin", "https://example.com"),
        ("access-control-allow-methods", "GET, POST, OPTIONS"),
        ("access-control-allow-headers", "Content-Type, X-Requested-With"),
        ("access-control-max-age", "86400"),
    ];
    Answer { headers, ..Answer::new(204, TEXT, Content::None) }
}

/// Adds a, b and, in a request with a body, the number that the body is.
fn sum(_: &Routes, r: &Request) -> Option<Answer> {
    let body = match r.body {
        [] => 0,
        text => std::str::from_utf8(text).ok()?.parse::<i64>().ok()?,
    };
    Some(Answer::decimal(r.number("a", 0)? + r.number("b", 0)? + body))
}
