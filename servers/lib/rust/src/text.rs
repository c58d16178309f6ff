//! Small parsers of headers.

/// Counts the pairs of a Cookie header.
pub fn cookies(header: &str) -> usize {
    header.split(';').filter(|pair| pair.contains('=')).count()
}

/// Reports whether an Accept-Encoding header lists the encoding. It ignores weights.
pub fn accepts(header: &str, encoding: &str) -> bool {
    header.split(',').any(|part| part.split(';').next().map_or(false, |name| name.trim() == encoding))
}

/// Returns the media type of a file by the ending of its name.
pub fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css",
        Some("html") => "text/html",
        Some("js") => "text/javascript",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain",
        Some("webp") => "image/webp",
        Some("woff2") => "font/woff2",
        Some("xml") => "application/xml",
        _ => "application/octet-stream",
    }
}
