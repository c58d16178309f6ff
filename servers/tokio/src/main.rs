//! An HTTP/1.1 server on tokio alone: sockets and tasks of tokio, heads parsed by
//! httparse, and the rest written here.

mod body;
mod connection;
mod head;

use std::sync::Arc;

use answers::{Options, Routes};
use tokio::net::{TcpListener, TcpSocket};
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
        let routes = Arc::clone(&routes);
        let keepalive_requests = options.keepalive_requests;
        tokio::spawn(async move {
            // An error is a client that went away.
            let _ = connection::Connection::new(stream, &routes, keepalive_requests).serve().await;
            drop(place);
        });
    }
}
