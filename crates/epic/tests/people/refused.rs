//! Tokens that must not be believed, sent to the real door.

use serde_json::{Value, json};

use super::{Institute, within};
use crate::kit::{Call, Door, now};

fn claims(institute: &Institute) -> Value {
    let at = now().ms() / 1_000;
    json!({ "iss": institute.provider.url(), "sub": "rita", "preferred_username": "rita", "aud": "epic",
        "iat": at, "exp": at + 300, "amr": ["pwd", "otp"], "groups": [] })
}

fn with(institute: &Institute, name: &str, value: Value) -> Value {
    let mut claims = claims(institute);
    claims[name] = value;
    claims
}

// Goal: whatever is wrong with a token, it opens nothing, and its words are written nowhere.
#[test]
fn a_token_that_is_not_for_here_opens_nothing() {
    let Some(mut institute) = Institute::new() else { return };
    let at = now().ms() / 1_000;
    let mint = |head: Value, claims: Value| institute.provider.mint(&head, &claims);
    let good = mint(json!({}), claims(&institute));
    assert_eq!(institute.session(Door::Inside, &good).status, 200);
    let (head, body, signature) = {
        let mut parts = good.split('.');
        (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap())
    };
    let none = data_encoding::BASE64URL_NOPAD.encode(br#"{"alg":"none"}"#);
    let wrong = ("InvalidIdentityToken", "token_wrong", 400);
    let ended = ("ExpiredTokenException", "token_ended", 400);
    let nobody = ("AccessDenied", "not_enrolled", 403);
    for (what, token, (code, reason, status)) in [
        ("another client's", institute.provider.sign_in("rita", "another", true), wrong),
        ("ended", mint(json!({}), with(&institute, "exp", json!(at - 120))), ended),
        ("of tomorrow", mint(json!({}), with(&institute, "nbf", json!(at + 86_400))), ended),
        ("another issuer's", mint(json!({}), with(&institute, "iss", json!("http://127.0.0.1:1"))), wrong),
        ("for nobody", mint(json!({}), with(&institute, "aud", Value::Null)), wrong),
        ("without an end", mint(json!({}), with(&institute, "exp", Value::Null)), wrong),
        ("of an unknown key", mint(json!({ "kid": "k2" }), claims(&institute)), wrong),
        ("of another kind", mint(json!({ "typ": "logout+jwt" }), claims(&institute)), wrong),
        ("unsigned", format!("{none}.{body}."), wrong),
        ("without a signature", format!("{head}.{body}."), wrong),
        (
            "of another's signature",
            format!("{head}.{body}.{}", signature.chars().rev().collect::<String>()),
            wrong,
        ),
        ("no token", "planted-token".to_owned(), wrong),
        ("empty", String::new(), wrong),
        ("endless", "a".repeat(20_001), wrong),
        ("of somebody unknown", institute.provider.sign_in("nora", "epic", true), nobody),
        ("of an unlinked organisation", institute.provider.sign_in("olga", "epic", true), nobody),
    ] {
        let answer = institute.session(Door::Inside, &token);
        assert_eq!(
            (within(&answer, "Code").as_str(), answer.status),
            (code, status),
            "{what}: {}",
            answer.text()
        );
        assert_eq!(answer.header("x-epic-reason"), Some(reason), "{what}");
        assert!(token.is_empty() || !answer.text().contains(&token), "{what} is told again");
    }
    // A provider that is away, once its keys are too old or were never there, lets nobody in and keeps nobody waiting long.
    institute.provider.stop();
    assert_eq!(institute.session(Door::Inside, &good).status, 200, "keys are believed for a while");
}

// Goal: a form that asks for more than it may is refused by name. Method: roles, policies, bounds, actions.
#[test]
fn a_form_that_asks_for_something_else_is_refused() {
    let Some(institute) = Institute::new() else { return };
    let token = institute.provider.sign_in("rita", "epic", true);
    let form = |name: &'static str, value: &'static str| {
        let mut form = vec![
            ("Action", "AssumeRoleWithWebIdentity"),
            ("RoleArn", super::ROLE),
            ("RoleSessionName", "desk"),
            ("WebIdentityToken", token.as_str()),
        ];
        form.retain(|(own, _)| *own != name);
        form.push((name, value));
        institute.ask(Door::Inside, &form)
    };
    for (name, value, code) in [
        ("RoleArn", "arn:aws:iam::123456789012:role/admin", "ValidationError"),
        ("RoleArn", "arn:epic:iam::elsewhere:role/member", "AccessDenied"),
        ("DurationSeconds", "43201", "ValidationError"),
        ("DurationSeconds", "59", "ValidationError"),
        ("DurationSeconds", "-1", "ValidationError"),
        ("Policy", "{}", "MalformedPolicyDocument"),
        ("PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/ReadOnlyAccess", "InvalidAction"),
        ("Action", "AssumeRole", "AccessDenied"),
        ("Action", "GetSessionToken", "AccessDenied"),
        ("Action", "", "AccessDenied"),
    ] {
        let answer = form(name, value);
        assert_eq!(within(&answer, "Code"), code, "{name}={value}: {}", answer.text());
    }
    let long = Call::new("POST", "/", "a=".repeat(30_000).as_bytes()).with("content-type", super::FORM);
    let answer = crate::kit::block_on(long.send(institute.house.s3_address(Door::Inside)));
    assert_eq!(answer.status, 400, "{}", answer.text());
}

// Goal: nobody is spoken for who did not say so. Method: the trust of the operator alone, and terms that changed.
#[test]
fn an_issuer_speaks_for_whom_it_was_adopted_by_as_it_was_then() {
    let Some(institute) = Institute::new() else { return };
    let code = |expected: Option<&str>| {
        let answer = institute.session(Door::Inside, &institute.fresh("rita"));
        assert_eq!(answer.header("x-epic-reason"), expected, "{}", answer.text());
    };
    code(None);
    let old = institute.terms();
    // The operator reads another claim from now on, which might make anybody rita.
    institute.trust("pwd", "3600");
    code(Some("not_enrolled"));
    let shown = institute.house.done("olga", &["--json", "issuer", "show"]).json();
    assert_eq!(shown["answer"][0]["to_adopt_again"], json!(["iss"]));
    let (old, new) = (old, institute.terms());
    assert_ne!(old, new);
    let adopt = |who: &str, terms: &str| {
        institute.house.by(who, &["issuer", "adopt", "iam", "--organisation", "iss", "--terms", terms])
    };
    let own = adopt("olga", &new);
    assert_eq!(own.code, 3, "{}", own.err);
    // Whoever adopts what they read before it was changed adopts nothing.
    let unread = adopt("sergio", &old);
    assert!(unread.err.contains("terms_changed"), "{}", unread.err);
    institute.adopt();
    code(None);
    institute.house.done("sergio", &["issuer", "leave", "iam", "--organisation", "iss"]);
    code(Some("not_enrolled"));
    institute.adopt();
    institute.house.done("olga", &["issuer", "distrust", "iam", "--reason", "it was broken into"]);
    code(Some("token_wrong"));
}
