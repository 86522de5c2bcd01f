//! Pages of how people sign in here.

use std::net::IpAddr;

use data_encoding::BASE32_NOPAD;
use maud::{Markup, html};
use region::noun::client::OWN_CLIENT;
use region::telling::Reach;
use serde_json::Value;
use words::Refusal;

use super::layout::{Page, layout};
use super::stated::why;
use crate::console::{Visit, Ways};
use crate::encode::encoded;
use crate::issuing::Asked;
use crate::parts::{self, Notice};
use crate::texts::Texts;
use crate::told::text;

/// A text field with its label; `kind` and `complete` as HTML has them.
fn line(label: &str, hint: &str, name: &str, kind: &str, complete: &str, value: &str) -> Markup {
    let id = format!("field-{name}");
    let about = format!("hint-{name}");
    html! {
        div.field {
            label for=(id) { (label) }
            @if !hint.is_empty() { p.hint #(about) { (hint) } }
            input type=(kind) id=(id) name=(name) value=(value) required autocomplete=(complete) spellcheck="false"
                autocapitalize="none" aria-describedby=[(!hint.is_empty()).then_some(&about)];
        }
    }
}

fn code_line(visit: &Visit<'_>) -> Markup {
    let texts = visit.texts;
    html! {
        div.field {
            label for="field-app_code" { (texts.say("app-code")) }
            p.hint #hint-app_code { (texts.say("app-code-hint")) }
            input type="text" id="field-app_code" name="app_code" required inputmode="numeric" pattern="[0-9 ]{6,7}"
                autocomplete="one-time-code" aria-describedby="hint-app_code";
        }
    }
}

/// The end of a form that the browser fills in; its script shows the button.
fn by_browser(texts: &Texts, says: &str) -> Markup {
    html! {
        p.hint data-without { (texts.say("passkey-scripts")) }
        button type="submit" hidden { (says) }
        p.failed role="alert" {}
    }
}

/// The two ways to prove who one is; `kept`: what travels with both.
fn proofs(visit: &Visit<'_>, action: &str, question: &str, name: &str, kept: &Markup) -> Markup {
    let texts = visit.texts;
    html! {
        (parts::section(texts.say("with-passkey"), &html! {
            form method="post" action=(action) data-passkey="show" data-question=(question) data-failed=(texts.say("passkey-failed")) {
                (kept)
                input type="hidden" name="shown" value="";
                (by_browser(texts, texts.say("passkey-use")))
            }
        }))
        (parts::section(texts.say("with-password"), &html! {
            form method="post" action=(action) {
                (kept)
                (line(texts.say("short-name"), texts.say("short-name-hint"), "name", "text", "username", name))
                (line(texts.say("password"), "", "password", "password", "current-password", ""))
                (code_line(visit))
                div.end { button type="submit" { (texts.say("sign-in")) } }
            }
        }))
        p { a href="/join" { (texts.say("have-code")) } }
        p.hint { (parts::prose(texts.say("ways-lost"))) }
    }
}

/// What a program will be told, as far as it asked (OpenID Connect Core 1.0, 3.1.2.4).
fn told(visit: &Visit<'_>, scope: &str) -> Markup {
    let texts = visit.texts;
    let asked =
        scope.split(' ').filter(|word| ["profile", "email", "groups", "offline_access"].contains(word));
    html! {
        p { (texts.say("told-what")) }
        ul { li { (texts.say("told-alias")) } @for word in asked { li { (texts.name(&format!("scope.{word}"))) } } }
    }
}

/// Who are you? For a program, or for this console.
pub fn prove(
    visit: &Visit<'_>,
    asked: &Asked,
    text: &str,
    question: &str,
    name: &str,
    refusal: Option<&Refusal>,
) -> Markup {
    let texts = visit.texts;
    let kept = html! { input type="hidden" name="asked" value=(text); };
    let main = html! {
        @if asked.client != OWN_CLIENT {
            p.lead { (texts.say_of("prove-for", &asked.client)) }
            (told(visit, &asked.scope))
        }
        @if let Some(refusal) = refusal { (why(visit, refusal)) }
        (proofs(visit, "/issuer/authorize", question, name, &kept))
    };
    layout(visit, &Page { title: &texts.say_of("sign-in-to", visit.region()), above: Vec::new(), main })
}

/// The code that another machine shows.
pub fn device(visit: &Visit<'_>, typed: &str, refusal: Option<&Refusal>) -> Markup {
    let texts = visit.texts;
    let main = html! {
        p.lead { (texts.say("device-what")) }
        @if let Some(refusal) = refusal { (why(visit, refusal)) }
        form method="post" action="/device" {
            (line(texts.say("device-code"), texts.say("device-code-hint"), "user_code", "text", "off", typed))
            div.end { button type="submit" { (texts.say("go-on")) } }
        }
    };
    layout(visit, &Page { title: texts.say("device"), above: Vec::new(), main })
}

/// A machine that waits: its program, where it asked from, and what it shows.
pub struct Machine<'m> {
    pub program: &'m str,
    pub from: IpAddr,
    pub typed: &'m str,
}

/// Who are you, for that machine?
pub fn device_prove(
    visit: &Visit<'_>,
    waits: &Machine<'_>,
    question: &str,
    name: &str,
    refusal: Option<&Refusal>,
) -> Markup {
    let texts = visit.texts;
    let kept = html! {
        input type="hidden" name="user_code" value=(waits.typed);
        input type="hidden" name="step" value="prove";
    };
    let main = html! {
        (parts::notice(Notice::Waits, &texts.say_of("device-warn", waits.program), &html! {
            p { (texts.say_of("device-warn-from", &waits.from.to_string())) }
            p { (texts.say("device-warn-more")) }
        }))
        @if let Some(refusal) = refusal { (why(visit, refusal)) }
        (proofs(visit, "/device", question, name, &kept))
    };
    layout(visit, &Page { title: texts.say("device"), above: Vec::new(), main })
}

pub fn device_done(visit: &Visit<'_>) -> Markup {
    let texts = visit.texts;
    let main = parts::notice(
        Notice::Done,
        texts.say("device-done"),
        &html! { p { (texts.say("device-done-more")) } },
    );
    layout(visit, &Page { title: texts.say("device"), above: Vec::new(), main })
}

/// The code of an invitation or a recovery.
pub fn join(visit: &Visit<'_>, code: &str, approval: &str, refusal: Option<&Refusal>) -> Markup {
    let texts = visit.texts;
    let main = html! {
        p.lead { (texts.say("join-what")) }
        @if let Some(refusal) = refusal { (why(visit, refusal)) }
        form method="post" action="/join" {
            (line(texts.say("join-code"), texts.say("join-code-hint"), "code", "text", "off", code))
            div.field {
                label for="field-approval" { (texts.say("join-approval")) " " span.optional { (texts.say("optional")) } }
                p.hint #hint-approval { (texts.say("join-approval-hint")) }
                input type="text" id="field-approval" name="approval" value=(approval) autocomplete="off" spellcheck="false"
                    aria-describedby="hint-approval";
            }
            div.end { button type="submit" { (texts.say("go-on")) } }
        }
    };
    layout(visit, &Page { title: texts.say("join"), above: Vec::new(), main })
}

/// What somebody who joins may choose.
pub fn choose(visit: &Visit<'_>, ways: &Ways, refusal: Option<&Refusal>) -> Markup {
    let texts = visit.texts;
    let kept = html! {
        input type="hidden" name="code" value=(ways.written.code);
        input type="hidden" name="approval" value=(ways.written.approval);
    };
    let main = html! {
        p.lead { (texts.say_of("join-hello", &ways.called)) }
        @if let Some(refusal) = refusal { (why(visit, refusal)) }
        (adding(visit, "/join", ways, &kept))
    };
    layout(visit, &Page { title: texts.say("join"), above: Vec::new(), main })
}

pub fn joined(visit: &Visit<'_>) -> Markup {
    let texts = visit.texts;
    let main = html! {
        (parts::notice(Notice::Done, texts.say("joined"), &html! { p { (texts.say("joined-more")) } }))
        p { a.button href="/sign-in" { (texts.say("sign-in")) } }
    };
    layout(visit, &Page { title: texts.say("join"), above: Vec::new(), main })
}

/// How somebody signs in, and what they can change; `is_offered`: people sign in at this address.
pub fn ways(
    visit: &Visit<'_>,
    known: &Value,
    ways: &Ways,
    is_offered: bool,
    refusal: Option<&Refusal>,
) -> Markup {
    let texts = visit.texts;
    let since = known.get("password_since").and_then(Value::as_str);
    let passkeys: Vec<&str> = known
        .get("passkeys")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let kept =
        html! { @if let Some(proof) = &ways.proof { input type="hidden" name="proof" value=(proof); } };
    let has_ways = since.is_some() || !passkeys.is_empty();
    let may_change = ways.proof.is_some() || !has_ways;
    let drop = |way: &str, says: &str| {
        html! {
            @if may_change { form.inline method="post" action="/me/ways" {
                (kept)
                input type="hidden" name="step" value="drop";
                input type="hidden" name="way" value=(way);
                button.quiet type="submit" aria-label=(format!("{}: {says}", texts.say("way-drop"))) { (texts.say("way-drop")) }
            } }
        }
    };
    let main = html! {
        @if visit.asked("changed").is_some() && refusal.is_none() {
            (parts::notice(Notice::Done, texts.say("ways-changed"), &html! {}))
        }
        @if let Some(refusal) = refusal { (why(visit, refusal)) }
        @if !is_offered { (parts::notice(Notice::Waits, texts.say("ways-not-here"), &html! { p { (parts::prose(texts.say("ways-not-here-more"))) } })) }
        (parts::section(texts.say("ways-now"), &html! {
            @if !has_ways { (parts::nothing(texts.say("ways-none"))) }
            ul.ways-now {
                @if let Some(since) = since {
                    li { (texts.say("way-password")) " · " (parts::time(since)) " " (drop("password", texts.say("way-password"))) }
                }
                @for label in &passkeys { li { (texts.say("way-passkey")) " · " (label) " " (drop(label, label)) } }
            }
            @if !text(known, "waits").is_empty() { p { (texts.name(&format!("value.{}", text(known, "waits")))) } }
        }))
        @if may_change {
            (adding(visit, "/me/ways", ways, &kept))
            p.hint { (texts.say("ways-fresh")) }
        } @else {
            (parts::section(texts.say("prove-again"), &html! { p { (texts.say("prove-again-why")) } }))
            (proofs(visit, "/me/ways", &ways.question, &ways.alias, &html! { input type="hidden" name="step" value="prove"; }))
        }
    };
    let above = vec![(ways.called.clone(), "/me".to_owned())];
    layout(visit, &Page { title: texts.say("ways"), above, main })
}

/// Where notices reach whoever visits; both answers at once, so that what is seen is what will be.
pub fn notices(texts: &Texts, reach: &Reach) -> Markup {
    let option = |value: &str, is_so: bool, says: &str| {
        html! { option value=(value) selected[is_so] { (says) } }
    };
    parts::section(
        texts.say("notices"),
        &html! {
            p { (texts.say("notices-what")) }
            form method="post" action="/do/person.reach" {
                input type="hidden" name="back" value="/me";
                div.field {
                    label for="field-mail" { (texts.say("notices-mail")) }
                    select id="field-mail" name="mail" {
                        (option("on", reach.has_mail, texts.say("notices-mail-on")))
                        (option("off", !reach.has_mail, texts.say("notices-mail-off")))
                    }
                }
                (line(
                    texts.say("notices-webhook"), texts.say("notices-webhook-hint"), "webhook", "text", "off",
                    reach.webhook.as_deref().unwrap_or("off"),
                ))
                div.end { button type="submit" { (texts.say("notices-keep")) } }
            }
        },
    )
}

/// The forms that add a way in.
fn adding(visit: &Visit<'_>, action: &str, ways: &Ways, kept: &Markup) -> Markup {
    let texts = visit.texts;
    let written = &ways.written;
    html! {
        (parts::section(texts.say("passkey-add"), &html! {
            p { (texts.say("passkey-what")) }
            form method="post" action=(action) data-passkey="make" data-question=(ways.question) data-person=(ways.id)
                data-alias=(ways.alias) data-called=(ways.called) data-region=(visit.region()) data-failed=(texts.say("passkey-failed")) {
                (kept)
                input type="hidden" name="step" value="passkey";
                input type="hidden" name="made" value="";
                (line(texts.say("passkey-label"), texts.say("passkey-label-hint"), "label", "text", "off", &written.label))
                (by_browser(texts, texts.say("passkey-make")))
            }
        }))
        (parts::section(texts.say("password-set"), &html! {
            form method="post" action=(action) {
                (kept)
                input type="hidden" name="step" value="password";
                input type="hidden" name="app_key" value=(written.app_key);
                // So that a browser keeps the password under this name.
                input type="hidden" name="name" value=(ways.alias) autocomplete="username";
                (line(texts.say("password-new"), texts.say("password-new-hint"), "password", "password", "new-password", ""))
                p { (texts.say("app-how")) }
                (parts::square(&app_address(visit, ways), texts.say("app-square")))
                p { (texts.say("app-key")) " " code.key { (in_fours(&written.app_key)) } }
                (code_line(visit))
                div.end { button type="submit" { (texts.say("password-keep")) } }
            }
        }))
    }
}

/// SPEC: Key URI Format of authenticator apps.
fn app_address(visit: &Visit<'_>, ways: &Ways) -> String {
    let issuer = encoded(&format!("EPIC {}", visit.region()));
    let key = match BASE32_NOPAD.decode(ways.written.app_key.as_bytes()) {
        Ok(_) => &ways.written.app_key,
        Err(_) => "",
    };
    format!("otpauth://totp/{issuer}:{}?secret={key}&issuer={issuer}", encoded(&ways.alias))
}

fn in_fours(text: &str) -> String {
    let signs: Vec<char> = text.chars().collect();
    signs.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
