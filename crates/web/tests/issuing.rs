//! The region as an identity provider: what programs get, and all that gets them nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod house;

use data_encoding::{BASE32_NOPAD, BASE64, BASE64URL_NOPAD};
use house::{Answer, House};
use seal::one_time::code_at;
use serde_json::{Value, json};
use words::{Act, Place, Secret};

const PASSWORD: &str = "trattore lento sotto la neve";
/// SPEC: RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const BACK: &str = "https://hub.example/back?from=epic";

/// PLANET with an issuer of its own, pia who signs in there, and a program whose people do.
struct Issuer {
    house: House,
    secret: String,
    app: Secret<[u8; 20]>,
}

impl Issuer {
    async fn open() -> Self {
        let house = House::open().await;
        let act = async |who: &str, act: &str, fields: Value| {
            house.world.act(who, act, fields).await.unwrap().answer
        };
        let url = format!("{}/issuer", house.origin());
        let trust = json!({
            "alias": "house", "url": url, "audiences": ["epic", "hub"], "claim": "preferred_username", "factors": ["mfa"],
            "client": "epic",
        });
        let terms = act("olga", "issuer.trust", trust).await["terms"].clone();
        let shown = act("olga", "issuer.show", json!({ "issuer": "house" })).await;
        let keys = house.ask("GET", "/issuer/keys", &[], "").await.body;
        let keys = gate::identify::token::KeySet::read(keys.as_bytes()).unwrap();
        let published = region::session::keyring::Published { keys, endpoints: None };
        let (region, id) = (&house.world.region, shown[0]["id"].as_str().unwrap().parse().unwrap());
        region.keyring().answered(id, Some(published), region.now());
        act(
            "sara-bari",
            "issuer.adopt",
            json!({ "issuer": "house", "organisation": "bari", "terms": terms }),
        )
        .await;
        let pia =
            json!({ "alias": "pia", "name": "Pia Blu", "email": "pia@bari.example", "organisation": "bari" });
        act("sara-bari", "person.enrol", pia).await;
        let invited = act("sara-bari", "account.invite", json!({ "person": "pia" })).await;
        let code = invited["code"].as_str().unwrap();
        let app = Secret::new([9; 20]);
        let region = &house.world.region;
        let pia = region.actor_of_code(code, "", "127.0.0.1".parse().unwrap(), Place::Outside).await.unwrap();
        let fields = json!({
            "password": PASSWORD, "app_key": BASE32_NOPAD.encode(app.expose()),
            "app_code": code_at(&app, region.now().ms() / 30_000), "code": code,
        });
        region.perform(&pia, Act::AccountPassword, fields, None).await.unwrap();
        let hub = json!({ "alias": "hub", "returns": [BACK], "kind": "secret" });
        let secret = act("olga", "client.register", hub).await["secret"].as_str().unwrap().to_owned();
        act("olga", "client.register", json!({ "alias": "spa", "returns": [BACK], "kind": "public" })).await;
        Self { house, secret, app }
    }

    async fn pass_ms(&self, ms: i64) {
        self.house.world.soil.clock.pass_ms(ms);
        self.house.world.region.confirm().await;
    }

    fn asked(client: &str, more: &str) -> String {
        let back = encoded(BACK);
        format!(
            "/issuer/authorize?response_type=code&client_id={client}&redirect_uri={back}&scope=openid+groups&state=s1&nonce=n1\
             &code_challenge={CHALLENGE}&code_challenge_method=S256{more}"
        )
    }

    /// Signs pia in for a program: the code that it gets.
    async fn code(&self, client: &str) -> String {
        self.code_for(&Self::asked(client, "")).await
    }

    async fn code_for(&self, asked: &str) -> String {
        // WHY: no code of an app holds twice.
        self.pass_ms(30_000).await;
        let page = self.house.ask("GET", asked, &[], "").await;
        assert_eq!(page.status, 200, "{}", page.body);
        let there = self.entered(&page, PASSWORD).await;
        let there = there.header("refresh").unwrap_or_else(|| panic!("{}", there.body)).to_owned();
        assert!(there.starts_with(&format!("0; url={BACK}&code=")), "{there}");
        assert!(there.ends_with("&state=s1") && there.contains("&iss=http%3A%2F%2F127.0.0.1"), "{there}");
        there.split_once("&code=").unwrap().1.split('&').next().unwrap().to_owned()
    }

    async fn entered(&self, page: &Answer, password: &str) -> Answer {
        let asked = page.body.split("name=\"asked\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let step = self.house.world.region.now().ms() / 30_000;
        let form = format!(
            "asked={asked}&name=pia&password={}&app_code={}",
            encoded(password),
            code_at(&self.app, step)
        );
        self.house.post("", "/issuer/authorize", &form).await
    }

    async fn token(&self, form: &[(&str, &str)], basic: Option<(&str, &str)>) -> (u16, Value) {
        let form: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let basic = basic
            .map(|(name, secret)| format!("Basic {}", BASE64.encode(format!("{name}:{secret}").as_bytes())));
        let more: Vec<(&str, &str)> = basic.iter().map(|basic| ("authorization", basic.as_str())).collect();
        let answer = self.house.ask("POST", "/issuer/token", &more, &form.join("&")).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        (answer.status, serde_json::from_str(&answer.body).unwrap())
    }

    async fn exchange(&self, code: &str) -> (u16, Value) {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
        ];
        self.token(&form, Some(("hub", &self.secret))).await
    }

    /// The tokens of a sign-in whose program wants to work on without pia.
    async fn lasting(&self) -> Value {
        let asked =
            Self::asked("hub", "").replace("scope=openid+groups", "scope=openid+groups+offline_access");
        let (status, told) = self.exchange(&self.code_for(&asked).await).await;
        assert_eq!(status, 200, "{told}");
        told
    }

    async fn anew(&self, shown: &Value, basic: (&str, &str)) -> (u16, Value) {
        let form = [("grant_type", "refresh_token"), ("refresh_token", shown.as_str().unwrap())];
        self.token(&form, Some(basic)).await
    }

    async fn userinfo(&self, token: &str) -> (u16, Value) {
        let bearer = format!("Bearer {token}");
        let answer = self.house.ask("GET", "/issuer/userinfo", &[("authorization", &bearer)], "").await;
        (answer.status, serde_json::from_str(&answer.body).unwrap())
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}

fn claims(token: &Value) -> Value {
    let said = token.as_str().unwrap().split('.').nth(1).unwrap().to_owned();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(said.as_bytes()).unwrap()).unwrap()
}

#[tokio::test]
async fn a_program_gets_who_signed_in_once() {
    let issuer = Issuer::open().await;
    let code = issuer.code("hub").await;
    let (status, told) = issuer.exchange(&code).await;
    assert_eq!(status, 200, "{told}");
    let said = claims(&told["id_token"]);
    assert_eq!(said["preferred_username"], "pia");
    assert_eq!((&said["aud"], &said["nonce"]), (&json!("hub"), &json!("n1")));
    assert_eq!(said["amr"], json!(["pwd", "otp", "mfa"]));
    assert!(said.get("email").is_none() && said.get("name").is_none(), "no more than was asked for: {said}");
    let (status, more) = issuer.userinfo(told["access_token"].as_str().unwrap()).await;
    assert_eq!((status, &more["preferred_username"], &more["sub"]), (200, &json!("pia"), &said["sub"]));
    // Once.
    let (status, again) = issuer.exchange(&code).await;
    assert_eq!((status, &again["error"]), (400, &json!("invalid_grant")));
    // Who is out is out for programs too; and a token for the program tells nothing here.
    let (status, _) = issuer.userinfo(told["id_token"].as_str().unwrap()).await;
    assert_eq!(status, 401);
    issuer.pass_ms(1_000).await;
    issuer.house.world.act("sara-bari", "person.recall", json!({ "person": "pia" })).await.unwrap();
    let (status, over) = issuer.userinfo(told["access_token"].as_str().unwrap()).await;
    assert_eq!((status, &over["error"]), (401, &json!("invalid_token")));
}

// Goal: a program works on without its person, for twelve hours, while they would be let in. Method: who asks for it and
// who does not; token after token; half a day later.
#[tokio::test]
async fn a_program_works_on_without_its_person() {
    let issuer = Issuer::open().await;
    let hub = ("hub", issuer.secret.as_str());
    let plain = issuer.exchange(&issuer.code("hub").await).await.1;
    assert!(plain.get("refresh_token").is_none(), "nobody asked for it: {plain}");
    let asked = Issuer::asked("spa", "").replace("scope=openid+groups", "scope=openid+offline_access");
    let page = [("grant_type", "authorization_code"), ("redirect_uri", BACK), ("code_verifier", VERIFIER)];
    let code = issuer.code_for(&asked).await;
    let (status, told) = issuer.token(&[&page[..], &[("code", &code)]].concat(), Some(("spa", ""))).await;
    assert_eq!(status, 200, "{told}");
    assert!(told.get("refresh_token").is_none(), "one without a secret gets none: {told}");
    let first = issuer.lasting().await;
    let began = claims(&first["id_token"])["auth_time"].clone();
    let shown = first["refresh_token"].clone();
    for _ in 0..3 {
        issuer.pass_ms(3_600_000).await;
        let (status, told) = issuer.anew(&shown, hub).await;
        assert_eq!(status, 200, "{told}");
        let said = claims(&told["id_token"]);
        assert_eq!((&said["preferred_username"], &said["auth_time"]), (&json!("pia"), &began));
        assert!(said.get("nonce").is_none() && said["groups"].is_array(), "{said}");
        assert_eq!(issuer.userinfo(told["access_token"].as_str().unwrap()).await.0, 200);
    }
    issuer.pass_ms(9 * 3_600_000 + 1_000).await;
    let (status, over) = issuer.anew(&shown, hub).await;
    assert_eq!((status, &over["error"]), (400, &json!("invalid_grant")), "half a day is over");
}

// Goal: what renews is good in its program's hands and while its person would be let in. Method: each way by itself.
#[tokio::test]
async fn what_works_on_ends() {
    let issuer = Issuer::open().await;
    let hub = ("hub", issuer.secret.as_str());
    let gone = (400, json!("invalid_grant"));
    let asked = async |shown: &Value, basic: (&str, &str)| {
        let (status, told) = issuer.anew(shown, basic).await;
        (status, told["error"].clone())
    };
    let own = issuer.lasting().await["refresh_token"].clone();
    let not_theirs = (400, json!("unsupported_grant_type"));
    assert_eq!(asked(&own, ("spa", "")).await, not_theirs, "a program without a secret renews nothing");
    assert_eq!(asked(&own, ("hub", "a guess")).await, (401, json!("invalid_client")));
    let text = own.as_str().unwrap();
    let bent = json!(format!("{}{}", &text[..text.len() - 1], if text.ends_with('A') { "B" } else { "A" }));
    for other in [bent, json!("AAAA"), json!(""), json!(issuer.code("hub").await)] {
        assert_eq!(asked(&other, hub).await, gone, "{other}");
    }
    assert_eq!(asked(&own, hub).await.0, 200, "and none of that has ended it");
    for (act, fields) in [
        ("person.recall", json!({ "person": "pia" })),
        ("person.suspend", json!({ "person": "pia", "reason": "left" })),
    ] {
        let own = issuer.lasting().await["refresh_token"].clone();
        issuer.pass_ms(1_000).await;
        issuer.house.world.act("sara-bari", act, fields).await.unwrap();
        assert_eq!(asked(&own, hub).await, gone, "{act}");
    }
}

// Goal: a code is good for its own program, shown by it, within its minute. Method: one thing wrong at a time.
#[tokio::test]
async fn a_code_in_wrong_hands_gets_nothing() {
    let issuer = Issuer::open().await;
    let secret = issuer.secret.clone();
    let form = |code: &str| {
        [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
        ]
        .map(|(name, value)| (name, value.to_owned()))
    };
    let wrong_secret = format!("x{secret}");
    for (what, field, value, basic, expected) in [
        (
            "another verifier",
            "code_verifier",
            "a".repeat(43),
            Some(("hub", secret.as_str())),
            "invalid_grant",
        ),
        ("no verifier", "code_verifier", String::new(), Some(("hub", secret.as_str())), "invalid_grant"),
        (
            "another way back",
            "redirect_uri",
            "https://hub.example/".into(),
            Some(("hub", &secret)),
            "invalid_grant",
        ),
        ("another grant", "grant_type", "password".into(), Some(("hub", &secret)), "unsupported_grant_type"),
        ("no program", "grant_type", "authorization_code".into(), None, "invalid_client"),
        ("a wrong secret", "code", String::new(), Some(("hub", &wrong_secret)), "invalid_client"),
        ("no secret", "code", String::new(), Some(("hub", "")), "invalid_client"),
        ("another program", "grant_type", "authorization_code".into(), Some(("spa", "")), "invalid_grant"),
        ("a program of nobody", "code", String::new(), Some(("nobody", "")), "invalid_client"),
    ] {
        let code = issuer.code("hub").await;
        let mut form = form(&code);
        for (name, own) in &mut form {
            if *name == field && !(value.is_empty() && field == "code") {
                own.clone_from(&value);
            }
        }
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (status, told) = issuer.token(&form, basic).await;
        assert_eq!(told["error"], expected, "{what}: {told}");
        assert!(status == 400 || status == 401, "{what}");
    }
    // A code that was shown wrongly is spent.
    let code = issuer.code("hub").await;
    let mut bent = form(&code);
    bent[3].1 = "b".repeat(43);
    let bent: Vec<(&str, &str)> = bent.iter().map(|(name, value)| (*name, value.as_str())).collect();
    issuer.token(&bent, Some(("hub", &secret))).await;
    assert_eq!(issuer.exchange(&code).await.0, 400);
    let late = issuer.code("hub").await;
    issuer.pass_ms(61_000).await;
    assert_eq!(issuer.exchange(&late).await.0, 400, "a minute late");
    let twice = "grant_type=authorization_code&grant_type=authorization_code";
    let twice = issuer.house.ask("POST", "/issuer/token", &[], twice).await;
    assert_eq!(twice.status, 401, "who names nobody is nobody");
}

// Goal: nobody is sent to where they should not go, and nothing is skipped. Method: what programs may ask, bent.
#[tokio::test]
async fn what_is_asked_amiss_goes_nowhere_or_back() {
    let issuer = Issuer::open().await;
    let ask = async |path: String| issuer.house.ask("GET", &path, &[], "").await;
    for (what, path) in [
        ("a program of nobody", Issuer::asked("nobody", "")),
        ("another way back", Issuer::asked("hub", "").replace("hub%2Eexample", "evil%2Eexample")),
        ("a longer way back", Issuer::asked("hub", "").replace("from%3Depic", "from%3Depic%2F..")),
        ("two ways back", Issuer::asked("hub", "&redirect_uri=https%3A%2F%2Fevil.example")),
        ("none", "/issuer/authorize".to_owned()),
    ] {
        let answer = ask(path).await;
        assert!(answer.status >= 400 && answer.header("refresh").is_none(), "{what}: {}", answer.status);
        assert!(answer.header("location").is_none(), "{what}");
    }
    for (error, path) in [
        (
            "unsupported_response_type",
            Issuer::asked("hub", "").replace("response_type=code", "response_type=token"),
        ),
        ("invalid_request", Issuer::asked("hub", "").replace("S256", "plain")),
        ("invalid_request", Issuer::asked("hub", "").replace(CHALLENGE, "short")),
        ("invalid_scope", Issuer::asked("hub", "").replace("openid", "profile")),
        ("login_required", Issuer::asked("hub", "&prompt=none")),
        ("request_not_supported", Issuer::asked("hub", "&request=eyJ")),
    ] {
        let answer = ask(path).await;
        let there = answer.header("refresh").unwrap_or_else(|| panic!("{error}: {}", answer.body));
        assert!(there.starts_with(&format!("0; url={BACK}&error={error}&")), "{there}");
        assert!(there.ends_with("&state=s1"), "{there}");
    }
    // A wrong password comes back to its page, without the password; a form of another site does nothing.
    let page = ask(Issuer::asked("hub", "")).await;
    let wrong = issuer.entered(&page, "not the password").await;
    assert_eq!((wrong.status, wrong.reason()), (401, Some("proof_wrong")));
    assert!(wrong.body.contains("value=\"pia\"") && !wrong.body.contains("not the password"));
    let asked = page.body.split("name=\"asked\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let foreign = [("origin", "https://evil.example")];
    let body = format!("asked={asked}&name=pia&password=x&app_code=000000");
    let foreign = issuer.house.ask("POST", "/issuer/authorize", &foreign, &body).await;
    assert_eq!(foreign.reason(), Some("unauthenticated"));
    for _ in 0..5 {
        issuer.entered(&page, "not the password").await;
    }
    assert_eq!(issuer.entered(&page, PASSWORD).await.reason(), Some("too_many_tries"));
}

// Goal: an issuer that nobody trusts answers nothing. Method: another name of the same door, and distrust.
#[tokio::test]
async fn an_issuer_is_where_it_is_trusted() {
    let issuer = Issuer::open().await;
    let discovery = "/issuer/.well-known/openid-configuration";
    let here = issuer.house.ask("GET", discovery, &[], "").await;
    let told: Value = serde_json::from_str(&here.body).unwrap();
    assert_eq!(told["issuer"], format!("{}/issuer", issuer.house.origin()));
    let keys = issuer.house.ask("GET", "/issuer/keys", &[], "").await;
    let keys: Value = serde_json::from_str(&keys.body).unwrap();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 3);
    assert!(!keys.to_string().contains("\"d\""), "public halves alone");
    let host = format!("localhost:{}", issuer.house.at.port());
    assert_eq!(issuer.house.ask("GET", discovery, &[("host", &host)], "").await.status, 404);
    let post = issuer.house.ask("POST", discovery, &[], "").await;
    assert_eq!(post.status, 405);
    issuer
        .house
        .world
        .act("olga", "issuer.distrust", json!({ "issuer": "house", "reason": "a doubt" }))
        .await
        .unwrap();
    for path in
        [discovery.to_owned(), "/issuer/keys".to_owned(), Issuer::asked("hub", ""), "/device".to_owned()]
    {
        assert_eq!(issuer.house.ask("GET", &path, &[], "").await.status, 404, "{path}");
    }
}

// Goal: a code on another machine's screen signs in whoever enters it, once, for that machine alone.
#[tokio::test]
async fn another_machine_is_signed_in() {
    let issuer = Issuer::open().await;
    let begun = issuer.house.ask("POST", "/issuer/device", &[], "client_id=epic&scope=openid").await;
    let begun: Value = serde_json::from_str(&begun.body).unwrap();
    let (held, typed) = (begun["device_code"].as_str().unwrap(), begun["user_code"].as_str().unwrap());
    let poll = async |held: &str, client: &str| {
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", held),
            ("client_id", client),
        ];
        issuer.token(&form, None).await.1
    };
    assert_eq!(poll(held, "epic").await["error"], "slow_down", "at once");
    issuer.pass_ms(30_000).await;
    assert_eq!(poll(held, "epic").await["error"], "authorization_pending");
    assert_eq!(poll(held, "spa").await["error"], "expired_token", "another program");
    let wrong = issuer.house.post("", "/device", "user_code=BBBB-BBBB").await;
    assert_eq!(wrong.reason(), Some("proof_wrong"));
    let page = issuer.house.post("", "/device", &format!("user_code={}", typed.to_lowercase())).await;
    assert!(page.status == 200 && page.body.contains("epic on another machine"), "{}", page.body);
    let step = issuer.house.world.region.now().ms() / 30_000;
    let form = format!(
        "user_code={typed}&step=prove&name=pia&password={}&app_code={}",
        encoded(PASSWORD),
        code_at(&issuer.app, step)
    );
    let done = issuer.house.post("", "/device", &form).await;
    assert!(done.status == 200 && done.body.contains("That machine is signed in"), "{}", done.body);
    let told = poll(held, "epic").await;
    assert_eq!(claims(&told["id_token"])["preferred_username"], "pia");
    assert_eq!(poll(held, "epic").await["error"], "expired_token", "once");
    // A program with a secret signs nobody in so.
    let hub = issuer.house.ask("POST", "/issuer/device", &[], "client_id=hub&scope=openid").await;
    assert!(hub.body.contains("unauthorized_client"), "{}", hub.body);
}
