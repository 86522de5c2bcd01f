//! `epic doctor`: what is wrong with what is stored, in one look, and what may be mended mended.
//!
//! It asks acts that whoever calls it may do, and does `object retry` where it is told to mend. It decides nothing,
//! and says of what it may not see that it may not.

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};
use web::client::{CallError, Client};
use words::Act;

use crate::failure::Failure;
use crate::paint::Paint;
use crate::settings::Settings;
use crate::{ask, examined, print};

/// WHY: so many are mended in a minute, and a person looks at what comes of it.
const MENDED_MAX: usize = 200;
/// Standings that a second look may mend. WHY not `apart`, `asks`: what was found there is for a person.
const MAY_PASS: [&str; 2] = ["unread", "broken"];

/// What is wrong in one place.
struct Finding {
    project: String,
    what: String,
    /// What helps, as one would type it.
    helps: String,
}

pub fn command() -> Command {
    Command::new("doctor")
        .about("Say what is wrong with what is stored, and mend what may be mended")
        .arg(Arg::new("project").long("project").value_name("TEXT").help("only this project"))
        .arg(
            Arg::new("mend")
                .long("mend")
                .action(ArgAction::SetTrue)
                .help("have looked at again what a second look may mend: `epic object retry` for each"),
        )
}

pub fn doctor(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let project = matches.get_one::<String>("project").cloned();
    let is_mending = matches.get_flag("mend");
    let client = settings.client()?;
    let (findings, mended) = ask::wait(look(&client, project.as_deref(), is_mending))?;
    if settings.is_json {
        let told = |one: &Finding| json!({ "project": one.project, "what": one.what, "helps": one.helps });
        let all: Vec<Value> = findings.iter().map(told).collect();
        return print::out(&format!("{}\n", json!({ "findings": all, "mended": mended })));
    }
    print::out(&text_of(&findings, mended, is_mending, Paint::new(settings.is_out_coloured)))
}

fn text_of(findings: &[Finding], mended: Option<usize>, is_mending: bool, paint: Paint) -> String {
    let mut of_project: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    findings.iter().for_each(|one| of_project.entry(&one.project).or_default().push(one));
    let mut text = match findings.is_empty() {
        true => format!("{} nothing is wrong that you may see\n", paint.good("●")),
        false => String::new(),
    };
    for (project, findings) in of_project {
        text += &format!("{}\n", paint.strong(if project.is_empty() { "region" } else { project }));
        for one in findings {
            text += &format!("  {} {}\n    {}\n", paint.bad("▲"), one.what, paint.dim(&one.helps));
        }
    }
    match (is_mending, mended) {
        (true, Some(mended)) => {
            text + &format!("{mended} looked at again: see in a minute what came of it\n")
        }
        _ if findings.is_empty() => text,
        _ => text + &paint.dim("`epic doctor --mend` has looked at again what a second look may mend\n"),
    }
}

async fn look(
    client: &Client,
    project: Option<&str>,
    is_mending: bool,
) -> Result<(Vec<Finding>, Option<usize>), Failure> {
    let mut findings = checks(client).await?;
    // WHY: a credential reaches its project, and is not told of projects.
    let named = project.map(|project| json!([{ "project": project, "state": "open" }]));
    let shown =
        may(client, Act::ProjectShow, json!({ "project": project })).await?.or(named).unwrap_or_default();
    let mut mended = is_mending.then_some(0);
    for row in shown.as_array().into_iter().flatten() {
        let alias = row["project"].as_str().unwrap_or_default();
        if row["state"] == "erased" {
            continue;
        }
        if row["state"] != "open" {
            findings.push(Finding {
                project: alias.to_owned(),
                what: format!(
                    "the project is {}: nothing that is stored is looked at",
                    row["state"].as_str().unwrap_or("closed")
                ),
                helps: format!("epic project show --project {alias}"),
            });
            continue;
        }
        findings.extend(rules(client, alias).await?);
        findings.extend(map(client, alias).await?);
        if let Some(mended) = &mut mended {
            *mended += mend(client, alias, MENDED_MAX - *mended).await?;
        }
    }
    Ok((findings, mended))
}

/// An answer, or none where it is not for whoever asks.
async fn may(client: &Client, act: Act, fields: Value) -> Result<Option<Value>, Failure> {
    match client.perform(act, &fields).await {
        Ok(answer) => Ok(Some(answer.answer)),
        Err(CallError::Refused(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Checks whose last verdict is not good.
async fn checks(client: &Client) -> Result<Vec<Finding>, Failure> {
    let shown = may(client, Act::CheckShow, json!({})).await?.unwrap_or_default();
    let rows = shown.as_array().into_iter().flatten().filter(|row| {
        let verdict = row["verdict"].as_str().unwrap_or_default();
        !verdict.is_empty() && !matches!(verdict, "pass" | "not applicable")
    });
    let finding = |row: &Value| {
        let (check, verdict) =
            (row["check"].as_str().unwrap_or_default(), row["verdict"].as_str().unwrap_or_default());
        Finding {
            project: String::new(),
            what: format!("the check {check} says {verdict}"),
            helps: format!("epic check run --check {check}"),
        }
    };
    Ok(rows.map(finding).collect())
}

/// What rules failed at, by cause.
async fn rules(client: &Client, project: &str) -> Result<Vec<Finding>, Failure> {
    let shown = may(client, Act::RuleShow, json!({ "project": project })).await?.unwrap_or_default();
    let mut findings = Vec::new();
    for rule in shown.as_array().into_iter().flatten() {
        for failed in rule["runs"]["failed"].as_array().into_iter().flatten() {
            let (name, cause) =
                (rule["rule"].as_str().unwrap_or_default(), failed["cause"].as_str().unwrap_or_default());
            findings.push(Finding {
                project: project.to_owned(),
                what: format!("rule {name}, {} times: {}", failed["count"], examined::sentence(cause)),
                helps: format!("epic rule show --project {project} --rule {name}"),
            });
        }
    }
    Ok(findings)
}

/// What wants attention on the data map.
async fn map(client: &Client, project: &str) -> Result<Vec<Finding>, Failure> {
    let told = may(client, Act::DatasetMap, json!({ "project": project })).await?.unwrap_or_default();
    let wants = told["wants"].as_array().into_iter().flatten();
    let finding = |want: &Value| {
        let (what, bucket) =
            (want["what"].as_str().unwrap_or_default(), want["bucket"].as_str().unwrap_or_default());
        let helps = match what {
            "undescribed" => format!("epic dataset describe --project {project} --bucket {bucket} ..."),
            "ending" => format!("epic agreement show, and epic exit start --project {project}"),
            "unowned" => format!("epic dataset describe --project {project} --bucket {bucket} --steward ..."),
            "late" => format!("epic contract show --project {project} --bucket {bucket}"),
            "cdm" => format!("epic dataset map --project {project}, and deliver what is missing"),
            "unused" => format!("epic dataset map --project {project}"),
            standing => format!("epic object search 'bucket:{bucket} stands:{standing}' --project {project}"),
        };
        Finding {
            project: project.to_owned(),
            what: match what {
                "late" => format!("{} in {bucket}: {what}", want["of"].as_str().unwrap_or_default()),
                "cdm" => {
                    format!("a CDM in {bucket}/{}: {}", want["of"].as_str().unwrap_or_default(), lacks(want))
                }
                _ => format!("{} objects in {bucket}: {what}", want["objects"]),
            },
            helps,
        }
    };
    Ok(wants.map(finding).collect())
}

/// What keeps a set of tables from being a CDM.
fn lacks(want: &Value) -> String {
    let named = |name: &str, says: &str| {
        let tables: Vec<_> = want[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        (!tables.is_empty()).then(|| format!("{says} {}", tables.join(", ")))
    };
    let parts = [named("missing", "it lacks"), named("doubled", "it has twice")];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Has looked at again what a second look may mend.
async fn mend(client: &Client, project: &str, room: usize) -> Result<usize, Failure> {
    let mut mended = 0;
    for standing in MAY_PASS {
        let fields = json!({ "project": project, "query": format!("stands:{standing}") });
        let found = may(client, Act::ObjectSearch, fields).await?.unwrap_or_default();
        for hit in found["objects"].as_array().into_iter().flatten() {
            if mended >= room {
                return Ok(mended);
            }
            let fields = json!({ "project": project, "bucket": hit["bucket"], "key": hit["key"] });
            mended += usize::from(may(client, Act::ObjectRetry, fields).await?.is_some());
        }
    }
    Ok(mended)
}
