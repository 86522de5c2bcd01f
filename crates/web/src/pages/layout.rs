//! What all pages share: the head, the way around, the foot.

use maud::{DOCTYPE, Markup, html};
use words::Refusal;
use words::reason::Language;

use crate::console::{Signed, Visit, assets};
use crate::encode::pairs;
use crate::parts;
use crate::texts::Texts;

/// One page.
pub struct Page<'p> {
    pub title: &'p str,
    /// Where it lies: names and paths of the pages above it.
    pub above: Vec<(String, String)>,
    pub main: Markup,
}

const MENU: &[(&str, &str)] = &[
    ("/", "menu-today"),
    ("/projects", "menu-projects"),
    ("/catalogue", "menu-catalogue"),
    ("/agreements", "menu-agreements"),
    ("/permits", "menu-permits"),
    ("/people", "menu-people"),
    ("/region", "menu-region"),
];

/// A whole page.
pub fn layout(visit: &Visit<'_>, page: &Page<'_>) -> Markup {
    let texts = visit.texts;
    let signed = visit.signed().ok();
    html! {
        (DOCTYPE)
        html lang=(texts.code()) {
            (head(page.title, true))
            body {
                a.skip href="#main" { (texts.say("skip")) }
                header.top {
                    a.name href="/" { "EPIC" span.region { (visit.region()) } }
                    (language(visit))
                    @if let Some(signed) = signed { (person(texts, signed)) }
                }
                @if signed.is_some() { (menu(visit)) }
                main #main tabindex="-1" {
                    @if !page.above.is_empty() { (crumbs(texts, &page.above, page.title)) }
                    h1 { (page.title) }
                    (page.main)
                }
                footer {
                    p {
                        a href="/accessibility" { (texts.say("accessibility")) } " · "
                        a href="/register" { (texts.say("register")) } " · " (texts.say("foot"))
                    }
                }
            }
        }
    }
}

fn head(title: &str, has_script: bool) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " – EPIC" }
            link rel="icon" href=(assets::icon()) type="image/svg+xml";
            link rel="stylesheet" href=(assets::style());
            @if has_script { script src=(assets::script()) defer {} }
        }
    }
}

fn language(visit: &Visit<'_>) -> Markup {
    let (code, name) = match visit.language() {
        Language::English => ("it", "Italiano"),
        Language::Italian => ("en", "English"),
    };
    // WHY with all the rest: a page that a program asked for is none without what it asked.
    let mut asked = visit.asked_all();
    asked.retain(|(of, _)| of != "language");
    asked.push(("language".to_owned(), code.to_owned()));
    let asked: Vec<(&str, &str)> = asked.iter().map(|(of, value)| (of.as_str(), value.as_str())).collect();
    let path = visit.path().trim_start_matches('/');
    html! { a.language lang=(code) hreflang=(code) href={ "/" (path) "?" (pairs(&asked)) } { (name) } }
}

fn person(texts: &Texts, signed: &Signed) -> Markup {
    html! {
        div.person {
            a href="/me" { (signed.greeting.called()) }
            form method="post" action="/sign-out" { button.quiet type="submit" { (texts.say("sign-out")) } }
        }
    }
}

fn menu(visit: &Visit<'_>) -> Markup {
    let is_here = |path: &str| match path {
        "/" => visit.path() == "/",
        "/catalogue" if visit.path().starts_with("/datasets") => true,
        path => visit.path() == path || visit.path().starts_with(&format!("{path}/")),
    };
    html! {
        nav.menu aria-label=(visit.texts.say("menu")) {
            ul {
                @for (path, key) in MENU {
                    li { a href=(path) aria-current=[is_here(path).then_some("page")] { (visit.texts.say(key)) } }
                }
            }
        }
    }
}

fn crumbs(texts: &Texts, above: &[(String, String)], here: &str) -> Markup {
    html! {
        nav.crumbs aria-label=(texts.say("crumbs")) {
            ol {
                @for (name, path) in above { li { a href=(path) { (name) } } }
                li aria-current="page" { (here) }
            }
        }
    }
}

/// A page for whoever is not where they think: nothing of the region is in it.
pub fn bare(refusal: &Refusal) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head("Not here", false))
            body {
                main {
                    h1 { "Not here" }
                    @for language in [Language::English, Language::Italian] {
                        p lang=(crate::texts::code(language)) {
                            (refusal.reason.text(language)) ": " (parts::prose(refusal.reason.hint(language)))
                        }
                    }
                }
            }
        }
    }
}
