//! An agreement as a document: what is signed, in both languages, to read, to print and to keep.
//!
//! It is made of the agreement's own terms and of fixed words for its service
//! model; what binds is the digest, which is over the terms. SPEC: GDPR, Art. 28(3).

use maud::{Markup, html};
use serde_json::{Value, json};
use words::reason::Language;
use words::{Act, Reason, Refusal};

use super::layout::{Page, layout};
use super::thing::command;
use crate::console::Visit;
use crate::parts::{self, Notice};
use crate::texts::{self, Texts};
use crate::told::{said, text};

/// Layers of the service, from the ground up, and from which model on the region answers for them: 0 always, 3 never.
const LAYERS: [(&str, u8); 9] = [
    ("doc-layer-building", 0),
    ("doc-layer-network", 0),
    ("doc-layer-machines", 0),
    ("doc-layer-storage", 0),
    ("doc-layer-system", 1),
    ("doc-layer-platform", 1),
    ("doc-layer-programs", 2),
    ("doc-layer-people", 3),
    ("doc-layer-data", 3),
];

/// What a processor undertakes, letter by letter of the third paragraph.
const DUTIES: [&str; 8] = [
    "doc-duty-a",
    "doc-duty-b",
    "doc-duty-c",
    "doc-duty-d",
    "doc-duty-e",
    "doc-duty-f",
    "doc-duty-g",
    "doc-duty-h",
];

pub async fn document(visit: &Visit<'_>, name: &str) -> Result<Markup, Refusal> {
    let found = visit.list(Act::AgreementShow, json!({ "agreement": name })).await?;
    let agreement =
        found.first().ok_or_else(|| Refusal::with(Reason::NotFound, "nothing is called that here"))?;
    let alias = text(agreement, "agreement");
    let main = html! {
        (state(visit, agreement))
        @for language in [Language::Italian, Language::English] {
            article.document lang=(texts::code(language)) { (whole(Texts::of(language), agreement)) }
        }
        (parts::by_command(visit.texts, &command(Act::AgreementShow.row(), &[("agreement", alias)])))
    };
    let above = vec![
        (visit.texts.name("nouns.agreement"), "/agreements".to_owned()),
        (alias.to_owned(), format!("/agreements/{}", text(agreement, "id"))),
    ];
    Ok(layout(visit, &Page { title: &visit.texts.say_of("doc-of", alias), above, main }))
}

/// Where it stands, and what does not go on until it is signed.
fn state(visit: &Visit<'_>, agreement: &Value) -> Markup {
    let texts = visit.texts;
    let is_in_force = text(agreement, "state") == "in force";
    html! {
        p.lead { (texts.say("doc-what")) }
        @if !is_in_force {
            (parts::notice(Notice::Waits, texts.say("doc-blocked"), &html! { p { (texts.say("doc-blocked-more")) } }))
        }
        p.hint { (texts.say("doc-print")) }
    }
}

fn whole(texts: &Texts, agreement: &Value) -> Markup {
    let listed = |name: &str| {
        let all =
            agreement.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        all.map(str::to_owned).collect::<Vec<_>>().join("; ")
    };
    let or_none = |list: String| if list.is_empty() { texts.say("doc-none").to_owned() } else { list };
    let tier = agreement.get("tier").and_then(Value::as_u64);
    let days = agreement.get("retention_days").and_then(Value::as_u64).unwrap_or_default();
    html! {
        h2 { (texts.say_of("doc-title", text(agreement, "agreement"))) }
        (part(texts, "doc-parties", &html! {
            p { (texts.say("doc-parties-what")) }
            (parties(texts, agreement))
        }))
        (part(texts, "doc-subject", &html! {
            dl {
                dt { (texts.say("doc-purpose")) } dd { (text(agreement, "purpose")) }
                dt { (texts.say("doc-kinds")) } dd { (or_none(listed("categories"))) }
                @if let Some(tier) = tier { dt { (texts.say("doc-tier")) } dd { (tier) " · " (texts.name(&format!("value.tier-{tier}"))) } }
                dt { (texts.say("doc-span")) } dd { (parts::time(text(agreement, "starts"))) " – " (parts::time(text(agreement, "ends"))) }
                dt { (texts.say("doc-places")) } dd { (or_none(listed("places"))) }
                dt { (texts.say("doc-further")) } dd { (or_none(listed("sub_processors"))) }
            }
        }))
        (part(texts, "doc-duties", &html! {
            p { (texts.say("doc-duties-what")) }
            ol type="a" { @for duty in DUTIES { li { (texts.say(duty)) } } }
        }))
        (part(texts, "doc-layers", &html! {
            p { (texts.say(&format!("doc-model-{}", text(agreement, "service_model")))) }
            (layers(texts, text(agreement, "service_model")))
        }))
        (part(texts, "doc-end", &html! {
            p { (texts.say("doc-end-what")) }
            p { @if days == 0 { (texts.say("doc-kept-not")) } @else { (texts.say_of("doc-kept", &days.to_string())) } }
        }))
        (part(texts, "doc-digest", &html! {
            p { (texts.say("doc-digest-what")) }
            p { code { (text(agreement, "digest")) } }
        }))
    }
}

fn part(texts: &Texts, title: &str, body: &Markup) -> Markup {
    html! { section { h3 { (texts.say(title)) } (body) } }
}

fn parties(texts: &Texts, agreement: &Value) -> Markup {
    let parties = agreement.get("parties").and_then(Value::as_array).into_iter().flatten();
    let provider = text(agreement, "provider");
    let body = html! {
        @for party in parties {
            tr {
                th scope="row" { (text(party, "party")) }
                td { (texts.say(if text(party, "party") == provider { "doc-is-provider" } else { "doc-is-party" })) }
                td {
                    @match party.as_object().and_then(|party| said(party, "signed")) {
                        Some(at) => (parts::time(at)),
                        None => (texts.say("doc-unsigned")),
                    }
                }
            }
        }
    };
    let heads = ["doc-party", "doc-part", "doc-signed"].map(|key| texts.say(key).to_owned());
    parts::table(texts.say("doc-parties"), &heads, &body)
}

/// Who answers for which layer under a service model.
fn layers(texts: &Texts, model: &str) -> Markup {
    let reach = match model {
        "iaas" => 0,
        "paas" => 1,
        _ => 2,
    };
    let body = html! {
        @for (layer, from) in LAYERS {
            tr {
                th scope="row" { (texts.say(layer)) }
                td { (texts.say(if from <= reach { "doc-by-region" } else { "doc-by-controller" })) }
            }
        }
    };
    let heads = ["doc-layer", "doc-answers"].map(|key| texts.say(key).to_owned());
    parts::table(texts.say("doc-layers"), &heads, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: each model gives the region more to answer for, and never the data or the people.
    #[test]
    fn who_answers_grows_with_the_model() {
        let texts = Texts::of(Language::English);
        let by_region =
            |model: &str| layers(texts, model).into_string().matches(texts.say("doc-by-region")).count();
        assert_eq!(["iaas", "paas", "saas"].map(by_region), [4, 6, 7]);
    }
}
