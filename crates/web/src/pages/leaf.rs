//! One leaf of a ledger, and the proof that it stands there.

use maud::{Markup, html};
use serde_json::{Value, json};
use words::{Act, Refusal};

use super::layout::{Page, layout};
use super::thing::command;
use crate::console::Visit;
use crate::parts;

/// What a leaf tells, and what a browser, or anybody, needs to prove it.
pub async fn leaf(visit: &Visit<'_>, leaf: &str) -> Result<Markup, Refusal> {
    let texts = visit.texts;
    let proof = visit.look(Act::LedgerProve, json!({ "leaf": leaf })).await?;
    let record = proof.get("record").and_then(Value::as_object);
    let pretty = serde_json::to_string_pretty(&proof).unwrap_or_default();
    let main = html! {
        @if let Some(record) = record { (parts::thing(texts, record)) }
        (parts::section(texts.say("proof"), &html! {
            p { (texts.say("proof-what")) }
            // The script shows this; without it the proof is taken along.
            div data-verify {
                p { button type="button" hidden { (texts.say("verify-here")) } }
                ol hidden { @for step in ["verify-opens", "verify-included", "verify-signed"] { li { (texts.say(step)) } } }
                div role="status" {
                    p.proved hidden { (texts.say("proved")) }
                    p.unproved hidden { (texts.say("unproved")) }
                }
            }
            p.hint { (parts::prose(texts.say("proof-trust"))) }
            details { summary { (texts.say("proof-whole")) } pre #proof tabindex="0" { (pretty) } }
        }))
        (parts::by_command(texts, &command(Act::LedgerProve.row(), &[("leaf", leaf)])))
    };
    let number = leaf.rsplit(':').next().unwrap_or_default();
    Ok(layout(visit, &Page { title: &format!("{} {number}", texts.name("leaf")), above: Vec::new(), main }))
}

/// A leaf's name, leading to its page.
pub fn linked(leaf: &str) -> Markup {
    html! { a href={ "/leaves/" (leaf) } { code { (leaf) } } }
}
