//! HARMONY: an anonymised registry, tier 1. Members read from outside.

use serde_json::json;
use words::{Act, Reason};

use super::Step;
use super::house::give;
use super::planet::digest;
use super::stage::{Inside, Stage};
use crate::failure::Failure;
use crate::samples;

pub async fn live(stage: &mut Stage) -> Result<(), Failure> {
    stage.chapter("HARMONY", "blood cancers; an anonymised registry, tier 1")?;
    let fields = json!({ "alias": "harmony", "tenant": "harmony-tenant", "tier": 1, "environment": "production", "purpose": "outcomes in blood cancers" });
    stage.act(Step::new("elena", Act::ProjectOpen, fields, "elena opens the project harmony")).await?;
    give(stage, "elena", "marco", "researcher", Some("harmony")).await?;
    give(stage, "hugo", "heidi", "steward", Some("uk-ulm")).await?;
    agree(stage).await?;
    deliver(stage).await?;
    read(stage).await
}

async fn agree(stage: &mut Stage) -> Result<(), Failure> {
    let fields = json!({
        "alias": "harmony-registry", "project": "harmony", "provider": "uk-ulm", "parties": [], "purpose": "outcomes in blood cancers",
        "categories": ["clinical"], "service_model": "paas", "places": ["bologna"], "sub_processors": [],
        "retention_days": 0, "starts": stage.day(-1), "ends": stage.day(365),
    });
    stage.quietly("elena", Act::AgreementDraft, fields).await?;
    stage.quietly("elena", Act::AgreementOffer, json!({ "agreement": "harmony-registry" })).await?;
    for (who, party) in [("helga", "harmony-alliance"), ("hugo", "uk-ulm")] {
        let digest = digest(stage, who, "harmony-registry").await?;
        stage
            .quietly(
                who,
                Act::AgreementSign,
                json!({ "agreement": "harmony-registry", "party": party, "digest": digest }),
            )
            .await?;
    }
    stage.yes("HARMONY and Ulm sign")?;
    stage
        .quietly(
            "elena",
            Act::BucketCreate,
            json!({ "project": "harmony", "bucket": "registry", "agreement": "harmony-registry" }),
        )
        .await
        .map(drop)
}

async fn deliver(stage: &mut Stage) -> Result<(), Failure> {
    let fields = |person: &str| {
        json!({
            "alias": "deliver-registry", "agreement": "harmony-registry", "person": person, "bucket": "registry",
            "address": "127.0.0.0/8", "starts": stage.day(-1), "ends": stage.day(60),
        })
    };
    let (to_herself, to_hanna) = (fields("heidi"), fields("hanna"));
    stage
        .refused(
            Step::new("heidi", Act::GrantIssue, to_herself, "heidi, the steward, lets herself deliver"),
            Reason::OwnRequest,
        )
        .await?;
    stage
        .act(Step::new(
            "heidi",
            Act::GrantIssue,
            to_hanna,
            "she lets hanna deliver, into one bucket, from one network, for 60 days",
        ))
        .await?;
    let access = stage.credential("hanna", "harmony", "outside", Some("deliver-registry")).await?;
    let put = |bucket: &str| json!({ "project": "harmony", "bucket": bucket, "key": "registro.csv" });
    stage.quietly("elena", Act::BucketCreate, json!({ "project": "harmony", "bucket": "notes" })).await?;
    stage
        .deliver_refused(
            Step::new("hanna", Act::ObjectPut, put("notes"), "hanna delivers into another bucket"),
            &access,
            Reason::GrantElsewhere,
        )
        .await?;
    let bytes = samples::one(stage.seed, "harmony/registro.csv");
    stage
        .deliver(
            Step::new(
                "hanna",
                Act::ObjectPut,
                put("registry"),
                "hanna delivers the registry of 400 anonymised cases",
            ),
            &access,
            bytes,
        )
        .await
}

async fn read(stage: &mut Stage) -> Result<(), Failure> {
    let permit = json!({
        "alias": "harmony-permit", "project": "harmony", "persons": ["marco"], "buckets": ["registry"], "purpose": "outcomes in blood cancers",
        "legal_basis": "anonymised data", "starts": stage.day(-1), "ends": stage.day(90),
    });
    stage.quietly("marco", Act::PermitRequest, permit).await?;
    stage.quietly("elena", Act::PermitGrant, json!({ "permit": "harmony-permit" })).await?;
    let marco = stage.credential("marco", "harmony", "outside", None).await?;
    let get = |says| {
        Step::new(
            "marco",
            Act::ObjectGet,
            json!({ "project": "harmony", "bucket": "registry", "key": "registro.csv" }),
            says,
        )
    };
    stage.read_outside(get("marco reads from outside: at tier 1 a permit is enough"), Some(&marco)).await?;
    let end = json!({ "permit": "harmony-permit", "reason": "the study is finished" });
    stage.act(Step::new("elena", Act::PermitEnd, end, "elena ends the permit")).await?;
    stage
        .read_refused(get("marco reads again, a moment later"), &marco, Inside::No, Reason::PermitEnded)
        .await?;
    // WHY: whoever follows his link in the end finds something to read.
    let next = json!({
        "alias": "harmony-follow-up", "project": "harmony", "persons": ["marco"], "buckets": ["registry", "notes"],
        "purpose": "outcomes in blood cancers", "legal_basis": "anonymised data", "starts": stage.day(-1), "ends": stage.day(90),
    });
    stage.act(Step::new("marco", Act::PermitRequest, next, "marco asks for a second study")).await?;
    let granted = json!({ "permit": "harmony-follow-up" });
    stage.act(Step::new("elena", Act::PermitGrant, granted, "elena grants it")).await.map(drop)
}
