//! What pages look like and do: one style, one script and one more to send files, one icon; of this origin alone.

use std::sync::LazyLock;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use http::request::Parts;
use http::{HeaderValue, Method, Response, header};
use http_body_util::{BodyExt, Full};

use super::answer;
use crate::perform::Body;

struct Asset {
    /// Its name and what stands in it, so that a changed one is another.
    path: String,
    media: &'static str,
    bytes: &'static [u8],
}

fn asset(name: &str, media: &'static str, bytes: &'static [u8]) -> Asset {
    let mark = HEXLOWER.encode(seal::sha256(bytes).split_at(8).0);
    Asset { path: format!("/assets/{mark}/{name}"), media, bytes }
}

static STYLE: LazyLock<Asset> =
    LazyLock::new(|| asset("style.css", "text/css; charset=utf-8", include_bytes!("../assets/style.css")));
static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    asset("console.js", "text/javascript; charset=utf-8", include_bytes!("../assets/console.js"))
});
static UPLOAD: LazyLock<Asset> = LazyLock::new(|| {
    asset("upload.js", "text/javascript; charset=utf-8", include_bytes!("../assets/upload.js"))
});
static ICON: LazyLock<Asset> =
    LazyLock::new(|| asset("icon.svg", "image/svg+xml", include_bytes!("../assets/icon.svg")));

pub fn style() -> &'static str {
    &STYLE.path
}

pub fn script() -> &'static str {
    &SCRIPT.path
}

/// For the pages of buckets alone.
pub fn upload() -> &'static str {
    &UPLOAD.path
}

pub fn icon() -> &'static str {
    &ICON.path
}

/// The asset that is asked for; it may be kept for good.
pub fn find(parts: &Parts) -> Option<Response<Body>> {
    let all = [&*STYLE, &*SCRIPT, &*UPLOAD, &*ICON];
    let asset =
        all.into_iter().find(|asset| parts.method == Method::GET && asset.path == parts.uri.path())?;
    let body = Full::new(Bytes::from_static(asset.bytes));
    let mut response = Response::new(body.map_err(|never| match never {}).boxed_unsync());
    answer::guard(&mut response, false);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    Some(response)
}
