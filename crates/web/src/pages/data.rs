//! Pages of data: a bucket, an object, what was delivered.

use maud::{Markup, html};
use serde_json::Value;
use words::{Act, Refusal};

use super::examined::examined;
use super::layout::{Page, layout};
use super::leaf::linked;
use super::stated::why;
use super::thing::{above, buttons, command};
use super::upload;
use crate::console::{Listed, Listing, Stored, Visit, is_for};
use crate::encode::pairs;
use crate::parts::{self, Notice};
use crate::told::text;

/// What lies in a bucket, and the form to deliver into it.
pub fn bucket(visit: &Visit<'_>, project: &str, bucket: &str, listing: &Listed, grants: &[String]) -> Markup {
    let texts = visit.texts;
    let base = format!("/projects/{project}/buckets/{bucket}");
    let given = [("project", project), ("bucket", bucket)];
    let rows = of_noun("bucket", visit);
    let folder = if let Listed::Page(listing) = listing { listing.folder.as_str() } else { "" };
    let main = html! {
        @match listing {
            Listed::Page(listing) => (listed(visit, &base, listing)),
            Listed::Refused(refusal) => (why(visit, refusal)),
            Listed::Blind => p.lead { (texts.say("deliver-blind")) },
        }
        (upload::deliver(visit, &base, (folder, grants), matches!(listing, Listed::Page(_))))
        (buttons(visit, &rows, &given, &base))
        (parts::by_command(texts, &command(Act::ObjectList.row(), &given)))
    };
    layout(visit, &Page { title: bucket, above: above(visit, Some(project)), main })
}

fn of_noun(noun: &str, visit: &Visit<'_>) -> Vec<&'static words::act::Row> {
    let rows = Act::ALL.iter().map(|act| act.row());
    rows.filter(|row| row.noun == noun && !matches!(row.verb, "show" | "create") && is_for(visit, row))
        .collect()
}

fn listed(visit: &Visit<'_>, base: &str, listing: &Listing) -> Markup {
    let texts = visit.texts;
    html! {
        @if !listing.folder.is_empty() {
            p { (texts.say("folder")) " " code { (listing.folder) } " · " a href=(base) { (texts.say("all-of-bucket")) } }
        }
        @if listing.objects.is_empty() && listing.folders.is_empty() {
            (parts::nothing(texts.say("bucket-empty")))
        } @else {
            (parts::table(texts.say("objects"), &texts.names(&["key", "size_bytes", "at"]), &lines(visit, base, listing)))
            @if let Some((place, next)) = &listing.next {
                @let place = place.iter().map(|place| ("in", place.as_str()));
                p { a href={ (base) "?" (pairs(&place.chain([("after", next.as_str())]).collect::<Vec<_>>())) } { (texts.say("more")) } }
            }
        }
    }
}

fn lines(visit: &Visit<'_>, base: &str, listing: &Listing) -> Markup {
    let shown = |name: &str| name.strip_prefix(&listing.folder).unwrap_or(name).to_owned();
    html! {
        @for (name, sealed) in &listing.folders {
            tr {
                th scope="row" { a href={ (base) "?" (pairs(&[("in", sealed)])) } { (shown(name)) } }
                td { (visit.texts.say("folder")) }
                td { span.none { "–" } }
            }
        }
        @for (told, sealed) in &listing.objects {
            tr {
                th scope="row" { a href={ (base) "/objects/" (sealed) } { (shown(text(told, "key"))) } }
                td { (size(told)) }
                td { (parts::time(text(told, "at"))) }
            }
        }
    }
}

fn size(told: &Value) -> Markup {
    parts::bytes(told.get("size_bytes").and_then(Value::as_u64).unwrap_or_default())
}

/// What else is known of an object.
pub struct Around {
    /// Its versions, newest first: what is told of each, and whether it says that the object was deleted.
    pub versions: Vec<(Value, bool)>,
    /// The newest leaves about it, for whoever may search them.
    pub leaves: Option<Markup>,
}

/// One object.
pub fn object(
    visit: &Visit<'_>,
    (project, bucket): (&str, &str),
    sealed: &str,
    told: &Value,
    around: &Around,
) -> Markup {
    let texts = visit.texts;
    let key = text(told, "key");
    let base = format!("/projects/{project}/buckets/{bucket}");
    let given = [("project", project), ("bucket", bucket), ("key", key)];
    let rows: Vec<_> = of_noun("object", visit)
        .into_iter()
        .filter(|row| {
            !matches!(row.act, Act::ObjectPut | Act::ObjectGet | Act::ObjectList | Act::ObjectProbe)
        })
        .collect();
    let mut above = above(visit, Some(project));
    above.push((bucket.to_owned(), base.clone()));
    let main = html! {
        @if let Value::Object(fields) = told {
            @let fields = fields.iter().filter(|(name, _)| !["report", "standing"].contains(&name.as_str()));
            (parts::thing(texts, &fields.map(|(name, value)| (name.clone(), value.clone())).collect()))
        }
        (examined(visit, told))
        // WHY: what would be refused is not offered.
        @if text(told, "standing") != "apart" {
            p { a.button href={ (base) "/objects/" (sealed) "/bytes" } { (texts.say("take-bytes")) } }
            p.hint { (texts.say("take-bytes-how")) }
        }
        (versions(visit, &around.versions))
        @if let Some(leaves) = &around.leaves {
            (parts::section(texts.say("object-seen"), &html! {
                p { (texts.say("object-seen-what")) }
                (leaves)
                @let about = format!("object:{}", text(told, "id"));
                p { a href={ "/projects/" (project) "/ledger?" (pairs(&[("about", about.as_str())])) } { (texts.say("object-all")) } }
            }))
        }
        (buttons(visit, &rows, &[("project", project), ("bucket", bucket), ("sealed", sealed), ("id", text(told, "id"))], &base))
        (parts::by_command(texts, &command(Act::ObjectShow.row(), &given)))
    };
    layout(visit, &Page { title: key, above, main })
}

/// The versions of an object, where there are several.
fn versions(visit: &Visit<'_>, versions: &[(Value, bool)]) -> Markup {
    let texts = visit.texts;
    let body = html! {
        @for (told, is_marker) in versions {
            tr {
                th scope="row" { code { (text(told, "version")) } }
                td { @if *is_marker { (texts.say("version-deleted")) } @else { (size(told)) } }
                td { (parts::time(text(told, "at"))) }
            }
        }
    };
    html! {
        @if versions.len() > 1 {
            (parts::section(texts.say("versions"), &html! {
                (parts::table(texts.say("versions"), &texts.names(&["version", "size_bytes", "at"]), &body))
            }))
        }
    }
}

/// What was delivered, with the leaf of each.
pub fn delivered(
    visit: &Visit<'_>,
    project: &str,
    bucket: &str,
    stored: &[Stored],
    refused: Option<&Refusal>,
) -> Markup {
    let texts = visit.texts;
    let base = format!("/projects/{project}/buckets/{bucket}");
    let main = html! {
        @match refused {
            None => (parts::notice(Notice::Done, texts.say("delivered"), &html! {})),
            Some(refusal) => { (why(visit, refusal)) p { (texts.say("delivered-before")) } },
        }
        (parts::table(texts.say("delivered-what"), &texts.names(&["key", "size_bytes", "leaf"]), &html! {
            @for one in stored {
                tr {
                    th scope="row" { (one.name) }
                    td { (size(&one.told)) }
                    td { @if let Some(leaf) = &one.leaf { (linked(leaf)) } }
                }
            }
        }))
        p.end { a.button href=(base) { (texts.say("go-on")) } }
    };
    let mut above = above(visit, Some(project));
    above.push((bucket.to_owned(), base.clone()));
    layout(visit, &Page { title: texts.say("delivered"), above, main })
}
