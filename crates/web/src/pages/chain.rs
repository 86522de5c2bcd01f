//! A release's chain: one page to print, each step leading to the leaves that prove it.

use maud::{Markup, html};
use serde_json::{Map, Value, json};
use words::{Act, Refusal};

use super::layout::{Page, layout};
use super::leaf::linked;
use super::thing::command;
use crate::console::Visit;
use crate::parts::{self, Notice};
use crate::texts::Texts;
use crate::told::text;

pub async fn chain(visit: &Visit<'_>, project: &str, airlock: &str) -> Result<Markup, Refusal> {
    let texts = visit.texts;
    let told = visit.look(Act::AirlockChain, json!({ "project": project, "airlock": airlock })).await?;
    let links: Vec<&Map<String, Value>> = told
        .get("links")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .collect();
    let is_whole = told.get("whole").and_then(Value::as_bool).unwrap_or(false);
    let main = html! {
        p.lead { (texts.say("chain-what")) }
        dl {
            dt { (texts.name("project")) } dd { (text(&told, "project")) }
            dt { (texts.name("purpose")) } dd { (text(&told, "purpose")) }
            dt { (texts.name("state")) } dd { (parts::cell(texts, "state", told.get("state").unwrap_or(&Value::Null))) }
        }
        @if !is_whole { (parts::notice(Notice::Waits, texts.say("chain-cut"), &html! {})) }
        ol.chain { @for link in &links { li { (one(texts, link)) } } }
        p.hint { (texts.say("chain-how")) }
        (parts::by_command(texts, &command(Act::AirlockChain.row(), &[("airlock", airlock), ("project", project)])))
    };
    let above = vec![
        (project.to_owned(), format!("/projects/{project}")),
        (airlock.to_owned(), format!("/projects/{project}/airlocks/{airlock}")),
    ];
    Ok(layout(visit, &Page { title: &texts.say_of("chain-of", airlock), above, main }))
}

fn one(texts: &Texts, link: &Map<String, Value>) -> Markup {
    let said = |name: &str| link.get(name).and_then(Value::as_str).unwrap_or_default();
    let shown: Map<String, Value> = link
        .iter()
        .filter(|(name, value)| !["link", "name", "leaves"].contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let leaves = link.get("leaves").and_then(Value::as_array).into_iter().flatten();
    html! {
        h2 { (texts.name(&format!("noun.{}", said("link")))) " " (said("name")) }
        (parts::thing(texts, &shown))
        ul.leaves {
            @for leaf in leaves {
                li {
                    (act(texts, text(leaf, "act"))) " · " (parts::time(text(leaf, "time"))) " · " (linked(text(leaf, "leaf")))
                }
            }
        }
    }
}

fn act(texts: &Texts, name: &str) -> String {
    Act::parse(name).map_or_else(|| name.to_owned(), |act| texts.act(act).to_owned())
}
