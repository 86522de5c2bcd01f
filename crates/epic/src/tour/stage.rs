//! The stage: persons with their keys, the region's door, and the telling.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use gate::identify::key_text;
use serde_json::{Value, json};
use web::client::{Answer, CallError, Client, Who};
use words::time::DAY_MS;
use words::{Act, Clock, Secret, Timestamp};

use super::{Expected, Step};
use crate::failure::Failure;
use crate::key_pair;
use crate::paint::Paint;
use crate::print;
use crate::settings::Settings;
use crate::sign_in::CONSOLE_SECONDS;
use crate::world::SystemClock;

/// WHY: the region may still be coming up when the story begins.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The first operator: whoever holds the key that the command names.
pub const OPERATOR: &str = "";

/// Where the story happens.
pub struct Stage {
    outside: Client,
    inside: Client,
    people: PathBuf,
    pub paint: Paint,
    pub seed: u64,
    pub now: Timestamp,
    done: u32,
    refused: u32,
}

/// A credential of the story.
#[derive(Debug, Clone)]
pub struct Access {
    pub id: String,
    pub secret: String,
}

impl Stage {
    pub async fn open(settings: &Settings, people: PathBuf, seed: u64) -> Result<Self, Failure> {
        let outside = settings.client()?;
        let inside = Client { address: settings.inside_url.parse()?, ..outside.clone() };
        let paint = Paint::new(settings.is_out_coloured);
        let now = SystemClock.now();
        let stage = Self { outside, inside, people, paint, seed, now, done: 0, refused: 0 };
        stage.wait().await?;
        Ok(stage)
    }

    /// Waits until the region answers, for a while.
    async fn wait(&self) -> Result<(), Failure> {
        let answers = async {
            loop {
                match self.outside.perform(Act::OrganisationShow, &json!({})).await {
                    Err(CallError::Unreachable { .. }) => tokio::time::sleep(LOOK_AGAIN).await,
                    // Signed a moment before the region began to listen.
                    Err(CallError::Refused(problem)) if problem.reason == "clock_skewed" => {
                        tokio::time::sleep(LOOK_AGAIN).await
                    }
                    other => return other,
                }
            }
        };
        let answered = tokio::time::timeout(PATIENCE, answers).await;
        let answered =
            answered.map_err(|_| Failure::ours("the region does not answer", "start it with `epic up`"))?;
        let known = answered?;
        let is_lived = known
            .answer
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["organisation"] == "iss" || one["alias"] == "iss"));
        if is_lived {
            return Err(Failure::yours(
                "this region has lived its tour already",
                "look around: `epic project show`, `epic ledger show`; or take a fresh folder",
            ));
        }
        Ok(())
    }

    /// Where the region is asked.
    pub fn address(&self) -> String {
        self.outside.address.to_string()
    }

    /// Where the persons' keys are.
    pub fn people(&self) -> String {
        self.people.display().to_string()
    }

    /// A moment so many days from now.
    pub fn day(&self, days: i64) -> String {
        self.now.plus_ms(days * DAY_MS).to_string()
    }
}

/// Persons.
impl Stage {
    fn key_file(&self, person: &str) -> PathBuf {
        self.people.join(format!("{person}.key"))
    }

    /// Makes a person's key pair; gives the public half.
    pub fn make_key(&self, person: &str) -> Result<String, Failure> {
        let path = self.key_file(person);
        if !path.exists() {
            return key_pair::make(&path);
        }
        Ok(key_text::public_text(self.read_key(person)?.public()))
    }

    fn read_key(&self, person: &str) -> Result<seal::SigningKey, Failure> {
        let path = self.key_file(person);
        let text = std::fs::read_to_string(&path).map_err(|cause| Failure::file("read", &path, &cause))?;
        let key = key_text::read_signing_key(Secret::new(text).expose());
        key.map_err(|cause| Failure::chain(&cause, "remove the file and begin anew"))
    }

    fn client(&self, person: &str) -> Result<Client, Failure> {
        if person == OPERATOR {
            return Ok(self.outside.clone());
        }
        Ok(Client { who: Who::Key(Arc::new(self.read_key(person)?)), ..self.outside.clone() })
    }

    /// A link that takes a browser into the console as a person, once.
    pub async fn link(&self, person: &str) -> Result<String, Failure> {
        let link = self.client(person)?.link(CONSOLE_SECONDS).await?;
        Ok(link.url.expose().clone())
    }

    /// The same person through a credential: from outside.
    fn through(&self, person: &str, access: &Access) -> Result<Client, Failure> {
        Ok(Client { credential: Some(access.id.clone()), ..self.client(person)? })
    }

    /// The same person through a credential: from inside.
    fn inside_client(&self, person: &str, access: &Access) -> Result<Client, Failure> {
        Ok(Client { address: self.inside.address.clone(), ..self.through(person, access)? })
    }
}

/// Telling.
impl Stage {
    pub fn say(&self, text: &str) -> Result<(), Failure> {
        print::out(&format!("{text}\n"))
    }

    pub fn chapter(&self, name: &str, says: &str) -> Result<(), Failure> {
        let line = "─".repeat(72);
        self.say(&format!("\n{}  {says}\n{}", self.paint.strong(name), self.paint.dim(&line)))
    }

    pub fn yes(&mut self, says: &str) -> Result<(), Failure> {
        self.done += 1;
        self.say(&format!("  {} {says}", self.paint.good("✓")))
    }

    fn no(&mut self, says: &str, problem: &web::Problem) -> Result<(), Failure> {
        self.refused += 1;
        let paint = self.paint;
        let why = format!("{}  {}", paint.warn(&problem.reason), problem.title);
        let hint = match problem.hint.as_str() {
            "" => String::new(),
            hint => format!("\n      {}", paint.dim(&format!("to make it a yes: {hint}"))),
        };
        self.say(&format!("  {} {says}\n      {why}{hint}", paint.bad("✗")))
    }

    pub fn note(&self, says: &str) -> Result<(), Failure> {
        self.say(&format!("    {}", self.paint.dim(says)))
    }

    /// How many steps took effect and how many were refused.
    pub const fn counts(&self) -> (u32, u32) {
        (self.done, self.refused)
    }
}

/// Doing.
impl Stage {
    /// Does what nobody needs to be told of.
    pub async fn quietly(&self, who: &str, act: Act, fields: Value) -> Result<Answer, Failure> {
        self.client(who)?.perform(act, &fields).await.map_err(|error| spoiled(act, error))
    }

    /// A step that takes effect.
    pub async fn act(&mut self, step: Step<'_>) -> Result<Answer, Failure> {
        let answer = self.quietly(step.who, step.act, step.fields).await?;
        self.yes(&step.says)?;
        Ok(answer)
    }

    /// A step that the region must refuse, for this very reason.
    pub async fn refused(&mut self, step: Step<'_>, expected: Expected) -> Result<(), Failure> {
        let ended = self.client(step.who)?.perform(step.act, &step.fields).await;
        self.must_be(ended.map(drop), &step, expected)
    }

    fn must_be(
        &mut self,
        ended: Result<(), CallError>,
        step: &Step<'_>,
        expected: Expected,
    ) -> Result<(), Failure> {
        match ended {
            Err(CallError::Refused(problem)) if problem.reason == expected.code() => {
                self.no(&step.says, &problem)
            }
            Err(error) => Err(spoiled(step.act, error)),
            Ok(()) => {
                let says = format!("`{}` was allowed and must not be: {}", step.act.name(), step.says);
                Err(Failure::ours(says, "this is a fault of the region: tell its makers"))
            }
        }
    }

    /// A credential for a person.
    pub async fn credential(
        &self,
        who: &str,
        project: &str,
        place: &str,
        grant: Option<&str>,
    ) -> Result<Access, Failure> {
        let workspace = (place == "inside").then_some("desk-1");
        let fields = json!({ "project": project, "place": place, "workspace": workspace, "grant": grant, "ends": self.day(7) });
        let answer = self.quietly(who, Act::CredentialIssue, fields).await?.answer;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Access { id: text("access_key_id"), secret: text("secret_access_key") })
    }

    async fn send(&self, client: &Client, fields: &Value, bytes: Vec<u8>) -> Result<Answer, CallError> {
        let size_bytes = bytes.len() as u64;
        let body = stream::iter([Ok(Bytes::from(bytes))]);
        client.upload(Act::ObjectPut, fields, Some(size_bytes), body).await
    }

    /// Delivers under an upload grant, from outside.
    pub async fn deliver(&mut self, step: Step<'_>, access: &Access, bytes: Vec<u8>) -> Result<(), Failure> {
        let client = self.through(step.who, access)?;
        self.send(&client, &step.fields, bytes).await.map_err(|error| spoiled(step.act, error))?;
        self.yes(&step.says)
    }

    /// The same, and the region must refuse it.
    pub async fn deliver_refused(
        &mut self,
        step: Step<'_>,
        access: &Access,
        expected: Expected,
    ) -> Result<(), Failure> {
        let client = self.through(step.who, access)?;
        let ended = self.send(&client, &step.fields, b"too early".to_vec()).await;
        self.must_be(ended.map(drop), &step, expected)
    }

    /// Stores a result from inside.
    pub async fn store_inside(
        &mut self,
        step: Step<'_>,
        access: &Access,
        bytes: Vec<u8>,
    ) -> Result<(), Failure> {
        let client = self.inside_client(step.who, access)?;
        self.send(&client, &step.fields, bytes).await.map_err(|error| spoiled(step.act, error))?;
        self.yes(&step.says)
    }

    /// Reads bytes from inside.
    pub async fn read_inside(&mut self, step: Step<'_>, access: &Access) -> Result<Bytes, Failure> {
        let client = self.inside_client(step.who, access)?;
        self.read(&client, step).await
    }

    /// Reads bytes from outside, with or without a credential.
    pub async fn read_outside(&mut self, step: Step<'_>, access: Option<&Access>) -> Result<Bytes, Failure> {
        let client = match access {
            Some(access) => self.through(step.who, access)?,
            None => self.client(step.who)?,
        };
        self.read(&client, step).await
    }

    async fn read(&mut self, client: &Client, step: Step<'_>) -> Result<Bytes, Failure> {
        let download =
            client.download(step.act, &step.fields).await.map_err(|error| spoiled(step.act, error))?;
        let bytes = download.whole().await?;
        self.yes(&step.says)?;
        Ok(bytes)
    }

    /// Reading that the region must refuse: inside or outside.
    pub async fn read_refused(
        &mut self,
        step: Step<'_>,
        access: &Access,
        is_inside: Inside,
        expected: Expected,
    ) -> Result<(), Failure> {
        let client = match is_inside {
            Inside::Yes => self.inside_client(step.who, access)?,
            Inside::No => self.through(step.who, access)?,
        };
        let ended = client.download(step.act, &step.fields).await;
        self.must_be(ended.map(drop), &step, expected)
    }
}

/// Where somebody stands who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    Yes,
    No,
}

/// The story went another way than told.
fn spoiled(act: Act, error: CallError) -> Failure {
    let failure = Failure::from(error);
    Failure { says: format!("the tour ended at `{}`: {}", act.name(), failure.says), ..failure }
}
