//! The keys of identity providers, fetched where they publish them.
//!
//! A provider is asked at the address that the operator wrote and nowhere else:
//! redirects are not followed, and keys lie at the same origin. Answers are
//! bounded in bytes and time. What is fetched is `gate`'s to read and `region`'s
//! to remember.
//! SPEC: OpenID Connect Discovery 1.0, 4; RFC 8414.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use gate::identify::token::KeySet;
use http::StatusCode;
use listen::Trust;
use region::Region;
use region::noun::issuer::IssuerRow;
use region::session::keyring::{Endpoints, Published};
use serde_json::Value;

use crate::client::{CallError, configuration_of, fetch, is_same_origin};

/// WHY: one that is added or fails is asked within this; nobody waits for it.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// WHY: somebody may be waiting to be let in, and waits five seconds.
const ANSWER_WAIT: Duration = Duration::from_secs(4);

/// Why there are no keys. It names no address: a log names nobody.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("it does not answer")]
    Call(#[from] CallError),
    #[error("it answers with status {0}")]
    Status(StatusCode),
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
        let answered =
            tokio::time::timeout(ANSWER_WAIT, published(row, trust)).await.unwrap_or(Err(Fault::Late));
        if let Err(fault) = &answered {
            tracing::warn!(issuer = %row.id, %fault, "an identity provider gives no keys");
        }
        region.keyring().answered(row.id, answered.ok(), region.now());
    });
    join_all(asking).await;
}

async fn published(row: &IssuerRow, trust: Option<&Trust>) -> Result<Published, Fault> {
    let configuration = json(&configuration_of(&row.url), trust).await?;
    let configuration: Value = serde_json::from_slice(&configuration).map_err(|_| Fault::Keys)?;
    let text = |name: &str| configuration.get(name).and_then(Value::as_str);
    // SPEC: OpenID Connect Discovery 1.0, 4.3: to the letter, so that nobody stands in for another.
    if text("issuer") != Some(row.url.as_str()) {
        return Err(Fault::Other);
    }
    let keys = text("jwks_uri").ok_or(Fault::Keys)?;
    // WHY: what a provider writes there must not make us ask inside the perimeter.
    if !is_same_origin(keys, &row.url)? {
        return Err(Fault::Origin);
    }
    let keys = KeySet::read(&json(keys, trust).await?).map_err(|_| Fault::Keys)?;
    if keys.is_empty() {
        return Err(Fault::Keys);
    }
    // WHY the same origin here too: what stands there sends people and their codes on.
    let own = |name: &str| text(name).filter(|url| is_same_origin(url, &row.url).unwrap_or(false));
    let both = own("authorization_endpoint").zip(own("token_endpoint"));
    let endpoints = both.map(|(authorization, token)| Endpoints {
        authorization: authorization.to_owned(),
        token: token.to_owned(),
        end_session: own("end_session_endpoint").map(str::to_owned),
    });
    Ok(Published { keys, endpoints })
}

async fn json(url: &str, trust: Option<&Trust>) -> Result<Bytes, Fault> {
    let (status, bytes) = fetch(url, None, trust).await?;
    if status == StatusCode::OK { Ok(bytes) } else { Err(Fault::Status(status)) }
}
