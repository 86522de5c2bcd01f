//! EPIC as it is installed: the real binary on a fresh folder, set up by signed acts.
//!
//! PLANET at tier 2 with a signed agreement and a permit in force; rita works
//! from inside. Nothing is left out that a real project has.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, ensure};
use gate::identify::key_text::{public_text, read_signing_key};
use seal::SigningKey;
use serde_json::{Value, json};
use web::client::{Client, Who};
use words::time::DAY_MS;
use words::{Act, Secret};

use super::server::Process;
use super::sign::Access;
use super::world::{self, SystemRand, WallClock};

pub const PROJECT: &str = "planet";
const OPERATOR: &str = "olga";
const DAYS: i64 = 30;

/// A founded region; up or not.
pub struct House {
    epic: PathBuf,
    folder: PathBuf,
    pub process: Option<Process>,
    /// What it said when it was ready.
    pub ready: Value,
}

impl House {
    /// Founds a region in a fresh folder.
    pub fn found(epic: &Path, folder: &Path) -> anyhow::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        let house =
            Self { epic: epic.to_owned(), folder: folder.to_owned(), process: None, ready: Value::Null };
        let named = ["--name", "epic.bench", "--organisation", "infn", "--person", OPERATOR];
        let init = house.command().arg("init").args(house.places()).args(named).output()?;
        ensure!(init.status.success(), "{}", String::from_utf8_lossy(&init.stderr));
        Ok(house)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.epic);
        command.env_clear().env("HOME", &self.folder).current_dir(&self.folder);
        command.arg("--key-file").arg(self.folder.join("olga.key"));
        command
    }

    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub fn custody(&self) -> PathBuf {
        self.folder.join("custody")
    }

    fn places(&self) -> Vec<String> {
        let text = |path: PathBuf| path.display().to_string();
        vec!["--data".into(), text(self.data()), "--custody".into(), text(self.custody())]
    }

    /// Brings it up on free ports; says how long it says it took, in milliseconds.
    pub fn up(&mut self) -> anyhow::Result<u64> {
        let mut command = self.command();
        command.args(["--json", "up"]).args(self.places());
        for door in ["--s3", "--s3-inside", "--acts", "--acts-inside"] {
            command.args([door, "127.0.0.1:0"]);
        }
        let (process, line) = Process::start_telling(&mut command, &self.folder.join("epic.log"))?;
        self.process = Some(process);
        self.ready = serde_json::from_str(&line)?;
        self.ready["elapsed_ms"].as_u64().context("no ready line")
    }

    pub fn down(&mut self) -> anyhow::Result<()> {
        self.process.take().context("it is not up")?.end()
    }

    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.process.take().context("it is not up")?.kill()
    }

    pub fn pid(&self) -> anyhow::Result<u32> {
        Ok(self.process.as_ref().context("it is not up")?.pid())
    }

    /// Where a door listens: `s3_inside`, `acts` ...
    pub fn door(&self, name: &str) -> anyhow::Result<std::net::SocketAddr> {
        let url = self.ready[name].as_str().context("no such door")?;
        Ok(url.trim_start_matches("http://").parse()?)
    }
}

/// Acts of persons.
impl House {
    pub fn key(&self, person: &str) -> anyhow::Result<SigningKey> {
        if person == OPERATOR {
            let text = Secret::new(fs::read_to_string(self.folder.join("olga.key"))?);
            return Ok(read_signing_key(text.expose())?);
        }
        Ok(SigningKey::from_seed(&Secret::new(seal::sha256(person.as_bytes())))?)
    }

    /// Does an act with a person's own key.
    pub async fn act(&self, person: &str, act: Act, fields: Value) -> anyhow::Result<Value> {
        let client = Client {
            trust: None,
            address: self.door("acts")?.into(),
            who: Who::Key(Arc::new(self.key(person)?)),
            clock: Arc::new(WallClock),
            rand: Arc::new(SystemRand),
            credential: None,
            attempt: None,
            upon: None,
        };
        let done = client.perform(act, &fields).await;
        Ok(done.with_context(|| format!("{person}: {}", act.name()))?.answer)
    }

    async fn enrol(&self, by: &str, person: &str, organisation: &str) -> anyhow::Result<()> {
        let key = public_text(self.key(person)?.public());
        let email = format!("{person}@{organisation}.example");
        let fields = json!({ "alias": person, "name": person, "email": email, "organisation": organisation, "key": key });
        self.act(by, Act::PersonEnrol, fields).await.map(drop)
    }

    async fn give(&self, by: &str, person: &str, role: &str, at: &str) -> anyhow::Result<()> {
        let fields = json!({ "person": person, "role": role, "at": at });
        self.act(by, Act::RoleGrant, fields).await.map(drop)
    }

    async fn organisation(&self, alias: &str, signatory: &str) -> anyhow::Result<()> {
        let fields = json!({ "alias": alias, "name": alias });
        self.act(OPERATOR, Act::OrganisationRegister, fields).await?;
        self.enrol(OPERATOR, signatory, alias).await?;
        self.give(OPERATOR, signatory, "signatory", alias).await
    }

    /// The whole way to a researcher who may write and read from inside.
    pub async fn furnish(&self, buckets: &[&str]) -> anyhow::Result<Access> {
        self.organisation("iss", "sergio").await?;
        self.organisation("aou-bari", "sara").await?;
        for person in ["carla", "rita"] {
            self.enrol("sergio", person, "iss").await?;
        }
        let tenant = json!({ "alias": "planet-study", "name": "PLANET", "organisation": "iss" });
        self.act(OPERATOR, Act::TenantOpen, tenant).await?;
        self.give("sergio", "carla", "controller", "planet-study").await?;
        self.open_project(PROJECT).await?;
        self.give("carla", "rita", "researcher", PROJECT).await?;
        let training = json!({ "person": "rita", "course": "bench", "ends": "2100-01-01" });
        self.act("sergio", Act::PersonTrain, training).await?;
        let instruction = json!({ "person": "rita", "project": PROJECT, "ends": "2100-01-01" });
        self.act("carla", Act::PersonInstruct, instruction).await?;
        self.agree().await?;
        let permit = json!({
            "alias": "p1", "project": PROJECT, "persons": ["rita"], "buckets": [], "purpose": "bench",
            "legal_basis": "GDPR Art. 9(2)(j)", "ethics": "none", "starts": "2020-01-01", "ends": "2100-01-01",
        });
        self.act("rita", Act::PermitRequest, permit).await?;
        self.act("carla", Act::PermitGrant, json!({ "permit": "p1" })).await?;
        for bucket in buckets {
            let fields = json!({ "project": PROJECT, "bucket": bucket });
            self.act("rita", Act::BucketCreate, fields).await?;
        }
        self.credential().await
    }

    /// One more project of the tenant; its cell is founded at its first use.
    pub async fn open_project(&self, alias: &str) -> anyhow::Result<()> {
        let fields = json!({ "alias": alias, "tenant": "planet-study", "tier": 2, "environment": "production", "purpose": "bench" });
        self.act("carla", Act::ProjectOpen, fields).await.map(drop)
    }

    async fn agree(&self) -> anyhow::Result<()> {
        let draft = json!({
            "alias": "a-bari", "project": PROJECT, "provider": "aou-bari", "parties": [], "purpose": "bench",
            "categories": ["clinical"], "service_model": "saas", "places": ["bologna"], "sub_processors": [],
            "retention_days": 0, "starts": "2020-01-01", "ends": "2100-01-01",
        });
        self.act("carla", Act::AgreementDraft, draft).await?;
        self.act("carla", Act::AgreementOffer, json!({ "agreement": "a-bari" })).await?;
        let shown = self.act("sara", Act::AgreementShow, json!({ "agreement": "a-bari" })).await?;
        let digest = &shown[0]["digest"];
        for (person, party) in [("sergio", "iss"), ("sara", "aou-bari")] {
            let fields = json!({ "agreement": "a-bari", "party": party, "digest": digest });
            self.act(person, Act::AgreementSign, fields).await?;
        }
        Ok(())
    }

    async fn credential(&self) -> anyhow::Result<Access> {
        let ends = world::now().plus_ms(DAYS * DAY_MS);
        let fields = json!({ "project": PROJECT, "place": "inside", "workspace": "desk", "ends": ends });
        let issued = self.act("rita", Act::CredentialIssue, fields).await?;
        let text = |name: &str| issued[name].as_str().map(str::to_owned).context("no credential");
        let region = "us-east-1".to_owned();
        Ok(Access { id: text("access_key_id")?, secret: text("secret_access_key")?, region })
    }
}
