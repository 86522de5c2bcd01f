//! What of an object is found: its name, what was found in it, what people said of it.

use search::{Entry, Standing};
use words::noun::Bucket;
use words::{Id, Refusal};

use crate::cell::draft::Draft;
use crate::dataset::columns_of;
use crate::examine::{self, Examined, ReadRow, ReportRow};
use crate::object::ObjectRow;

/// A bucket and a key, of the key of a row that lies beside an object's.
pub(super) fn named(own: &[u8]) -> Option<(Id<Bucket>, String)> {
    let (bucket, rest) = own.split_first_chunk::<16>()?;
    // INVARIANT: after the key come a NUL and eight bytes of the version.
    let key = rest.get(..rest.len().checked_sub(9)?)?;
    Some((Id::from_bytes(*bucket), String::from_utf8(key.to_vec()).ok()?))
}

/// The same for all versions of a key: the newest one is found.
pub(super) fn id(bucket: Id<Bucket>, key: &str) -> [u8; 16] {
    let digest = seal::sha256(&[&bucket.to_bytes()[..], key.as_bytes()].concat());
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    id
}

fn standing(standing: examine::Standing) -> Standing {
    match standing {
        examine::Standing::Clear => Standing::Clear,
        examine::Standing::Asks => Standing::Asks,
        examine::Standing::Apart => Standing::Apart,
        examine::Standing::Broken => Standing::Broken,
        examine::Standing::Unread => Standing::Unread,
    }
}

pub(super) async fn of(rows: &Draft, row: &ObjectRow, bucket: &str, source: &str) -> Result<Entry, Refusal> {
    let own = row.row_key();
    let report: Option<ReportRow> = rows.row(&own).await?;
    let report = report.filter(|report| report.object == row.id);
    let read: Option<ReadRow> = rows.row(&own).await?;
    let is_apart = row.refuse_apart().is_err();
    let uses = |of: &Examined| matches!(of.standing, examine::Standing::Clear | examine::Standing::Asks);
    let may_be_used = row.examined.as_ref().is_some_and(uses);
    let labels = row.labels.iter().chain(&row.metadata).cloned();
    // WHY words alone: figures are found by no search for words.
    let said =
        report.as_ref().filter(|_| !is_apart).map(|report| words_of(&report.report)).unwrap_or_default();
    Ok(Entry {
        id: id(row.bucket, &row.key),
        place: bucket.to_owned(),
        key: row.key.clone(),
        kind: report.as_ref().and_then(ReportRow::kind).unwrap_or_default(),
        family: String::new(),
        standing: row.examined.as_ref().map_or(Standing::None, |examined| standing(examined.standing)),
        tags: labels.chain(said).collect(),
        columns: match &report {
            // WHY not: names of columns may be people.
            Some(report) if !is_apart => {
                columns_of(&report.report).into_iter().map(|(name, _)| name).collect()
            }
            _ => Vec::new(),
        },
        text: report.filter(|_| may_be_used).and_then(|report| report.words).unwrap_or_default(),
        size_bytes: row.size_bytes,
        at_ms: row.at.ms(),
        read_ms: read.map(|read| read.at.ms()),
        source: source.to_owned(),
    })
}

/// What a look found of it that has a name: a modality, a version.
fn words_of(report: &str) -> Vec<(String, String)> {
    let report: serde_json::Value = serde_json::from_str(report).unwrap_or_default();
    let words = report["facts"]["words"].as_object().cloned().unwrap_or_default();
    words.into_iter().filter_map(|(name, word)| Some((name, word.as_str()?.to_owned()))).collect()
}
