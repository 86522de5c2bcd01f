//! Split keys: two of three open them for a while; fewer, twice, late, or the wrong people do not.

use region::Done;
use region::noun::gift::{self, Gift, share_key_of, text};
use region::noun::split::{Kind, share_context};
use region::object::ObjectRow;
use region::twin::{OPERATOR, Soil, World};
use seal::{DecryptionKey, letter};
use serde_json::{Value, json};
use trial::kit::{PROJECT, read, store};
use words::act::ObjectList;
use words::{Actor, Reason, Refusal, Secret};

use crate::erasure::{PLANTED, withdraw};
use crate::ground::{desk, dina, pass_ms, project, reason, records, refused};
use crate::rotation::{is_moved, resealed};

const HOLDERS: [&str; 3] = ["kurt", "kim", "kata"];
const MINUTE_MS: i64 = words::time::MINUTE_MS;

pub fn own(alias: &str) -> DecryptionKey {
    share_key_of(&Secret::new(seal::sha256(alias.as_bytes()))).unwrap()
}

pub async fn offer(world: &World, alias: &str) -> Result<Done, Refusal> {
    world.act(alias, "key.offer", json!({ "key": text(&own(alias)) })).await
}

async fn split(world: &World, holders: &[&str], emergency: &[&str]) -> Result<Done, Refusal> {
    let fields = json!({ "project": PROJECT, "holders": holders, "emergency": emergency });
    world.act("kurt", "key.split", fields).await
}

/// Three hospitals, one object, three holders with share keys; `kora` and `sergio` for emergencies.
async fn ready(seed: u64) -> (World, Actor) {
    let world = World::planet(Soil::new(seed)).await.unwrap();
    for custodian in ["kata", "kora", "kuno"] {
        world.enrol(custodian, "infn").await.unwrap();
        world.give(OPERATOR, custodian, "custodian", None).await.unwrap();
    }
    for person in ["kurt", "kim", "kata", "kora", "kuno", "sergio"] {
        offer(&world, person).await.unwrap();
    }
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    store(&world.region, &dina(&world, "bari").await, "bari", "before", PLANTED).await.unwrap();
    let (_, rita) = desk(&world).await;
    (world, rita)
}

/// The same, split, and all moved to the split keys.
async fn divided(seed: u64) -> (World, Actor) {
    let (world, rita) = ready(seed).await;
    split(&world, &HOLDERS, &["sergio", "kora"]).await.unwrap();
    resealed(&world.region).await;
    assert!(is_moved(&world.region, world.soil.custody.as_ref()).await);
    (world, rita)
}

async fn call(world: &World, minutes: u64) -> Result<String, Refusal> {
    call_for(world, minutes, &[]).await
}

async fn call_for(world: &World, minutes: u64, holders: &[&str]) -> Result<String, Refusal> {
    let fields =
        json!({ "project": PROJECT, "minutes": minutes, "reason": "the monthly run", "holders": holders });
    let called = world.act("kata", "key.call", fields).await?;
    Ok(called.answer["call"].as_str().unwrap().to_owned())
}

async fn shown(world: &World, alias: &str) -> Value {
    world.act(alias, "key.show", json!({ "project": PROJECT })).await.unwrap().answer
}

async fn gift_of(world: &World, alias: &str) -> Result<Gift, Refusal> {
    gift::gift(&shown(world, alias).await, &own(alias), world.soil.rand.as_ref())
}

async fn hand(world: &World, alias: &str, gift: &Gift) -> Result<Done, Refusal> {
    let fields =
        json!({ "project": PROJECT, "call": gift.call, "share": gift.share, "reason": "I was called" });
    world.act(alias, "key.give", fields).await
}

async fn give(world: &World, alias: &str) -> Result<Done, Refusal> {
    hand(world, alias, &gift_of(world, alias).await?).await
}

async fn opened(world: &World, minutes: u64) {
    call(world, minutes).await.unwrap();
    give(world, "kurt").await.unwrap();
    let done = give(world, "kim").await.unwrap();
    assert!(!done.answer["opened_until"].is_null(), "{}", done.answer);
}

async fn get(world: &World, rita: &Actor, key: &str) -> Result<Vec<u8>, Refusal> {
    read(&world.region, rita, "bari", key).await.map(|(bytes, _)| bytes)
}

#[tokio::test]
async fn two_of_three_open_the_keys_for_a_while() {
    let (world, rita) = divided(301).await;
    assert_eq!(reason(get(&world, &rita, "before").await), Reason::SharesNeeded);
    // What does not open bytes goes on: deliveries, listings, looks.
    store(&world.region, &dina(&world, "bari").await, "bari", "after", PLANTED).await.unwrap();
    store(&world.region, &dina(&world, "catania").await, "catania", "first", PLANTED).await.unwrap();
    let deed = ObjectList { project: PROJECT.into(), bucket: "bari".into(), prefix: None, page: None };
    let wanted = region::object::list::Wanted { keys_max: 10, ..Default::default() };
    let listed = region::object::list::list(&world.region, &rita, &deed, &wanted).await.unwrap();
    assert_eq!(listed.objects.len(), 2);
    assert_eq!(reason(get(&world, &rita, "after").await), Reason::SharesNeeded);

    call(&world, 30).await.unwrap();
    let one = give(&world, "kurt").await.unwrap();
    assert_eq!((&one.answer["given"], &one.answer["needed"]), (&json!(1), &json!(2)));
    assert!(one.answer["opened_until"].is_null());
    assert_eq!(reason(get(&world, &rita, "before").await), Reason::SharesNeeded, "one share is not enough");
    let two = give(&world, "kata").await.unwrap();
    assert!(!two.answer["opened_until"].is_null());
    for key in ["before", "after"] {
        assert_eq!(get(&world, &rita, key).await.unwrap(), PLANTED, "{key}");
    }
    pass_ms(&world, 30 * MINUTE_MS).await;
    assert_eq!(get(&world, &rita, "before").await.unwrap(), PLANTED, "to the last moment");
    pass_ms(&world, 1).await;
    assert_eq!(reason(get(&world, &rita, "before").await), Reason::SharesNeeded, "it closes by itself");
    world.region.shares().forget_past(world.region.now());
    assert!(world.region.shares().opened_until(project(&world.region).await).is_none(), "and is wiped");
    let told = records(&world.region, project(&world.region).await).await;
    let acts: Vec<_> = told.iter().flatten().map(|record| record.act.as_str()).collect();
    for (act, times) in [("key.split", 1), ("key.call", 1), ("key.give", 2), ("key.open", 1)] {
        assert_eq!(acts.iter().filter(|told| **told == act).count(), times, "{act}");
    }
}

/// Goal: the region alone cannot open what is there. Method: every key that custody holds, against every header and share.
#[tokio::test]
async fn custody_alone_opens_nothing() {
    use store::custody::Custody;
    let (world, _) = divided(302).await;
    let cell = world.region.cell(project(&world.region).await).await.unwrap();
    let rows = cell.view().await.unwrap();
    let objects = rows.all::<ObjectRow>(&[]).await.unwrap();
    let header = &objects[0].1.pieces[0].header;
    let split = region::noun::split::newest(&rows).await.unwrap().unwrap();
    assert!(header.starts_with(b"epicsplt"));
    for name in world.soil.custody.names().unwrap() {
        let key = DecryptionKey::from_secret(&world.soil.custody.key(&name).unwrap().unwrap());
        assert!(seal::crypt4gh::open_header(header, &key).is_err(), "{name} opens a header");
        assert!(key.public().to_bytes() != *split.key.public, "{name} is the split key");
        for holder in split.holders.iter().chain(&split.envelope) {
            for kind in [Kind::Holders, Kind::Envelope] {
                let context = share_context(kind, cell.id, 1, holder.person);
                assert!(letter::open(&key, &context, &holder.letter).is_err(), "{name} opens a share");
            }
        }
    }
    // And the holders' shares without custody: the header in the letter is sealed to custody's pair.
    let mut shares = Vec::new();
    for (alias, holder) in HOLDERS.iter().zip(&split.holders).take(2) {
        let context = share_context(Kind::Holders, cell.id, 1, holder.person);
        let share = letter::open(&own(alias), &context, &holder.letter).unwrap();
        shares.push(region::noun::split::share_of(share.expose()).unwrap());
    }
    let key = DecryptionKey::from_secret(&seal::shares::join(&shares).unwrap());
    assert_eq!(key.public().to_bytes(), *split.key.public, "the test joins the right key");
    assert!(seal::crypt4gh::open_header(header, &key).is_err());
}

#[tokio::test]
async fn what_is_no_share_for_this_call_is_refused() {
    let (world, rita) = divided(303).await;
    assert_eq!(reason(gift_of(&world, "kurt").await), Reason::CallEnded, "nobody called");
    call(&world, 30).await.unwrap();
    let kurt = gift_of(&world, "kurt").await.unwrap();
    hand(&world, "kurt", &kurt).await.unwrap();
    refused(&world, Reason::AlreadyDone, "the same gift twice", hand(&world, "kurt", &kurt)).await;
    refused(&world, Reason::AlreadyDone, "the same share twice", give(&world, "kurt")).await;
    refused(&world, Reason::ShareWrong, "another's gift", hand(&world, "kim", &kurt)).await;
    let forged = forged(&world, "kurt", "kim").await;
    refused(&world, Reason::ShareWrong, "another's share in one's own name", hand(&world, "kim", &forged))
        .await;
    assert_eq!(
        reason(gift_of(&world, "kora").await),
        Reason::ShareWrong,
        "whoever holds none has none to give"
    );
    for share in ["", "AAAA", "not base64"] {
        let nothing = Gift { share: share.into(), ..kurt.clone() };
        refused(&world, Reason::ShareWrong, "bytes that are no share", hand(&world, "kim", &nothing)).await;
    }
    // Twice used: what was given to one call is nothing to the next.
    call(&world, 30).await.unwrap();
    refused(&world, Reason::CallEnded, "a gift to a call that is over", hand(&world, "kurt", &kurt)).await;
    let now = gift_of(&world, "kim").await.unwrap();
    let replayed = Gift { call: now.call.clone(), share: kurt.share.clone() };
    refused(&world, Reason::ShareWrong, "a gift to another call", hand(&world, "kurt", &replayed)).await;
    hand(&world, "kim", &now).await.unwrap();
    assert_eq!(
        reason(get(&world, &rita, "before").await),
        Reason::SharesNeeded,
        "one of each call opens nothing"
    );
    // Late.
    let late = gift_of(&world, "kurt").await.unwrap();
    pass_ms(&world, 60 * MINUTE_MS + 1).await;
    refused(&world, Reason::CallEnded, "a gift after the call", hand(&world, "kurt", &late)).await;
    // Used up: what opened the keys once does not open them again.
    opened(&world, 1).await;
    let again = gift_of(&world, "kata").await;
    assert_eq!(reason(again), Reason::CallEnded);
    pass_ms(&world, MINUTE_MS + 1).await;
    assert_eq!(reason(get(&world, &rita, "before").await), Reason::SharesNeeded);
}

/// One holder's share, sealed to the call in another's name: the two conspire, or a share was stolen.
async fn forged(world: &World, of: &str, by: &str) -> Gift {
    let shown = shown(world, of).await;
    let id = |value: &Value| value.as_str().unwrap().to_owned();
    let person = |alias: &str| world.actor(alias).person;
    let cell = id(&shown["project"]).parse().unwrap();
    let holders = shown["split"]["holders"].as_array().unwrap();
    let holder = holders.iter().find(|holder| id(&holder["person"]) == person(of).to_string()).unwrap();
    let sealed = data_encoding::BASE64.decode(id(&holder["share"]).as_bytes()).unwrap();
    let share = letter::open(&own(of), &share_context(Kind::Holders, cell, 1, person(of)), &sealed).unwrap();
    let call = id(&shown["call"]["call"]);
    let to = region::noun::share_key::read(&id(&shown["call"]["key"])).unwrap();
    let context = region::noun::call::gift_context(cell, call.parse().unwrap(), person(by));
    let to = seal::EncryptionKey::from_bytes(to);
    let sealed = letter::seal(to, world.soil.rand.as_ref(), &context, share.expose()).unwrap();
    Gift { call, share: data_encoding::BASE64.encode(&sealed) }
}

#[tokio::test]
async fn who_may_no_longer_give_does_not_count() {
    let (world, rita) = divided(304).await;
    // Lost the role after giving.
    call(&world, 30).await.unwrap();
    give(&world, "kurt").await.unwrap();
    world.act(OPERATOR, "role.revoke", json!({ "person": "kurt", "role": "custodian" })).await.unwrap();
    let two = give(&world, "kim").await.unwrap();
    assert!(two.answer["opened_until"].is_null(), "a share of who lost the role still counts");
    assert_eq!(reason(get(&world, &rita, "before").await), Reason::SharesNeeded);
    // Before giving: refused.
    call(&world, 30).await.unwrap();
    let kim = gift_of(&world, "kim").await.unwrap();
    world.act(OPERATOR, "person.suspend", json!({ "person": "kim", "reason": "left" })).await.unwrap();
    refused(&world, Reason::PersonSuspended, "a gift of a suspended holder", hand(&world, "kim", &kim)).await;
    world.act(OPERATOR, "person.resume", json!({ "person": "kim" })).await.unwrap();
    hand(&world, "kim", &kim).await.unwrap();
    let done = give(&world, "kata").await.unwrap();
    assert!(!done.answer["opened_until"].is_null());
    assert_eq!(get(&world, &rita, "before").await.unwrap(), PLANTED);
}

#[tokio::test]
async fn a_lock_and_a_restart_close_the_keys() {
    let (world, rita) = divided(305).await;
    opened(&world, 60).await;
    assert_eq!(get(&world, &rita, "before").await.unwrap(), PLANTED);
    world.act("carla", "key.lock", json!({ "project": PROJECT })).await.unwrap();
    assert_eq!(reason(get(&world, &rita, "before").await), Reason::ProjectLocked);
    refused(&world, Reason::ProjectLocked, "a call for locked keys", call(&world, 5)).await;
    world.act("kim", "key.unlock", json!({ "project": PROJECT })).await.unwrap();
    assert_eq!(
        reason(get(&world, &rita, "before").await),
        Reason::SharesNeeded,
        "a lock wipes what was open"
    );
    opened(&world, 60).await;
    world.region.close().await;
    let again = world.reopen().await.unwrap();
    assert_eq!(
        reason(get(&again, &rita, "before").await),
        Reason::SharesNeeded,
        "nothing outlives the process"
    );
    opened(&again, 60).await;
    assert_eq!(get(&again, &rita, "before").await.unwrap(), PLANTED);
}

#[tokio::test]
async fn holders_change_by_an_act_that_they_agreed_to() {
    let (world, rita) = divided(306).await;
    let others = ["kim", "kora", "kuno"];
    refused(&world, Reason::SharesNeeded, "splitting closed keys", split(&world, &others, &[])).await;
    opened(&world, 60).await;
    refused(&world, Reason::SharesNeeded, "splitting among whom nobody named", split(&world, &others, &[]))
        .await;
    call_for(&world, 60, &others).await.unwrap();
    let stolen = gift_of(&world, "kurt").await.unwrap();
    give(&world, "kata").await.unwrap();
    give(&world, "kim").await.unwrap();
    let one_else = ["kurt", "kora", "kuno"];
    refused(&world, Reason::SharesNeeded, "splitting among others", split(&world, &one_else, &[])).await;
    split(&world, &others, &[]).await.unwrap();
    assert_eq!(get(&world, &rita, "before").await.unwrap(), PLANTED, "what is not moved yet is read on");
    resealed(&world.region).await;
    assert!(is_moved(&world.region, world.soil.custody.as_ref()).await);
    assert_eq!(get(&world, &rita, "before").await.unwrap(), PLANTED);
    pass_ms(&world, 61 * MINUTE_MS).await;
    call(&world, 60).await.unwrap();
    assert_eq!(reason(gift_of(&world, "kurt").await), Reason::ShareWrong, "a former holder has no share");
    let now = gift_of(&world, "kora").await.unwrap();
    let older = Gift { call: now.call.clone(), share: stolen.share };
    refused(&world, Reason::ShareWrong, "a share of the split before", hand(&world, "kurt", &older)).await;
    hand(&world, "kora", &now).await.unwrap();
    give(&world, "kuno").await.unwrap();
    assert_eq!(get(&world, &rita, "before").await.unwrap(), PLANTED);
}

/// Goal: a stop between the new split and the last row moved loses nothing. Method: the keys close in the middle; the new
/// holders open old and new alike.
#[tokio::test]
async fn a_split_that_stopped_half_way_goes_on_with_its_new_holders() {
    let (world, rita) = divided(307).await;
    let others = ["kim", "kora", "kuno"];
    call_for(&world, 60, &others).await.unwrap();
    give(&world, "kata").await.unwrap();
    give(&world, "kim").await.unwrap();
    split(&world, &others, &[]).await.unwrap();
    world.region.close().await;
    let again = world.reopen().await.unwrap();
    let cell = again.region.cell(project(&again.region).await).await.unwrap();
    assert_eq!(
        reason(again.region.reseal(&cell, 10).await),
        Reason::SharesNeeded,
        "it waits for its holders"
    );
    call(&again, 60).await.unwrap();
    give(&again, "kora").await.unwrap();
    give(&again, "kuno").await.unwrap();
    assert_eq!(get(&again, &rita, "before").await.unwrap(), PLANTED);
    resealed(&again.region).await;
    assert!(is_moved(&again.region, again.soil.custody.as_ref()).await);
    assert_eq!(get(&again, &rita, "before").await.unwrap(), PLANTED);
}

async fn emergency(world: &World, by: &str, minutes: u64) -> Result<Done, Refusal> {
    let fields = json!({ "project": PROJECT, "minutes": minutes, "reason": "a child in intensive care" });
    world.act(by, "key.emergency", fields).await
}

#[tokio::test]
async fn an_emergency_takes_two_and_is_told_until_it_was_seen() {
    let (world, rita) = divided(308).await;
    refused(&world, Reason::DutiesMixed, "an operator's emergency", emergency(&world, OPERATOR, 30)).await;
    refused(&world, Reason::ShareWrong, "a holder's emergency", emergency(&world, "kurt", 30)).await;
    refused(&world, Reason::Invalid, "a whole day's emergency", emergency(&world, "kora", 24 * 60)).await;
    emergency(&world, "kora", 30).await.unwrap();
    give(&world, "kora").await.unwrap();
    assert_eq!(
        reason(get(&world, &rita, "before").await),
        Reason::SharesNeeded,
        "one of the two is not enough"
    );
    assert_eq!(
        reason(gift_of(&world, "kurt").await),
        Reason::ShareWrong,
        "holders' shares are for other calls"
    );
    let gift = gift_of(&world, "sergio").await.unwrap();
    let silent = json!({ "project": PROJECT, "call": gift.call, "share": gift.share });
    refused(&world, Reason::Invalid, "an emergency without a word", world.act("sergio", "key.give", silent))
        .await;
    hand(&world, "sergio", &gift).await.unwrap();
    assert_eq!(get(&world, &rita, "before").await.unwrap(), PLANTED);

    let notices = async |alias: &str| {
        let told = world.act(alias, "project.show", json!({ "project": PROJECT })).await.unwrap().answer;
        told[0]["emergencies"].as_array().unwrap().clone()
    };
    for alias in ["carla", "sergio"] {
        let told = notices(alias).await;
        assert_eq!(told.len(), 1, "{alias} is told");
        assert_eq!(told[0]["reason"], "a child in intensive care");
        assert_eq!(told[0]["by"].as_array().unwrap().len(), 2);
    }
    pass_ms(&world, 31 * MINUTE_MS).await;
    assert_eq!(reason(get(&world, &rita, "before").await), Reason::SharesNeeded);
    assert_eq!(notices("carla").await.len(), 1, "it is told after it ended");
    let seen = json!({ "project": PROJECT, "call": gift.call });
    let ack = async |alias: &'static str| world.act(alias, "key.acknowledge", seen.clone()).await;
    refused(&world, Reason::RoleMissing, "an operator's acknowledgement", ack(OPERATOR)).await;
    refused(&world, Reason::OwnRequest, "one's own emergency", ack("sergio")).await;
    refused(&world, Reason::RoleMissing, "a provider's signatory", ack("sara-bari")).await;
    ack("carla").await.unwrap();
    assert_eq!(notices("carla").await.len(), 1, "the organisation has not seen it yet");
    world.enrol_by("sergio", "silvia", "iss").await.unwrap();
    world.give("sergio", "silvia", "signatory", Some("iss")).await.unwrap();
    ack("silvia").await.unwrap();
    assert_eq!(notices("carla").await.len(), 0);
    let told = records(&world.region, words::noun::ROOT_CELL).await;
    assert!(told.iter().flatten().any(|record| record.act == "key.emergency-open"));
}

#[tokio::test]
async fn a_split_that_would_not_hold_is_refused() {
    let (world, _) = ready(309).await;
    world.enrol("nora", "infn").await.unwrap();
    for (holders, emergency, what) in [
        (&["kurt", "kim"][..], &[][..], "two holders"),
        (&["kurt", "kim", "kurt"][..], &[][..], "one holder twice"),
        (&["kurt", "kim", "sergio"][..], &[][..], "a holder who is no custodian"),
        (&["kurt", "kim", "nora"][..], &[][..], "a holder without a share key"),
        (&HOLDERS[..], &["sergio"][..], "an envelope for one"),
        (&HOLDERS[..], &["kora", "kuno"][..], "an envelope without the controller's organisation"),
        (&HOLDERS[..], &["sergio", "kurt"][..], "a holder with the envelope too"),
    ] {
        refused(&world, Reason::Invalid, what, split(&world, holders, emergency)).await;
    }
    let fields = json!({ "project": PROJECT, "holders": HOLDERS, "needed": 1 });
    refused(&world, Reason::Invalid, "one is enough", world.act("kurt", "key.split", fields)).await;
    refused(&world, Reason::StateWrong, "a call for keys that are whole", call(&world, 5)).await;
    let twice = json!({ "key": text(&own("kurt")) });
    world.act("nora", "key.offer", twice).await.unwrap();
    world.give(OPERATOR, "nora", "custodian", None).await.unwrap();
    let same = split(&world, &["kurt", "kim", "nora"], &[]);
    refused(&world, Reason::Invalid, "one share key for two", same).await;
    refused(
        &world,
        Reason::Invalid,
        "a key that is none",
        world.act("nora", "key.offer", json!({ "key": "x" })),
    )
    .await;
    split(&world, &HOLDERS, &[]).await.unwrap();
    refused(&world, Reason::Invalid, "open for nothing", call(&world, 0)).await;
    refused(&world, Reason::Invalid, "open for ever", call(&world, 24 * 60 + 1)).await;
    refused(&world, Reason::ShareWrong, "an envelope that is not there", emergency(&world, "kora", 5)).await;
}

#[tokio::test]
async fn erasing_needs_no_holder_and_no_share_brings_anything_back() {
    let (world, rita) = divided(310).await;
    store(&world.region, &dina(&world, "catania").await, "catania", "a", PLANTED).await.unwrap();
    let done = world.act("kurt", "key.erase-scope", withdraw("bari")).await.unwrap();
    assert!(done.answer["certificate"].as_str().is_some());
    opened(&world, 60).await;
    assert_eq!(reason(get(&world, &rita, "before").await), Reason::NotFound);
    assert_eq!(read(&world.region, &rita, "catania", "a").await.unwrap().0, PLANTED);
    world.act("kurt", "key.erase-project", json!({ "project": PROJECT, "reason": "over" })).await.unwrap();
    assert_eq!(reason(call(&world, 5).await), Reason::ProjectErased);
}

/// Goal: replay gives the same, split or not. Method: the index is thrown away.
#[tokio::test]
async fn a_split_project_replays_while_closed() {
    let (mut world, rita) = divided(311).await;
    world.region.close().await;
    world.soil.shelf = store::index::MemoryShelf::default();
    let again = world.reopen().await.unwrap();
    assert_eq!(reason(get(&again, &rita, "before").await), Reason::SharesNeeded);
    store(&again.region, &dina(&again, "bari").await, "bari", "after", PLANTED).await.unwrap();
    opened(&again, 60).await;
    for key in ["before", "after"] {
        assert_eq!(get(&again, &rita, key).await.unwrap(), PLANTED);
    }
}
