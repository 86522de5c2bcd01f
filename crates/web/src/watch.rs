//! What the region counts of itself, on an address of its own.
//!
//! It is asked by whoever watches the machine, who signs nothing; so it says
//! nothing of anybody, and a proxy before the doors never leads to it.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use listen::{Limits, Seated};
use region::Region;
use region::meter::{self, Gauge};
use tokio::net::TcpListener;

use crate::METRICS_PATH;

/// SPEC: OpenMetrics 1.0, "Content-Type".
const MEDIA: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

const LIMITS: Limits = Limits {
    head_wait: Duration::from_secs(10),
    body_wait: Duration::from_secs(10),
    close_wait: Duration::from_secs(2),
    // WHY: a handful of watchers.
    connections_max: 32,
    headers_max: 64,
    head_bytes_max: 16 * 1_024,
};

/// Serves the page until told to end; `gauges` says what the region does not know of its process.
pub async fn watch(
    listener: TcpListener,
    region: Region,
    gauges: impl Fn() -> Vec<Gauge> + Clone + Send + Sync + 'static,
    until: impl Future<Output = ()> + Send,
) {
    let Ok(address) = listener.local_addr() else { return };
    let answer = move |_: SocketAddr, request: Request<Incoming>| {
        let (region, gauges) = (region.clone(), gauges.clone());
        async move { page(&region, address, &request, gauges()).await }
    };
    listen::serve(listener, LIMITS, Arc::new(Seated::default()), answer, until).await;
}

async fn page(
    region: &Region,
    address: SocketAddr,
    request: &Request<Incoming>,
    gauges: Vec<Gauge>,
) -> Response<Full<Bytes>> {
    let is_asked = request.method() == Method::GET && request.uri().path() == METRICS_PATH;
    if !is_asked || !is_ours(request, address) {
        return said(StatusCode::NOT_FOUND, String::new());
    }
    match meter::page(region, &gauges).await {
        Ok(page) => said(StatusCode::OK, page),
        Err(_) => said(StatusCode::SERVICE_UNAVAILABLE, String::new()),
    }
}

/// WHY: a page in a browser may reach loopback under a name of its own (DNS rebinding).
fn is_ours(request: &Request<Incoming>, address: SocketAddr) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let names = [address.to_string(), format!("localhost:{}", address.port())];
    names.iter().any(|name| name.eq_ignore_ascii_case(host))
}

fn said(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
