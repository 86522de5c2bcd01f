//! ACC: genomes, tier 3. Keys that two persons hold.

use serde_json::json;
use words::{Act, Reason};

use super::Step;
use super::house::{give, teach};
use super::planet::digest;
use super::stage::{Access, Inside, Stage};
use crate::failure::Failure;
use crate::samples;

pub async fn live(stage: &mut Stage) -> Result<(), Failure> {
    stage.chapter("ACC", "cancer genomes; identifiable by nature, tier 3")?;
    let fields = json!({ "alias": "acc", "tenant": "acc-tenant", "tier": 3, "environment": "production", "purpose": "targeted therapy of solid tumours" });
    stage.act(Step::new("paola", Act::ProjectOpen, fields, "paola opens the project acc")).await?;
    give(stage, "paola", "gina", "researcher", Some("acc")).await?;
    teach(stage, ("sandro", "paola"), "gina", "acc").await?;
    agree(stage).await?;
    let dina = deliver(stage).await?;
    lock(stage, &dina).await
}

async fn agree(stage: &mut Stage) -> Result<(), Failure> {
    let fields = json!({
        "alias": "acc-bologna", "project": "acc", "provider": "aou-bologna", "parties": [], "purpose": "targeted therapy of solid tumours",
        "categories": ["genomic"], "service_model": "iaas", "places": ["bologna"], "sub_processors": [],
        "retention_days": 30, "starts": stage.day(-1), "ends": stage.day(365),
    });
    stage.quietly("paola", Act::AgreementDraft, fields).await?;
    stage.quietly("paola", Act::AgreementOffer, json!({ "agreement": "acc-bologna" })).await?;
    for (who, party) in [("sandro", "acc-network"), ("sara-bologna", "aou-bologna")] {
        let digest = digest(stage, who, "acc-bologna").await?;
        stage
            .quietly(
                who,
                Act::AgreementSign,
                json!({ "agreement": "acc-bologna", "party": party, "digest": digest }),
            )
            .await?;
    }
    stage.yes("ACC and Bologna sign: genomes, kept for at least 30 days")
}

async fn deliver(stage: &mut Stage) -> Result<Access, Failure> {
    stage
        .quietly(
            "paola",
            Act::BucketCreate,
            json!({ "project": "acc", "bucket": "genomes", "agreement": "acc-bologna" }),
        )
        .await?;
    let fields = json!({
        "alias": "deliver-genomes", "agreement": "acc-bologna", "person": "dina-bologna", "bucket": "genomes",
        "address": "127.0.0.0/8", "starts": stage.day(-1), "ends": stage.day(60),
    });
    stage.quietly("steo-bologna", Act::GrantIssue, fields).await?;
    let dina = stage.credential("dina-bologna", "acc", "outside", Some("deliver-genomes")).await?;
    for (name, what) in [("ACC-0001.vcf", "1,500 variants"), ("ACC-0001_R1.fastq", "2,000 reads")] {
        let bytes = samples::one(stage.seed, &format!("acc/{name}"));
        let put = json!({ "project": "acc", "bucket": "genomes", "key": name });
        stage
            .deliver(
                Step::new(
                    "dina-bologna",
                    Act::ObjectPut,
                    put,
                    format!("dina of Bologna delivers {what} of one patient"),
                ),
                &dina,
                bytes,
            )
            .await?;
    }
    Ok(dina)
}

async fn lock(stage: &mut Stage, dina: &Access) -> Result<(), Failure> {
    let permit = json!({
        "alias": "acc-permit", "project": "acc", "persons": ["gina"], "buckets": ["genomes"], "purpose": "targeted therapy of solid tumours",
        "legal_basis": "GDPR Art. 9(2)(a)", "ethics": "CE-2023-7", "starts": stage.day(-1), "ends": stage.day(90),
    });
    stage.quietly("gina", Act::PermitRequest, permit).await?;
    stage.quietly("paola", Act::PermitGrant, json!({ "permit": "acc-permit" })).await?;
    let gina = stage.credential("gina", "acc", "inside", None).await?;
    let get = |says| {
        Step::new(
            "gina",
            Act::ObjectGet,
            json!({ "project": "acc", "bucket": "genomes", "key": "ACC-0001.vcf" }),
            says,
        )
    };
    stage.read_inside(get("gina reads the variants from inside"), &gina).await?;
    let of = || json!({ "project": "acc" });
    stage.act(Step::new("kurt", Act::KeyLock, of(), "kurt locks the project's keys")).await?;
    stage.read_refused(get("gina reads again"), &gina, Inside::Yes, Reason::ProjectLocked).await?;
    let put = json!({ "project": "acc", "bucket": "genomes", "key": "ACC-0002.vcf" });
    let bytes = samples::one(stage.seed + 1, "acc/ACC-0001.vcf");
    stage
        .deliver(
            Step::new("dina-bologna", Act::ObjectPut, put, "dina still delivers: sealing needs no secret"),
            dina,
            bytes,
        )
        .await?;
    stage
        .refused(Step::new("kurt", Act::KeyUnlock, of(), "kurt unlocks what he locked"), Reason::OwnRequest)
        .await?;
    stage.act(Step::new("kim", Act::KeyUnlock, of(), "kim, the other custodian, unlocks them")).await?;
    stage.read_inside(get("gina reads on"), &gina).await?;
    let erase = json!({ "project": "acc", "agreement": "acc-bologna", "reason": "too early" });
    stage
        .refused(
            Step::new("kurt", Act::KeyEraseScope, erase, "kurt destroys the keys within the 30 days"),
            Reason::Retained,
        )
        .await
}
