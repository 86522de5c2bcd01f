//! The console without a browser: who gets in, what is refused, what a page may never hold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod house;

use std::collections::BTreeMap;

use house::House;
use region::twin::{Soil, World};
use serde_json::{Value, json};
use words::act::{Body, FieldKind};
use words::noun::Attempt;
use words::{Act, Id};

/// Fields that fit the form of an act and mean nothing.
fn anything(act: Act) -> BTreeMap<&'static str, Value> {
    let required = act.row().fields.iter().filter(|field| field.is_required || field.name == "project");
    required
        .map(|field| {
            let value = match (field.kind, field.name) {
                (FieldKind::Number, _) => json!(1),
                (FieldKind::Time, _) => json!("2027-03-01T00:00:00Z"),
                (FieldKind::Text | FieldKind::Texts, "project" | "at") => json!("planet"),
                (FieldKind::Text | FieldKind::Texts, "place") => json!("outside"),
                (FieldKind::Text | FieldKind::Texts, "agreement") => json!("planet-bari"),
                (FieldKind::Text | FieldKind::Texts, "bucket") => json!("bari"),
                (FieldKind::Text | FieldKind::Texts, "role") => json!("researcher"),
                (FieldKind::Text | FieldKind::Texts, "person") => json!("rita"),
                (FieldKind::Text | FieldKind::Texts | FieldKind::Hidden, _) => json!("some-text"),
            };
            (field.name, value)
        })
        .collect()
}

fn form(fields: &BTreeMap<&str, Value>) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", text(value).replace(':', "%3A")));
    pairs.collect::<Vec<_>>().join("&")
}

// Goal: the console has no power of its own. Method: every act, as nobody and as somebody without duties: as nobody no
// form does anything, and what the API refuses the console refuses for the same reason.
#[tokio::test]
async fn every_act_is_refused_as_at_the_api() {
    let house = House::open().await;
    let dina = house.sign_in("dina-bari").await;
    let client = house.client("dina-bari");
    let (mut refused, mut done) = (0, 0);
    for act in Act::ALL.iter().copied() {
        let (name, fields) = (act.name(), anything(act));
        let path = format!("/do/{name}");
        let nobody = house.ask("GET", &path, &[], "").await;
        assert_eq!(nobody.status, 303, "{name}");
        assert!(nobody.header("location").unwrap().starts_with("/sign-in?to="), "{name}");
        let nobody = house.post("", &path, &form(&fields)).await;
        assert_eq!((nobody.status, nobody.reason()), (401, Some("unauthenticated")), "{name}");
        let asked = house.get(&dina, &path).await;
        // What one signs in by has a page of its own.
        let is_own = asked.header("location") == Some("/me/ways");
        assert!(asked.status == 200 || is_own, "{name}: {}", asked.body);
        // Her own sessions are hers to end, and what opens or issues anew answers anew.
        // A page ends, and who follows a ledger does not.
        if act.row().body == Body::Upload
            || matches!(
                act,
                Act::SessionOpen
                    | Act::SessionBegin
                    | Act::CredentialIssue
                    | Act::KeyOffer
                    | Act::LedgerFollow
            )
        {
            continue;
        }
        let at_console = house.post(&dina, &path, &form(&fields)).await;
        let at_api = match act.row().body {
            Body::Download => client.download(act, &json!(fields)).await.map(drop),
            Body::None | Body::Upload => client.perform(act, &json!(fields)).await.map(drop),
        };
        match at_api {
            Ok(()) => {
                assert_eq!(at_console.status, 200, "{name}: {:?}", at_console.reason());
                done += 1;
            }
            Err(web::client::CallError::Refused(problem)) => {
                assert_eq!(at_console.reason(), Some(problem.reason.as_str()), "{name}: {}", problem.detail);
                assert_eq!(at_console.status, problem.status, "{name}");
                refused += 1;
            }
            Err(other) => panic!("{name}: {other:?}"),
        }
    }
    assert!(refused > 70 && done > 5, "{refused} refused, {done} done");
}

// Goal: a form names an attempt where one is kept, and nowhere else. Method: every act, with an attempt and no fields.
#[tokio::test]
async fn attempts_are_named_where_they_are_kept() {
    let world = World::planet(Soil::new(3)).await.unwrap();
    let olga = world.actor("olga");
    for act in Act::ALL.iter().copied().filter(|act| act.row().body == Body::None) {
        let attempt = Id::<Attempt>::random(world.region.rand());
        let ended = world.region.perform(&olga, act, json!({}), Some(attempt)).await;
        let is_refused = ended.is_err_and(|refusal| refusal.detail.contains("keeps no attempts"));
        assert_eq!(is_refused, !region::perform::keeps_attempts(act), "{}", act.name());
    }
}

// Goal: nobody acts in somebody's name by a page of their own. Method: forms posted from elsewhere, and from nowhere.
#[tokio::test]
async fn forms_of_other_sites_do_nothing() {
    let house = House::open().await;
    let olga = house.sign_in("olga").await;
    let origin = house.origin();
    let body = "alias=evil&name=Evil";
    let mut cases: Vec<(Vec<(&str, &str)>, bool)> = vec![
        (vec![], false),
        (vec![("origin", "null")], false),
        (vec![("origin", "https://evil.example")], false),
        (vec![("origin", "http://127.0.0.1")], false),
        (vec![("sec-fetch-site", "cross-site")], false),
        (vec![("sec-fetch-site", "same-site")], false),
        (vec![("sec-fetch-site", "none")], false),
        (vec![("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")], false),
        (vec![("origin", &origin)], true),
    ];
    for (more, is_ours) in &mut cases {
        more.push(("cookie", &olga));
        let answer = house.ask("POST", "/do/organisation.register", more, body).await;
        assert_eq!(answer.status == 200, *is_ours, "{more:?}: {}", answer.body);
        if !*is_ours {
            assert_eq!(answer.reason(), Some("unauthenticated"), "{more:?}");
        }
    }
    // Signing out, entering and sending files are forms too.
    for path in ["/sign-out", "/enter/abc", "/projects/planet/buckets/bari"] {
        let answer =
            house.ask("POST", path, &[("cookie", &olga), ("origin", "https://evil.example")], "").await;
        assert_eq!(answer.reason(), Some("unauthenticated"), "{path}");
        assert!(answer.cookie("__Host-epic").is_none(), "{path}");
    }
    // Nor is the cookie worth anything at the doors of programs.
    let machine = [("cookie", olga.as_str()), ("origin", origin.as_str())];
    assert_eq!(house.ask("POST", "/v1/acts/person.show", &machine, "{}").await.status, 401);
}

// Goal: every page tells the browser what it must not do. Method: pages of all kinds, by all their headers.
#[tokio::test]
async fn pages_are_guarded_and_hold_nothing_of_others() {
    let house = House::open().await;
    let rita = house.sign_in("rita").await;
    for (cookie, path) in [
        ("", "/sign-in"),
        ("", "/accessibility"),
        ("", "/"),
        (rita.as_str(), "/"),
        (&rita, "/projects"),
        (&rita, "/projects/planet"),
        (&rita, "/people"),
        (&rita, "/nothing/of/the/kind"),
        (&rita, "/do/agreement.sign"),
        (&rita, "/projects/planet/buckets/bari"),
    ] {
        let page = house.get(cookie, path).await;
        let policy = page.header("content-security-policy").unwrap_or_default();
        assert!(
            policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(page.header("referrer-policy"), Some("same-origin"), "{path}");
        assert!(page.body.len() <= 60_000, "{path}: {} bytes", page.body.len());
        for inline in [" style=", "<style", "<script>", " onclick=", "javascript:", "http-equiv"] {
            assert!(!page.body.contains(inline), "{path} holds `{inline}`");
        }
        // The ticket is the browser's, and no page's.
        let ticket = rita.split_once('=').unwrap().1;
        assert!(!page.body.contains(ticket), "{path}");
    }
    let set = house.get("", "/sign-in?language=it").await;
    let cookie = set.header("set-cookie").unwrap();
    assert!(cookie.contains("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{cookie}");
    assert!(set.body.contains("lang=\"it\""));
}

// Goal: another site leads nobody into an act, nor writes looks in their name. Method: its links, as browsers tell of them.
#[tokio::test]
async fn links_of_other_sites_ask_first() {
    let house = House::open().await;
    let olga = house.sign_in("olga").await;
    let path = "/do/organisation.register?alias=evil&name=Evil";
    for (site, is_asked) in
        [("cross-site", true), ("same-site", true), ("same-origin", false), ("none", false)]
    {
        let page = house.ask("GET", path, &[("cookie", &olga), ("sec-fetch-site", site)], "").await;
        assert_eq!(page.body.contains("Another site sent you here"), is_asked, "{site}");
        assert_eq!(page.body.contains("value=\"Evil\""), !is_asked, "{site}");
    }
    let links = house.ask("GET", "//evil.example/x", &[("cookie", &olga)], "").await;
    assert!(!links.body.contains("href=\"//"), "{}", links.body);
}

// Goal: somebody else's link takes nobody into that somebody's session unseen. Method: olga's link before rita's eyes.
#[tokio::test]
async fn a_link_says_as_whom_and_replaces_nobody() {
    let house = House::open().await;
    let rita = house.sign_in("rita").await;
    let link = house.client("olga").link(3_600).await.unwrap();
    let path = link.url.expose().split_once(&house.at.to_string()).unwrap().1.to_owned();
    let asked = house.get(&rita, &path).await;
    let is_offered = asked.body.contains("action=\"/enter");
    assert!(asked.body.contains("Somebody else is signed in here") && !is_offered, "{}", asked.body);
    let entered = house.post(&rita, &path, "").await;
    assert_eq!(entered.reason(), Some("state_wrong"));
    // The link is not used up by it.
    let asked = house.get("", &path).await;
    assert!(asked.body.contains("Go in as"), "{}", asked.body);
    assert_eq!(house.post("", &path, "").await.status, 303);
}

// Goal: a form that never becomes one takes no memory. Method: a boundary that never comes; heads without end.
#[tokio::test]
async fn a_form_without_end_is_cut() {
    let house = House::open().await;
    let rita = house.sign_in("rita").await;
    let origin = house.origin();
    let more = [
        ("cookie", rita.as_str()),
        ("origin", origin.as_str()),
        ("content-type", "multipart/form-data; boundary=abc"),
    ];
    let path = "/projects/planet/buckets/bari";
    let endless = "a".repeat(3 << 20);
    let head = "--abc\r\ncontent-disposition: form-data; name=";
    for body in [endless.clone(), format!("{head}\"file\"; filename=\"{endless}")] {
        let answer = house.ask("POST", path, &more, &body).await;
        assert_eq!((answer.status, answer.reason()), (413, Some("too_large")), "{}", &body[..60]);
    }
    let long = format!("{head}\"prefix\"\r\n\r\n{}\r\n--abc--", "a".repeat(9_000));
    assert_eq!(house.ask("POST", path, &more, &long).await.reason(), Some("too_large"));
    assert_eq!(house.ask("POST", path, &more, "--abc--").await.reason(), Some("invalid"));
}

/// A file as a form sends it, after fields.
fn with_file(fields: &[(&str, &str)], name: &str, bytes: &str) -> String {
    let head = "--abc\r\ncontent-disposition: form-data; name=";
    let fields: String =
        fields.iter().map(|(field, value)| format!("{head}\"{field}\"\r\n\r\n{value}\r\n")).collect();
    format!("{fields}{head}\"file\"; filename=\"{name}\"\r\n\r\n{bytes}\r\n--abc--\r\n")
}

// Goal: who delivers by a form does so under a grant of theirs that holds. Method: theirs, another's, none, a revoked one.
#[tokio::test]
async fn a_delivery_by_form_stands_on_its_grant() {
    let house = House::open().await;
    let (dina, rita) = (house.sign_in("dina-bari").await, house.sign_in("rita").await);
    let (origin, path) = (house.origin(), "/projects/planet/buckets/bari");
    let deliver = async |cookie: &str, grant: &str, name: &str| {
        let media = "multipart/form-data; boundary=abc";
        let more = [("cookie", cookie), ("origin", origin.as_str()), ("content-type", media)];
        let body = with_file(&[("grant", grant), ("prefix", "2027/")], name, "a;b");
        let answer = house.ask("POST", path, &more, &body).await;
        (answer.status, answer.reason().unwrap_or_default().to_owned())
    };
    assert_eq!(deliver(&dina, "deliver-bari", "a.csv").await, (200, String::new()));
    assert_eq!(deliver(&rita, "deliver-bari", "a.csv").await.1, "not_found");
    assert_eq!(deliver(&dina, "deliver-catania", "a.csv").await.1, "not_found");
    assert_eq!(deliver(&dina, "", "a.csv").await.0, 403);
    house.world.act("steo-bari", "grant.revoke", json!({ "grant": "deliver-bari" })).await.unwrap();
    assert_eq!(deliver(&dina, "deliver-bari", "b.csv").await, (403, "grant_ended".to_owned()));
    // A grant delivers and opens nothing else: her session sees what it saw before.
    assert_eq!(house.get(&dina, &format!("{path}/objects/AAAA")).await.status, 404);
}

// Goal: nobody pushes a deed out of an auditor's sight by looking around. Method: a deed, and then looks by the hundred.
#[tokio::test]
async fn looks_do_not_hide_deeds() {
    let house = House::open().await;
    let carla = house.sign_in("carla").await;
    house
        .world
        .act("carla", "bucket.create", json!({ "project": "planet", "bucket": "kept" }))
        .await
        .unwrap();
    for _ in 0..260 {
        house.world.act("carla", "bucket.show", json!({ "project": "planet" })).await.unwrap();
        house.world.region.flush_observations().await.unwrap();
    }
    // The form of a search names every act.
    let told = |page: &str, act: &str| page.split_once("<table").is_some_and(|(_, rows)| rows.contains(act));
    let deeds = house.get(&carla, "/projects/planet/ledger").await.body;
    assert!(told(&deeds, "Create a bucket") && !told(&deeds, "Show buckets"), "{deeds}");
    let looks = house.get(&carla, "/projects/planet/ledger?looks=").await.body;
    assert!(told(&looks, "Show buckets") && !told(&looks, "Create a bucket"), "{looks}");
    // From page to page it goes back to the beginning.
    let (mut page, mut pages) = (looks, 1);
    while let Some((_, rest)) =
        page.split("<main").nth(1).and_then(|main| main.split_once("href=\"/projects/planet/ledger?before="))
    {
        let before = rest.split('"').next().unwrap().replace("&amp;", "&");
        page = house.get(&carla, &format!("/projects/planet/ledger?before={before}")).await.body;
        pages += 1;
        assert!(pages < 20, "it never ends");
    }
    assert!(pages > 2 && told(&page, "Create a bucket"), "{pages} pages: {page}");
    let found = house.get(&carla, "/projects/planet/ledger?act=bucket.create").await.body;
    assert!(told(&found, "Create a bucket") && !told(&found, "Show buckets"), "{found}");
    let nothing = house.get(&carla, "/projects/planet/ledger?act=airlock.release").await.body;
    assert!(nothing.contains("Nothing fits"), "{nothing}");
}

// Goal: a form carries a small file, whole, and no more. Method: a scan of paper, one that is none, one too large, no file.
#[tokio::test]
async fn a_scan_is_lodged_by_a_form() {
    let house = House::open().await;
    let draft = json!({
        "alias": "again", "project": "planet", "provider": "bari", "purpose": "more", "service_model": "saas",
        "retention_days": 0, "starts": "2027-01-01", "ends": "2028-01-01",
    });
    house.world.act("carla", "agreement.draft", draft).await.unwrap();
    house.world.act("carla", "agreement.offer", json!({ "agreement": "again" })).await.unwrap();
    let sara = house.sign_in("sara-bari").await;
    let form = house.get(&sara, "/do/agreement.scan?agreement=again&party=bari").await.body;
    assert!(form.contains("multipart/form-data") && form.contains("type=\"file\""), "{form}");
    let part = |name: &str, text: &str| {
        format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let named = part("agreement", "again") + &part("party", "bari");
    let large = format!("%PDF-{}", "a".repeat(3 << 20));
    let origin = house.origin();
    let more = [
        ("cookie", sara.as_str()),
        ("origin", origin.as_str()),
        ("content-type", "multipart/form-data; boundary=b"),
    ];
    for (file, status, reason) in [
        (part("file", "no picture"), 400, Some("invalid")),
        (part("file", &large), 413, Some("too_large")),
        (String::new(), 400, Some("invalid")),
        (part("file", "%PDF-1.7 paper"), 200, None),
    ] {
        let sent = house.ask("POST", "/do/agreement.scan", &more, &format!("{named}{file}--b--\r\n")).await;
        assert_eq!((sent.status, sent.reason()), (status, reason), "{}", sent.body);
    }
    let shown =
        house.world.act("carla", "agreement.show", json!({ "agreement": "again" })).await.unwrap().answer;
    let scans = shown[0]["parties"].as_array().unwrap().iter().filter(|party| !party["scan"].is_null());
    assert_eq!(scans.count(), 1, "{shown}");
    let waits = house.get(&house.sign_in("carla").await, "/").await.body;
    assert!(waits.contains("/agreements/again/document"), "{waits}");
}

// Goal: whoever controls data sees who has seen them. Method: a researcher stores and reads; both look at the object.
#[tokio::test]
async fn who_has_seen_an_object_is_told_to_its_controller() {
    let world = House::open().await.world;
    let at = house::listen(&world, words::Place::Inside, None).await;
    let house = House { world, at };
    house.world.permit("p1", "planet", "2026-01-01", "2028-01-01").await.unwrap();
    let (rita, carla) = (house.cookie_inside("rita").await, house.cookie_inside("carla").await);
    house.world.act("rita", "bucket.create", json!({ "project": "planet", "bucket": "kept" })).await.unwrap();
    let file =
        "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\na;b\r\n--b--\r\n";
    let (bucket, origin) = ("/projects/planet/buckets/kept", house.origin());
    let media = "multipart/form-data; boundary=b";
    let more = [("cookie", rita.as_str()), ("origin", origin.as_str()), ("content-type", media)];
    assert_eq!(house.ask("POST", bucket, &more, file).await.status, 200);
    let page = house.get(&rita, bucket).await.body;
    let (_, rest) = page.split_once(&format!("href=\"{bucket}/objects/")).unwrap();
    let object = format!("{bucket}/objects/{}", rest.split('"').next().unwrap());
    assert_eq!(house.get(&rita, &format!("{object}/bytes")).await.body, "a;b");
    let own = house.get(&rita, &object).await.body;
    assert!(!own.contains("Who has seen it"), "{own}");
    let told = house.get(&carla, &object).await.body;
    for part in
        ["Who has seen it", "Read an object", "Store an object", "rita of iss", "/ledger?about=object%3A"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
}

// Goal: nobody decides on something else than stood beside the form. Method: it changes between the form and the answer.
#[tokio::test]
async fn what_changed_beside_the_form_is_not_decided_on() {
    let house = House::open().await;
    let carla = house.sign_in("carla").await;
    let request = json!({
        "alias": "p1", "project": "planet", "persons": ["rita"], "purpose": "asthma", "legal_basis": "GDPR Art. 9(2)(j)",
        "starts": "2027-01-01", "ends": "2027-06-30",
    });
    house.world.act("rita", "permit.request", request).await.unwrap();
    let form = |page: &str| {
        let expected = page.split("name=\"expected\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        format!("permit=p1&reason=over&expected={expected}")
    };
    house.world.act("carla", "permit.grant", json!({ "permit": "p1" })).await.unwrap();
    let page = house.get(&carla, "/do/permit.end?permit=p1").await.body;
    house.world.act("carla", "permit.amend", json!({ "permit": "p1", "ends": "2027-12-31" })).await.unwrap();
    let stale = house.post(&carla, "/do/permit.end", &form(&page)).await;
    assert_eq!((stale.status, stale.reason()), (412, Some("precondition_failed")));
    assert!(stale.body.contains("2027-12-31"), "what is there now stands beside the form");
    let ended = house.post(&carla, "/do/permit.end", &form(&stale.body)).await;
    assert_eq!(ended.status, 200, "{:?}", ended.reason());
    let bent = house.post(&carla, "/do/permit.end", "permit=p1&reason=over&expected=ab").await;
    assert_eq!(bent.reason(), Some("invalid"));
}

// Goal: everybody reads the register, without signing in, in their language, and nothing that was not published.
#[tokio::test]
async fn the_register_is_for_everybody() {
    let house = House::open().await;
    let empty = house.ask("GET", "/register", &[], "").await;
    assert_eq!(empty.status, 200);
    assert!(empty.body.contains("No project has been published yet"));
    let publish =
        json!({ "project": "planet", "italian": "Aria & respiro", "english": "Air <i>and</i> breath" });
    house.world.act("carla", "project.publish", publish).await.unwrap();
    let english = house.ask("GET", "/register", &[], "").await.body;
    let italian = house.ask("GET", "/register", &[("accept-language", "it")], "").await.body;
    assert!(english.contains("Air &lt;i&gt;and&lt;/i&gt; breath") && italian.contains("Aria &amp; respiro"));
    let told = house.ask("GET", "/v1/register", &[], "").await;
    let told: Value = serde_json::from_str(&told.body).unwrap();
    assert_eq!(told["register"][0]["purpose"]["it"], "Aria & respiro");
    for page in [english, italian, told.to_string()] {
        assert!(!page.contains("planet") && !page.contains("carla"), "{page}");
    }
}

// Goal: names that people chose stay text. Method: names made of markup, shown on every page that shows them.
#[tokio::test]
async fn hostile_names_stay_text() {
    let house = House::open().await;
    let olga = house.sign_in("olga").await;
    let name = "\"><img src=x onerror=alert(1)>`x`";
    let form: String = form_encoded(&[("alias", "hostile"), ("name", name)]);
    let made = house.post(&olga, "/do/organisation.register", &form).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let listed = house.get(&olga, "/organisations").await.body;
    assert!(listed.contains("&lt;img src=x onerror=alert(1)&gt;") && !listed.contains("<img"), "{listed}");
    for path in [
        "/do/organisation.register?name=%22%3E%3Cscript%3E",
        "/%3Cscript%3E",
        "/projects/%22%3E%3Cscript%3E",
        "/sign-in?to=%22%3E%3Cscript%3E",
    ] {
        let page = house.get(&olga, path).await;
        assert!(!page.body.contains("<script>"), "{path}: {}", page.body);
    }
    // A header is never made of what somebody wrote.
    let page = house.get(&olga, "/sign-in?to=/a%0d%0aset-cookie:%20a=b").await;
    assert!(page.header("set-cookie").is_none());
}

fn form_encoded(pairs: &[(&str, &str)]) -> String {
    let each = |text: &str| -> String {
        text.bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect()
    };
    pairs.iter().map(|(name, value)| format!("{name}={}", each(value))).collect::<Vec<_>>().join("&")
}

// Goal: a session that is over is over here. Method: bent, doubled, recalled, suspended; and a door under another name.
#[tokio::test]
async fn a_session_is_judged_at_every_page() {
    let house = House::open().await;
    let rita = house.sign_in("rita").await;
    assert_eq!(house.get(&rita, "/me").await.status, 200);
    for wrong in [
        format!("{rita}x"),
        format!("{rita}; {rita}"),
        "__Host-epic=".to_owned(),
        rita.replace("__Host-epic", "__Host-epic-sign-in"),
    ] {
        let answer = house.get(&wrong, "/me").await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/sign-in?to=%2Fme")), "{wrong}");
    }
    let rebound = house.ask("GET", "/me", &[("host", "evil.example"), ("cookie", &rita)], "").await;
    assert_eq!(rebound.status, 421);
    assert!(!rebound.body.contains("epic.test") && !rebound.body.contains("Rita"), "{}", rebound.body);
    // She ends them herself, by the form.
    let other = house.sign_in("rita").await;
    let recalled = house.post(&other, "/do/person.recall", "person=rita").await;
    assert_eq!(recalled.status, 200, "{}", recalled.body);
    for cookie in [&rita, &other] {
        assert_eq!(house.get(cookie, "/me").await.status, 303);
    }
    // Said twice by one form, an act is done once.
    let olga = house.sign_in("olga").await;
    let attempt = format!("alias=twice&name=Twice&attempt={}", "a".repeat(26));
    let first = house.post(&olga, "/do/organisation.register", &attempt).await;
    let second = house.post(&olga, "/do/organisation.register", &attempt).await;
    assert_eq!((first.status, second.status), (200, 200), "{:?}", second.reason());
}

// Goal: a person says on their own page where notices reach them, and sees it there; the keys that check them are anybody's.
#[tokio::test]
async fn notices_are_turned_where_one_wants_them() {
    let house = House::open().await;
    let rita = house.sign_in("rita").await;
    let page = house.get(&rita, "/me").await.body;
    assert!(page.contains(r#"action="/do/person.reach""#), "{page}");
    assert!(
        page.contains(r#"<option value="on" selected>"#) && page.contains(r#"value="off" required"#),
        "{page}"
    );
    let hook = "https://hooks.example/epic?for=rita";
    let kept = form_encoded(&[("mail", "off"), ("webhook", hook), ("back", "/me")]);
    let kept = house.post(&rita, "/do/person.reach", &kept).await;
    assert_eq!(kept.status, 200, "{}", kept.body);
    let page = house.get(&rita, "/me").await.body;
    assert!(
        page.contains(r#"<option value="off" selected>"#) && page.contains(&format!("value=\"{hook}\"")),
        "{page}"
    );
    let inside = form_encoded(&[("mail", "off"), ("webhook", "https://10.0.0.1/"), ("back", "/me")]);
    assert_eq!(house.post(&rita, "/do/person.reach", &inside).await.reason(), Some("invalid"));
    let keys = house.get("", "/v1/notices/keys").await;
    let keys: Value = serde_json::from_str(&keys.body).unwrap();
    assert_eq!(keys["keys"][0]["alg"], "EdDSA", "{keys}");
    assert!(keys["keys"][0].get("d").is_none(), "the public half alone");
}

// Goal: an address names no object. Method: a bucket's page, its links, and what another region made of them.
#[tokio::test]
async fn names_of_objects_are_in_no_address() {
    let house = House::open().await;
    let carla = house.sign_in("carla").await;
    let other = World::planet(Soil::new(4)).await.unwrap();
    let purpose = |bucket: &str| format!("epic console object 6:planet {}:{bucket}", bucket.len());
    let own = &house.world.region;
    let foreign = other.region.seal_text(&purpose("bari"), b"patient-7.csv").unwrap();
    // What was sealed in another bucket, or for something else, opens nothing here.
    let elsewhere = own.seal_text(&purpose("results"), b"patient-7.csv").unwrap();
    let else_what = own.seal_text(&purpose("bari").replace("object", "place"), b"2027/").unwrap();
    for text in [foreign.as_str(), &elsewhere, &else_what, "patient-7.csv", "AAAA"] {
        let answer = house.get(&carla, &format!("/projects/planet/buckets/bari/objects/{text}")).await;
        assert_eq!((answer.status, answer.reason()), (404, Some("not_found")), "{text}");
    }
}
