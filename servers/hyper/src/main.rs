//! An HTTP/1.1 server on hyper, with tokio's runtime of one thread a CPU.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use answers::{Answer, Content, Options, Routes};
use hyper::body::{Bytes, HttpBody};
use hyper::header::{HeaderValue, CONNECTION, HOST};
use hyper::server::conn::Http;
use hyper::service::service_fn;
use hyper::{Body, Request, Response, StatusCode, Version};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::signal::unix::{signal, SignalKind};
use tokio::sync::Semaphore;

fn main() {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(options.cpus)
        .enable_all()
        .build()
        .expect("the runtime starts");
    let result = runtime.block_on(run(options));
    // What still waits for a client is not waited for.
    runtime.shutdown_background();
    if let Err(message) = result {
        eprintln!("{message}");
        std::process::exit(1);
    }
}

async fn run(options: Options) -> Result<(), String> {
    let routes = Arc::new(Routes::new(&options.data)?);
    let listener = listen(&options).map_err(|e| format!("cannot listen on {}: {e}", options.addr))?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|e| e.to_string())?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|e| e.to_string())?;
    tokio::select! {
        () = accept(listener, routes, &options) => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

fn listen(options: &Options) -> std::io::Result<TcpListener> {
    let socket = if options.addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(options.addr)?;
    socket.listen(answers::BACKLOG)
}

/// Accepts connections, at most as many at a time as the options say; more wait in the
/// backlog.
async fn accept(listener: TcpListener, routes: Arc<Routes>, options: &Options) {
    let most = if options.max_connections > 0 { options.max_connections } else { answers::CONNECTIONS };
    let places = Arc::new(Semaphore::new(most));
    loop {
        let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(_) => continue,
        };
        let connection = serve(stream, Arc::clone(&routes), options.keepalive_requests);
        tokio::spawn(async move {
            connection.await;
            drop(place);
        });
    }
}

/// Serves one connection, and closes it after that many requests unless most is 0.
async fn serve(stream: TcpStream, routes: Arc<Routes>, most: usize) {
    // A client that is gone needs no small packets.
    let _ = stream.set_nodelay(true);
    let served = AtomicUsize::new(0);
    let service = service_fn(|request: Request<Body>| {
        let last = served.fetch_add(1, Ordering::Relaxed) + 1 == most;
        let routes = Arc::clone(&routes);
        async move {
            let mut response = respond(&routes, request).await;
            if last {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response)
        }
    });
    // An error is a client that broke the protocol or went away.
    let _ = Http::new().http1_only(true).pipeline_flush(true).serve_connection(stream, service).await;
}

async fn respond(routes: &Routes, request: Request<Body>) -> Response<Body> {
    if request.version() == Version::HTTP_11 && !request.headers().contains_key(HOST) {
        return convert(Answer::bad_request()).await;
    }
    let (head, body) = request.into_parts();
    let (route, rest) = routes.find(head.method.as_str(), head.uri.path());
    let (bytes, count) = match read(body, route.body).await {
        Ok(read) => read,
        Err(answer) => return convert(answer).await,
    };
    let headers = |name: &str| head.headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).collect();
    let answer = routes.answer(
        route,
        &answers::Request {
            query: head.uri.query().unwrap_or(""),
            rest,
            headers: &headers,
            body: &bytes,
            body_bytes: count,
        },
    );
    convert(answer).await
}

/// Reads a body as its route wants it: the bytes, if they are wanted, and their number.
async fn read(mut body: Body, how: answers::Body) -> Result<(Vec<u8>, u64), Answer> {
    let mut bytes = Vec::new();
    let mut count = 0;
    while let Some(piece) = body.data().await {
        let piece = piece.map_err(|_| Answer::bad_request())?;
        count += piece.len() as u64;
        if how == answers::Body::Whole {
            if count > answers::WHOLE_LIMIT as u64 {
                return Err(Answer::too_large());
            }
            bytes.extend_from_slice(&piece);
        }
    }
    Ok((bytes, count))
}

async fn convert(answer: Answer) -> Response<Body> {
    if !answer.delay.is_zero() {
        tokio::time::sleep(answer.delay).await;
    }
    let mut status = answer.status;
    let body = match answer.content {
        Content::Fixed(text) => Body::from(text),
        Content::Made(text) => Body::from(text),
        Content::File(path) => match tokio::fs::read(path).await {
            Ok(content) => Body::from(content),
            Err(_) => {
                status = StatusCode::NOT_FOUND.as_u16();
                Body::empty()
            }
        },
        Content::Events => events(),
        Content::None => Body::empty(),
    };
    let mut response = Response::builder().status(status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(body).expect("the answers have valid headers")
}

/// A body of events, each sent by itself.
fn events() -> Body {
    let (mut sender, body) = Body::channel();
    tokio::spawn(async move {
        for n in 1..=answers::EVENTS {
            if sender.send_data(Bytes::from(answers::event(n))).await.is_err() {
                return; // the client is gone
            }
        }
    });
    body
}
