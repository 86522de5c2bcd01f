//! Sessions asked for with a policy, over the door: what they may, and every way round it.

use crate::house;

use gate::identify::token::KeySet;
use gate::issue::{self, TokenKind};
use house::{Answer, Call, House};
use region::session::keyring::Published;
use region::twin::Access;
use serde_json::{Value, json};
use words::{Place, Reason};

const ISSUER: &str = "https://region.epic.test/issuer";
const FORM: &str = "application/x-www-form-urlencoded";

/// A house that is its own issuer, with a program in a browser and one that keeps a secret.
struct Lab {
    house: House,
}

/// A session as its client holds it.
#[derive(Clone)]
struct Session {
    access: Access,
    ticket: String,
}

impl Lab {
    async fn open() -> Self {
        let house = House::open().await;
        let act = async |who: &str, act: &str, fields: Value| {
            house.world.act(who, act, fields).await.unwrap().answer
        };
        let trust = json!({
            "alias": "house", "url": ISSUER, "audiences": ["epic"], "claim": "preferred_username", "factors": ["mfa"],
            "client": "epic",
        });
        let terms = act("olga", "issuer.trust", trust).await["terms"].clone();
        let shown = act("olga", "issuer.show", json!({ "issuer": "house" })).await;
        let region = &house.world.region;
        let keys = issue::keys(&region.token_seed().unwrap(), region.now()).unwrap();
        let keys = KeySet::read(keys.to_string().as_bytes()).unwrap();
        let id = shown[0]["id"].as_str().unwrap().parse().unwrap();
        region.keyring().answered(id, Some(Published { keys, endpoints: None }), region.now());
        act("sergio", "issuer.adopt", json!({ "issuer": "house", "organisation": "iss", "terms": terms }))
            .await;
        for (alias, kind) in [("lab", "s3"), ("map", "public"), ("hub", "secret")] {
            let returns = [format!("https://{alias}.example/back")];
            act("olga", "client.register", json!({ "alias": alias, "returns": returns, "kind": kind })).await;
        }
        Self { house }
    }

    /// What the issuer here would sign for a program.
    fn token(&self, kind: TokenKind, aud: &str) -> String {
        let region = &self.house.world.region;
        let now = region.now().ms() / 1_000;
        let claims = json!({
            "iss": ISSUER, "sub": "rita", "aud": aud, "iat": now, "exp": now + 300, "amr": ["mfa"], "preferred_username": "rita",
        });
        issue::token(&region.token_seed().unwrap(), kind, &claims, region.now()).unwrap().expose().clone()
    }

    async fn ask(&self, form: &[(&str, &str)]) -> Answer {
        let body: Vec<_> = form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        Call::new("POST", "/", body.join("&").as_bytes())
            .with("content-type", FORM)
            .send(self.house.outside)
            .await
    }

    async fn assume(&self, more: &[(&str, &str)]) -> Answer {
        let token = self.token(TokenKind::Identity, "lab");
        let role = format!("arn:epic:iam::{}:role/member", house::PROJECT);
        let form =
            [("Action", "AssumeRoleWithWebIdentity"), ("RoleArn", &role), ("WebIdentityToken", &token)];
        self.ask(&[&form[..], more].concat()).await
    }

    async fn session(&self, policy: &Value) -> Session {
        let answer = self.assume(&[("Policy", &policy.to_string())]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let packed: u32 = answer.all("PackedPolicySize")[0].parse().unwrap();
        assert!((1..=100).contains(&packed), "{packed}");
        Session::of(&answer)
    }

    /// One call in a session.
    async fn call(&self, session: &Session, call: Call) -> Answer {
        call.with("x-amz-security-token", &session.ticket)
            .signed(&session.access)
            .send(self.house.outside)
            .await
    }

    async fn refused(&self, session: &Session, call: Call) {
        let what = format!("{} {}", call.method, call.target);
        let is_head = call.method == "HEAD";
        let answer = self.call(session, call).await;
        assert_eq!(
            (answer.status, answer.reason()),
            (403, Reason::SessionNarrowed.code()),
            "{what}: {}",
            answer.text()
        );
        assert!(is_head || answer.code() == "AccessDenied", "{what}: {}", answer.text());
    }

    async fn done(&self, session: &Session, call: Call) -> Answer {
        let what = format!("{} {}", call.method, call.target);
        let answer = self.call(session, call).await;
        assert!((200..300).contains(&answer.status), "{what}: {} {}", answer.status, answer.text());
        answer
    }
}

impl Session {
    fn of(answer: &Answer) -> Self {
        let text = |name: &str| answer.all(name).remove(0);
        let access = Access { id: text("AccessKeyId"), secret: text("SecretAccessKey") };
        Self { access, ticket: text("SessionToken") }
    }
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(plain).collect()
}

/// Works in `results/desk/`, and there alone.
fn desk() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Resource": "arn:aws:s3:::results/desk/*",
          "Action": ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"] },
        { "Effect": "Allow", "Resource": "arn:aws:s3:::results", "Action": "s3:ListBucket",
          "Condition": { "StringLike": { "s3:prefix": ["desk/*"] } } },
    ] })
}

// Goal: a page's token opens S3, and no other program's does. Method: each kind of token that the issuer here signs.
#[tokio::test]
async fn a_page_s_token_opens_s3_and_no_other_program_s_does() {
    let lab = Lab::open().await;
    let opened = lab.assume(&[]).await;
    assert_eq!(opened.status, 200, "{}", opened.text());
    assert!(opened.all("PackedPolicySize").is_empty());
    let role = format!("arn:epic:iam::{}:role/member", house::PROJECT);
    let ask = async |token: &str| {
        let form = [("Action", "AssumeRoleWithWebIdentity"), ("RoleArn", &role), ("WebIdentityToken", token)];
        let answer = lab.ask(&form).await;
        (answer.status, answer.code())
    };
    let wrong = (400, "InvalidIdentityToken".to_owned());
    for (kind, aud) in [
        (TokenKind::Identity, "hub"),
        (TokenKind::Identity, "map"),
        (TokenKind::Identity, "nobody"),
        (TokenKind::Identity, ISSUER),
        (TokenKind::Access, ISSUER),
    ] {
        assert_eq!(ask(&lab.token(kind, aud)).await, wrong, "{kind:?} {aud}");
    }
    // What opens S3 opens no door of acts: organisations adopted for whom tokens are made out there.
    let (region, page) = (&lab.house.world.region, lab.token(TokenKind::Identity, "lab"));
    let signed_in = region.sign_in(&page, "127.0.0.1".parse().unwrap(), Place::Outside).await;
    assert_eq!(signed_in.unwrap_err().reason, Reason::TokenWrong);
    lab.house.world.act("olga", "client.remove", json!({ "client": "lab" })).await.unwrap();
    assert_eq!(ask(&page).await, wrong, "the program is gone");
    lab.house.close().await;
}

async fn stored(lab: &Lab) {
    for (key, tags) in [("desk/a", ""), ("desk/tagged", "who=rita"), ("secret/b", "")] {
        let put = Call::put(&format!("/results/{key}"), key.as_bytes()).with("x-amz-tagging", tags);
        let answer = lab.house.call(put).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

// Goal: nothing beyond the policy, by whatever verb. Method: each side door to one object that is denied.
#[tokio::test]
async fn what_is_not_allowed_has_no_side_door() {
    let lab = Lab::open().await;
    stored(&lab).await;
    let rita = lab.session(&desk()).await;
    assert_eq!(lab.done(&rita, Call::get("/results/desk/a")).await.text(), "desk/a");
    lab.done(&rita, Call::put("/results/desk/new", b"new")).await;
    lab.done(&rita, Call::get("/results?list-type=2&prefix=desk%2F")).await;
    let copied = Call::put("/results/desk/copy", b"").with("x-amz-copy-source", "/results/desk/a");
    lab.done(&rita, copied).await;
    for call in [
        Call::get("/results/secret/b"),
        Call::get("/results//desk/a"),
        Call::get("/results/Desk/a"),
        Call::get("/results/desk"),
        Call::get("/results/secret/b").with("range", "bytes=9-1"),
        Call::head("/results/secret/b"),
        Call::get("/results/secret/b?attributes=").with("x-amz-object-attributes", "ETag"),
        Call::get("/results/secret/b?versionId=null"),
        Call::get("/results/secret/b?acl="),
        Call::get("/results/secret/b?tagging="),
        Call::get("/results/secret/b?retention="),
        Call::get("/results/desk/a?tagging="),
        Call::get("/results/desk/a?attributes=").with("x-amz-object-attributes", "ETag"),
        Call::put("/results/secret/c", b"c"),
        Call::put("/results/desk/c", b"c").with("x-amz-tagging", "a=b"),
        Call::put("/results/desk/c", b"c").with("x-amz-object-lock-legal-hold", "ON"),
        Call::delete("/results/secret/b"),
        Call::delete("/results/desk/a?versionId=null"),
        Call::post("/results/secret/c?uploads=", b""),
        Call::put("/results/secret/c?partNumber=1&uploadId=x", b"c"),
        Call::post("/results/secret/c?uploadId=x", b"<CompleteMultipartUpload/>"),
        Call::put("/results/desk/c", b"").with("x-amz-copy-source", "/results/secret/b"),
        Call::put("/results/desk/c", b"").with("x-amz-copy-source", "results/%73ecret/b"),
        Call::put("/results/desk/c", b"").with("x-amz-copy-source", "results/secret/b?versionId=null"),
        Call::put("/results/desk/c", b"").with("x-amz-copy-source", "results/desk/tagged"),
        Call::put("/results/secret/c", b"").with("x-amz-copy-source", "results/desk/a"),
        Call::put("/results/desk/c?partNumber=1&uploadId=x", b"")
            .with("x-amz-copy-source", "results/secret/b"),
        Call::get("/results?list-type=2"),
        Call::get("/results?list-type=2&prefix="),
        Call::get("/results?list-type=2&prefix=desk"),
        Call::get("/results?list-type=2&prefix=secret%2F"),
        Call::get("/results?prefix=secret%2F"),
        Call::get("/results?versions=&prefix=desk%2F"),
        Call::get("/results?uploads="),
        Call::head("/results"),
        Call::get("/results?location="),
        Call::get("/"),
        Call::put("/another-bucket", b""),
        Call::delete("/results"),
        Call::put("/results?tagging=", b"<Tagging><TagSet/></Tagging>"),
    ] {
        lab.refused(&rita, call).await;
    }
    // A name is a name: two dots lead nowhere.
    let dots = lab.call(&rita, Call::get("/results/desk/../secret/b")).await;
    assert_eq!((dots.status, dots.reason()), (404, Reason::NotFound.code()), "{}", dots.text());
    let replaced = Call::put("/results/desk/c", b"").with("x-amz-copy-source", "results/desk/tagged");
    lab.done(&rita, replaced.with("x-amz-tagging-directive", "REPLACE")).await;
    lab.house.close().await;
}

// Goal: each key of a batch is judged. Method: one that is allowed, one that is not, in one request.
#[tokio::test]
async fn a_batch_is_judged_key_by_key() {
    let lab = Lab::open().await;
    stored(&lab).await;
    let rita = lab.session(&desk()).await;
    let batch = "<Delete><Object><Key>desk/a</Key></Object><Object><Key>secret/b</Key></Object></Delete>";
    let answer = lab.done(&rita, Call::post("/results?delete=", batch.as_bytes())).await;
    let text = answer.text();
    let refused = answer.all("Error");
    assert_eq!(answer.all("Deleted").len(), 1, "{text}");
    assert!(
        refused.len() == 1 && refused[0].contains("secret/b") && refused[0].contains("AccessDenied"),
        "{text}"
    );
    assert!(refused[0].contains("[session_narrowed]"), "{text}");
    assert_eq!(lab.house.keys().await, ["desk/tagged", "secret/b"]);
    lab.house.close().await;
}

// Goal: a link made in a session is as narrow. Method: presigned with the ticket in its query.
#[tokio::test]
async fn a_link_is_as_narrow_as_its_session() {
    let lab = Lab::open().await;
    stored(&lab).await;
    let rita = lab.session(&desk()).await;
    let link = async |key: &str| {
        let target = format!("/results/{key}?X-Amz-Security-Token={}", rita.ticket);
        Call::get(&target).presigned(&rita.access, 60).send(lab.house.outside).await
    };
    let fine = link("desk/a").await;
    assert_eq!((fine.status, fine.text()), (200, "desk/a".to_owned()));
    let refused = link("secret/b").await;
    assert_eq!(
        (refused.status, refused.reason()),
        (403, Reason::SessionNarrowed.code()),
        "{}",
        refused.text()
    );
    lab.house.close().await;
}

// Goal: no session widens itself. Method: the next one of a narrow one, with and without a policy; the doors of acts.
#[tokio::test]
async fn what_is_begun_in_a_narrow_session_is_as_narrow() {
    let lab = Lab::open().await;
    stored(&lab).await;
    let mut rita = lab.session(&desk()).await;
    let sts = async |rita: &Session, form: &str| {
        let call = Call::new("POST", "/", form.as_bytes()).with("content-type", FORM);
        lab.call(rita, call).await
    };
    for _ in 0..2 {
        let next = sts(&rita, "Action=GetSessionToken&Version=2011-06-15").await;
        assert_eq!(next.status, 200, "{}", next.text());
        rita = Session::of(&next);
        lab.done(&rita, Call::get("/results/desk/a")).await;
        lab.refused(&rita, Call::get("/results/secret/b")).await;
    }
    let wide = encoded(r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#);
    for form in [
        format!("Action=GetSessionToken&Policy={wide}"),
        format!("Action=GetSessionToken&policy={wide}"),
        format!("Action=GetCallerIdentity&Policy={wide}"),
    ] {
        let answer = sts(&rita, &form).await;
        assert_eq!((answer.status, answer.code()), (400, "InvalidAction".to_owned()), "{form}");
    }
    let region = &lab.house.world.region;
    let address = "127.0.0.1".parse().unwrap();
    let opened = region.actor_of_open_session(&rita.ticket, address, Place::Outside).await;
    assert_eq!(opened.unwrap_err().reason, Reason::Unauthenticated);
    // A policy that allows all still allows nothing that the rules do not.
    let all =
        lab.session(&json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } })).await;
    lab.done(&all, Call::get("/results/secret/b")).await;
    let lifecycle = lab.call(&all, Call::delete("/results?lifecycle=")).await;
    assert_eq!(
        (lifecycle.status, lifecycle.reason()),
        (403, Reason::RoleMissing.code()),
        "{}",
        lifecycle.text()
    );
    lab.house.close().await;
}

// Goal: a session works from its networks alone. Method: three addresses of this machine.
#[tokio::test]
async fn a_session_is_bound_to_networks() {
    let lab = Lab::open().await;
    stored(&lab).await;
    let rita = lab
        .session(&json!({ "Statement": [
            { "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": { "IpAddress": { "aws:SourceIp": "127.0.0.0/30" } } },
            { "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": { "IpAddress": { "aws:SourceIp": ["127.0.0.2", "::1"] } } },
        ] }))
        .await;
    let link = format!("/results/desk/a?X-Amz-Security-Token={}", rita.ticket);
    for (from, expected) in
        [("127.0.0.1:0", 200), ("127.0.0.2:0", 403), ("127.0.0.3:0", 200), ("127.0.0.4:0", 403)]
    {
        let from = from.parse().unwrap();
        let call =
            Call::get("/results/desk/a").with("x-amz-security-token", &rita.ticket).signed(&rita.access);
        let answer = call.send_from(from, lab.house.outside).await;
        assert_eq!(answer.status, expected, "{from}: {}", answer.text());
        let answer = Call::get(&link).presigned(&rita.access, 60).send_from(from, lab.house.outside).await;
        assert_eq!(answer.status, expected, "{from}, by a link: {}", answer.text());
    }
    lab.house.close().await;
}

// Goal: a bound that is not understood gives no session. Method: a form for each way.
#[tokio::test]
async fn a_policy_that_is_not_understood_gives_no_session() {
    let lab = Lab::open().await;
    let open = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    let long = format!("{open}{}", " ".repeat(2_048));
    for (form, code, named) in [
        (vec![("Policy", "")], "MalformedPolicyDocument", "JSON"),
        (vec![("Policy", "{}")], "MalformedPolicyDocument", "Statement"),
        (vec![("Policy", &*open.replace("Action", "NotAction"))], "MalformedPolicyDocument", "NotAction"),
        (vec![("Policy", open), ("Policy", open)], "MalformedPolicyDocument", "twice"),
        (vec![("Policy", &*long)], "PackedPolicyTooLarge", "2048"),
        (vec![("PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/A")], "InvalidAction", "PolicyArns"),
        (vec![("policy", open)], "InvalidAction", "policy"),
    ] {
        let answer = lab.assume(&form).await;
        assert_eq!((answer.status, answer.code()), (400, code.to_owned()), "{form:?}: {}", answer.text());
        assert!(answer.text().contains(named), "{form:?}: {}", answer.text());
    }
    let broken = [b"Action=AssumeRoleWithWebIdentity&Policy=".as_slice(), &[0xff]].concat();
    let answer = Call::new("POST", "/", &broken).with("content-type", FORM).send(lab.house.outside).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    lab.house.close().await;
}

// Goal: what a policy refused stands where refusals do. Method: one, and the ledger of the region.
#[tokio::test]
async fn a_refusal_is_recorded() {
    let lab = Lab::open().await;
    stored(&lab).await;
    let rita = lab.session(&desk()).await;
    lab.refused(&rita, Call::get("/results/secret/b")).await;
    let world = &lab.house.world;
    world.region.flush_observations().await.unwrap();
    let shown = world.act("anna", "ledger.show", json!({})).await.unwrap().answer.to_string();
    assert!(shown.contains("session_narrowed") && !shown.contains("secret/b"), "{shown}");
    lab.house.close().await;
}
