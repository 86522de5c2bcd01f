//! Pages that say how something is: who you are, why not, how accessible this is.

use maud::{Markup, html};
use words::{Reason, Refusal};

use super::layout::{Page, layout};
use crate::console::Visit;
use crate::parts::{self, Notice};

/// Who whoever visits is here.
pub async fn me(visit: &Visit<'_>) -> Result<Markup, Refusal> {
    let (texts, signed) = (visit.texts, visit.signed()?);
    let reach = visit.door.region().reach(&signed.actor).await?;
    let (greeting, session) = (&signed.greeting, signed.actor.session.as_ref());
    let main = html! {
        dl {
            dt { (texts.name("person")) } dd { (greeting.alias) }
            dt { (texts.name("organisation")) } dd { (greeting.organisation) }
            dt { (texts.say("place")) } dd { (texts.name(&format!("value.{}", signed.actor.place.text()))) }
            @if let Some(session) = session {
                dt { (texts.say("session-ends")) } dd { (parts::time(&session.ends.to_string())) }
                dt { (texts.say("second-factor")) } dd { (texts.say(if session.has_second_factor { "yes" } else { "no" })) }
            }
        }
        (parts::section(texts.say("duties"), &html! {
            @if greeting.duties.is_empty() { (parts::nothing(texts.say("no-duties"))) }
            ul {
                @for duty in &greeting.duties {
                    li { (texts.role(duty.role)) @if let Some(at) = &duty.at { " · " (at) } }
                }
            }
        }))
        (parts::section(texts.say("ways"), &html! {
            p { (texts.say("ways-what")) }
            p { a.button.quiet href="/me/ways" { (texts.say("ways-see")) } }
        }))
        (super::account::notices(texts, &reach))
        (parts::section(texts.say("everywhere"), &html! {
            p { (texts.say("everywhere-what")) }
            p { a.button.quiet href={ "/do/person.recall?person=" (greeting.alias) } { (texts.act(words::Act::PersonRecall)) } }
        }))
    };
    Ok(layout(visit, &Page { title: greeting.called(), above: Vec::new(), main }))
}

/// Why something is not so, and what would make it so.
pub fn refused(visit: &Visit<'_>, refusal: &Refusal) -> Markup {
    let texts = visit.texts;
    let main = html! {
        (why(visit, refusal))
        @if visit.signed().is_err() && refusal.reason != Reason::Unavailable {
            p { a.button href=(visit.sign_in_path()) { (texts.say("sign-in")) } }
        } @else {
            p { a href="/" { (texts.say("to-today")) } }
        }
    };
    let title = match refusal.reason {
        Reason::NotFound => texts.say("nothing-here"),
        Reason::Unavailable => texts.say("not-now"),
        _ => texts.say("not-possible"),
    };
    layout(visit, &Page { title, above: Vec::new(), main })
}

/// A refusal in the words of its reason.
pub fn why(visit: &Visit<'_>, refusal: &Refusal) -> Markup {
    let language = visit.language();
    let reason = refusal.reason;
    let body = html! {
        @if !refusal.detail.is_empty() { p { (parts::prose(&refusal.detail)) } }
        p { (visit.texts.say("what-helps")) ": " (parts::prose(reason.hint(language))) }
        p.hint { (visit.texts.say("reason")) ": " code { (reason.code()) } }
    };
    parts::notice(Notice::Refused, reason.text(language), &body)
}

/// How accessible the console is, and where it is not.
pub fn accessibility(visit: &Visit<'_>) -> Markup {
    let texts = visit.texts;
    let main = html! {
        @for key in ["accessible-1", "accessible-2", "accessible-3", "accessible-4"] { p { (texts.say(key)) } }
    };
    layout(visit, &Page { title: texts.say("accessibility"), above: Vec::new(), main })
}
