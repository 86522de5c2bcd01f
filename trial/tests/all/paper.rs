//! What is signed outside: the document, scans that two persons attest, and who may lodge what.

use region::noun::agreement::lodge::{FILE_BYTES_MAX, document, lodge, scan};
use region::twin::{Soil, World};
use serde_json::{Value, json};
use trial::kit::{body, store};
use words::act::{AgreementDocument, AgreementLodge, AgreementScan};
use words::{Reason, Refusal};

use crate::ground::{dina, refused};
use crate::refusals::foggia;

const PAPER: &[u8] = b"%PDF-1.7 a scan of paper";
const AGREEMENT: &str = "planet-foggia";

/// A world with one agreement that the hospital has not signed yet.
async fn world(seed: u64) -> World {
    let world = World::planet(Soil::new(seed)).await.unwrap();
    foggia(&world, 0).await;
    world
}

async fn take(world: &World, who: &str, party: Option<&str>) -> Result<Vec<u8>, Refusal> {
    let deed = AgreementDocument { agreement: AGREEMENT.into(), party: party.map(str::to_owned) };
    document(&world.region, &world.actor(who), deed).await.map(|(_, bytes)| bytes.to_vec())
}

async fn scanned(world: &World, who: &str, party: &str, bytes: &'static [u8]) -> Result<Value, Refusal> {
    let deed = AgreementScan { agreement: AGREEMENT.into(), party: party.into() };
    scan(&world.region, &world.actor(who), deed, body(bytes)).await.map(|done| done.answer)
}

async fn attested(world: &World, who: &str, party: &str, scan: &str) -> Result<Value, Refusal> {
    let fields = json!({ "agreement": AGREEMENT, "party": party, "scan": scan });
    world.act(who, "agreement.attest", fields).await.map(|done| done.answer)
}

async fn shown(world: &World) -> Value {
    let shown = world.act("sara-foggia", "agreement.show", json!({ "agreement": AGREEMENT })).await.unwrap();
    shown.answer[0].clone()
}

fn party<'a>(shown: &'a Value, name: &str) -> &'a Value {
    shown["parties"].as_array().unwrap().iter().find(|party| party["party"] == name).unwrap()
}

// Goal: paper counts when a second person has seen it, and says that it is weaker. Method: scan, attest, read back.
#[tokio::test]
async fn paper_counts_when_two_have_seen_it() {
    let world = world(181).await;
    let dina = dina(&world, "foggia").await;
    let scan = scanned(&world, "sara-foggia", "foggia", PAPER).await.unwrap()["scan"].clone();
    let scan = scan.as_str().unwrap();
    assert_eq!(party(&shown(&world).await, "foggia")["scan"], scan);
    let write = || store(&world.region, &dina, "foggia", "a", b"delivered");
    refused(&world, Reason::AgreementMissing, "a write while paper waits", write()).await;
    let own = attested(&world, "sara-foggia", "foggia", scan);
    refused(&world, Reason::OwnRequest, "attesting one's own scan", own).await;
    let zeros = "0".repeat(64);
    let other = attested(&world, "carla", "foggia", &zeros);
    refused(&world, Reason::TermsChanged, "attesting another scan", other).await;
    let nothing = attested(&world, "carla", "iss", scan);
    refused(&world, Reason::AlreadyDone, "attesting for who has signed", nothing).await;
    let reviewer = attested(&world, "rolf", "foggia", scan);
    refused(&world, Reason::RoleMissing, "a reviewer attesting", reviewer).await;
    attested(&world, "carla", "foggia", scan).await.unwrap();
    write().await.unwrap();
    let shown = shown(&world).await;
    assert_eq!(shown["state"], "in force");
    let outside = &party(&shown, "foggia")["outside"];
    assert_eq!(
        (&outside["kind"], &outside["weaker"], &outside["sha256"]),
        (&json!("paper"), &json!(true), &json!(scan))
    );
    assert_eq!(take(&world, "sergio", Some("foggia")).await.unwrap(), PAPER);
    let again = scanned(&world, "sara-foggia", "foggia", PAPER);
    refused(&world, Reason::AlreadyDone, "a scan of what is signed", again).await;
}

// Goal: all sign one document. Method: taken twice, by two sides, in another process; drafts and strangers.
#[tokio::test]
async fn all_sign_one_document() {
    let world = world(182).await;
    let first = take(&world, "sara-foggia", None).await.unwrap();
    assert!(first.starts_with(b"%PDF-"));
    assert_eq!(take(&world, "sergio", None).await.unwrap(), first);
    let kept = data_encoding::HEXLOWER.encode(&seal::sha256(&first));
    assert_eq!(shown(&world).await["document"], kept.as_str());
    world.enrol("nina", "infn").await.unwrap();
    let again = world.reopen().await.unwrap();
    assert_eq!(take(&again, "carla", None).await.unwrap(), first);
    refused(&again, Reason::NotFound, "a stranger's look", take(&again, "nina", None)).await;
    refused(&again, Reason::NotFound, "what nobody lodged", take(&again, "carla", Some("foggia"))).await;
}

// Goal: nothing is kept that is no signature. Method: other files, too large, by the wrong person, before there is a document.
#[tokio::test]
async fn only_what_is_signed_is_lodged() {
    let world = world(183).await;
    let deed = || AgreementLodge { agreement: AGREEMENT.into(), party: "foggia".into() };
    let lodged = |who: &'static str, bytes: &'static [u8]| {
        let (region, actor) = (world.region.clone(), world.actor(who));
        async move { lodge(&region, &actor, deed(), body(bytes)).await.map(drop) }
    };
    refused(&world, Reason::StateWrong, "lodging before there is a document", lodged("sara-foggia", PAPER))
        .await;
    take(&world, "sara-foggia", None).await.unwrap();
    refused(&world, Reason::SignatureUnfit, "lodging what is not signed", lodged("sara-foggia", PAPER)).await;
    refused(&world, Reason::Invalid, "lodging nothing", lodged("sara-foggia", b"")).await;
    refused(&world, Reason::OtherParty, "lodging for another house", lodged("sergio", PAPER)).await;
    let large: &'static [u8] = vec![b'a'; FILE_BYTES_MAX + 1].leak();
    refused(&world, Reason::TooLarge, "lodging too much", lodged("sara-foggia", large)).await;
    let text = scanned(&world, "sara-foggia", "foggia", b"no picture at all");
    refused(&world, Reason::Invalid, "a scan that is none", text).await;
}
