//! Listening: HTTP/1.1 connections, bounded in number, joined at the end.
//!
//! It exists so that every door holds the same bounds against the same peers.
//! It never looks into a request and knows no rule.

mod held;
mod seat;
mod seated;
mod share;
mod sign_in;
mod steady;
mod tls;
mod trust;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::JoinSet;

pub use held::Held;
use seat::{Seat, Seats};
pub use seated::Seated;
pub use share::{Budget, Grant, Share, Shares};
pub use sign_in::{SignIn, SignIns};
use steady::Steady;
pub use tls::{Tls, TlsError};
pub use trust::Trust;

/// WHY: when the system has no descriptor left, others need a moment to give theirs back.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// How much a peer may ask of a door, and how long it may stand still.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For a request's head, and between two requests.
    pub head_wait: Duration,
    /// For the next few kilobytes of an answer to be taken.
    pub body_wait: Duration,
    /// For requests in flight when the door closes.
    pub close_wait: Duration,
    pub connections_max: usize,
    pub headers_max: usize,
    /// Of a request's line and headers; hyper takes no less than 8 KiB.
    pub head_bytes_max: usize,
}

/// Where a door is heard, and whether what is said there is enciphered.
pub struct Port {
    pub listener: TcpListener,
    pub tls: Option<Tls>,
}

impl From<TcpListener> for Port {
    fn from(listener: TcpListener) -> Self {
        Self { listener, tls: None }
    }
}

/// Serves until told to end, then lets requests in flight finish, for a while.
pub async fn serve<F, R, B>(
    port: impl Into<Port>,
    limits: Limits,
    seated: Arc<Seated>,
    answer: F,
    until: impl Future<Output = ()> + Send,
) where
    F: Fn(SocketAddr, Request<Incoming>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    let Port { listener, tls } = port.into();
    let (stop, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    let seats = Seats::new(limits.connections_max);
    let mut until = std::pin::pin!(until);
    loop {
        tokio::select! {
            () = &mut until => break,
            Some(_) = connections.join_next() => {}
            accepted = accept(&listener, &seats) => {
                if let Some((stream, peer, room)) = accepted {
                    let seat = seats.seat(peer.ip().to_canonical(), room);
                    let answer = answer.clone();
                    let answer = move |request| answer(peer, request);
                    let (tls, stopped, sits) = (tls.clone(), stopped.clone(), seated.sit());
                    connections.spawn(async move {
                        let _sits = sits;
                        connection(stream, tls, limits, answer, stopped, seat).await;
                    });
                }
            }
        }
    }
    drop(listener);
    drop(stop);
    let finish = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(limits.close_wait, finish).await.is_err() {
        connections.shutdown().await;
    }
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    seats: &Seats,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    // WHY room first: a peer once accepted is never forgotten, whichever arm of the loop wins.
    let room = seats.room().await?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, room)),
        Err(_) => {
            seats.make_room();
            tokio::time::sleep(ACCEPT_AGAIN).await;
            None
        }
    }
}

/// One peer, from its first byte to its last.
async fn connection<R, B>(
    stream: TcpStream,
    tls: Option<Tls>,
    limits: Limits,
    answer: impl Fn(Request<Incoming>) -> R + Send,
    mut stopped: watch::Receiver<()>,
    seat: Arc<Seat>,
) where
    R: Future<Output = Response<B>> + Send,
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    // A failure costs speed, nothing else.
    let _is_set = stream.set_nodelay(true);
    let steady = Steady::new(stream, limits.body_wait);
    let Some(tls) = tls else {
        return speak(steady, limits, answer, stopped, seat).await;
    };
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(limits.head_wait, tls.accept(steady)) => shaken,
        () = seat.given_away() => return,
        _stop = stopped.changed() => return,
    };
    // A peer that does not shake hands has asked for nothing; its errors are its own to see.
    if let Ok(Ok(stream)) = shaken {
        speak(stream, limits, answer, stopped, seat).await;
    }
}

/// Answers requests over a stream until either side ends it.
async fn speak<S, R, B>(
    stream: S,
    limits: Limits,
    answer: impl Fn(Request<Incoming>) -> R + Send,
    mut stopped: watch::Receiver<()>,
    seat: Arc<Seat>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    R: Future<Output = Response<B>> + Send,
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    let sitting = Arc::clone(&seat);
    let service = service_fn(move |request| {
        let answered = sitting.begin().map(|busy| (busy, answer(request)));
        async move {
            let Some((busy, answered)) = answered else {
                // The seat was given away: this connection ends before anything is done on it.
                return std::future::pending().await;
            };
            Ok::<_, Infallible>(answered.await.map(|body| Held::new(body, busy)))
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_wait)
        .max_headers(limits.headers_max)
        .max_buf_size(limits.head_bytes_max)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut serving = std::pin::pin!(serving);
    // The client's errors are the client's to see; nothing of them is logged.
    tokio::select! {
        _ended = serving.as_mut() => return,
        () = seat.given_away() => return,
        _stop = stopped.changed() => serving.as_mut().graceful_shutdown(),
    }
    let _ended = serving.await;
}
