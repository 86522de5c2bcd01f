//! A project's rules as sentences, what came of each, and its data map.

use maud::{Markup, html};
use serde_json::{Value, json};
use words::{Act, Refusal};

use super::layout::{Page, layout};
use super::thing::{above, buttons, command};
use crate::console::{Visit, is_for};
use crate::parts;
use crate::texts::Texts;
use crate::told::text;

pub async fn rules(visit: &Visit<'_>, project: &str) -> Result<Markup, Refusal> {
    let texts = visit.texts;
    let rules = visit.list(Act::RuleShow, json!({ "project": project })).await?;
    let here = format!("/projects/{project}/rules");
    let given = [("project", project)];
    let acts: Vec<_> = [Act::RuleSet, Act::RuleTest, Act::RuleDrop].map(Act::row).to_vec();
    let acts: Vec<_> = acts.into_iter().filter(|row| is_for(visit, row)).collect();
    let main = html! {
        p.lead { (texts.say("rules-what")) }
        ol.rules { @for rule in &rules { li { (one(texts, rule)) } } }
        (buttons(visit, &acts, &given, &here))
        (parts::by_command(texts, &command(Act::RuleShow.row(), &given)))
    };
    let title = texts.name("nouns.rule");
    Ok(layout(visit, &Page { title: &title, above: above(visit, Some(project)), main }))
}

fn one(texts: &Texts, rule: &Value) -> Markup {
    let runs = &rule["runs"];
    let count = |name: &str| runs[name].as_u64().unwrap_or_default();
    let failed = runs["failed"].as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        article {
            h2 { (text(rule, "rule")) }
            p { (sentence(texts, rule)) }
            p.hint {
                @if rule["own"] == Value::Bool(true) { (texts.say("rules-own")) }
                @else { (texts.say_of("rules-version", &rule["version"].to_string())) " · " (parts::time(text(rule, "set"))) }
            }
            dl {
                @if rule["steps"] == serde_json::json!(["apart"]) {
                    dt { (texts.name("set_apart")) } dd { (count("made")) }
                } @else {
                    dt { (texts.name("made")) } dd { (count("made")) }
                    dt { (texts.name("nothing")) } dd { (count("nothing")) }
                }
                @if !text(runs, "last").is_empty() { dt { (texts.name("last")) } dd { (parts::time(text(runs, "last"))) } }
            }
            @if !failed.is_empty() { (failures(texts, failed)) }
        }
    }
}

/// When, then: as one would say it.
fn sentence(texts: &Texts, rule: &Value) -> Markup {
    let when = &rule["when"];
    let list = |value: &Value| {
        value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (kinds, steps) = (list(&when["kinds"]), list(&rule["steps"]));
    let sets_apart = steps.iter().any(|step| step == "apart");
    let made = steps.iter().filter(|step| *step != "apart");
    let made: Vec<_> = made.map(|step| texts.say(&format!("step-{step}")).to_owned()).collect();
    html! {
        (texts.say("rule-when")) " "
        @if kinds.is_empty() { (texts.say("rule-any")) } @else { (texts.say("rule-kinds")) " " code { (kinds.join(", ")) } }
        @for (name, says) in [("bucket", "rule-bucket"), ("prefix", "rule-prefix"), ("agreement", "rule-agreement")] {
            @if !text(when, name).is_empty() { ", " (texts.say(says)) " " code { (text(when, name)) } }
        }
        @for (name, says) in [("larger", "rule-larger"), ("smaller", "rule-smaller")] {
            @if let Some(bytes) = when[name].as_u64() { ", " (texts.say(says)) " " (parts::bytes(bytes)) }
        }
        @for (name, says) in [("labels", "rule-labels"), ("fields", "rule-fields")] {
            @let pairs = list(&when[name]);
            @if !pairs.is_empty() { ", " (texts.say(says)) " " code { (pairs.join(", ")) } }
        }
        ": "
        @if steps.is_empty() { strong { (texts.say("rule-nothing")) } }
        @if sets_apart { strong { (texts.say("step-apart")) } }
        @if sets_apart && !made.is_empty() { "; " }
        @if !made.is_empty() { (texts.say("rule-then")) " " strong { (made.join(", ")) } }
        @if !text(rule, "recipe").is_empty() { " " (texts.say("rule-recipe")) " " code { (text(rule, "recipe")) } }
        "."
    }
}

fn failures(texts: &Texts, failed: &[Value]) -> Markup {
    let body = html! {
        @for failed in failed {
            tr {
                th scope="row" { (parts::finding(texts, text(failed, "cause"), "")) }
                td { (failed["count"].as_u64().unwrap_or_default()) }
                td { @for id in failed["last"].as_array().into_iter().flatten().filter_map(Value::as_str) { code { (id) } " " } }
            }
        }
    };
    parts::table(texts.say("rules-failed"), &texts.names(&["cause", "count", "last"]), &body)
}

/// What lies where, and what wants somebody's attention.
pub async fn map(visit: &Visit<'_>, project: &str) -> Result<Markup, Refusal> {
    let texts = visit.texts;
    let told = visit.look(Act::DatasetMap, json!({ "project": project })).await?;
    let list = |name: &str| told[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let here = format!("/projects/{project}/map");
    let given = [("project", project)];
    let describe: Vec<_> =
        [Act::DatasetDescribe.row()].into_iter().filter(|row| is_for(visit, row)).collect();
    let main = html! {
        p.lead { (texts.say("map-what")) }
        (wants(texts, list("wants"), project))
        (places(texts, list("places"), project))
        (buttons(visit, &describe, &given, &here))
        (parts::by_command(texts, &command(Act::DatasetMap.row(), &given)))
    };
    Ok(layout(visit, &Page { title: texts.say("map"), above: above(visit, Some(project)), main }))
}

fn wants(texts: &Texts, wants: &[Value], project: &str) -> Markup {
    let body = html! {
        @for want in wants {
            tr {
                th scope="row" { (texts.name(&format!("value.{}", text(want, "what")))) (parts::lacks(texts, want)) }
                td {
                    a href={ "/projects/" (project) "/buckets/" (text(want, "bucket")) } { (text(want, "bucket")) }
                    @if !text(want, "of").is_empty() { " " code { (text(want, "of")) } }
                }
                td { (want["objects"].as_u64().unwrap_or_default()) }
            }
        }
    };
    html! {
        @if wants.is_empty() { (parts::nothing(texts.say("map-nothing"))) }
        @else { (parts::section(texts.say("map-wants"), &parts::table(texts.say("map-wants"), &texts.names(&["what", "bucket", "objects"]), &body))) }
    }
}

fn places(texts: &Texts, places: &[Value], project: &str) -> Markup {
    let datasets = |place: &Value| {
        place["datasets"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let body = html! {
        @for place in places {
            tr {
                th scope="row" { a href={ "/projects/" (project) "/buckets/" (text(place, "bucket")) } { (text(place, "bucket")) } }
                td { (datasets(place)) }
                td { (place["objects"].as_u64().unwrap_or_default()) }
                td { (parts::bytes(place["bytes"].as_u64().unwrap_or_default())) }
                td { (when(text(place, "first_stored"))) }
                td { (when(text(place, "last_stored"))) }
                td { (when(text(place, "last_read"))) }
            }
        }
    };
    let heads = ["bucket", "datasets", "objects", "bytes", "first_stored", "last_stored", "last_read"];
    parts::section(
        texts.say("map-places"),
        &parts::table(texts.say("map-places"), &texts.names(&heads), &body),
    )
}

fn when(at: &str) -> Markup {
    html! { @if at.is_empty() { span.none { "–" } } @else { (parts::time(at)) } }
}
