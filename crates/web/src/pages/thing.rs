//! Things of a noun: all of them, and one of them.

use maud::{Markup, html};
use serde_json::{Map, Value};
use words::Act;
use words::act::{Field, Row};

use super::layout::{Page, layout};
use crate::console::{Noun, Visit, file, is_for};
use crate::encode;
use crate::parts;
use crate::told::said;

/// All things of a noun that whoever visits may know of.
pub fn things(visit: &Visit<'_>, noun: &Noun, project: Option<&str>, things: &[Value]) -> Markup {
    let texts = visit.texts;
    let title = texts.name(&format!("nouns.{}", noun.word));
    let base = base(noun, project);
    let link = |thing: &Map<String, Value>| noun.name(thing).map(|name| format!("{base}/{name}"));
    let given: Vec<(&str, &str)> = project.map(|project| ("project", project)).into_iter().collect();
    let main = html! {
        p.lead { (texts.help(noun.show)) }
        @if things.is_empty() {
            (parts::nothing(texts.say("nothing-yet")))
        } @else if things.iter().any(holds_things) {
            @for thing in things.iter().filter_map(Value::as_object) { (parts::thing(texts, thing)) }
        } @else {
            (parts::rows(texts, &title, things, &link))
        }
        (offered(visit, &[noun.word], &given, &base))
        (parts::by_command(texts, &command(noun.show.row(), &given)))
    };
    layout(visit, &Page { title: &title, above: above(visit, project), main })
}

/// WHY: a table in a table reads badly.
fn holds_things(thing: &Value) -> bool {
    let is_thing = |value: &Value| value.as_array().is_some_and(|items| items.iter().any(Value::is_object));
    // A short list of signatures, say, is well in a cell; what has no name of its own is told whole.
    thing.as_object().is_some_and(|fields| fields.values().any(is_thing) && !fields.contains_key("id"))
}

/// One thing, and what can be done to it.
pub fn thing(visit: &Visit<'_>, noun: &Noun, project: Option<&str>, thing: &Map<String, Value>) -> Markup {
    let texts = visit.texts;
    let name = noun.alias(thing).or_else(|| noun.name(thing)).unwrap_or_default();
    let mut above = above(visit, project);
    above.push((texts.name(&format!("nouns.{}", noun.word)), base(noun, project)));
    let mut given: Vec<(&str, &str)> = project.map(|project| ("project", project)).into_iter().collect();
    given.push((noun.word, &name));
    let nouns: &[&str] = match noun.word {
        "account" => {
            given.push(("person", &name));
            &["account"]
        }
        "person" => &["person", "account"],
        word => &[word],
    };
    // What a signature is over travels with the form.
    given.extend(["digest", "terms"].into_iter().filter_map(|field| Some((field, said(thing, field)?))));
    let here = format!("{}/{}", base(noun, project), noun.name(thing).unwrap_or_default());
    let chain = project.filter(|_| noun.word == "airlock").map(|project| format!("/chain/{project}/{name}"));
    let main = html! {
        (parts::thing(texts, thing))
        @if noun.word == "agreement" { p { a.button.quiet href={ (here) "/document" } { (texts.say("doc-see")) } } }
        @if let Some(chain) = &chain { p { a.button.quiet href=(chain) { (texts.say("chain-see")) } } }
        (offered(visit, nouns, &given, &here))
        (parts::by_command(texts, &command(noun.show.row(), &given[..given.len().min(2)])))
    };
    let kind = texts.name(&format!("noun.{}", noun.word));
    layout(visit, &Page { title: &format!("{kind} {name}"), above, main })
}

fn base(noun: &Noun, project: Option<&str>) -> String {
    match project {
        Some(project) => format!("/projects/{project}/{}", noun.path),
        None => format!("/{}", noun.path),
    }
}

pub fn above(visit: &Visit<'_>, project: Option<&str>) -> Vec<(String, String)> {
    project.map_or_else(Vec::new, |project| {
        let all = visit.texts.name("nouns.project");
        vec![(all, "/projects".to_owned()), (project.to_owned(), format!("/projects/{project}"))]
    })
}

/// What somebody with the duties of whoever visits may think of doing with things of these nouns, as far as what is given
/// says what it is done to.
pub fn offered(visit: &Visit<'_>, nouns: &[&str], given: &[(&str, &str)], back: &str) -> Markup {
    let is_given = |name: &str| given.iter().any(|(of, _)| *of == name);
    // An entry is what signing in leaves, and nobody asks for it.
    let is_asked_for = |row: &&Row| {
        row.verb != "show" && ![Act::AccountEnter, Act::AirlockChain, Act::LedgerFollow].contains(&row.act)
    };
    let rows = Act::ALL.iter().map(|act| act.row()).filter(is_asked_for);
    let of_nouns = rows.filter(|row| nouns.contains(&row.noun));
    let fits = |row: &&Row| {
        let own = own_name(row);
        let has = |name: &str| row.fields.iter().any(|field| field.name == name);
        // A thing's own name is given on its page alone; elsewhere only what makes new ones is offered.
        let is_of_one = has(own) && row.fields.iter().all(|field| field.name != own || field.is_required);
        file::is_by_form(row.act) && is_of_one == is_given(own) && is_for(visit, row)
    };
    let rows: Vec<_> = of_nouns.filter(fits).collect();
    buttons(visit, &rows, given, back)
}

/// The field that holds the name of the thing itself; an account is a person's.
fn own_name(row: &Row) -> &'static str {
    if row.noun == "account" { "person" } else { row.noun }
}

/// Buttons that lead to the forms of acts.
pub fn buttons(visit: &Visit<'_>, rows: &[&Row], given: &[(&str, &str)], back: &str) -> Markup {
    let path = |row: &Row| {
        let takes = |name: &str| row.fields.iter().any(|field| field.name == name);
        // An object's name goes sealed.
        let known = given.iter().filter(|(name, _)| takes(name) || (*name == "sealed" && takes("key")));
        let pairs: Vec<_> = known.copied().chain([("back", back)]).collect();
        format!("/do/{}?{}", row.name, encode::pairs(&pairs))
    };
    html! {
        @if !rows.is_empty() {
            (parts::section(visit.texts.say("what-you-can-do"), &html! {
                ul.acts {
                    @for row in rows {
                        li { a href=(path(row)) { (visit.texts.act(row.act)) } p.hint { (visit.texts.help(row.act)) } }
                    }
                }
            }))
        }
    }
}

/// The same by command.
pub fn command(row: &Row, given: &[(&str, &str)]) -> String {
    let mut command = format!("epic {} {}", row.noun, row.verb);
    let value_of = |name: &str| given.iter().find(|(of, _)| *of == name).map(|(_, value)| *value);
    let is_own = |field: &&Field| [row.noun, own_name(row)].contains(&field.name);
    if let Some(own) = row.fields.iter().find(is_own).and_then(|field| value_of(field.name)) {
        command += &format!(" {}", quoted(own));
    }
    for field in row.fields.iter().filter(|field| !is_own(field)) {
        if let Some(value) = value_of(field.name) {
            command += &format!(" --{}={}", field.name.replace('_', "-"), quoted(value));
        }
    }
    command
}

/// A word as a shell takes it: people paste it, and what stands in it was written by others.
///
/// SPEC: POSIX.1-2017, Shell Command Language, 2.2.2.
fn quoted(word: &str) -> String {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "_./:@-".contains(sign);
    match !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: nothing that others wrote runs in the shell of whoever pastes it. Method: names that would.
    #[test]
    fn commands_are_quoted_for_a_shell() {
        let given = |key| [("project", "planet"), ("bucket", "bari"), ("key", key)];
        for (key, expected) in [
            ("2027/a-1.csv", "2027/a-1.csv"),
            ("$(id)", "'$(id)'"),
            ("`id`", "'`id`'"),
            ("a b", "'a b'"),
            ("a'b", "'a'\\''b'"),
            ("--help", "'--help'"),
            ("a;id\n", "'a;id\n'"),
            ("", "''"),
        ] {
            let command = command(Act::ObjectShow.row(), &given(key));
            assert_eq!(command, format!("epic object show --project=planet --bucket=bari --key={expected}"));
        }
        assert_eq!(command(Act::PersonRecall.row(), &[("person", "rita")]), "epic person recall rita");
        assert_eq!(command(Act::AccountInvite.row(), &[("person", "rita")]), "epic account invite rita");
    }
}
