//! A session ends with what it stands on: at once, on the next request.

use std::time::{Duration, Instant};

use region::twin::Access;
use serde_json::json;

use super::{Institute, within};
use crate::kit::{Call, Door, now};

/// WHY: the bar: whoever is out is out within five seconds, on every door.
const OUT_WAIT: Duration = Duration::from_secs(5);

struct Session {
    access: Access,
    ticket: String,
}

impl Session {
    fn of(institute: &Institute, token: &str) -> Self {
        let answer = institute.session(Door::Inside, token);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let text = |name: &str| within(&answer, name);
        let access = Access { id: text("AccessKeyId"), secret: text("SecretAccessKey") };
        Self { access, ticket: text("SessionToken") }
    }

    /// The reason that a look at the results is refused for; none: it was shown.
    fn look(&self, institute: &Institute) -> Option<String> {
        let call = Call::get("/results?list-type=2").with("x-amz-security-token", &self.ticket);
        let answer = institute.house.s3(Door::Inside, &self.access, call);
        answer.header("x-epic-reason").map(str::to_owned)
    }

    fn is_out(&self, institute: &Institute, why: &str) {
        let began = Instant::now();
        loop {
            let told = self.look(institute);
            if told.as_deref() == Some(why) {
                return;
            }
            assert!(began.elapsed() < OUT_WAIT, "still {told:?} and not {why}");
        }
    }
}

// Goal: each thing that a session stands on, taken away, ends it. Method: a session for each, then the deed.
#[test]
fn a_session_ends_with_what_it_stands_on() {
    let Some(institute) = Institute::new() else { return };
    let done = |who: &str, args: &[&str]| drop(institute.house.done(who, args));
    let terms = institute.terms();
    for (why, who, deed, undone_by, undo) in [
        ("session_ended", "rita", vec!["person", "recall", "rita"], "", vec![]),
        ("session_ended", "sergio", vec!["person", "recall", "rita"], "", vec![]),
        (
            "session_ended",
            "sergio",
            vec!["issuer", "leave", "iam", "--organisation", "iss"],
            "sergio",
            vec!["issuer", "adopt", "iam", "--organisation", "iss", "--terms", &terms],
        ),
        (
            "person_suspended",
            "sergio",
            vec!["person", "suspend", "rita", "--reason", "she left"],
            "sergio",
            vec!["person", "resume", "rita"],
        ),
        (
            "project_halted",
            "carla",
            vec!["project", "halt", "planet", "--reason", "an incident"],
            "carla",
            vec!["project", "resume", "planet"],
        ),
    ] {
        let token = institute.fresh("rita");
        let session = Session::of(&institute, &token);
        assert_eq!(session.look(&institute), None, "before {deed:?}");
        done(who, &deed);
        session.is_out(&institute, why);
        if undo.is_empty() {
            // The token that opened it opens nothing any more either.
            let again = institute.session(Door::Inside, &token);
            assert_eq!(again.header("x-epic-reason"), Some("session_ended"), "{}", again.text());
            continue;
        }
        // WHY a second later: tokens and adoptions are compared by whole seconds.
        institute.house.wait_past(now().plus_ms(1_000));
        done(undone_by, &undo);
        if why != "project_halted" {
            assert_eq!(session.look(&institute).as_deref(), Some("session_ended"), "back with {undo:?}");
        }
    }
    let session = Session::of(&institute, &institute.fresh("rita"));
    done("carla", &["permit", "end", "permit-1", "--reason", "the study is over"]);
    session.is_out(&institute, "permit_ended");
}

// Goal: a ticket goes with its own key and no other, at its own place, unaltered.
#[test]
fn a_ticket_is_worth_nothing_apart_from_its_key() {
    let Some(institute) = Institute::new() else { return };
    let token = institute.provider.sign_in("rita", "epic", true);
    let (one, two) = (Session::of(&institute, &token), Session::of(&institute, &token));
    let lasting = institute.house.desk();
    let mut altered = one.ticket.clone();
    let last = altered.pop().unwrap();
    altered.insert(0, last);
    let look = |access: &Access, ticket: Option<&str>, door| {
        let call = Call::get("/results?list-type=2");
        let call = ticket.map_or(call.clone(), |ticket| call.with("x-amz-security-token", ticket));
        institute.house.s3(door, access, call).header("x-epic-reason").map(str::to_owned)
    };
    let unknown = Some("unauthenticated".to_owned());
    assert_eq!(look(&one.access, Some(&one.ticket), Door::Inside), None);
    assert_eq!(look(&one.access, None, Door::Inside), unknown);
    assert_eq!(look(&one.access, Some(&two.ticket), Door::Inside), unknown);
    assert_eq!(look(&one.access, Some(&altered), Door::Inside), unknown);
    assert_eq!(look(&one.access, Some(""), Door::Inside), unknown);
    assert_eq!(look(&lasting, Some(&one.ticket), Door::Inside), unknown);
    assert_eq!(look(&one.access, Some(&one.ticket), Door::Outside), Some("place_outside".to_owned()));
}

// Goal: keys turn over while somebody is signed in, and a group that one is taken out of counts no more.
#[test]
fn keys_turn_over_and_groups_change_while_somebody_is_signed_in() {
    let Some(mut institute) = Institute::new() else { return };
    institute.house.enrol_by("sergio", "nora", "iss");
    let map = ["role", "map", "--issuer", "iam", "--group", "/planet/researchers", "--at", "planet"];
    institute.house.done("carla", &map);
    institute.house.permit("permit-2", "planet", "nora", &crate::kit::day(90));
    institute.house.teach("nora", "planet");
    let token = institute.provider.sign_in("nora", "epic", true);
    let session = Session::of(&institute, &token);
    assert_eq!(session.look(&institute), None, "by her group alone");
    institute.provider.turn_keys();
    assert_eq!(session.look(&institute), None, "the session goes on");
    let renewed = institute.provider.sign_in("nora", "epic", true);
    let began = Instant::now();
    // WHY again: one that was asked for its keys a moment ago is not asked at once.
    while institute.session(Door::Inside, &renewed).status != 200 {
        assert!(began.elapsed() < Duration::from_secs(15), "the new key is not taken");
        std::thread::sleep(Duration::from_millis(200));
    }
    let old = institute.session(Door::Inside, &token);
    assert_eq!(old.header("x-epic-reason"), Some("token_wrong"), "the key that is gone counts no more");
    // Out of the group at the provider: the next token gives no role.
    let mut accounts = super::accounts();
    accounts["nora"]["groups"] = json!([]);
    institute.provider.say(&accounts);
    let outside = Session::of(&institute, &institute.provider.sign_in("nora", "epic", true));
    assert_eq!(outside.look(&institute).as_deref(), Some("role_missing"));
    // The group counts for nothing here any more: who is signed in by it is out at once.
    institute.house.done(
        "carla",
        &["role", "unmap", "--issuer", "iam", "--group", "/planet/researchers", "--at", "planet"],
    );
    session.is_out(&institute, "role_missing");
}
