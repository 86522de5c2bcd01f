//! The acts of witnessing: operators name whom this region asks and whom it signs for.

use std::net::SocketAddrV6;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use seal::merkle::empty_root;
use seal::note::{CosignerKey, NoteVerifier};
use serde_json::{Value, json};
use words::act::{WitnessAdd, WitnessFollow, WitnessLeave, WitnessRemove, WitnessShow};
use words::noun::ROOT_CELL;
use words::{Reason, Refusal};

use crate::act::{Frame, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::cell::publish;
use crate::row::Seal;
use crate::show::Show;
use crate::witness::{FOLLOWED_MAX, FollowRow, State, WITNESSES_MAX, WitnessRow};

/// WHY: a URL of a host and a prefix.
const ADDRESS_CHARS_MAX: usize = 512;
/// Of a declared loss: SHA-256 in hexadecimal.
const DIGEST_CHARS: usize = 64;

fn wrong(why: impl Into<String>) -> Refusal {
    Refusal::with(Reason::Invalid, why)
}

/// WHY loopback only in clear: whoever is between could answer in the witness's place that it knows more.
/// WHY nothing but host, port and plain path: it is kept and shown, so that it must hold no user and no password.
fn is_address(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let is_place = match scheme {
        "https" => is_host(place),
        "http" => ["127.0.0.1:", "[::1]:", "localhost:"]
            .iter()
            .any(|near| place.strip_prefix(near).is_some_and(is_port)),
        _ => false,
    };
    text.len() <= ADDRESS_CHARS_MAX && is_place && path.bytes().all(is_plain)
}

/// A name or an IP address, perhaps with a port; IPv6 in brackets and with one.
fn is_host(place: &str) -> bool {
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (place, None),
    };
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    let is_name = !host.is_empty() && host.bytes().all(is_of_name);
    place.parse::<SocketAddrV6>().is_ok() || (is_name && port.is_none_or(is_port))
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

/// A witness's or a log's name, of it or of its whole key.
fn name(text: &str) -> &str {
    text.split('+').next().unwrap_or_default().trim()
}

#[async_trait]
impl Rule for WitnessAdd {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let key: CosignerKey =
            self.witness.trim().parse().map_err(|error| wrong(format!("the witness's key: {error}")))?;
        if key == *frame.region.cosigner()?.public() {
            return Err(wrong("that is this region's own key: who signs for itself is no witness"));
        }
        if !is_address(&self.address) {
            return Err(wrong("a witness is asked at `https://host:port`, or at `http://127.0.0.1:port`"));
        }
        let name = key.name().to_string();
        if draft.row::<WitnessRow>(name.as_bytes()).await?.is_some() {
            return Err(Reason::NameTaken.into());
        }
        if draft.all::<WitnessRow>(&[]).await?.len() >= WITNESSES_MAX {
            return Err(Reason::QuotaFull.into());
        }
        let (key, address) = (key.to_string(), self.address.clone());
        let row = WitnessRow { key, address, since: frame.now, signed: None, disputed: None };
        draft.put(name.as_bytes(), &row)?;
        Ok(Outcome::default().saying(json!({ "witness": name })))
    }
}

#[async_trait]
impl Rule for WitnessRemove {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let name = name(&self.witness);
        draft.known::<WitnessRow>(name.as_bytes()).await?;
        draft.remove::<WitnessRow>(Seal::Cell, name.as_bytes());
        Ok(Outcome::default().saying(json!({ "witness": name })))
    }
}

#[async_trait]
impl Rule for WitnessFollow {
    /// INVARIANT: what was signed is forgotten only by the word of an operator who cites a declared loss.
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let key: NoteVerifier =
            self.log.trim().parse().map_err(|error| wrong(format!("the log's key: {error}")))?;
        let origin = key.name().to_string();
        if origin == publish::origin(&frame.region.ground().origin, ROOT_CELL) {
            return Err(wrong("that is this region's own ledger: who signs for itself is no witness"));
        }
        if self.loss.as_deref().is_some_and(|loss| !is_digest(loss)) {
            return Err(wrong("a declared loss is cited by its digest, as `epic restore` printed it"));
        }
        let key = key.to_string();
        let fresh = FollowRow {
            key: key.clone(),
            is_followed: true,
            size: 0,
            root: empty_root().0.into(),
            at: frame.now,
        };
        let before: Option<FollowRow> = draft.row(origin.as_bytes()).await?;
        let was = before.as_ref().map(|row| json!({ "size": row.size, "root": HEXLOWER.encode(&*row.root) }));
        let row = match (before, &self.loss) {
            (Some(row), None) if row.is_followed && row.key == key => return Err(Reason::AlreadyDone.into()),
            (Some(row), None) => FollowRow { key, is_followed: true, ..row },
            (None, None) if draft.all::<FollowRow>(&[]).await?.len() >= FOLLOWED_MAX => {
                return Err(Reason::QuotaFull.into());
            }
            (Some(_), Some(_)) | (None, None) => fresh,
            (None, Some(_)) => return Err(wrong("nothing of this log was signed here that could be lost")),
        };
        draft.put(origin.as_bytes(), &row)?;
        Ok(Outcome::default().saying(json!({ "log": origin, "was": was })))
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == DIGEST_CHARS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[async_trait]
impl Rule for WitnessLeave {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let origin = name(&self.log);
        let row: FollowRow = draft.known(origin.as_bytes()).await?;
        if !row.is_followed {
            return Err(Reason::AlreadyDone.into());
        }
        // WHY not removed: followed again, it must go on from what was signed.
        draft.put(origin.as_bytes(), &FollowRow { is_followed: false, ..row })?;
        Ok(Outcome::default().saying(json!({ "log": origin })))
    }
}

#[async_trait]
impl Show for WitnessShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let (region, ground) = (scene.region, scene.region.ground());
        let witnesses = region.witnesses_in(scene.root).await?;
        let followed = scene.root.all::<FollowRow>(&[]).await?;
        let log = publish::verifier(&ground.origin, ROOT_CELL, ground.signer.public());
        Ok(json!({
            "key": region.cosigner()?.public().to_string(),
            "log": log.map(|log| log.to_string()),
            "witnesses": witnesses.iter().map(told).collect::<Vec<_>>(),
            "followed": followed.iter().map(|(origin, row)| json!({
                "log": String::from_utf8_lossy(origin),
                "key": row.key,
                "followed": row.is_followed,
                "size": row.size,
                "root": HEXLOWER.encode(&*row.root),
                "at": row.at,
            })).collect::<Vec<_>>(),
        }))
    }
}

fn told((name, row, state): &(String, WitnessRow, State)) -> Value {
    let signed = row.signed.as_ref();
    json!({
        "witness": name,
        "key": row.key,
        "address": row.address,
        "state": state.text(),
        "size": signed.map(|signed| signed.size),
        "at": signed.map(|signed| signed.at),
        "knows": row.disputed.map(|dispute| dispute.size),
    })
}
