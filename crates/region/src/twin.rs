//! A region in memory with a clock that stands still: for tests, simulation and tours.
//!
//! It takes the same path as a real one; only time, chance and the disk are ours.

pub mod study;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gate::identify::key_text::public_text;
use seal::SigningKey;
use serde_json::{Value, json};
use store::Bucket;
use store::custody::MemoryCustody;
use store::index::MemoryShelf;
use words::act::PersonEnrol;
use words::noun::{Noun, Person};
use words::{Act, Actor, Clock, Id, Place, Rand, Refusal, Secret, Timestamp};

use crate::cell::draft::Draft;
use crate::cell::step::{Done, Entry, HouseStep, Moment};
use crate::region::{Founder, Parts, Region, StartError};
use crate::rule::RuleRow;

/// A clock that moves when it is told to.
#[derive(Debug)]
pub struct StillClock(AtomicI64);

impl StillClock {
    pub fn at(text: &str) -> Arc<Self> {
        let at: Timestamp = text.parse().unwrap_or_default();
        Arc::new(Self(AtomicI64::new(at.ms())))
    }

    pub fn pass_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    pub fn set(&self, at: Timestamp) {
        self.0.store(at.ms(), Ordering::SeqCst);
    }
}

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst))
    }
}

/// Chance that a seed decides: the same seed, the same trace.
#[derive(Debug)]
pub struct SeededRand {
    seed: u64,
    drawn: AtomicU64,
}

impl SeededRand {
    pub fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self { seed, drawn: AtomicU64::new(0) })
    }
}

impl Rand for SeededRand {
    fn fill(&self, into: &mut [u8]) {
        for chunk in into.chunks_mut(32) {
            let drawn = self.drawn.fetch_add(1, Ordering::SeqCst);
            let bytes = seal::sha256(&[self.seed.to_be_bytes(), drawn.to_be_bytes()].concat());
            chunk.copy_from_slice(bytes.split_at(chunk.len()).0);
        }
    }
}

/// What outlives a process: the disk, custody, the world's clock.
#[derive(Clone)]
pub struct Soil {
    /// The region's, as checkpoints have it.
    pub name: &'static str,
    pub bucket: Bucket,
    pub custody: Arc<MemoryCustody>,
    pub shelf: MemoryShelf,
    pub clock: Arc<StillClock>,
    pub rand: Arc<SeededRand>,
}

impl Soil {
    pub fn new(seed: u64) -> Self {
        Self::over(Bucket::memory(), seed)
    }

    pub fn over(bucket: Bucket, seed: u64) -> Self {
        Self {
            name: "epic.test",
            bucket,
            custody: Arc::new(MemoryCustody::new()),
            shelf: MemoryShelf::default(),
            clock: StillClock::at("2027-01-10T09:00:00Z"),
            rand: SeededRand::new(seed),
        }
    }

    pub fn parts(&self) -> Parts {
        Parts {
            name: self.name.to_owned(),
            bucket: self.bucket.clone(),
            shelf: Arc::new(self.shelf.clone()),
            custody: Arc::clone(&self.custody) as _,
            clock: Arc::clone(&self.clock) as _,
            rand: Arc::clone(&self.rand) as _,
        }
    }
}

/// A region with persons whose keys are known.
pub struct World {
    pub region: Region,
    pub soil: Soil,
    persons: Mutex<BTreeMap<String, Id<Person>>>,
}

/// The person who founds every world.
pub const OPERATOR: &str = "olga";

impl World {
    /// A founded region with one operator, `olga`, of the organisation `infn`.
    pub async fn found(soil: Soil) -> Result<Self, StartError> {
        let founder = Founder {
            organisation_alias: "infn".to_owned(),
            organisation_name: "Istituto Nazionale di Fisica Nucleare".to_owned(),
            person: enrolment(OPERATOR, "infn"),
        };
        let region = Region::found(soil.parts(), founder).await?;
        let world = Self { region, soil, persons: Mutex::default() };
        world.learn(OPERATOR).await.map_err(StartError::Refused)?;
        Ok(world)
    }

    /// The same disk and custody under a new process.
    pub async fn reopen(&self) -> Result<Self, StartError> {
        let region = Region::open(self.soil.parts()).await?;
        let persons = self.persons.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Self { region, soil: self.soil.clone(), persons: Mutex::new(persons) })
    }

    /// The same persons over another region.
    pub fn over(&self, region: Region, soil: Soil) -> Self {
        let persons = self.persons.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self { region, soil, persons: Mutex::new(persons) }
    }

    /// A person's own key, made from their name.
    pub fn key(alias: &str) -> Option<SigningKey> {
        SigningKey::from_seed(&Secret::new(seal::sha256(alias.as_bytes()))).ok()
    }

    /// The id of a person who was enrolled by an act of its own.
    pub async fn learn(&self, alias: &str) -> Result<(), Refusal> {
        let root = self.region.root().view().await?;
        let id = crate::name::find_id(&root, Noun::Person, alias).await?;
        self.persons.lock().unwrap_or_else(PoisonError::into_inner).insert(alias.to_owned(), id);
        Ok(())
    }

    /// A person acting with their own key, from outside.
    pub fn actor(&self, alias: &str) -> Actor {
        let persons = self.persons.lock().unwrap_or_else(PoisonError::into_inner);
        let person = persons.get(alias).copied().unwrap_or(Id::from_bytes([0xEE; 16]));
        Actor {
            person,
            credential: None,
            session: None,
            place: Place::Outside,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        }
    }

    /// Does an act by name.
    pub async fn act(&self, alias: &str, act: &str, fields: Value) -> Result<Done, Refusal> {
        let act = Act::parse(act).ok_or(Refusal::new(words::Reason::NotOffered))?;
        self.region.perform(&self.actor(alias), act, fields, None).await
    }

    /// Enrols a person of an organisation that has no signatory yet.
    pub async fn enrol(&self, alias: &str, organisation: &str) -> Result<(), Refusal> {
        self.enrol_by(OPERATOR, alias, organisation).await
    }

    pub async fn enrol_by(&self, by: &str, alias: &str, organisation: &str) -> Result<(), Refusal> {
        let deed = serde_json::to_value(enrolment(alias, organisation)).unwrap_or_default();
        self.act(by, "person.enrol", deed).await?;
        self.learn(alias).await
    }

    /// Gives a role.
    pub async fn give(&self, by: &str, person: &str, role: &str, at: Option<&str>) -> Result<(), Refusal> {
        self.act(by, "role.grant", json!({ "person": person, "role": role, "at": at })).await.map(drop)
    }

    /// Notes that a person was trained by their signatory, and instructed by the controller of a project, for long.
    pub async fn teach(
        &self,
        (signatory, controller): (&str, &str),
        person: &str,
        project: &str,
    ) -> Result<(), Refusal> {
        let training = json!({ "person": person, "course": "Handling sensitive data", "ends": "2100-01-01" });
        self.act(signatory, "person.train", training).await?;
        let instruction = json!({ "person": person, "project": project, "ends": "2100-01-01" });
        self.act(controller, "person.instruct", instruction).await.map(drop)
    }

    /// A rule as if it had run in a test project before.
    pub async fn rule(&self, project: &str, rule: RuleRow) -> Result<(), Refusal> {
        let root = self.region.root().view().await?;
        let project = crate::noun::project::find(&root, project).await?;
        let step = HouseStep::new(move |draft: &mut Draft, moment: Moment| {
            draft.put(rule.name.as_bytes(), &rule)?;
            Ok(Entry::of_house("rule.set", moment.now))
        });
        self.region.cell(project.id.cast()).await?.submit(Box::new(step)).await.map(drop)
    }

    /// An S3 credential and the actor it makes at a place.
    pub async fn credential(
        &self,
        alias: &str,
        project: &str,
        place: Place,
        grant: Option<&str>,
    ) -> Result<Access, Refusal> {
        let ends = self.soil.clock.now().plus_ms(30 * words::time::DAY_MS);
        let workspace = (place == Place::Inside).then_some("desk");
        let fields = json!({ "project": project, "place": place.text(), "workspace": workspace, "grant": grant, "ends": ends });
        let done = self.act(alias, "credential.issue", fields).await?;
        let text = |name: &str| done.answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Access { id: text("access_key_id"), secret: text("secret_access_key") })
    }

    /// Who an access key makes one, from an address.
    pub async fn with(&self, access: &Access, place: Place) -> Result<Actor, Refusal> {
        self.region.actor_of_credential(&access.id, IpAddr::V4(Ipv4Addr::LOCALHOST), place).await
    }
}

/// An S3 credential as a client holds it.
#[derive(Debug, Clone)]
pub struct Access {
    pub id: String,
    pub secret: String,
}

fn enrolment(alias: &str, organisation: &str) -> PersonEnrol {
    PersonEnrol {
        alias: alias.to_owned(),
        name: format!("{alias} of {organisation}"),
        email: format!("{alias}@{organisation}.example"),
        organisation: organisation.to_owned(),
        key: World::key(alias).map(|key| public_text(key.public())),
    }
}

/// The seeds' main job up to signed agreements: PLANET at tier 2, three hospitals.
///
/// Persons: `carla` controls the tenant, `rita` researches, `rolf` and `renate`
/// review, `kurt` and `kim` are custodians, `anna` audits; per hospital a
/// signatory and a steward (`sara-<hospital>`, `steo-<hospital>`) and one who
/// delivers (`dina-<hospital>`).
pub const HOSPITALS: [&str; 3] = ["bologna", "bari", "catania"];

impl World {
    pub async fn planet(soil: Soil) -> Result<Self, StartError> {
        let world = Self::found(soil).await?;
        world.people().await.map_err(StartError::Refused)?;
        world.open_project("planet", 2).await.map_err(StartError::Refused)?;
        for hospital in HOSPITALS {
            world.agree(hospital).await.map_err(StartError::Refused)?;
        }
        Ok(world)
    }

    async fn people(&self) -> Result<(), Refusal> {
        for (alias, name) in [
            ("iss", "Istituto Superiore di Sanità"),
            ("bologna", "AOU Bologna"),
            ("bari", "IRCCS Bari"),
            ("catania", "AOU Catania"),
        ] {
            self.act(OPERATOR, "organisation.register", json!({ "alias": alias, "name": name })).await?;
        }
        self.act(
            OPERATOR,
            "tenant.open",
            json!({ "alias": "planet-study", "name": "PLANET", "organisation": "iss" }),
        )
        .await?;
        for person in ["carla", "rita", "rolf", "renate", "sergio"] {
            self.enrol(person, "iss").await?;
        }
        for person in ["kurt", "kim", "anna"] {
            self.enrol(person, "infn").await?;
        }
        self.give(OPERATOR, "sergio", "signatory", Some("iss")).await?;
        self.give("sergio", "carla", "controller", Some("planet-study")).await?;
        self.give(OPERATOR, "kurt", "custodian", None).await?;
        self.give(OPERATOR, "kim", "custodian", None).await?;
        self.give(OPERATOR, "anna", "auditor", None).await?;
        for hospital in HOSPITALS {
            for role in ["sara", "steo", "dina"] {
                self.enrol(&format!("{role}-{hospital}"), hospital).await?;
            }
            let signatory = format!("sara-{hospital}");
            self.give(OPERATOR, &signatory, "signatory", Some(hospital)).await?;
            self.give(&signatory, &format!("steo-{hospital}"), "steward", Some(hospital)).await?;
        }
        Ok(())
    }

    pub async fn open_project(&self, alias: &str, tier: u64) -> Result<(), Refusal> {
        let fields = json!({ "alias": alias, "tenant": "planet-study", "tier": tier, "environment": "production", "purpose": "pollution and Covid-19" });
        self.act("carla", "project.open", fields).await?;
        self.give("carla", "rita", "researcher", Some(alias)).await?;
        self.teach(("sergio", "carla"), "rita", alias).await?;
        for reviewer in ["rolf", "renate"] {
            self.give("carla", reviewer, "reviewer", Some(alias)).await?;
            self.teach(("sergio", "carla"), reviewer, alias).await?;
        }
        Ok(())
    }

    /// Drafts, offers and signs a hospital's agreement; gives it a bucket and a grant.
    pub async fn agree(&self, hospital: &str) -> Result<(), Refusal> {
        let alias = self.offer(hospital).await?;
        self.sign("sergio", &alias, "iss").await?;
        self.sign(&format!("sara-{hospital}"), &alias, hospital).await?;
        self.act(
            "carla",
            "bucket.create",
            json!({ "project": "planet", "bucket": hospital, "agreement": alias }),
        )
        .await?;
        self.grant(hospital, "127.0.0.0/8").await
    }

    /// An agreement that nobody has signed yet.
    pub async fn offer(&self, hospital: &str) -> Result<String, Refusal> {
        let alias = format!("planet-{hospital}");
        let fields = json!({
            "alias": alias, "project": "planet", "provider": hospital, "parties": [], "purpose": "pollution and Covid-19",
            "categories": ["clinical"], "service_model": "saas", "places": ["bologna"], "sub_processors": [],
            "retention_days": 0, "starts": "2027-01-01", "ends": "2028-01-01",
        });
        self.act("carla", "agreement.draft", fields).await?;
        self.act("carla", "agreement.offer", json!({ "agreement": alias })).await?;
        Ok(alias)
    }

    pub async fn sign(&self, person: &str, agreement: &str, party: &str) -> Result<Done, Refusal> {
        let digest = self.digest(agreement).await?;
        self.act(
            person,
            "agreement.sign",
            json!({ "agreement": agreement, "party": party, "digest": digest }),
        )
        .await
    }

    pub async fn digest(&self, agreement: &str) -> Result<String, Refusal> {
        let root = self.region.root().view().await?;
        crate::noun::agreement::find(&root, agreement).await?.digest()
    }

    pub async fn grant(&self, hospital: &str, address: &str) -> Result<(), Refusal> {
        let fields = json!({
            "alias": format!("deliver-{hospital}"), "agreement": format!("planet-{hospital}"), "person": format!("dina-{hospital}"),
            "bucket": hospital, "address": address, "starts": "2027-01-01", "ends": "2027-12-31",
        });
        self.act(&format!("steo-{hospital}"), "grant.issue", fields).await.map(drop)
    }

    /// A permit for `rita` on all of a project, granted by `carla`.
    pub async fn permit(&self, alias: &str, project: &str, starts: &str, ends: &str) -> Result<(), Refusal> {
        let fields = json!({
            "alias": alias, "project": project, "persons": ["rita"], "buckets": [], "purpose": "association study",
            "legal_basis": "GDPR Art. 9(2)(j)", "ethics": "CE-2027-14", "starts": starts, "ends": ends,
        });
        self.act("rita", "permit.request", fields).await?;
        self.act("carla", "permit.grant", json!({ "permit": alias })).await.map(drop)
    }
}
