//! Notices: the right persons hear the right counts, each threshold once, and nobody what they may not see.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use region::Region;
use region::telling::{Digest, Kind, Messenger, Notice, Stage, Told, Way};
use region::twin::{HOSPITALS, Soil, World};
use serde_json::{Value, json};
use trial::kit::{PROJECT, store};
use words::noun::ROOT_CELL;
use words::time::DAY_MS;
use words::{Act, Reason, Refusal, Timestamp};

use crate::ground::{commits, desk, pass_ms, records, refused, until};

/// Takes what is due, or does not.
#[derive(Default)]
struct Mailbox {
    is_broken: bool,
    took: Mutex<Vec<String>>,
}

#[async_trait]
impl Messenger for Mailbox {
    async fn carry(&self, notice: &Notice) -> bool {
        self.took.lock().unwrap().push(format!("{} {}", notice.way.text(), notice.to.expose()));
        !self.is_broken
    }
}

fn post(is_broken: bool) -> Mailbox {
    Mailbox { is_broken, ..Mailbox::default() }
}

/// All that is due by a way.
async fn all(region: &Region, way: Way) -> Result<Vec<Notice>, Refusal> {
    region.notices(way, usize::MAX, |_| Some(0)).await
}

/// What a round told whom by mail.
type Heard = BTreeMap<String, Digest>;

/// Everybody of the world, by what mail calls them: `carla@iss.example`.
async fn round(world: &World) -> Heard {
    let mut heard = Heard::new();
    for notice in all(&world.region, Way::Mail).await.unwrap() {
        assert_eq!(world.region.tell(&notice, &post(false)).await.unwrap(), Told::Yes);
        let whom = notice.to.expose().split('@').next().unwrap().to_owned();
        assert!(heard.insert(whom, notice.digest.clone()).is_none(), "one each");
    }
    assert!(all(&world.region, Way::Mail).await.unwrap().is_empty(), "at most once");
    heard
}

fn digest(waits: u64, ends: &[(Stage, Kind, u64)]) -> Digest {
    Digest { waits, ends: ends.iter().map(|(stage, kind, count)| ((*stage, *kind), *count)).collect() }
}

fn each(whom: &[&str], digest: &Digest) -> Heard {
    whom.iter().map(|person| ((*person).to_owned(), digest.clone())).collect()
}

async fn world(seed: u64) -> World {
    World::planet(Soil::new(seed)).await.unwrap()
}

// Goal: persons of a permit hear at 60, 30 and 7 days and at its end, each once, across restarts too.
#[tokio::test]
async fn a_permit_ends_and_its_people_hear_four_times() {
    let mut world = world(311).await;
    assert_eq!(round(&world).await, Heard::new(), "nothing is near");
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    until(&world, "2027-04-30T23:59:59.999Z").await;
    assert_eq!(round(&world).await, Heard::new());
    for (at, stage) in [
        ("2027-05-01T00:00:00Z", Stage::Far),
        ("2027-05-31T00:00:00Z", Stage::Near),
        ("2027-06-23T00:00:00Z", Stage::Soon),
        ("2027-06-30T00:00:00.001Z", Stage::Ended),
    ] {
        until(&world, at).await;
        assert_eq!(
            round(&world).await,
            each(&["carla", "rita"], &digest(0, &[(stage, Kind::Permit, 1)])),
            "{at}"
        );
        world.region.close().await;
        world = world.reopen().await.unwrap();
        assert_eq!(round(&world).await, Heard::new(), "{at} again, after a restart");
        pass_ms(&world, 2 * DAY_MS).await;
        assert_eq!(round(&world).await, Heard::new(), "{at} two days on");
    }
}

// Goal: agreements are told to who signs and controls, grants to who delivers and their stewards, and to nobody else.
#[tokio::test]
async fn agreements_and_grants_are_told_to_their_people() {
    let world = world(312).await;
    until(&world, "2027-11-02T00:00:00Z").await;
    let heard = round(&world).await;
    let mut expected = each(&["carla", "sergio"], &digest(0, &[(Stage::Far, Kind::Agreement, 3)]));
    for hospital in HOSPITALS {
        let sara = format!("sara-{hospital}");
        expected.extend(each(&[&sara], &digest(0, &[(Stage::Far, Kind::Agreement, 1)])));
        let [dina, steo] = ["dina", "steo"].map(|name| format!("{name}-{hospital}"));
        expected.extend(each(&[&dina, &steo], &digest(0, &[(Stage::Far, Kind::Grant, 1)])));
    }
    assert_eq!(heard, expected);
    // Ended early: told as ended, to those whom it concerned, within a day.
    world
        .act("sara-bari", "agreement.end", json!({ "agreement": "planet-bari", "reason": "over" }))
        .await
        .unwrap();
    world.act("steo-catania", "grant.revoke", json!({ "grant": "deliver-catania" })).await.unwrap();
    assert_eq!(round(&world).await, Heard::new(), "one a day");
    pass_ms(&world, DAY_MS).await;
    let expected = each(&["carla", "sergio", "sara-bari"], &digest(0, &[(Stage::Ended, Kind::Agreement, 1)]));
    assert_eq!(
        round(&world).await,
        expected,
        "and a grant that was taken back is no news: nobody knows when"
    );
    pass_ms(&world, DAY_MS).await;
    assert_eq!(round(&world).await, Heard::new());
}

// Goal: what waits is told to who can do it: sign, decide, judge, release; no more once it is done.
#[tokio::test]
async fn what_waits_is_told_to_who_can_do_it() {
    let world = world(313).await;
    let day = || pass_ms(&world, DAY_MS);
    let draft = json!({
        "alias": "again", "project": PROJECT, "provider": "bari", "parties": [], "purpose": "more", "categories": [],
        "service_model": "saas", "places": [], "sub_processors": [], "retention_days": 0, "starts": "2027-01-01",
        "ends": "2029-01-01",
    });
    world.act("carla", "agreement.draft", draft).await.unwrap();
    assert_eq!(round(&world).await, Heard::new(), "a draft is nobody's business yet");
    world.act("carla", "agreement.offer", json!({ "agreement": "again" })).await.unwrap();
    assert_eq!(round(&world).await, each(&["sara-bari", "sergio"], &digest(1, &[])));
    world.sign("sergio", "again", "iss").await.unwrap();
    day().await;
    assert_eq!(round(&world).await, Heard::new(), "told once");
    let ask = json!({
        "alias": "asked", "project": PROJECT, "persons": ["rita"], "buckets": [], "purpose": "p", "legal_basis": "l",
        "starts": "2027-01-01", "ends": "2028-06-30",
    });
    world.act("rita", "permit.request", ask).await.unwrap();
    assert_eq!(round(&world).await, each(&["carla"], &digest(1, &[])));
    world.act("carla", "permit.grant", json!({ "permit": "asked" })).await.unwrap();
    let bucket = json!({ "project": PROJECT, "bucket": "results" });
    world.act("rita", "bucket.create", bucket).await.unwrap();
    store(&world.region, &desk(&world).await.1, "results", "table", b"counts").await.unwrap();
    let out =
        json!({ "alias": "out", "project": PROJECT, "objects": ["results/table"], "context": "counts" });
    world.act("rita", "airlock.draft", out).await.unwrap();
    day().await;
    assert_eq!(round(&world).await, each(&["renate", "rolf"], &digest(1, &[])));
    let approve = json!({ "project": PROJECT, "airlock": "out", "note": "fine" });
    world.act("rolf", "airlock.approve", approve.clone()).await.unwrap();
    day().await;
    assert_eq!(round(&world).await, Heard::new(), "one approval releases nothing");
    world.act("renate", "airlock.approve", approve).await.unwrap();
    day().await;
    assert_eq!(round(&world).await, each(&["carla"], &digest(1, &[])), "the controller releases");
    // After a restart a closed project's results are found too.
    world.region.anchor().await.unwrap();
    world.region.close().await;
    let world = world.reopen().await.unwrap();
    world
        .act("carla", "role.revoke", json!({ "person": "rolf", "role": "reviewer", "at": PROJECT }))
        .await
        .unwrap();
    world.enrol_by("sergio", "delia", "iss").await.unwrap();
    world.give("carla", "delia", "delegate", Some(PROJECT)).await.unwrap();
    assert_eq!(round(&world).await, Heard::new(), "an approval that stands no more releases nothing");
    world.give("carla", "rolf", "reviewer", Some(PROJECT)).await.unwrap();
    assert_eq!(round(&world).await, each(&["delia"], &digest(1, &[])));
}

// Goal: who is suspended, or has no part any more, hears nothing; back again, they hear how it stands.
#[tokio::test]
async fn the_suspended_hear_nothing() {
    let world = world(314).await;
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    until(&world, "2027-05-02T00:00:00Z").await;
    let suspend = json!({ "person": "rita", "reason": "leave" });
    world.act("sergio", "person.suspend", suspend).await.unwrap();
    let far = digest(0, &[(Stage::Far, Kind::Permit, 1)]);
    assert_eq!(round(&world).await, each(&["carla"], &far));
    until(&world, "2027-06-01T00:00:00Z").await;
    assert_eq!(round(&world).await, each(&["carla"], &digest(0, &[(Stage::Near, Kind::Permit, 1)])));
    world.act("sergio", "person.resume", json!({ "person": "rita" })).await.unwrap();
    let near = digest(0, &[(Stage::Near, Kind::Permit, 1)]);
    assert_eq!(round(&world).await, each(&["rita"], &near), "the nearest alone");
    // Suspended between being found due and being told.
    until(&world, "2027-06-24T00:00:00Z").await;
    let due = all(&world.region, Way::Mail).await.unwrap();
    world.act("sergio", "person.suspend", json!({ "person": "rita", "reason": "leave" })).await.unwrap();
    for notice in due {
        let post = post(false);
        let told = world.region.tell(&notice, &post).await.unwrap();
        let is_rita = notice.to.expose().starts_with("rita");
        assert_eq!(told, if is_rita { Told::Void } else { Told::Yes });
        assert_eq!(post.took.lock().unwrap().is_empty(), is_rita);
    }
}

/// How many of the things that somebody is shown end as near as that.
async fn shown(world: &World, whom: &str, kind: Kind, stage: Stage) -> u64 {
    let look = match kind {
        Kind::Agreement => Act::AgreementShow,
        Kind::Permit => Act::PermitShow,
        Kind::Grant => Act::GrantShow,
    };
    let things = world.region.perform(&world.actor(whom), look, json!({}), None).await.unwrap().answer;
    let now = world.region.now();
    let is_near = |thing: &&Value| {
        let ends: Timestamp = thing["ends"].as_str().unwrap().parse().unwrap();
        let is_over = thing["state"] == "ended" || thing["revoked"] == true || now > ends;
        match stage {
            Stage::Ended => is_over,
            _ => !is_over && ends.since_ms(now) <= stage.days() * DAY_MS,
        }
    };
    things.as_array().unwrap().iter().filter(is_near).count() as u64
}

// Goal: nobody is told of what they would not be shown. Method: on each day of a year, what each hears is held to what
// they are shown, in a house where parts are lost and given.
#[tokio::test]
async fn nobody_hears_of_what_they_are_not_shown() {
    let world = world(315).await;
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    world.open_project("moon", 0).await.unwrap();
    world.permit("permit-2", "moon", "2027-01-01", "2027-09-10").await.unwrap();
    let mut told: BTreeMap<(String, Kind, Stage), u64> = BTreeMap::new();
    for day in 0..380 {
        match day {
            150 => {
                let out = json!({ "person": "carla", "role": "controller", "at": "planet-study" });
                world.act("sergio", "role.revoke", out).await.unwrap();
            }
            200 => world.give("sergio", "carla", "controller", Some("planet-study")).await.unwrap(),
            300 => {
                let out = json!({ "person": "steo-bari", "role": "steward", "at": "bari" });
                world.act("sara-bari", "role.revoke", out).await.unwrap();
            }
            _ => {}
        }
        for (whom, digest) in round(&world).await {
            for ((stage, kind), count) in digest.ends {
                let known = shown(&world, &whom, kind, stage).await;
                assert!(
                    count <= known,
                    "day {day}: {whom} hears of {count} {kind:?} {stage:?}, and is shown {known}"
                );
                *told.entry((whom.clone(), kind, stage)).or_default() += count;
            }
        }
        pass_ms(&world, DAY_MS).await;
    }
    let of = |whom: &str, kind, stage| told.get(&(whom.to_owned(), kind, stage)).copied().unwrap_or_default();
    for stage in [Stage::Far, Stage::Near, Stage::Soon, Stage::Ended] {
        assert_eq!(of("rita", Kind::Permit, stage), 2, "{stage:?}");
        assert_eq!(of("sergio", Kind::Agreement, stage), 3, "{stage:?}");
        assert_eq!(of("dina-bari", Kind::Grant, stage), 1, "{stage:?}");
        assert_eq!(of("carla", Kind::Agreement, stage), 3, "{stage:?}");
        assert_eq!(of("rolf", Kind::Permit, stage) + of("anna", Kind::Permit, stage), 0, "{stage:?}");
        assert_eq!(of("sara-bari", Kind::Agreement, stage), 1, "{stage:?}");
    }
    assert_eq!(of("steo-bari", Kind::Grant, Stage::Soon), 0, "a steward no more");
    assert_eq!(of("carla", Kind::Permit, Stage::Soon), 1, "one passed while they controlled nothing");
}

// Goal: what did not arrive is due again, by each way for itself; nothing arrives twice.
#[tokio::test]
async fn what_did_not_arrive_is_due_again() {
    let world = world(316).await;
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    let reach = json!({ "webhook": "https://hooks.example/rita" });
    world.act("rita", "person.reach", reach).await.unwrap();
    world.act("carla", "person.reach", json!({ "mail": "off" })).await.unwrap();
    until(&world, "2027-05-02T00:00:00Z").await;
    let told = async |mail: bool, hook: bool| {
        let mut took = Vec::new();
        let mut due = all(&world.region, Way::Mail).await.unwrap();
        due.extend(all(&world.region, Way::Webhook).await.unwrap());
        for notice in due {
            let post = post(if notice.way == Way::Mail { !mail } else { !hook });
            let told = world.region.tell(&notice, &post).await.unwrap();
            assert_eq!(told, if post.is_broken { Told::No } else { Told::Yes });
            took.extend(post.took.into_inner().unwrap());
        }
        took
    };
    let (mail, hook) = ("mail rita@iss.example", "webhook https://hooks.example/rita");
    assert_eq!(told(false, true).await, [mail, hook]);
    assert_eq!(told(false, true).await, [mail]);
    pass_ms(&world, 40 * DAY_MS).await;
    let due = all(&world.region, Way::Mail).await.unwrap();
    assert_eq!(due[0].digest, digest(0, &[(Stage::Near, Kind::Permit, 1)]), "the nearest alone");
    assert_eq!(told(true, false).await, [mail, hook]);
    assert_eq!(told(true, true).await, [hook]);
    assert!(told(true, true).await.is_empty());
    // Said elsewhere, it is not sent where it was meant to go.
    until(&world, "2027-06-25T00:00:00Z").await;
    let due = all(&world.region, Way::Webhook).await.unwrap();
    world.act("rita", "person.reach", json!({ "webhook": "https://other.example/rita" })).await.unwrap();
    assert_eq!(world.region.tell(&due[0], &post(false)).await.unwrap(), Told::Void);
    assert_eq!(told(true, true).await, [mail, "webhook https://other.example/rita"]);
    world.act("rita", "person.reach", json!({ "mail": "off", "webhook": "off" })).await.unwrap();
    until(&world, "2027-07-01T00:00:00Z").await;
    assert!(told(true, true).await.is_empty());
}

// Goal: a round finds no more than is asked for, and nobody who is to be left alone; whoever was missed comes behind.
#[tokio::test]
async fn a_round_finds_what_is_asked_for() {
    let world = world(320).await;
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    until(&world, "2027-05-02T00:00:00Z").await;
    let [carla, rita] = ["carla", "rita"].map(|name| world.actor(name).person);
    let found = async |count_max: usize, misses: fn(bool) -> Option<u32>| {
        let due = world.region.notices(Way::Mail, count_max, |person| misses(person == rita)).await.unwrap();
        due.iter().map(|notice| notice.person).collect::<Vec<_>>()
    };
    assert_eq!(found(9, |is_rita| Some(u32::from(is_rita))).await, [carla, rita]);
    assert_eq!(found(9, |is_rita| Some(u32::from(!is_rita))).await, [rita, carla]);
    assert_eq!(found(1, |is_rita| Some(u32::from(!is_rita))).await, [rita]);
    assert_eq!(found(9, |is_rita| (!is_rita).then_some(7)).await, [carla]);
    assert!(found(0, |_| Some(0)).await.is_empty());
}

// Goal: telling is written in the ledger as the region's own act, names nobody but by an id, and changes no duty.
#[tokio::test]
async fn telling_is_a_leaf_and_changes_no_duty() {
    let world = world(317).await;
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    until(&world, "2027-05-02T00:00:00Z").await;
    world.region.flush_observations().await.unwrap();
    let (duties, before) = (world.region.root().duties(), records(&world.region, ROOT_CELL).await.len());
    assert_eq!(round(&world).await.len(), 2);
    assert_eq!(world.region.root().duties(), duties);
    let told = records(&world.region, ROOT_CELL).await.split_off(before);
    assert_eq!(told.len(), 2);
    for record in told.into_iter().flatten() {
        assert_eq!((record.act.as_str(), record.person, record.subjects.len()), ("person.tell", None, 1));
        assert!(record.subjects[0].starts_with("person:"), "{:?}", record.subjects);
    }
    let commits = commits(&world.soil.bucket, &world.region, ROOT_CELL).await;
    let details: Vec<_> =
        commits.iter().flat_map(|commit| &commit.leaves).filter_map(|leaf| leaf.detail.clone()).collect();
    let told = world.act("rita", "person.reach", json!({ "mail": "off" })).await.unwrap();
    assert_eq!(told.answer, json!({ "mail": "off", "webhook": "off" }));
    assert!(details.iter().rev().take(2).all(Vec::is_empty));
}

// Goal: an address that leads inside, or is more than an address, is refused and changes nothing.
#[tokio::test]
async fn a_webhook_inside_is_refused() {
    let world = world(318).await;
    for webhook in [
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.7/",
        "https://[fd00:ec2::254]/",
        "http://hooks.example/",
        "https://hooks.example/\r\nX: y",
        "https://hooks.example/\n",
        "https://u@hooks.example/",
        "file:///etc/passwd",
    ] {
        let reach = world.act("rita", "person.reach", json!({ "webhook": webhook }));
        refused(&world, Reason::Invalid, webhook, reach).await;
    }
    refused(
        &world,
        Reason::Invalid,
        "mail maybe",
        world.act("rita", "person.reach", json!({ "mail": "maybe" })),
    )
    .await;
}

// Goal: of two processes one alone tells.
#[tokio::test]
async fn who_does_not_lead_tells_nobody() {
    let world = world(319).await;
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    until(&world, "2027-05-02T00:00:00Z").await;
    let due = all(&world.region, Way::Mail).await.unwrap();
    let later = world.reopen().await.unwrap();
    assert_eq!(round(&later).await.len(), 2);
    pass_ms(&world, 5_000).await;
    assert!(all(&world.region, Way::Mail).await.is_err());
    let post = post(false);
    assert!(world.region.tell(&due[0], &post).await.is_err());
    assert!(post.took.into_inner().unwrap().is_empty());
}
