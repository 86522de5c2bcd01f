//! The keys of identity providers, fetched where they publish them.
//!
//! A provider is asked at the address that the operator wrote and nowhere else:
//! redirects are not followed, and keys lie at the same origin. Answers are
//! bounded in bytes and time. What is fetched is `gate`'s to read and `region`'s
//! to remember.
//! SPEC: OpenID Connect Discovery 1.0, 4; RFC 8414.

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use gate::identify::token::KeySet;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use listen::Trust;
use region::Region;
use region::noun::issuer::IssuerRow;
use serde_json::Value;

use crate::client::{Address, CallError, send};

const CONFIGURATION: &str = "/.well-known/openid-configuration";
/// WHY: one that is added or fails is asked within this; nobody waits for it.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// WHY: somebody may be waiting to be let in, and waits five seconds.
const ANSWER_WAIT: Duration = Duration::from_secs(4);
/// WHY: configurations are 3 to 10 KiB, keys some hundred bytes each.
const ANSWER_BYTES_MAX: usize = 256 * 1_024;

/// Why there are no keys. It names no address: a log names nobody.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("it does not answer")]
    Call(#[source] CallError),
    #[error("it answers with status {0}")]
    Status(StatusCode),
    #[error("its answer is too long or was cut")]
    Body,
    #[error("it says that it is another")]
    Other,
    #[error("its keys lie at another origin")]
    Origin,
    #[error("what it publishes are no keys")]
    Keys,
    #[error("it did not answer in time")]
    Late,
}

/// Keeps the keys of every trusted issuer, until told to end.
pub async fn keep_issuers(region: Region, trust: Option<Trust>, until: impl Future<Output = ()> + Send) {
    let keeping = async {
        loop {
            round(&region, trust.as_ref()).await;
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = region.keyring().wanted() => {}
            }
        }
    };
    tokio::select! {
        () = keeping => {}
        // An answer on its way changes nothing that lasts.
        () = until => {}
    }
}

async fn round(region: &Region, trust: Option<&Trust>) {
    let issuers = match region.issuers().await {
        Ok(issuers) => issuers,
        Err(refusal) => {
            tracing::warn!(reason = refusal.reason.code(), "no identity provider was asked for its keys");
            return;
        }
    };
    let due = region.keyring().due(issuers, region.now());
    let asking = due.iter().map(|row| async move {
        let keys = tokio::time::timeout(ANSWER_WAIT, fetch(row, trust)).await.unwrap_or(Err(Fault::Late));
        if let Err(fault) = &keys {
            tracing::warn!(issuer = %row.id, %fault, "an identity provider gives no keys");
        }
        region.keyring().answered(row.id, keys.ok(), region.now());
    });
    join_all(asking).await;
}

async fn fetch(row: &IssuerRow, trust: Option<&Trust>) -> Result<KeySet, Fault> {
    let base = row.url.trim_end_matches('/');
    let configuration = json(&format!("{base}{CONFIGURATION}"), trust).await?;
    let configuration: Value = serde_json::from_slice(&configuration).map_err(|_| Fault::Keys)?;
    let text = |name: &str| configuration.get(name).and_then(Value::as_str);
    // SPEC: OpenID Connect Discovery 1.0, 4.3: to the letter, so that nobody stands in for another.
    if text("issuer") != Some(row.url.as_str()) {
        return Err(Fault::Other);
    }
    let keys = text("jwks_uri").ok_or(Fault::Keys)?;
    // WHY: what a provider writes there must not make us ask inside the perimeter.
    if place(keys)?.0 != place(&row.url)?.0 {
        return Err(Fault::Origin);
    }
    let keys = KeySet::read(&json(keys, trust).await?).map_err(|_| Fault::Keys)?;
    if keys.is_empty() { Err(Fault::Keys) } else { Ok(keys) }
}

async fn json(url: &str, trust: Option<&Trust>) -> Result<Bytes, Fault> {
    let (address, path) = place(url)?;
    let body = Full::new(Bytes::new()).map_err(|never: Infallible| match never {}).boxed_unsync();
    let request = Request::get(path)
        .header(header::HOST, address.host_header())
        .header(header::ACCEPT, "application/json")
        .body(body)
        .map_err(|_| Fault::Call(CallError::Unwritten))?;
    let response = send(&address, trust, request).await.map_err(Fault::Call)?;
    if response.status() != StatusCode::OK {
        return Err(Fault::Status(response.status()));
    }
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
    Ok(body.map_err(|_| Fault::Body)?.to_bytes())
}

fn place(url: &str) -> Result<(Address, String), Fault> {
    crate::client::place(url).map_err(Fault::Call)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: an address is asked as it is written. Method: with and without a path and a port.
    #[test]
    fn an_issuer_is_asked_at_its_address() {
        for (url, expected) in [
            ("https://iam.example.org/", Some(("https://iam.example.org:443", "/"))),
            ("https://iam.example.org/realms/a", Some(("https://iam.example.org:443", "/realms/a"))),
            ("http://127.0.0.1:4000", Some(("http://127.0.0.1:4000", "/"))),
            ("http://169.254.169.254/latest", None),
            ("http://iam.example.org/", None),
            ("file:///etc/passwd", None),
            ("iam.example.org", None),
        ] {
            let read = place(url).ok().map(|(address, path)| (address.to_string(), path));
            let expected = expected.map(|(address, path)| (address.to_owned(), path.to_owned()));
            assert_eq!(read, expected, "{url}");
        }
    }
}
