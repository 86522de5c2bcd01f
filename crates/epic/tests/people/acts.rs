//! Sessions at the doors of acts: by the command line, and by any client that speaks JSON.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{Institute, within};
use crate::kit::call::Answer;
use crate::kit::{Call, Door, Ended, block_on, snapshot};

impl Institute {
    /// A command of somebody who has a session and no key.
    fn in_session(&self, who: &str, args: &[&str]) -> Ended {
        let session = self.house.text(&format!("{who}.session"));
        self.house.by(&format!("{who}-without-key"), &[&["--session-file", &session], args].concat())
    }

    fn signed_in(&self, who: &str, more: &[&str]) -> Ended {
        let token = self.file(&format!("{who}.token"), &self.fresh(who));
        let token = token.display().to_string();
        self.in_session(who, &[&["sign-in", "--token-file", &token], more].concat())
    }

    fn acts(&self) -> SocketAddr {
        self.house.ready["acts"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap()
    }

    pub fn post(&self, path: &str, session: Option<&str>, more: &[(&str, &str)], body: &Value) -> Answer {
        let mut call = Call::new("POST", path, body.to_string().as_bytes());
        call = call.with("content-type", "application/json");
        if let Some(session) = session {
            call = call.with("authorization", &format!("Bearer {session}"));
        }
        let own = ("host", self.acts().to_string());
        let has_host = more.iter().any(|(name, _)| *name == "host");
        let call = if has_host { call } else { call.with(own.0, &own.1) };
        let call = more.iter().fold(call, |call, (name, value)| call.with(name, value));
        block_on(call.send(self.acts()))
    }

    fn reason(&self, path: &str, session: Option<&str>, more: &[(&str, &str)]) -> String {
        let answer = self.post(path, session, more, &json!({}));
        let problem: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(problem["type"], format!("/reasons/{}", problem["reason"].as_str().unwrap()));
        problem["reason"].as_str().unwrap().to_owned()
    }
}

// Goal: who has no key works by their institute's account alone. Method: enrolled without one; every step by the command line.
#[test]
fn somebody_without_a_key_works_by_the_command_line() {
    let Some(institute) = Institute::new() else { return };
    let enrol =
        ["person", "enrol", "nora", "--name", "Nora", "--email", "nora@iss.example", "--organisation", "iss"];
    institute.house.done("sergio", &enrol);
    institute.house.role("carla", "nora", "researcher", "planet");
    let before = institute.in_session("nora", &["project", "show"]);
    assert_eq!(before.code, 1, "{}", before.err);
    assert!(before.err.contains("epic sign-in"), "{}", before.err);
    let signed_in = institute.signed_in("nora", &[]);
    assert_eq!(signed_in.code, 0, "{}", signed_in.err);
    assert!(signed_in.out.starts_with("signed in until "), "{}", signed_in.out);
    let shown = institute.in_session("nora", &["--json", "project", "show"]).json();
    assert_eq!(shown["answer"][0]["project"], "planet");
    let wrong = institute.in_session("nora", &["project", "halt", "planet", "--reason", "why not"]);
    assert_eq!(wrong.code, 3);
    assert!(wrong.err.contains("role_missing"), "{}", wrong.err);
    // Out, by herself, wherever the session was copied to.
    assert_eq!(institute.in_session("nora", &["person", "recall", "nora"]).code, 0);
    let over = institute.in_session("nora", &["project", "show"]);
    assert_eq!(over.code, 3);
    assert!(over.err.contains("session_ended"), "{}", over.err);
    let out = institute.in_session("nora", &["sign-out"]);
    assert_eq!((out.code, out.err.as_str()), (0, ""));
    assert_eq!(institute.in_session("nora", &["sign-out"]).code, 1);
    // A file that is not the owner's alone would lend the session to others.
    assert_eq!(institute.signed_in("nora", &["--seconds", "60"]).code, 0);
    let mode = std::fs::metadata(institute.house.path("nora.session")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777, 0o600);
    snapshot("signed_in_refused.txt", &institute.signed_in("olga", &[]).err);
}

// Goal: in a terminal, without a browser on that machine: a code, entered elsewhere. Method: the command waits while somebody enters it.
#[test]
fn a_code_entered_in_any_browser_signs_a_terminal_in() {
    let Some(institute) = Institute::new() else { return };
    let (url, session) = (institute.provider.url(), institute.house.text("rita.session"));
    let sign_in = ["--session-file", &session, "sign-in", "--issuer-url", &url, "--client", "epic"];
    let mut waiting = institute.house.start("rita", &sign_in);
    let mut lines = BufReader::new(waiting.stderr.take().unwrap()).lines().map_while(Result::ok);
    let (open, enter) = (lines.next().unwrap(), lines.next().unwrap());
    let (page, code) = (open.strip_prefix("open ").unwrap(), enter.strip_prefix("and enter ").unwrap());
    institute.provider.enter(page, code, "rita");
    let ended = waiting.wait_with_output().unwrap();
    let told = lines.collect::<Vec<_>>().join("\n");
    assert!(ended.status.success(), "{told}");
    let shown = institute.in_session("rita", &["--json", "permit", "show"]).json();
    assert_eq!(shown["answer"][0]["permit"], "permit-1");
    let lost = institute.in_session("rita", &["sign-in", "--issuer-url", "http://127.0.0.1:1"]);
    assert_eq!(lost.code, 1, "{}", lost.err);
    assert!(lost.err.contains("the identity provider does not answer"), "{}", lost.err);
}

// Goal: a session is what it says and nothing else. Method: other tickets, other places, signatures beside it.
#[test]
fn a_session_for_acts_is_taken_whole_and_there_alone() {
    let Some(institute) = Institute::new() else { return };
    let token = institute.provider.sign_in("rita", "epic", true);
    let opened = institute.post("/v1/sign-in", None, &[], &json!({ "token": token, "seconds": 600 }));
    assert_eq!(opened.status, 200, "{}", opened.text());
    let opened: Value = serde_json::from_slice(&opened.body).unwrap();
    let session = opened["answer"]["session"].as_str().unwrap();
    let show = "/v1/acts/project.show";
    assert_eq!(institute.post(show, Some(session), &[], &json!({})).status, 200);
    let s3 = within(&institute.session(Door::Inside, &token), "SessionToken");
    let altered = session.replacen(&session[40..41], if &session[40..41] == "A" { "B" } else { "A" }, 1);
    for (what, given, expected) in [
        ("one for S3", s3.as_str(), "unauthenticated"),
        ("an altered one", &altered, "unauthenticated"),
        ("the token itself", &token, "unauthenticated"),
        ("none", "", "unauthenticated"),
    ] {
        assert_eq!(institute.reason(show, Some(given), &[]), expected, "{what}");
    }
    assert_eq!(institute.reason(show, None, &[]), "unauthenticated");
    assert_eq!(institute.reason(show, None, &[("authorization", "Basic cml0YTpyaXRh")]), "unauthenticated");
    let both = [("signature-input", "a"), ("signature", "b")];
    assert_eq!(institute.reason(show, Some(session), &both), "invalid");
    assert_eq!(institute.reason(show, Some(session), &[("host", "evil.example")]), "unauthenticated");
    assert_eq!(institute.reason("/v1/sign-in", None, &[("host", "evil.example")]), "unauthenticated");
    // It renews itself no further than it goes: who is out at the provider is out here in time.
    let ends = |answer: &Answer| {
        let answer: Value = serde_json::from_slice(&answer.body).unwrap();
        answer["answer"]["ends"].as_str().unwrap().to_owned()
    };
    let longer = json!({ "seconds": 43_200 });
    let again = institute.post("/v1/acts/session.open", Some(session), &[], &longer);
    assert_eq!(ends(&again), opened["answer"]["ends"].as_str().unwrap());
    // And it leaves nothing behind that would outlive it.
    let lasting = json!({ "project": "planet", "place": "outside", "ends": crate::kit::day(30) });
    let lasting = institute.post("/v1/acts/credential.issue", Some(session), &[], &lasting);
    let lasting: Value = serde_json::from_slice(&lasting.body).unwrap();
    assert_eq!(lasting["reason"], "not_offered", "{lasting}");
    // A session for one project opens none for all of them; an open one begins one.
    let begun = institute.post("/v1/acts/session.begin", Some(session), &[], &json!({ "project": "planet" }));
    let begun: Value = serde_json::from_slice(&begun.body).unwrap();
    assert!(begun["answer"]["session_token"].is_string(), "{begun}");
}

// Goal: asked twice under one key, it is done once. Method: the same key, then another.
#[test]
fn an_idempotency_key_takes_one_effect() {
    let Some(institute) = Institute::new() else { return };
    let token = institute.provider.sign_in("carla", "epic", true);
    let opened = institute.post("/v1/sign-in", None, &[], &json!({ "token": token }));
    let opened: Value = serde_json::from_slice(&opened.body).unwrap();
    let session = opened["answer"]["session"].as_str();
    let halt = |key: &str| {
        let fields = json!({ "project": "planet", "reason": "an incident" });
        institute.post("/v1/acts/project.halt", session, &[("idempotency-key", key)], &fields).status
    };
    assert_eq!((halt("one"), halt("one"), halt("two")), (200, 200, 409));
    assert_eq!((halt(&"x".repeat(256)), halt("a b")), (400, 400));
}

// Goal: what anybody may ask is told, and nothing beside it.
#[test]
fn what_is_offered_and_what_a_reason_means_is_told_to_anybody() {
    let Some(institute) = Institute::new() else { return };
    let get = |path: &str| block_on(Call::new("GET", path, b"").send(institute.acts()));
    let description: Value = serde_json::from_slice(&get("/v1/openapi.json").body).unwrap();
    assert_eq!(description["openapi"], "3.1.0");
    let told = get("/reasons/permit_ended");
    assert!(
        told.text().contains("the permit has ended") && told.text().contains("permesso"),
        "{}",
        told.text()
    );
    assert_eq!(get("/reasons/of-tomorrow").status, 404);
    assert_eq!(get("/reasons/../health").status, 404);
}
