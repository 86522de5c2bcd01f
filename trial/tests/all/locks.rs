//! Locks and holds: every role, by every way in which bytes can vanish.

use region::expiry::Ages;
use region::object::lock::{Locking, Mode, Retention};
use region::object::put::{Extra, Stored, put};
use region::twin::{Soil, World};
use serde_json::{Value, json};
use trial::kit::{PROJECT, body, drain, get_deed, put_deed, store};
use words::{Act, Actor, Place, Reason, Refusal};

use crate::ground::{desk, dina, reason, until};

/// Until when everything here is locked.
const LOCKED: &str = "2027-02-05T00:00:00.000Z";

/// A hospital's bucket with object lock, one delivery in it, and everybody.
struct Scene {
    world: World,
    stored: Stored,
    everybody: Vec<(&'static str, Actor)>,
}

async fn scene(seed: u64) -> Scene {
    let world = World::planet(Soil::new(seed)).await.unwrap();
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-06-30").await.unwrap();
    world.act("carla", "bucket.lock", json!({ "project": PROJECT, "bucket": "bologna" })).await.unwrap();
    let dina = dina(&world, "bologna").await;
    let stored = store(&world.region, &dina, "bologna", "a", b"kept").await.unwrap();
    world.enrol_by("sergio", "dario", "iss").await.unwrap();
    world.give("carla", "dario", "delegate", Some(PROJECT)).await.unwrap();
    let mut everybody: Vec<(&'static str, Actor)> = Vec::new();
    for name in ["olga", "anna", "kurt", "kim", "sergio", "sara-bologna", "steo-bologna", "rolf", "dario"] {
        everybody.push((name, world.actor(name)));
    }
    let access = world.credential("carla", PROJECT, Place::Inside, None).await.unwrap();
    everybody.push(("carla", world.with(&access, Place::Inside).await.unwrap()));
    everybody.push(("rita", desk(&world).await.1));
    everybody.push(("dina", dina));
    Scene { world, stored, everybody }
}

impl Scene {
    fn actor(&self, name: &str) -> &Actor {
        self.everybody.iter().find(|(own, _)| *own == name).map(|(_, actor)| actor).unwrap()
    }

    fn at(&self, more: Value) -> Value {
        let mut fields =
            json!({ "project": PROJECT, "bucket": "bologna", "key": "a", "version": self.stored.version });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    }

    async fn act(&self, who: &Actor, act: &str, fields: Value) -> Result<Value, Refusal> {
        let act = Act::parse(act).unwrap();
        self.world.region.perform(who, act, fields, None).await.map(|done| done.answer)
    }

    async fn retain(&self, who: &str, mode: &str) {
        let fields = self.at(json!({ "mode": mode, "until": LOCKED }));
        self.act(self.actor(who), "object.retain", fields).await.unwrap();
    }

    /// Every way in which the version could go, or be less kept.
    fn ways(&self) -> Vec<(&'static str, &'static str, Value)> {
        let bucket = |more: Value| {
            let mut fields = json!({ "project": PROJECT, "bucket": "bologna" });
            fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            fields
        };
        let retain = |more: Value| self.at(more);
        let because = json!({ "project": PROJECT, "reason": "we want it gone" });
        let mut scope = because.clone();
        scope["agreement"] = json!("planet-bologna");
        vec![
            ("delete", "object.delete", self.at(json!({}))),
            ("delete with bypass", "object.delete", self.at(json!({ "bypass": "we want it gone" }))),
            ("lift", "object.retain", retain(json!({ "mode": "none" }))),
            ("lift with reason", "object.retain", retain(json!({ "mode": "none", "reason": "so" }))),
            ("shorten", "object.retain", retain(json!({ "mode": "governance", "until": "2027-02-01" }))),
            (
                "shorten with reason",
                "object.retain",
                retain(json!({ "mode": "governance", "until": "2027-02-01", "reason": "so" })),
            ),
            (
                "shorten in compliance",
                "object.retain",
                retain(json!({ "mode": "compliance", "until": "2027-02-01", "reason": "so" })),
            ),
            ("suspend versions", "bucket.version", bucket(json!({ "versions": "suspended" }))),
            ("delete the bucket", "bucket.delete", bucket(json!({}))),
            ("erase the scope", "key.erase-scope", scope),
            ("erase the project", "key.erase-project", because),
        ]
    }

    /// The bytes are there, by their version.
    async fn is_kept(&self) -> bool {
        let mut deed = get_deed("bologna", "a");
        deed.version.clone_from(&self.stored.version);
        let rita = self.actor("rita");
        let reading =
            region::object::read::get(&self.world.region, rita, deed, |row| Ok(0..row.size_bytes)).await;
        match reading {
            Ok(reading) => drain(reading.body).await.unwrap() == b"kept",
            Err(_) => false,
        }
    }
}

/// A refusal that says that somebody may not, or that something keeps it; nothing about ours being broken.
fn is_plain(reason: Reason) -> bool {
    !matches!(reason, Reason::Unavailable | Reason::PolicyFault | Reason::Invalid)
}

// Goal: lock and hold cannot be bypassed by any role. Method: every role by every way, on a version in governance
// that the controller locked, in compliance, and under a hold; then the version is read.
#[tokio::test]
async fn no_role_gets_past_a_lock_or_a_hold() {
    for (seed, kind, strongest) in [
        (401, "governance", Reason::OwnRequest),
        (402, "compliance", Reason::Retained),
        (403, "hold", Reason::LegalHold),
    ] {
        let scene = scene(seed).await;
        match kind {
            "hold" => {
                let fields = scene.at(json!({ "hold": "on", "reason": "court" }));
                scene.act(scene.actor("carla"), "object.hold", fields).await.unwrap();
            }
            mode => scene.retain("carla", mode).await,
        }
        for (way, act, fields) in scene.ways() {
            // A hold says nothing of locks, and there is none to shorten.
            if kind == "hold" && act == "object.retain" {
                continue;
            }
            for (who, actor) in &scene.everybody {
                let told = reason(scene.act(actor, act, fields.clone()).await);
                assert!(is_plain(told), "{kind}: {way} by {who}: {told:?}");
            }
            assert!(scene.is_kept().await, "{kind}: gone after {way}");
        }
        let bypassed = scene.at(json!({ "bypass": "we want it gone" }));
        let told = reason(scene.act(scene.actor("carla"), "object.delete", bypassed).await);
        assert_eq!(told, strongest, "{kind}: the controller with a bypass");
        let erased = json!({ "project": PROJECT, "reason": "we want it gone" });
        let told = reason(scene.act(scene.actor("kurt"), "key.erase-project", erased).await);
        let expected = if kind == "hold" { Reason::LegalHold } else { Reason::Retained };
        assert_eq!(told, expected, "{kind}: the custodian");
        scene.world.region.close().await;
    }
}

// Goal: the table above is about something. Method: the same ways without a lock; each is open to somebody, or closed for another reason.
#[tokio::test]
async fn without_a_lock_the_same_ways_are_open() {
    for (seed, who, way) in [
        (411, "carla", "delete"),
        (412, "carla", "delete with bypass"),
        (413, "rita", "delete"),
        (414, "kurt", "erase the scope"),
        (415, "kurt", "erase the project"),
    ] {
        let scene = scene(seed).await;
        let (_, act, fields) = scene.ways().into_iter().find(|(own, ..)| *own == way).unwrap();
        scene.act(scene.actor(who), act, fields).await.unwrap();
        assert!(!scene.is_kept().await, "{way} by {who} left it there");
        scene.world.region.close().await;
    }
}

// Goal: governance is set aside by a controller who has no hand in it, who says why, and by nobody else; and it is recorded.
#[tokio::test]
async fn governance_is_set_aside_by_another_controller_who_says_why() {
    let scene = scene(421).await;
    scene.retain("rita", "governance").await;
    let empty = scene.at(json!({ "bypass": " " }));
    assert_eq!(reason(scene.act(scene.actor("carla"), "object.delete", empty).await), Reason::Invalid);
    let shorter = |more: Value| {
        let mut fields = scene.at(json!({ "mode": "governance", "until": "2027-02-01" }));
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    let (carla, rita) = (scene.actor("carla"), scene.actor("rita"));
    assert_eq!(reason(scene.act(carla, "object.retain", shorter(json!({}))).await), Reason::Retained);
    let why = json!({ "reason": "the wrong file" });
    // It is her own lock, besides her being no controller.
    assert_eq!(reason(scene.act(rita, "object.retain", shorter(why.clone())).await), Reason::OwnRequest);
    scene.act(carla, "object.retain", shorter(why)).await.unwrap();
    // From here the lock is carla's own.
    let bypass = scene.at(json!({ "bypass": "the wrong file" }));
    assert_eq!(reason(scene.act(carla, "object.delete", bypass.clone()).await), Reason::OwnRequest);
    let world = &scene.world;
    world.enrol_by("sergio", "clara", "iss").await.unwrap();
    world.give("sergio", "clara", "controller", Some("planet-study")).await.unwrap();
    let access = world.credential("clara", PROJECT, Place::Inside, None).await.unwrap();
    let clara = world.with(&access, Place::Inside).await.unwrap();
    scene.act(&clara, "object.delete", bypass).await.unwrap();
    assert!(!scene.is_kept().await);
}

// Goal: a date holds by the region's time, which nothing turns back. Method: around the end, and with the clock turned either way.
#[tokio::test]
async fn turning_the_clock_opens_no_lock() {
    let scene = scene(431).await;
    scene.retain("carla", "compliance").await;
    let (carla, world) = (scene.actor("carla"), &scene.world);
    let delete = || scene.act(carla, "object.delete", scene.at(json!({})));
    for clock in ["2027-02-04T23:59:59.999Z", "2020-01-01T00:00:00Z", "2027-01-11T00:00:00Z"] {
        until(world, clock).await;
        assert_eq!(reason(delete().await), Reason::Retained, "at {clock}");
        assert!(scene.is_kept().await, "at {clock}");
    }
    // Turned back it locks from the region's time on: nothing is locked into its past.
    let past = scene.at(json!({ "mode": "compliance", "until": "2027-02-01" }));
    assert_eq!(reason(scene.act(carla, "object.retain", past).await), Reason::Retained);
    until(world, LOCKED).await;
    // Who locked it sets nothing aside that is over: the flag refuses nothing.
    scene.act(carla, "object.delete", scene.at(json!({ "bypass": "always set" }))).await.unwrap();
    assert!(!scene.is_kept().await);
}

// Goal: what comes after leaves what is locked alone. Method: put again with a shorter lock, copy over it, hide it, end the agreement.
#[tokio::test]
async fn nothing_that_comes_later_takes_a_locked_version_s_place() {
    let scene = scene(441).await;
    scene.retain("carla", "compliance").await;
    let (region, rita, carla) = (&scene.world.region, scene.actor("rita"), scene.actor("carla"));
    let soon =
        Retention { mode: Mode::Governance, until: "2027-01-20".parse().unwrap(), by: Some(rita.person) };
    let lock = Locking { retention: Some(soon), is_held: false };
    let extra = || Extra { lock: lock.clone(), ..Extra::default() };
    let again = put(region, rita, put_deed("bologna", "a"), extra(), body(b"other")).await.unwrap();
    assert_eq!(again.row.retention, Some(soon));
    let by_grant = put(region, scene.actor("dina"), put_deed("bologna", "a"), extra(), body(b"other")).await;
    assert_eq!(reason(by_grant), Reason::GrantWriteOnly);
    let copy = json!({
        "project": PROJECT, "bucket": "bologna", "key": "a", "source_bucket": "bologna", "source_key": "a",
    });
    scene.act(rita, "object.copy", copy).await.unwrap();
    let newest = json!({ "project": PROJECT, "bucket": "bologna", "key": "a" });
    let shown = scene.act(rita, "object.show", newest.clone()).await.unwrap();
    assert_eq!(shown["lock"], json!(null), "a copy took its source's lock: {shown}");
    scene.act(carla, "object.delete", newest).await.unwrap();
    let ended = json!({ "agreement": "planet-bologna", "reason": "over" });
    scene.act(scene.actor("sara-bologna"), "agreement.end", ended).await.unwrap();
    let off = json!({ "project": PROJECT, "bucket": "bologna", "versions": "suspended" });
    assert_eq!(reason(scene.act(carla, "bucket.version", off).await), Reason::StateWrong);
    let rule = json!({ "id": "all", "days": 1, "older_days": 1 }).to_string();
    let rules = json!({ "project": PROJECT, "bucket": "bologna", "rules": [rule] });
    scene.act(carla, "bucket.expire", rules).await.unwrap();
    until(&scene.world, "2027-02-04T00:00:00Z").await;
    let cell = crate::ground::project(region).await;
    let ended = region.expire_in(cell, Ages::default()).await.unwrap();
    assert!(ended.removed > 0 && ended.kept > 0, "the rule takes the others: {ended:?}");
    assert!(scene.is_kept().await);
    let shown = scene.act(carla, "object.show", scene.at(json!({}))).await.unwrap();
    assert_eq!(shown["lock"], json!({ "mode": "compliance", "until": LOCKED }));
}

// Goal: what was locked stays so through a restart and a replay. Method: close, open again, ask, delete.
#[tokio::test]
async fn a_lock_outlives_the_process() {
    let scene = scene(451).await;
    scene.retain("carla", "compliance").await;
    scene.world.region.close().await;
    let world = scene.world.reopen().await.unwrap();
    let cell = crate::ground::project(&world.region).await;
    let access = world.credential("carla", PROJECT, Place::Inside, None).await.unwrap();
    let carla = world.with(&access, Place::Inside).await.unwrap();
    let fields = scene.at(json!({}));
    let told = world.region.perform(&carla, Act::ObjectDelete, fields, None).await;
    assert_eq!(reason(told), Reason::Retained);
    assert!(!crate::ground::rows(&world.region, cell).await.is_empty());
}
