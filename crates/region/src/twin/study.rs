//! A second tenant's study in a world, which asks for a hospital's data.
//!
//! Persons: `cora` controls the tenant, `remo` researches, `stella` signs for it.

use bytes::Bytes;
use serde_json::json;
use words::act::ObjectPut;
use words::noun::Noun;
use words::{Actor, Place, Refusal};

use super::{OPERATOR, World};
use crate::object::put::{Extra, put};

/// The study's project.
pub const STUDY: &str = "study";

impl World {
    /// Opens the study at a tier, with an agreement of its own in force.
    pub async fn study(&self, tier: u64) -> Result<(), Refusal> {
        let house = json!({ "alias": "unito", "name": "Università di Torino" });
        self.act(OPERATOR, "organisation.register", house).await?;
        let tenant = json!({ "alias": "unito-study", "name": "Asthma", "organisation": "unito" });
        self.act(OPERATOR, "tenant.open", tenant).await?;
        for person in ["stella", "cora", "remo"] {
            self.enrol(person, "unito").await?;
        }
        self.give(OPERATOR, "stella", "signatory", Some("unito")).await?;
        self.give("stella", "cora", "controller", Some("unito-study")).await?;
        let project = json!({
            "alias": STUDY, "tenant": "unito-study", "tier": tier, "environment": "production", "purpose": "asthma",
        });
        self.act("cora", "project.open", project).await?;
        self.give("cora", "remo", "researcher", Some(STUDY)).await?;
        self.teach(("stella", "cora"), "remo", STUDY).await?;
        self.pact("cora", "study-own", STUDY, "iss", &[]).await?;
        self.sign("stella", "study-own", "unito").await?;
        self.sign("sergio", "study-own", "iss").await.map(drop)
    }

    /// A hospital's agreement that lets its data go on to the study, with a bucket and a grant to deliver into it.
    pub async fn onward(&self, hospital: &str) -> Result<(), Refusal> {
        let alias = format!("onward-{hospital}");
        let root = self.region.root().view().await?;
        let study: words::Id<words::noun::Project> =
            crate::name::find_id(&root, Noun::Project, STUDY).await?;
        self.pact("carla", &alias, "planet", hospital, &[study.to_string()]).await?;
        self.sign("sergio", &alias, "iss").await?;
        self.sign(&format!("sara-{hospital}"), &alias, hospital).await?;
        let bucket = json!({ "project": "planet", "bucket": alias, "agreement": alias });
        self.act("carla", "bucket.create", bucket).await?;
        let grant = json!({
            "alias": alias, "agreement": alias, "person": format!("dina-{hospital}"), "bucket": alias,
            "address": "127.0.0.0/8", "starts": "2027-01-01", "ends": "2027-12-31",
        });
        self.act(&format!("steo-{hospital}"), "grant.issue", grant).await.map(drop)
    }

    /// The hospital's deliverer brings an object of a few bytes.
    pub async fn deliver_onward(&self, hospital: &str, key: &str) -> Result<(), Refusal> {
        let alias = format!("onward-{hospital}");
        let dina = format!("dina-{hospital}");
        let access = self.credential(&dina, "planet", Place::Outside, Some(&alias)).await?;
        let dina = self.with(&access, Place::Outside).await?;
        let (bucket, key) = (alias, key.to_owned());
        let deed = ObjectPut {
            project: "planet".to_owned(),
            bucket,
            key,
            media: None,
            condition: None,
            sealed: None,
        };
        let metadata = vec![
            ("x-amz-meta-visit".to_owned(), "2".to_owned()),
            ("x-amz-meta-ward".to_owned(), "Rossi Maria, ward 3".to_owned()),
        ];
        let body = futures::stream::iter([Ok(Bytes::from(format!("{hospital} {}", deed.key)))]);
        put(&self.region, &dina, deed, Extra { metadata, ..Extra::default() }, Box::pin(body)).await.map(drop)
    }

    /// The study's researcher, inside.
    pub async fn remo(&self) -> Result<Actor, Refusal> {
        let access = self.credential("remo", STUDY, Place::Inside, None).await?;
        self.with(&access, Place::Inside).await
    }

    async fn pact(
        &self,
        controller: &str,
        alias: &str,
        project: &str,
        provider: &str,
        onward: &[String],
    ) -> Result<(), Refusal> {
        let fields = json!({
            "alias": alias, "project": project, "provider": provider, "purpose": "asthma", "categories": ["clinical"],
            "service_model": "saas", "places": ["bologna"], "retention_days": 0, "onward": onward,
            "starts": "2027-01-01", "ends": "2028-01-01",
        });
        self.act(controller, "agreement.draft", fields).await?;
        self.act(controller, "agreement.offer", json!({ "agreement": alias })).await.map(drop)
    }

    /// The study asks for objects of `planet`; nobody has decided yet.
    pub async fn ask(&self, alias: &str, objects: &[&str], ends: &str) -> Result<(), Refusal> {
        let fields = json!({
            "alias": alias, "project": STUDY, "persons": ["remo"], "home": "planet", "objects": objects,
            "metadata": ["visit"], "purpose": "asthma and pollution", "legal_basis": "GDPR Art. 9(2)(j)",
            "starts": "2027-01-01", "ends": ends,
        });
        self.act("remo", "permit.request", fields).await.map(drop)
    }

    /// The same, granted by the controller of the data, and taken.
    pub async fn cross(&self, alias: &str, objects: &[&str], ends: &str) -> Result<(), Refusal> {
        self.ask(alias, objects, ends).await?;
        self.act("carla", "permit.grant", json!({ "permit": alias })).await?;
        self.region.finish_snapshots().await
    }
}
