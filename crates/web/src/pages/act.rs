//! The form of an act, and what came of it.

use data_encoding::HEXLOWER;
use maud::{Markup, html};
use region::Done;
use serde_json::Value;
use words::act::FieldKind;
use words::{Act, Refusal};

use super::layout::{Page, layout};
use super::leaf::linked;
use super::stated::why;
use super::thing::command;
use crate::console::{Around, Form, Target, Visit, file};
use crate::parts::{self, Notice};

/// The form, with what was written before and why it was refused.
pub fn act(visit: &Visit<'_>, act: Act, form: &Form, around: &Around, refusal: Option<&Refusal>) -> Markup {
    let (texts, row) = (visit.texts, act.row());
    let back = form.back.as_deref();
    let main = html! {
        p.lead { (texts.help(act)) }
        @if let Some(refusal) = refusal { (why(visit, refusal)) }
        @match &around.target {
            Some(Target::Shown(target, _)) => section.target { h2 { (texts.say("about-what")) } (parts::thing(texts, target)) },
            Some(Target::Hidden) => (parts::notice(Notice::Waits, texts.say("about-hidden"), &html! {})),
            None => {},
        }
        @let is_with_file = file::is_taken(act);
        form method="post" action={ "/do/" (row.name) } enctype=[is_with_file.then_some("multipart/form-data")] {
            @for (field, choices) in row.fields.iter().zip(&around.choices) {
                (parts::field(texts, act, field, form.text(field.name), choices))
            }
            @if is_with_file {
                div.field {
                    label for="field-file" { (texts.say("doc-file")) }
                    input type="file" id="field-file" name="file" required;
                }
            }
            @if let Some(attempt) = &form.attempt { input type="hidden" name="attempt" value=(attempt); }
            @if let Some(expected) = form.expected { input type="hidden" name="expected" value=(HEXLOWER.encode(&expected)); }
            @if let Some(back) = back { input type="hidden" name="back" value=(back); }
            div.end {
                button type="submit" { (texts.act(act)) }
                @if let Some(back) = back { a href=(back) { (texts.say("back")) } }
            }
        }
        @if !row.who.is_empty() {
            p.hint {
                (texts.say("who-may")) ": "
                @for (at, role) in row.who.iter().enumerate() { @if at > 0 { ", " } (texts.role(*role)) }
            }
        }
        (parts::by_command(texts, &by_command(act, form)))
    };
    layout(visit, &Page { title: texts.act(act), above: Vec::new(), main })
}

fn by_command(act: Act, form: &Form) -> String {
    let row = act.row();
    // WHY not what is hidden: a command with it would end up in a shell's history.
    let told = row.fields.iter().filter(|field| field.kind != FieldKind::Hidden);
    let given: Vec<_> = told.map(|field| (field.name, form.text(field.name))).collect();
    let given: Vec<_> = given.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    command(row, &given)
}

/// What came of it.
pub fn done(visit: &Visit<'_>, act: Act, form: &Form, done: &Done) -> Markup {
    let texts = visit.texts;
    let leaf = done.leaf.map(|leaf| leaf.to_string());
    let is_secret = ["secret_access_key", "session", "secret", "code", "approval"]
        .iter()
        .any(|name| done.answer.get(name).is_some());
    let notice = html! {
        @if let Some(leaf) = &leaf { p { (texts.say("in-ledger")) " " (linked(leaf)) } }
        @if is_secret { p { strong { (texts.say("secret-once")) } } }
    };
    let main = html! {
        (parts::notice(Notice::Done, texts.say("done"), &notice))
        @match &done.answer {
            Value::Object(fields) => (parts::thing(texts, fields)),
            Value::Array(things) if things.is_empty() => (parts::nothing(texts.say("nothing-yet"))),
            Value::Array(things) if things[0].is_object() => (parts::rows(texts, texts.act(act), things, &|_| None)),
            Value::Null => {},
            other => p { (parts::cell(texts, "answer", other)) },
        }
        p.end { a.button href=(form.back.as_deref().unwrap_or("/")) { (texts.say("go-on")) } }
        (parts::by_command(texts, &by_command(act, form)))
    };
    layout(visit, &Page { title: texts.act(act), above: Vec::new(), main })
}
