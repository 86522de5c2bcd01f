//! The form that delivers files, and what a script shows of those on their way.

use maud::{Markup, html};

use crate::console::{Visit, assets};
use crate::parts;
use crate::texts::Texts;

/// A form that sends files in one go; a script sends them in parts, and goes on where it was cut.
pub fn deliver(visit: &Visit<'_>, base: &str, (folder, grants): (&str, &[String]), is_seen: bool) -> Markup {
    let texts = visit.texts;
    // WHY: what one person began is nothing to the next one at the same machine.
    let person = visit.signed().map(|signed| signed.actor.person.to_string()).unwrap_or_default();
    parts::section(
        texts.say("deliver"),
        &html! {
            form method="post" action=(base) enctype="multipart/form-data" data-deliver=(person) {
                // WHY before the files: a form is read as it comes.
                @if !grants.is_empty() { (under(texts, grants)) }
                div.field {
                    label for="prefix" { (texts.say("under")) " " span.optional { (texts.say("optional")) } }
                    p.hint #hint-prefix { (texts.say("under-how")) }
                    input type="text" id="prefix" name="prefix" value=(folder) aria-describedby="hint-prefix" autocomplete="off" spellcheck="false";
                }
                div.field.drop {
                    label for="file" { (texts.say("files")) }
                    p.hint #hint-file { (texts.say("files-how")) span data-scripted hidden { " " (texts.say("send-how")) } }
                    input type="file" id="file" name="file" multiple required aria-describedby="hint-file";
                    p data-scripted hidden { button.quiet type="button" data-folder { (texts.say("send-folder")) } }
                }
                div.end { button type="submit" { (texts.say("deliver-do")) } }
            }
            (under_way(texts, base, is_seen))
            script type="module" src=(assets::upload()) {}
        },
    )
}

fn under(texts: &Texts, grants: &[String]) -> Markup {
    html! {
        div.field {
            label for="grant" { (texts.name("noun.grant")) }
            p.hint #hint-grant { (texts.say("deliver-under")) }
            select id="grant" name="grant" aria-describedby="hint-grant" {
                @for grant in grants { option value=(grant) { (grant) } }
                option value="" { (texts.say("deliver-as-member")) }
            }
        }
    }
}

/// What the script fills: one line for all, one piece for each file. Without it nothing of this is seen.
fn under_way(texts: &Texts, base: &str, is_seen: bool) -> Markup {
    html! {
        div #sending data-none=(texts.say("send-none")) data-many=(texts.say("send-many"))
            data-stored=(texts.say("send-count")) data-failed=(texts.say("send-failures"))
            data-ready=(texts.say("send-ready")) data-waits=(texts.say("send-waits"))
            data-checks=(texts.say("send-checks")) data-left=(texts.say("send-left"))
            data-broken=(texts.say("send-broken")) data-paused=(texts.say("send-paused"))
            data-ends=(texts.say("send-ends")) data-verified=(texts.say("send-verified"))
            data-wrong=(texts.say("send-wrong")) data-changed=(texts.say("send-changed"))
            data-unread=(texts.say("send-unread")) data-unsure=(texts.say("send-failed"))
            data-dropped=(texts.say("send-dropped")) data-refused=(texts.say("send-refused"))
            data-helps=(texts.say("what-helps")) data-reason=(texts.say("reason")) {
            p.count role="status" {}
            ul.files aria-label=(texts.say("sending")) hidden {}
            @if is_seen { p.look hidden { a href=(base) { (texts.say("send-look")) } } }
            template { (piece(texts)) }
        }
    }
}

fn piece(texts: &Texts) -> Markup {
    html! {
        li {
            p { strong.what {} }
            progress max="1" value="0" {}
            p.how {}
            p.why hidden {}
            p.hint.code hidden { (texts.say("reason")) ": " code {} }
            p.leaf hidden { (texts.name("leaf")) ": " a { code {} } }
            p.do {
                button.quiet type="button" name="pause" hidden { (texts.say("send-pause")) }
                button.quiet type="button" name="go" hidden { (texts.say("send-go")) }
                button.quiet type="button" name="anew" hidden { (texts.say("send-anew")) }
                button.quiet type="button" name="drop" { (texts.say("send-drop")) }
            }
        }
    }
}
