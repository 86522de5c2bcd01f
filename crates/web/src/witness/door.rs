//! Where logs ask to be witnessed, on an address of its own: nothing else is behind it.
//!
//! SPEC: C2SP tlog-witness, "add-checkpoint". Whoever asks is a stranger; a log is
//! known by its signature. It must never read more than a submission can be.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use listen::{Limits, Port, Seated};
use region::Region;
use region::meter::Door;
use region::witness::sign::Verdict;
use seal::note::SUBMISSION_BYTES_MAX;
use words::Reason;

use super::ADD_PATH;

/// SPEC: what a 409 is told in.
const SIZE_MEDIA: &str = "text/x.tlog.size";
const TEXT_MEDIA: &str = "text/plain; charset=utf-8";

const LIMITS: Limits = Limits {
    head_wait: Duration::from_secs(10),
    body_wait: Duration::from_secs(10),
    close_wait: Duration::from_secs(5),
    // WHY: regions ask once a minute; what all may hold in memory is two mebibytes.
    connections_max: 64,
    headers_max: 64,
    head_bytes_max: 16 * 1_024,
};

/// Serves until told to end.
pub async fn witness(port: impl Into<Port>, region: Region, until: impl Future<Output = ()> + Send) {
    let answer = move |_: SocketAddr, request: Request<Incoming>| {
        let region = region.clone();
        async move { answered(&region, request).await }
    };
    listen::serve(port, LIMITS, Arc::new(Seated::default()), answer, until).await;
}

async fn answered(region: &Region, request: Request<Incoming>) -> Response<Full<Bytes>> {
    if request.method() != Method::POST || request.uri().path() != ADD_PATH {
        return said(StatusCode::NOT_FOUND, TEXT_MEDIA, String::new());
    }
    let whole = Limited::new(request.into_body(), SUBMISSION_BYTES_MAX).collect();
    let verdict = match tokio::time::timeout(LIMITS.body_wait, whole).await {
        Ok(Ok(whole)) => region.add_checkpoint(&whole.to_bytes()).await,
        Ok(Err(_)) | Err(_) => Ok(Verdict::Malformed),
    };
    let refused = |reason| region.meters().stranger(Door::Witness, reason);
    let (status, text) = match verdict {
        Ok(Verdict::Signed(line)) => (StatusCode::OK, line),
        Ok(Verdict::Known(size)) => {
            refused(Reason::StateWrong);
            return said(StatusCode::CONFLICT, SIZE_MEDIA, format!("{size}\n"));
        }
        Ok(Verdict::Malformed) => {
            refused(Reason::Invalid);
            (StatusCode::BAD_REQUEST, "not a submission\n".to_owned())
        }
        Ok(Verdict::Unknown) => {
            refused(Reason::NotFound);
            (StatusCode::NOT_FOUND, "a log that is not witnessed here\n".to_owned())
        }
        Ok(Verdict::Unsigned) => {
            refused(Reason::SignatureWrong);
            (StatusCode::FORBIDDEN, "not signed by the log's key\n".to_owned())
        }
        Ok(Verdict::Unproven) => {
            refused(Reason::ChecksumWrong);
            (StatusCode::UNPROCESSABLE_ENTITY, "the proof does not lead there\n".to_owned())
        }
        Ok(Verdict::TooSoon) => (StatusCode::TOO_MANY_REQUESTS, "it grew a moment ago\n".to_owned()),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, String::new()),
    };
    said(status, TEXT_MEDIA, text)
}

fn said(status: StatusCode, media: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
