//! Pages of the way in.

use maud::{Markup, html};

use super::layout::{Page, layout};
use crate::console::Visit;
use crate::console::query;
use crate::parts::{self, Notice};

/// All ways in: providers (short name and address), and the command line.
pub fn sign_in(visit: &Visit<'_>, issuers: &[(String, String)], to: &str) -> Markup {
    let texts = visit.texts;
    let has_left = visit.asked("out").is_some();
    let main = html! {
        @if has_left {
            (parts::notice(Notice::Done, texts.say("signed-out"), &html! { p { (parts::prose(texts.say("signed-out-more"))) } }))
        }
        @if issuers.is_empty() {
            (parts::nothing(texts.say("no-issuers")))
        } @else {
            p { (texts.say("sign-in-where")) }
            ul.ways {
                @for (alias, url) in issuers {
                    li {
                        a.button href={ "/sign-in/" (alias) "?" (query(&[("to", to)])) } { (texts.say_of("sign-in-at", alias)) }
                        p.hint { (url) }
                    }
                }
            }
        }
        (parts::section(texts.say("own-key"), &html! {
            p { (parts::prose(texts.say("own-key-how"))) }
            pre tabindex="0" { code { "epic console --region-url " (visit.origin) } }
        }))
    };
    layout(visit, &Page { title: &texts.say_of("sign-in-to", visit.region()), above: Vec::new(), main })
}

/// Whether to go in by a one-time link.
pub fn enter(visit: &Visit<'_>, code: &str) -> Markup {
    let texts = visit.texts;
    let main = html! {
        p { (texts.say("enter-what")) }
        form method="post" action={ "/enter/" (code) } {
            button type="submit" { (texts.say("enter-do")) }
        }
        p.hint { (texts.say("enter-once")) }
    };
    layout(visit, &Page { title: &texts.say_of("sign-in-to", visit.region()), above: Vec::new(), main })
}
