//! The house: organisations, persons, tenants, and who may do what.

use serde_json::json;
use words::{Act, Reason};

use super::Step;
use super::stage::{OPERATOR, Stage};
use crate::failure::Failure;

/// Who there is: alias, name, who signs for it, and that person's name.
const ORGANISATIONS: &[(&str, &str, &str, &str)] = &[
    ("iss", "Istituto Superiore di Sanità", "sergio", "Sergio, signs for ISS"),
    ("aou-bologna", "AOU di Bologna", "sara-bologna", "Sara of Bologna, signs"),
    ("irccs-bari", "IRCCS di Bari", "sara-bari", "Sara of Bari, signs"),
    ("aou-catania", "AOU di Catania", "sara-catania", "Sara of Catania, signs"),
    ("harmony-alliance", "HARMONY Alliance", "helga", "Helga, signs for HARMONY"),
    ("uk-ulm", "Universitätsklinikum Ulm", "hugo", "Hugo, signs for Ulm"),
    ("acc-network", "Alleanza Contro il Cancro", "sandro", "Sandro, signs for ACC"),
];
/// Everybody else: alias, name, who of their organisation enrols them.
const PERSONS: &[(&str, &str, &str)] = &[
    ("carla", "Carla, controller of PLANET", "sergio"),
    ("rita", "Rita, researcher", "sergio"),
    ("rolf", "Rolf, reviewer", "sergio"),
    ("renate", "Renate, reviewer", "sergio"),
    ("anna", "Anna, auditor", "sergio"),
    ("elena", "Elena, controller of HARMONY", "helga"),
    ("marco", "Marco, researcher", "helga"),
    ("kim", "Kim, custodian", "helga"),
    ("heidi", "Heidi, steward of Ulm's data", "hugo"),
    ("hanna", "Hanna, delivers for Ulm", "hugo"),
    ("paola", "Paola, controller of ACC", "sandro"),
    ("gina", "Gina, geneticist", "sandro"),
    ("kurt", "Kurt, custodian", "sandro"),
];
/// Each hospital has one who signs, one who hands over, one who delivers.
pub const HOSPITALS: &[(&str, &str, &str)] =
    &[("bologna", "aou-bologna", "600"), ("bari", "irccs-bari", "500"), ("catania", "aou-catania", "400")];
/// Alias, name, who signs for its organisation, who controls it.
const TENANTS: &[(&str, &str, &str, &str)] = &[
    ("planet-study", "PLANET", "sergio", "carla"),
    ("harmony-tenant", "HARMONY", "helga", "elena"),
    ("acc-tenant", "ACC", "sandro", "paola"),
];

/// Fills the house.
pub async fn open(stage: &mut Stage) -> Result<(), Failure> {
    stage.chapter("THE HOUSE", "who is here, and who may do what")?;
    organisations(stage).await?;
    persons(stage).await?;
    roles(stage).await
}

async fn organisations(stage: &mut Stage) -> Result<(), Failure> {
    for (alias, name, signatory, signatory_name) in ORGANISATIONS {
        stage.quietly(OPERATOR, Act::OrganisationRegister, json!({ "alias": alias, "name": name })).await?;
        enrol(stage, OPERATOR, signatory, signatory_name, alias).await?;
        give(stage, OPERATOR, signatory, "signatory", Some(alias)).await?;
    }
    stage.yes("the operator registers seven organisations, each with its first signatory: from here on they govern themselves")
}

async fn persons(stage: &mut Stage) -> Result<(), Failure> {
    for (alias, name, by) in PERSONS {
        enrol(stage, by, alias, name, organisation_of(by)).await?;
    }
    for (city, organisation, _) in HOSPITALS {
        let signatory = format!("sara-{city}");
        for (part, does) in [("steo", "hands over"), ("dina", "delivers")] {
            let name = format!("{part} of {city}, {does}");
            enrol(stage, &signatory, &format!("{part}-{city}"), &name, organisation).await?;
        }
    }
    let count = PERSONS.len() + 2 * HOSPITALS.len();
    stage.yes(&format!("the signatories enrol {count} persons, each with a key pair of their own; the region knows only the public halves"))
}

fn organisation_of(signatory: &str) -> &'static str {
    let found = ORGANISATIONS.iter().find(|(_, _, signs, _)| *signs == signatory);
    found.map_or("", |(alias, ..)| alias)
}

async fn enrol(stage: &Stage, by: &str, alias: &str, name: &str, organisation: &str) -> Result<(), Failure> {
    let key = stage.make_key(alias)?;
    let fields = json!({ "alias": alias, "name": name, "email": format!("{alias}@{organisation}.example"), "organisation": organisation, "key": key });
    stage.quietly(by, Act::PersonEnrol, fields).await.map(drop)
}

/// Gives a role without words.
/// Notes a person's training and instruction, without which nobody works at tiers 2 and 3.
pub async fn teach(
    stage: &Stage,
    (signatory, controller): (&str, &str),
    person: &str,
    project: &str,
) -> Result<(), Failure> {
    let ends = stage.day(365);
    let training = json!({ "person": person, "course": "Handling sensitive data", "ends": ends });
    stage.quietly(signatory, Act::PersonTrain, training).await?;
    let instruction = json!({ "person": person, "project": project, "ends": ends });
    stage.quietly(controller, Act::PersonInstruct, instruction).await.map(drop)
}

pub async fn give(
    stage: &Stage,
    by: &str,
    person: &str,
    role: &str,
    at: Option<&str>,
) -> Result<(), Failure> {
    stage.quietly(by, Act::RoleGrant, json!({ "person": person, "role": role, "at": at })).await.map(drop)
}

async fn roles(stage: &mut Stage) -> Result<(), Failure> {
    for (alias, name, signatory, controller) in TENANTS {
        let fields = json!({ "alias": alias, "name": name, "organisation": organisation_of(signatory) });
        stage.quietly(OPERATOR, Act::TenantOpen, fields).await?;
        give(stage, signatory, controller, "controller", Some(alias)).await?;
    }
    stage
        .yes("three tenants open; their organisations name the controllers: PLANET (carla), HARMONY (elena), ACC (paola)")?;
    for (person, role) in [("kurt", "custodian"), ("kim", "custodian"), ("anna", "auditor")] {
        give(stage, OPERATOR, person, role, None).await?;
    }
    for (city, organisation, _) in HOSPITALS {
        let steward = format!("steo-{city}");
        give(stage, &format!("sara-{city}"), &steward, "steward", Some(organisation)).await?;
    }
    stage.yes("custodians, an auditor and stewards get their roles")?;
    let friend = json!({ "person": "marco", "role": "controller", "at": "planet-study" });
    let says = "the operator makes a friend controller of PLANET";
    stage.refused(Step::new(OPERATOR, Act::RoleGrant, friend, says), Reason::RoleMissing).await?;
    let own = json!({ "person": "anna", "role": "custodian" });
    let says = "anna, the auditor, makes herself a custodian too";
    stage.refused(Step::new("anna", Act::RoleGrant, own, says), Reason::OwnRole).await
}
