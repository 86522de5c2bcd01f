//! Manifests: digests that a delivery brings of its own files, compared with what arrived, whichever came first.

use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::noun::Object;
use words::{Id, Refusal};

use super::keep::Kept;
use super::{Digests, MANIFEST_DIFFERS, REPORT_BYTES_MAX, ReportRow, Said};
use crate::cell::draft::Draft;
use crate::object::{ObjectRow, prefix};
use crate::row::{Row, Table};

/// WHY: so many rows are one commit; of a longer manifest the rest is not compared, and the report says so.
const NAMED_MAX: usize = 2_000;
/// WHY: a commit takes four times as much, and holds other rows too.
const NAMED_BYTES_MAX: usize = 1 << 20;
/// WHY: ids, digests and places of a row, with room.
const FACTS_BYTES_MAX: usize = 512;

/// The digest that a manifest names of a file, at the file's own key.
#[derive(Debug, Clone, Encode, Decode)]
pub struct ExpectedRow {
    #[n(0)]
    pub digest: String,
    #[n(1)]
    pub hex: String,
    /// The manifest, and its key: only while it is there its word counts.
    #[n(2)]
    pub manifest: Id<Object>,
    #[n(3)]
    pub key: String,
}

impl Row for ExpectedRow {
    const TABLE: Table = Table::Expected;
}

/// What was said, with what manifests say.
pub(super) struct Compared {
    pub said: Kept,
    /// It is not what its manifest names.
    pub is_wrong: bool,
}

/// Compares what arrived with what manifests name: as a file, or as a manifest.
pub(super) async fn compare(draft: &mut Draft, row: &ObjectRow, said: &Said) -> Result<Compared, Refusal> {
    let is_wrong = is_wrong(draft, row, &said.digests).await?;
    let mut report: Value = serde_json::from_str(&said.report).unwrap_or_else(|_| json!({}));
    if is_wrong {
        note(&mut report);
    }
    if !said.manifest.is_empty() {
        report["manifest"] = take(draft, row, said).await?;
    }
    // WHY the shorter one: what it was found to be is kept in any case.
    let report = Some(report.to_string()).filter(|report| report.len() <= REPORT_BYTES_MAX);
    let kept = Kept {
        report: report.unwrap_or_else(|| said.report.clone()),
        examiner: said.examiner.clone(),
        kind: Some(said.kind.clone()),
        digests: Some(said.digests.clone()),
    };
    Ok(Compared { said: kept, is_wrong })
}

/// Whether a manifest that is still there names another digest.
async fn is_wrong(draft: &Draft, row: &ObjectRow, digests: &Digests) -> Result<bool, Refusal> {
    let expected: Option<ExpectedRow> = draft.row(&key(row, &row.key)).await?;
    let Some(expected) = expected else { return Ok(false) };
    let manifest = draft.rows::<ObjectRow>(&prefix(row.bucket, &expected.key), None, 1).await?;
    let is_there = manifest.first().is_some_and(|(_, manifest)| manifest.id == expected.manifest);
    Ok(is_there && !agrees(&expected, digests))
}

fn agrees(expected: &ExpectedRow, digests: &Digests) -> bool {
    match expected.digest.as_str() {
        "md5" => digests.md5 == expected.hex,
        "sha256" => digests.sha256 == expected.hex,
        // WHY: what we do not compute contradicts nothing.
        _ => true,
    }
}

fn key(row: &ObjectRow, key: &str) -> Vec<u8> {
    [&row.bucket.to_bytes()[..], key.as_bytes()].concat()
}

/// A manifest: what it names is kept, and what is there already is compared.
async fn take(draft: &mut Draft, row: &ObjectRow, said: &Said) -> Result<Value, Refusal> {
    let (folder, _) = super::in_folder(&row.key);
    let (mut agreed, mut differ, mut awaited) = (0_u64, 0_u64, 0_u64);
    let (mut bytes, mut seen) = (0, 0);
    for named in said.manifest.iter().take(NAMED_MAX) {
        if bytes > NAMED_BYTES_MAX {
            break;
        }
        seen += 1;
        let path = named.path.strip_prefix("./").unwrap_or(&named.path);
        let file = format!("{folder}{path}");
        let (digest, hex) = (named.digest.clone(), named.hex.clone());
        let expected = ExpectedRow { digest, hex, manifest: row.id, key: row.key.clone() };
        match known(draft, row, &file).await? {
            None => awaited += 1,
            Some((_, report)) if report.digests.as_ref().is_some_and(|own| agrees(&expected, own)) => {
                agreed += 1
            }
            Some((file, report)) => {
                differ += 1;
                bytes += file.key.len() + report.report.len() + FACTS_BYTES_MAX;
                break_file(draft, file, report)?;
            }
        }
        bytes += 2 * file.len() + row.key.len() + FACTS_BYTES_MAX;
        draft.put_in(row.seal(), &key(row, &file), &expected)?;
    }
    let left = said.manifest.len().saturating_sub(seen);
    Ok(json!({ "agreed": agreed, "differ": differ, "awaited": awaited, "not_compared": left }))
}

/// A file that was looked at, with what was said of it.
async fn known(
    draft: &Draft,
    row: &ObjectRow,
    file: &str,
) -> Result<Option<(ObjectRow, ReportRow)>, Refusal> {
    let newest = draft.rows::<ObjectRow>(&prefix(row.bucket, file), None, 1).await?.into_iter().next();
    let Some((_, file)) = newest.filter(|(_, file)| !file.is_marker && file.scope == row.scope) else {
        return Ok(None);
    };
    let report: Option<ReportRow> = draft.row(&file.row_key()).await?;
    Ok(report.filter(|report| report.digests.is_some()).map(|report| (file, report)))
}

/// A file that is not what the manifest names. WHY not where it names people: it stays apart.
fn break_file(draft: &mut Draft, mut file: ObjectRow, mut report: ReportRow) -> Result<(), Refusal> {
    let mut told: Value = serde_json::from_str(&report.report).unwrap_or_else(|_| json!({}));
    note(&mut told);
    report.report = told.to_string();
    // WHY without: a file that is not what was sent is not found by its words, and its profile is of other bytes.
    (report.words, report.profile, report.drift) = (None, None, None);
    let is_apart = file.refuse_apart().is_err();
    if let Some(examined) = file.examined.as_mut().filter(|_| !is_apart) {
        examined.standing = super::Standing::Broken;
        file.store(draft)?;
    }
    draft.put_in(file.seal(), &file.row_key(), &report)
}

/// Adds to a report that the object is not what its manifest names.
fn note(report: &mut Value) {
    let (rule, says) = (MANIFEST_DIFFERS, "its digest is not the one that the manifest beside it names");
    let fault = json!({ "rule": rule, "says": says, "count": 1 });
    match report.get_mut("counts").and_then(Value::as_array_mut) {
        Some(counts) if counts.iter().any(|count| count["rule"] == rule) => {}
        Some(counts) => counts.push(fault),
        None => report["counts"] = Value::Array(vec![fault]),
    }
}
