//! The public register for programs.

use region::Region;
use region::register::Entry;
use serde_json::{Value, json};
use words::Refusal;

/// All of it, as `GET /v1/register` answers.
pub async fn told(region: &Region) -> Result<Value, Refusal> {
    let entries = region.register().await?;
    Ok(json!({ "register": entries.iter().map(entry).collect::<Vec<_>>() }))
}

fn entry(of: &Entry) -> Value {
    json!({
        "id": of.id,
        "purpose": { "it": of.italian, "en": of.english },
        "controller": of.controller,
        "providers": of.providers,
        "categories": of.categories,
        "tier": of.tier,
        "starts": of.starts,
        "ends": of.ends,
        "permits_in_force": of.permits,
        "published": of.published,
    })
}
