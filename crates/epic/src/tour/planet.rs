//! PLANET: three hospitals, pseudonymised data, tier 2. The whole job, once.

use serde_json::{Value, json};
use words::{Act, Reason};

use super::house::{HOSPITALS, give, teach};
use super::stage::{Access, Inside, Stage};
use super::{Step, tamper};
use crate::failure::Failure;
use crate::samples;

pub async fn live(stage: &mut Stage) -> Result<(), Failure> {
    stage.chapter("PLANET", "air pollution and Covid-19; pseudonymised data of three hospitals, tier 2")?;
    agree(stage).await?;
    let rita = read(stage).await?;
    release(stage, &rita).await?;
    withdraw(stage, &rita).await?;
    audit(stage).await
}

async fn agree(stage: &mut Stage) -> Result<(), Failure> {
    let fields = json!({ "alias": "planet", "tenant": "planet-study", "tier": 2, "environment": "production", "purpose": "effects of air pollution on Covid-19" });
    stage
        .act(Step::new(
            "carla",
            Act::ProjectOpen,
            fields,
            "carla opens the project planet: one purpose, its own cell, its own keys",
        ))
        .await?;
    give(stage, "carla", "rita", "researcher", Some("planet")).await?;
    for reviewer in ["rolf", "renate"] {
        give(stage, "carla", reviewer, "reviewer", Some("planet")).await?;
    }
    for (city, organisation, _) in HOSPITALS {
        draft(stage, city, organisation).await?;
    }
    stage.yes("carla offers each hospital an agreement; its terms are fixed from here on")?;
    sign_wrongly(stage).await?;
    let dina = grant(stage, "bologna").await?;
    early(stage, &dina).await?;
    for (city, organisation, _) in HOSPITALS {
        sign(stage, "sergio", city, "iss").await?;
        sign(stage, &format!("sara-{city}"), city, organisation).await?;
    }
    stage.yes("ISS and the three hospitals sign, each over the digest of the terms")?;
    deliver_all(stage, &dina).await
}

async fn draft(stage: &Stage, city: &str, organisation: &str) -> Result<(), Failure> {
    let alias = format!("planet-{city}");
    let fields = json!({
        "alias": alias, "project": "planet", "provider": organisation, "parties": [], "purpose": "effects of air pollution on Covid-19",
        "categories": ["clinical"], "service_model": "saas", "places": ["bologna"], "sub_processors": [],
        "retention_days": 0, "starts": stage.day(-1), "ends": stage.day(365),
    });
    stage.quietly("carla", Act::AgreementDraft, fields).await?;
    stage.quietly("carla", Act::AgreementOffer, json!({ "agreement": alias })).await.map(drop)
}

pub async fn digest(stage: &Stage, who: &str, agreement: &str) -> Result<String, Failure> {
    let shown = stage.quietly(who, Act::AgreementShow, json!({ "agreement": agreement })).await?;
    let digest = shown.answer.pointer("/0/digest").and_then(Value::as_str);
    digest.map(str::to_owned).ok_or_else(|| Failure::ours("the agreement has no digest", ""))
}

async fn sign(stage: &Stage, who: &str, city: &str, party: &str) -> Result<(), Failure> {
    let agreement = format!("planet-{city}");
    let digest = digest(stage, who, &agreement).await?;
    stage
        .quietly(who, Act::AgreementSign, json!({ "agreement": agreement, "party": party, "digest": digest }))
        .await
        .map(drop)
}

async fn sign_wrongly(stage: &mut Stage) -> Result<(), Failure> {
    let digest = digest(stage, "sergio", "planet-bologna").await?;
    let fields = json!({ "agreement": "planet-bologna", "party": "aou-bologna", "digest": digest });
    stage
        .refused(
            Step::new("sergio", Act::AgreementSign, fields, "sergio of ISS signs for the hospital"),
            Reason::OtherParty,
        )
        .await
}

/// A bucket for a hospital's data and the grant to deliver into it.
async fn grant(stage: &Stage, city: &str) -> Result<Access, Failure> {
    let agreement = format!("planet-{city}");
    stage
        .quietly(
            "carla",
            Act::BucketCreate,
            json!({ "project": "planet", "bucket": city, "agreement": agreement }),
        )
        .await?;
    let alias = format!("deliver-{city}");
    let fields = json!({
        "alias": alias, "agreement": agreement, "person": format!("dina-{city}"), "bucket": city,
        "address": "127.0.0.0/8", "starts": stage.day(-1), "ends": stage.day(60),
    });
    stage.quietly(&format!("steo-{city}"), Act::GrantIssue, fields).await?;
    stage.credential(&format!("dina-{city}"), "planet", "outside", Some(&alias)).await
}

fn admissions(city: &str) -> Value {
    json!({ "project": "planet", "bucket": city, "key": "2021/ricoveri.csv" })
}

async fn early(stage: &mut Stage, dina: &Access) -> Result<(), Failure> {
    let step = Step::new(
        "dina-bologna",
        Act::ObjectPut,
        admissions("bologna"),
        "dina of Bologna delivers before anybody has signed",
    );
    stage.deliver_refused(step, dina, Reason::AgreementMissing).await
}

async fn deliver_all(stage: &mut Stage, bologna: &Access) -> Result<(), Failure> {
    for (city, _, rows) in HOSPITALS {
        let access = if *city == "bologna" { bologna.clone() } else { grant(stage, city).await? };
        let (who, says) = (
            format!("dina-{city}"),
            format!("dina of {city} delivers {rows} admissions from the hospital's network"),
        );
        let bytes = samples::one(stage.seed, &format!("planet/{city}/ricoveri.csv"));
        stage.deliver(Step::new(&who, Act::ObjectPut, admissions(city), says), &access, bytes).await?;
    }
    let step = Step::new(
        "dina-bologna",
        Act::ObjectGet,
        admissions("bologna"),
        "dina of Bologna reads back what she delivered",
    );
    stage.read_refused(step, bologna, Inside::No, Reason::GrantWriteOnly).await
}

async fn read(stage: &mut Stage) -> Result<Access, Failure> {
    let rita = stage.credential("rita", "planet", "inside", None).await?;
    let get = |says| Step::new("rita", Act::ObjectGet, admissions("bari"), says);
    stage
        .read_refused(
            get("rita reads from her workspace, without a permit"),
            &rita,
            Inside::Yes,
            Reason::PermitMissing,
        )
        .await?;
    let fields = json!({
        "alias": "planet-permit", "project": "planet", "persons": ["rita"], "buckets": [], "purpose": "effects of air pollution on Covid-19",
        "legal_basis": "GDPR Art. 9(2)(j)", "ethics": "CE-2021-14", "starts": stage.day(-1), "ends": stage.day(180),
    });
    stage
        .act(Step::new(
            "rita",
            Act::PermitRequest,
            fields,
            "rita asks for a permit: persons, purpose, dates, ethics opinion",
        ))
        .await?;
    let granting = || json!({ "permit": "planet-permit" });
    stage
        .refused(
            Step::new("rita", Act::PermitGrant, granting(), "rita grants it to herself"),
            Reason::OwnRequest,
        )
        .await?;
    stage.act(Step::new("carla", Act::PermitGrant, granting(), "carla grants it")).await?;
    stage
        .read_refused(
            get("rita reads, before anybody noted her training"),
            &rita,
            Inside::Yes,
            Reason::TrainingMissing,
        )
        .await?;
    teach(stage, ("sergio", "carla"), "rita", "planet").await?;
    stage.yes(
        "sergio notes rita's training, and carla instructs her: without both nobody works at tiers 2 and 3",
    )?;
    stage
        .read_refused(
            get("rita reads with the same credential from outside"),
            &rita,
            Inside::No,
            Reason::PlaceOutside,
        )
        .await?;
    let bytes = stage
        .read_inside(
            get("rita reads from inside; who read what is in the ledger before the first byte"),
            &rita,
        )
        .await?;
    let text = String::from_utf8_lossy(&bytes);
    let line: String = text.lines().nth(1).unwrap_or_default().chars().take(60).collect();
    stage.note(&format!("{line} ..."))?;
    Ok(rita)
}

async fn release(stage: &mut Stage, rita: &Access) -> Result<(), Failure> {
    stage.quietly("rita", Act::BucketCreate, json!({ "project": "planet", "bucket": "results" })).await?;
    let table = b"pm25_class;admissions;intensive_care\nlow;412;31\nmiddle;608;77\nhigh;480;96\n".to_vec();
    let put = json!({ "project": "planet", "bucket": "results", "key": "table-1.csv" });
    stage
        .store_inside(
            Step::new("rita", Act::ObjectPut, put, "rita computes a table of counts, inside"),
            rita,
            table,
        )
        .await?;
    let draft = json!({ "alias": "table-1", "project": "planet", "objects": ["results/table-1.csv"], "context": "counts per class of exposure; every cell above 10" });
    stage
        .act(Step::new(
            "rita",
            Act::AirlockDraft,
            draft,
            "rita asks for its release, saying why it discloses nobody",
        ))
        .await?;
    let approve =
        || json!({ "project": "planet", "airlock": "table-1", "note": "every cell above 10, no rare class" });
    stage
        .refused(
            Step::new("rita", Act::AirlockApprove, approve(), "rita approves her own table"),
            Reason::OwnRequest,
        )
        .await?;
    stage.act(Step::new("rolf", Act::AirlockApprove, approve(), "rolf approves")).await?;
    let ends = stage.day(90);
    let go = || json!({ "project": "planet", "airlock": "table-1", "ends": ends });
    stage
        .refused(
            Step::new("carla", Act::AirlockRelease, go(), "carla releases it on one pair of eyes"),
            Reason::ApprovalsMissing,
        )
        .await?;
    stage.act(Step::new("renate", Act::AirlockApprove, approve(), "renate approves")).await?;
    stage.act(Step::new("carla", Act::AirlockRelease, go(), "carla, the controller, releases it")).await?;
    let fetch = json!({ "project": "planet", "airlock": "table-1", "object": "results/table-1.csv" });
    stage
        .read_outside(
            Step::new(
                "rita",
                Act::AirlockFetch,
                fetch,
                "rita fetches it from home: what was reviewed, and nothing else",
            ),
            None,
        )
        .await
        .map(drop)
}

async fn withdraw(stage: &mut Stage, rita: &Access) -> Result<(), Failure> {
    let erase = || json!({ "project": "planet", "agreement": "planet-bari", "reason": "the hospital withdraws its data" });
    stage
        .refused(
            Step::new(
                "carla",
                Act::KeyEraseScope,
                erase(),
                "Bari withdraws; carla, who is no custodian, destroys the keys",
            ),
            Reason::RoleMissing,
        )
        .await?;
    let done = stage
        .act(Step::new(
            "kurt",
            Act::KeyEraseScope,
            erase(),
            "kurt, a custodian, destroys the keys of Bari's data",
        ))
        .await?;
    let certificate = done.answer.get("certificate").and_then(Value::as_str).unwrap_or_default();
    let said: Value =
        certificate.lines().next().map(serde_json::from_str).and_then(Result::ok).unwrap_or_default();
    let custody = said.get("custody").and_then(Value::as_str).unwrap_or_default();
    let of = |name: &str| said.get(name).and_then(Value::as_u64).unwrap_or_default();
    stage.note(&format!(
        "a signed certificate says so: objects {}, bytes {}, custody \"{custody}\"",
        of("objects"),
        of("bytes")
    ))?;
    let get = |city: &str, says| Step::new("rita", Act::ObjectGet, admissions(city), says);
    stage
        .read_refused(
            get("bari", "rita reads Bari's admissions again: gone from every copy, backups too"),
            rita,
            Inside::Yes,
            Reason::NotFound,
        )
        .await?;
    stage.read_inside(get("catania", "the other hospitals' data are as they were"), rita).await.map(drop)
}

async fn audit(stage: &mut Stage) -> Result<(), Failure> {
    let export = json!({ "project": "planet" });
    let step = Step::new("anna", Act::LedgerExport, export, "anna, the auditor, takes the ledger home");
    let archive = stage.read_outside(step, None).await?;
    let report = tamper::verify_archive(&archive)?;
    stage.yes(&format!(
        "she verifies it offline with the public key alone: {} acts in {} commits, nothing missing",
        report.leaves, report.commits
    ))
}
