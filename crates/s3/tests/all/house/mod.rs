//! A house for tests: a region in memory, both its doors open on loopback.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod bad;
pub mod call;

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime};

use region::twin::{Access, Soil, World};
use s3::{Front, Limits, S3Door};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use words::{Clock, Place, Timestamp};

pub use call::{Answer, Call};

/// A project of tier 0, where members read from outside.
pub const PROJECT: &str = "open-study";
pub const BUCKET: &str = "results";

pub struct House {
    pub world: World,
    pub outside: SocketAddr,
    pub inside: SocketAddr,
    /// A researcher's credential for the outside.
    pub rita: Access,
    /// The same researcher's for the inside.
    pub rita_inside: Access,
    /// The controller's.
    pub carla: Access,
    stop: watch::Sender<()>,
    serving: Vec<JoinHandle<()>>,
}

/// The wall clock: stock clients sign with it.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap())
}

impl House {
    pub async fn open() -> Self {
        Self::with(Limits::default()).await
    }

    pub async fn with(limits: Limits) -> Self {
        Self::on(Soil::new(7), limits).await
    }

    pub async fn on(soil: Soil, limits: Limits) -> Self {
        Self::fronted(soil, limits, Front::default()).await
    }

    pub async fn fronted(soil: Soil, limits: Limits, front: Front) -> Self {
        let world = World::planet(soil).await.unwrap();
        world.open_project(PROJECT, 0).await.unwrap();
        world.act("rita", "bucket.create", json!({ "project": PROJECT, "bucket": BUCKET })).await.unwrap();
        agree(&world).await;
        world.permit("permit-open", PROJECT, "2026-01-01", "2027-12-31").await.unwrap();
        world.soil.clock.set(now().max(world.soil.clock.now()));
        world.region.confirm().await;
        let rita = access(&world, "rita", Place::Outside).await;
        let rita_inside = access(&world, "rita", Place::Inside).await;
        let carla = access(&world, "carla", Place::Outside).await;
        // WHY: stock clients sign with the wall clock.
        world.soil.clock.set(now());
        world.region.confirm().await;
        let (stop, stopped) = watch::channel(());
        let mut serving = Vec::new();
        let mut addresses = Vec::new();
        for place in [Place::Outside, Place::Inside] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            addresses.push(listener.local_addr().unwrap());
            let door = S3Door::fronted(world.region.clone(), place, limits, front.clone());
            let mut stopped = stopped.clone();
            let until = async move { drop(stopped.changed().await) };
            serving.push(tokio::spawn(s3::serve(listener, door, until)));
        }
        Self { world, outside: addresses[0], inside: addresses[1], rita, rita_inside, carla, stop, serving }
    }

    /// Runs a script of `tests/` as rita's stock client from outside; it must end well.
    pub async fn script(&self, python: &Path, script: &str, with: impl FnOnce(&mut Command)) {
        let mut command = Command::new(python);
        command
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(script))
            .env_remove("AWS_CA_BUNDLE")
            .env("EPIC_S3", format!("http://{}", self.outside))
            .env("EPIC_BUCKET", BUCKET)
            .env("AWS_ACCESS_KEY_ID", &self.rita.id)
            .env("AWS_SECRET_ACCESS_KEY", &self.rita.secret);
        with(&mut command);
        let ran = command.output().await.unwrap();
        let told = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{}\n{told}", String::from_utf8_lossy(&ran.stdout));
    }

    /// Closes both doors; every connection is joined.
    pub async fn close(self) {
        drop(self.stop);
        for serving in self.serving {
            serving.await.unwrap();
        }
    }

    /// A call by the researcher on the outside door.
    pub async fn call(&self, call: Call) -> Answer {
        call.signed(&self.rita).send(self.outside).await
    }

    /// Every key of the bucket, as a listing tells them.
    pub async fn keys(&self) -> Vec<String> {
        let answer = self.call(Call::get(&format!("/{BUCKET}?encoding-type=url&list-type=2"))).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.all("Key").iter().map(|key| call::unescape(key)).collect()
    }

    /// How many uploads are in flight.
    pub async fn uploads(&self) -> usize {
        let answer = self.call(Call::get(&format!("/{BUCKET}?uploads="))).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.all("UploadId").len()
    }

    pub async fn start_upload(&self, key: &str) -> String {
        let answer = self.call(Call::post(&format!("/{BUCKET}/{key}?uploads="), b"")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.all("UploadId").remove(0)
    }
}

/// An agreement over the open project, signed by both parties.
async fn agree(world: &World) {
    let fields = json!({
        "alias": "agreement-open", "project": PROJECT, "provider": "bologna", "parties": [], "purpose": "pollution and Covid-19",
        "categories": ["clinical"], "service_model": "saas", "places": ["bologna"], "sub_processors": [],
        "retention_days": 0, "starts": "2026-01-01", "ends": "2030-01-01",
    });
    world.act("carla", "agreement.draft", fields).await.unwrap();
    world.act("carla", "agreement.offer", json!({ "agreement": "agreement-open" })).await.unwrap();
    for (person, party) in [("sergio", "iss"), ("sara-bologna", "bologna")] {
        world.sign(person, "agreement-open", party).await.unwrap();
    }
}

/// A credential for the open project.
async fn access(world: &World, person: &str, place: Place) -> Access {
    world.credential(person, PROJECT, place, None).await.unwrap()
}

/// Limits whose waits end within a test.
pub fn impatient() -> Limits {
    let wait = Duration::from_millis(400);
    Limits { head_wait: wait, body_wait: wait, ..Limits::default() }
}
