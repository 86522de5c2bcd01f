//! Pages of the way in.

use maud::{Markup, html};
use region::account::ISSUER_PATH;
use region::greet::Greeting;

use super::layout::{Page, layout};
use crate::console::Visit;
use crate::encode::pairs;
use crate::parts::{self, Notice};

/// All ways in: providers (short name and address), and the command line. `farewell`: a provider that whoever has just
/// signed out came by, and where they sign out of it.
pub fn sign_in(
    visit: &Visit<'_>,
    issuers: &[(String, String)],
    farewell: Option<&(String, String)>,
    to: &str,
) -> Markup {
    let texts = visit.texts;
    let has_left = visit.asked("out").is_some();
    let main = html! {
        @if has_left {
            (parts::notice(Notice::Done, texts.say("signed-out"), &html! {
                @if let Some((issuer, there)) = farewell {
                    p { (texts.say("signed-out-there")) }
                    p { a.button href=(there) rel="noreferrer" { (texts.say_of("sign-out-there", issuer)) } }
                }
                p { (parts::prose(texts.say("signed-out-more"))) }
            }))
        }
        @if issuers.is_empty() {
            (parts::nothing(texts.say("no-issuers")))
        } @else {
            p { (texts.say("sign-in-where")) }
            ul.ways {
                @for (alias, url) in issuers {
                    @let is_own = *url == format!("{}{ISSUER_PATH}", visit.origin);
                    @let says = if is_own { texts.say("sign-in-here").to_owned() } else { texts.say_of("sign-in-at", alias) };
                    li {
                        a.button href={ "/sign-in/" (alias) "?" (pairs(&[("to", to)])) } { (says) }
                        @if !is_own { p.hint { (url) } }
                    }
                }
            }
        }
        p { a href="/join" { (texts.say("have-code")) } }
        (parts::section(texts.say("own-key"), &html! {
            p { (parts::prose(texts.say("own-key-how"))) }
            pre tabindex="0" { code { "epic console --region-url " (visit.origin) } }
        }))
    };
    layout(visit, &Page { title: &texts.say_of("sign-in-to", visit.region()), above: Vec::new(), main })
}

/// Whether to go in by a one-time link, and as whom; `other`: somebody else is signed in already.
pub fn enter(visit: &Visit<'_>, code: &str, greeting: &Greeting, other: bool) -> Markup {
    let texts = visit.texts;
    let name = greeting.called();
    let main = html! {
        p.lead { (texts.say_of("enter-what", name)) }
        @if other {
            (parts::notice(Notice::Refused, texts.say("enter-other"), &html! { p { (texts.say("enter-other-more")) } }))
        } @else {
            form method="post" action={ "/enter/" (code) } {
                button type="submit" { (texts.say_of("enter-do", name)) }
            }
            p.hint { (texts.say("enter-once")) }
        }
    };
    layout(visit, &Page { title: &texts.say_of("sign-in-to", visit.region()), above: Vec::new(), main })
}

/// Whoever has just signed in, on their way to where they wanted.
pub fn signed_in(visit: &Visit<'_>, to: &str) -> Markup {
    let main = html! { p { a.button href=(to) { (visit.texts.say("go-on")) } } };
    layout(visit, &Page { title: visit.texts.say("you-are-in"), above: Vec::new(), main })
}

/// Whoever comes by a link of another site is asked whether they meant to.
pub fn elsewhere(visit: &Visit<'_>) -> Markup {
    let texts = visit.texts;
    let main = html! {
        p.lead { (texts.say("elsewhere-what")) }
        p { a.button href={ "/" (visit.path().trim_start_matches('/')) } { (texts.say("elsewhere-go")) } " " a href="/" { (texts.say("to-today")) } }
    };
    layout(visit, &Page { title: texts.say("elsewhere"), above: Vec::new(), main })
}
