//! Today: what waits for whoever visits, and where they work.

use maud::{Markup, html};
use serde_json::{Value, json};
use words::actor::Role;
use words::time::DAY_MS;
use words::{Act, Refusal, Timestamp};

use super::layout::{Page, layout};
use crate::console::Visit;
use crate::encode::pairs;
use crate::parts;
use crate::told::{few, said, text};

/// WHY: a person looks at so many projects in a morning; the rest are on their own page.
const PROJECTS_LOOKED_AT: usize = 20;
/// WHY: long enough to write a new agreement.
const ENDS_SOON_DAYS: i64 = 60;

/// Something that waits: what it is, and where it is done.
struct Waiting {
    says: String,
    path: String,
}

pub async fn today(visit: &Visit<'_>) -> Result<Markup, Refusal> {
    let (texts, signed) = (visit.texts, visit.signed()?);
    let projects = visit.list(Act::ProjectShow, json!({})).await?;
    let agreements = visit.list(Act::AgreementShow, json!({})).await?;
    let permits = visit.list(Act::PermitShow, json!({})).await?;
    let mut waits = signatures(visit, &agreements);
    waits.extend(requests(visit, &permits));
    for project in projects.iter().take(PROJECTS_LOOKED_AT) {
        waits.extend(reviews(visit, text(project, "project")).await);
    }
    let ending: Vec<&Value> =
        agreements.iter().chain(&permits).filter(|thing| ends_soon(visit, thing)).collect();
    let kept = ["project", "state", "tier", "environment", "purpose"];
    let shown: Vec<Value> = projects.iter().map(|project| few(project, &kept)).collect();
    let main = html! {
        (parts::section(texts.say("waits-for-you"), &html! {
            @if waits.is_empty() { (parts::nothing(texts.say("nothing-waits"))) }
            ul.todo { @for waiting in &waits { li { a href=(waiting.path) { (waiting.says) } } } }
        }))
        @if !ending.is_empty() {
            (parts::section(texts.say("ends-soon"), &html! {
                ul { @for thing in ending { li { (ending_line(thing)) " · " (parts::time(text(thing, "ends"))) } } }
            }))
        }
        (parts::section(texts.say("your-projects"), &html! {
            @if projects.is_empty() { (parts::nothing(texts.say("no-projects"))) } @else {
                (parts::rows(texts, texts.say("your-projects"), &shown, &|thing| {
                    said(thing, "project").map(|project| format!("/projects/{project}"))
                }))
            }
        }))
    };
    Ok(layout(
        visit,
        &Page { title: &texts.say_of("hello", signed.greeting.called()), above: Vec::new(), main },
    ))
}

/// Agreements that wait for a signature of an organisation that whoever visits signs for.
fn signatures(visit: &Visit<'_>, agreements: &[Value]) -> Vec<Waiting> {
    let Ok(signed) = visit.signed() else { return Vec::new() };
    let mut waits = Vec::new();
    for agreement in agreements.iter().filter(|agreement| text(agreement, "state") == "offered") {
        let parties = agreement.get("parties").and_then(Value::as_array).into_iter().flatten();
        for party in parties.filter(|party| party.get("signed").is_some_and(Value::is_null)) {
            let party = text(party, "party");
            let name = text(agreement, "agreement");
            let is_other = !signed.greeting.is_at(Role::Signatory, party);
            let may_attest = signed.greeting.is(Role::Controller) || signed.greeting.is(Role::Signatory);
            // WHY to the document: whoever attests a scan has seen it.
            if has_scan(agreement, party) && is_other && may_attest {
                let says = visit.texts.say_of("attest-for", name).replace("{party}", party);
                waits.push(Waiting { says, path: format!("/agreements/{name}/document") });
            }
            if signed.greeting.is_at(Role::Signatory, party) {
                let says = visit.texts.say_of("sign-for", name).replace("{party}", party);
                let fields = [
                    ("agreement", name),
                    ("party", party),
                    ("digest", text(agreement, "digest")),
                    ("back", "/"),
                ];
                waits.push(Waiting { says, path: format!("/do/agreement.sign?{}", pairs(&fields)) });
            }
        }
    }
    waits
}

/// Whether paper of a party waits for a second person.
fn has_scan(agreement: &Value, party: &str) -> bool {
    let parties = agreement.get("parties").and_then(Value::as_array).into_iter().flatten();
    parties.filter(|one| text(one, "party") == party).any(|one| one.get("scan").is_some_and(Value::is_string))
}

/// Permits that a controller is asked for.
fn requests(visit: &Visit<'_>, permits: &[Value]) -> Vec<Waiting> {
    let is_controller = visit.signed().is_ok_and(|signed| signed.greeting.is(Role::Controller));
    let asked = permits.iter().filter(|permit| is_controller && text(permit, "state") == "requested");
    asked
        .map(|permit| {
            let says = visit.texts.say_of("permit-asked", text(permit, "permit"));
            Waiting { says, path: format!("/permits/{}", text(permit, "id")) }
        })
        .collect()
}

/// Results that wait for a reviewer, or for whoever releases them.
async fn reviews(visit: &Visit<'_>, project: &str) -> Vec<Waiting> {
    let Ok(signed) = visit.signed() else { return Vec::new() };
    let duties = [Role::Reviewer, Role::Controller, Role::Delegate];
    if !duties.iter().any(|role| signed.greeting.is(*role)) {
        return Vec::new();
    }
    let Ok(airlocks) = visit.list(Act::AirlockShow, json!({ "project": project })).await else {
        return Vec::new();
    };
    let under_review = airlocks.iter().filter(|airlock| text(airlock, "state") == "under review");
    under_review
        .map(|airlock| {
            let name = text(airlock, "airlock");
            let says = visit.texts.say_of("results-wait", &format!("{project} · {name}"));
            Waiting { says, path: format!("/projects/{project}/airlocks/{name}") }
        })
        .collect()
}

fn ends_soon(visit: &Visit<'_>, thing: &Value) -> bool {
    let now = visit.door.region().now();
    let ends = text(thing, "ends").parse::<Timestamp>();
    text(thing, "state") == "in force" && ends.is_ok_and(|ends| ends.since_ms(now) <= ENDS_SOON_DAYS * DAY_MS)
}

fn ending_line(thing: &Value) -> Markup {
    let (noun, path) = match text(thing, "agreement") {
        "" => (text(thing, "permit"), "/permits/"),
        name => (name, "/agreements/"),
    };
    html! { a href={ (path) (text(thing, "id")) } { (noun) } }
}
