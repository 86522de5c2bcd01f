//! What a table refers to, on its way from the process that read it to the one that holds another table to it.
//!
//! It exists so that both sides of two pipes are written once. What lies between the processes are bytes of keyed digests,
//! which nobody here looks into; how many there may be is bounded on either side.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use formats::contract::Known;
use formats::values::{self, VALUES_MAX, Values};
use formats::worker::{Bounds, EXIT_UNREAD};
use serde::{Deserialize, Serialize};

const DIGEST_BYTES: usize = size_of::<u64>();
/// WHY: a word and a number for each column of a contract.
const LINE_BYTES_MAX: usize = 4 << 10;

/// What is given of a column that is referred to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// The table has not arrived, or has no such column.
    Absent,
    /// It could not be read, or has more values than are remembered.
    Untold,
    /// Digests of its values, as the process that read them wrote them.
    Digests(Vec<u8>),
}

/// The same in the line before the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Announced {
    Absent,
    Untold,
    Digests(usize),
}

impl Given {
    pub(crate) fn announced(&self) -> Announced {
        match self {
            Self::Absent => Announced::Absent,
            Self::Untold => Announced::Untold,
            Self::Digests(bytes) => Announced::Digests(bytes.len() / DIGEST_BYTES),
        }
    }

    /// Gives nothing where there is no room for it. WHY: one process takes so many digests, of all tables together.
    pub(crate) fn within(&mut self, room: &mut usize) {
        match room.checked_sub(self.announced().count()) {
            Some(left) => *room = left,
            None => *self = Self::Untold,
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Absent | Self::Untold => &[],
            Self::Digests(bytes) => bytes,
        }
    }
}

impl Announced {
    const fn count(self) -> usize {
        match self {
            Self::Absent | Self::Untold => 0,
            Self::Digests(count) => count,
        }
    }
}

fn are_bounded(announced: impl Iterator<Item = Announced>) -> bool {
    announced.map(Announced::count).fold(0, usize::saturating_add) <= VALUES_MAX
}

/// In the process: gathers values of some columns of a table.
pub(crate) fn gathered(
    from: &mut dyn Read,
    bounds: &Bounds,
    columns: &[String],
    key: &values::Key,
) -> Option<Vec<Values>> {
    let (detected, mut whole) = formats::worker::detected(from).ok()?;
    let Some(dialect) = &detected.dialect else { return Some(vec![Values::Absent; columns.len()]) };
    let mut inside = formats::open(&detected, &mut whole, &bounds.limits);
    values::gather(columns, key, dialect, &mut inside, &bounds.limits).ok()
}

/// In the process: says what was gathered, a line and then the digests; what it returns the process exits with.
pub(crate) fn say(gathered: &[Values], to: &mut dyn Write) -> i32 {
    let announced: Vec<Announced> = gathered
        .iter()
        .map(|values| match values {
            Values::Absent => Announced::Absent,
            Values::Untold => Announced::Untold,
            Values::Digests(digests) => Announced::Digests(digests.len()),
        })
        .collect();
    let mut said = serde_json::to_vec(&announced).unwrap_or_default();
    said.push(b'\n');
    for values in gathered {
        if let Values::Digests(digests) = values {
            said.extend(digests.iter().flat_map(|digest| digest.to_le_bytes()));
        }
    }
    match to.write_all(&said).and_then(|()| to.flush()) {
        Ok(()) => 0,
        Err(_) => EXIT_UNREAD,
    }
}

/// What the process said of as many columns as it was asked about; `None` where that is not what it must say.
pub(crate) fn heard(said: &[u8], asked: usize) -> Option<Vec<Given>> {
    let end = said.iter().take(LINE_BYTES_MAX).position(|byte| *byte == b'\n')?;
    let (line, mut rest) = (said.get(..end)?, said.get(end + 1..)?);
    let announced: Vec<Announced> = serde_json::from_slice(line).ok()?;
    if announced.len() != asked || !are_bounded(announced.iter().copied()) {
        return None;
    }
    let mut given = Vec::new();
    for one in announced {
        let (own, others) = rest.split_at_checked(one.count() * DIGEST_BYTES)?;
        rest = others;
        given.push(match one {
            Announced::Absent => Given::Absent,
            Announced::Untold => Given::Untold,
            Announced::Digests(_) => Given::Digests(own.to_vec()),
        });
    }
    rest.is_empty().then_some(given)
}

/// In the process: what is known beside the table that is held, of which digests come before its bytes.
pub(crate) fn known(
    from: &mut dyn Read,
    today: Option<String>,
    key: values::Key,
    tables: Vec<(String, Announced)>,
) -> Option<Known> {
    if !are_bounded(tables.iter().map(|(_, announced)| *announced)) {
        return None;
    }
    let mut known = BTreeMap::new();
    for (name, announced) in tables {
        let values = match announced {
            Announced::Absent => Values::Absent,
            Announced::Untold => Values::Untold,
            Announced::Digests(count) => Values::Digests(digests(from, count)?),
        };
        known.insert(name, values);
    }
    Some(Known { today, tables: known, key })
}

fn digests(from: &mut dyn Read, count: usize) -> Option<Vec<u64>> {
    let mut bytes = vec![0; count * DIGEST_BYTES];
    from.read_exact(&mut bytes).ok()?;
    let (digests, _) = bytes.as_chunks::<DIGEST_BYTES>();
    Some(digests.iter().map(|digest| u64::from_le_bytes(*digest)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str, digests: &[u64]) -> Vec<u8> {
        let mut said = line.as_bytes().to_vec();
        said.push(b'\n');
        said.extend(digests.iter().flat_map(|digest| digest.to_le_bytes()));
        said
    }

    // Goal: what one process says another one takes. Method: all forms, there and back.
    #[test]
    fn digests_come_as_they_were_sent() {
        let gathered =
            [Values::Digests(vec![1, 2]), Values::Absent, Values::Untold, Values::Digests(vec![9])];
        let mut bytes = Vec::new();
        assert_eq!(say(&gathered, &mut bytes), 0);
        let given = heard(&bytes, 4).unwrap();
        let tables =
            given.iter().enumerate().map(|(at, given)| (at.to_string(), given.announced())).collect();
        let sent: Vec<u8> = given.iter().flat_map(Given::bytes).copied().collect();
        let known = known(&mut sent.as_slice(), None, [0; 16], tables).unwrap();
        assert_eq!(known.tables.into_values().collect::<Vec<_>>(), gathered);
    }

    // Goal: a process that lies is believed in nothing. Method: too few, too many, other counts, no line, more than may be.
    #[test]
    fn what_is_not_as_announced_is_nothing() {
        assert!(heard(&said(r#"[{"digests":2}]"#, &[1, 2]), 1).is_some());
        for (line, digests, asked) in [
            (r#"[{"digests":2}]"#, &[1][..], 1),
            (r#"[{"digests":1}]"#, &[1, 2], 1),
            (r#"[{"digests":1}]"#, &[1], 2),
            (r#"[{"digests":18446744073709551615},{"digests":1}]"#, &[1], 2),
            (r#"["values"]"#, &[], 1),
            ("", &[], 1),
        ] {
            assert_eq!(heard(&said(line, digests), asked), None, "{line}");
        }
        let many = format!(r#"[{{"digests":{}}}]"#, VALUES_MAX + 1);
        assert_eq!(heard(&said(&many, &[]), 1), None);
        assert_eq!(heard(b"no line", 1), None);
        let tables = vec![("a.b".to_owned(), Announced::Digests(2))];
        assert!(known(&mut &[0_u8; 15][..], None, [0; 16], tables).is_none());
    }
}
