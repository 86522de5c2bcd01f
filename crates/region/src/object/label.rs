//! Labels: what people say of objects and buckets afterwards; S3 calls them tags.
//!
//! They are data: sealed with the names of their scope, and in no log line.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde_json::json;
use words::act::{BucketDescribe, ObjectDescribe};
use words::limit::{BUCKET_LABELS_MAX, LABEL_NAME_CHARS_MAX, LABEL_VALUE_CHARS_MAX, OBJECT_LABELS_MAX};
use words::noun::Noun;
use words::{Reason, Refusal};

use crate::act::{Frame, Outcome, Rule};
use crate::cell::draft::Draft;
use crate::noun::bucket;
use crate::object::change::rewritten;
use crate::object::known;
use crate::rule::apart;

pub type Labels = Vec<(String, String)>;

/// One label as an act carries it; a name's own `=` is written `\=`.
pub fn text(name: &str, value: &str) -> String {
    format!("{}={value}", name.replace('=', "\\="))
}

/// Labels as an act carries them.
pub fn parse(texts: &[String], labels_max: usize) -> Result<Labels, Refusal> {
    let labels: Option<Labels> = texts.iter().map(|text| split(text)).collect();
    let labels = labels.ok_or_else(|| Refusal::with(Reason::Invalid, "write a label as `name=value`"))?;
    check(&labels, labels_max)?;
    Ok(labels)
}

fn split(text: &str) -> Option<(String, String)> {
    let marks = text.char_indices().filter(|(_, character)| *character == '=');
    let is_own = |at: usize| text.get(..at).is_some_and(|before| before.ends_with('\\'));
    let at = marks.map(|(at, _)| at).find(|at| !is_own(*at))?;
    let (name, value) = (text.get(..at)?, text.get(at + 1..)?);
    Some((name.replace("\\=", "="), value.to_owned()))
}

/// SPEC: Amazon S3, "Categorizing your objects using tags": how many, how long, which characters.
pub fn check(labels: &[(String, String)], labels_max: usize) -> Result<(), Refusal> {
    if labels.len() > labels_max {
        return Err(Refusal::with(Reason::TooLarge, format!("there are at most {labels_max} labels")));
    }
    let names: BTreeSet<_> = labels.iter().map(|(name, _)| name).collect();
    if names.len() < labels.len() {
        return Err(invalid("a label comes twice"));
    }
    labels.iter().try_for_each(|(name, value)| check_one(name, value))
}

fn check_one(name: &str, value: &str) -> Result<(), Refusal> {
    if name.is_empty() || name.chars().count() > LABEL_NAME_CHARS_MAX {
        return Err(invalid("a label's name has 1 to 128 characters"));
    }
    if value.chars().count() > LABEL_VALUE_CHARS_MAX {
        return Err(invalid("a label's value has at most 256 characters"));
    }
    if name.to_ascii_lowercase().starts_with("aws:") {
        return Err(invalid("a label's name does not begin with `aws:`"));
    }
    if !name.chars().chain(value.chars()).all(is_taken) {
        return Err(invalid("a label has letters, digits, spaces and `+ - = . _ : / @`"));
    }
    Ok(())
}

fn is_taken(character: char) -> bool {
    let is_space = character.is_whitespace() && !character.is_control();
    character.is_alphanumeric() || is_space || "+-=._:/@".contains(character)
}

fn invalid(detail: &str) -> Refusal {
    Refusal::with(Reason::Invalid, detail)
}

#[async_trait]
impl Rule for ObjectDescribe {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let labels = parse(&self.labels, OBJECT_LABELS_MAX)?;
        let bucket = bucket::find(draft, &self.bucket).await?;
        let mut row = known(draft, &bucket, &self.key, self.version.as_deref()).await?;
        if row.derived.is_some() {
            return Err(Refusal::with(
                Reason::StateWrong,
                "label what it was made of: what is made is not looked at",
            ));
        }
        let before = std::mem::replace(&mut row.labels, labels);
        // WHY: a label may name somebody, and whoever sees the object sees it too.
        if row.labels.iter().any(|label| !before.contains(label)) {
            row.look_beside();
        }
        apart::stored(draft, &bucket, &mut row, Some(before), frame.now).await?;
        rewritten(draft, &row)
    }
}

#[async_trait]
impl Rule for BucketDescribe {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let labels = parse(&self.labels, BUCKET_LABELS_MAX)?;
        let mut row = bucket::find(draft, &self.bucket).await?;
        row.refuse_fixed()?;
        row.labels = Some(labels).filter(|labels| !labels.is_empty());
        row.store(draft)?;
        let answer = json!({ "bucket": row.name, "labels": row.labels });
        Ok(Outcome::of(Noun::Bucket, row.id).within(row.scope).saying(answer))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pair(name: &str, value: &str) -> Labels {
        vec![(name.to_owned(), value.to_owned())]
    }

    #[test]
    fn limits_are_s3_s() {
        let many = |count: usize| (0..count).map(|n| (format!("n{n}"), String::new())).collect::<Labels>();
        let reason = |labels: Labels| check(&labels, OBJECT_LABELS_MAX).map_err(|refusal| refusal.reason);
        assert_eq!(reason(many(10)), Ok(()));
        assert_eq!(reason(many(11)), Err(Reason::TooLarge));
        assert_eq!(reason(pair("é".repeat(128).as_str(), "è".repeat(256).as_str())), Ok(()));
        assert_eq!(reason(pair("progetto", "Città di Bari + 1 = 2: a/b@c_d.e")), Ok(()));
        for (name, value) in [
            ("", "v"),
            ("n".repeat(129).as_str(), "v"),
            ("n", "v".repeat(257).as_str()),
            ("aws:n", "v"),
            ("n", "a\nb"),
            ("n;", ""),
        ] {
            assert_eq!(reason(pair(name, value)), Err(Reason::Invalid), "{name:?}={value:?}");
        }
        assert_eq!(reason([pair("n", "1"), pair("n", "2")].concat()), Err(Reason::Invalid));
    }

    proptest! {
        // Goal: a tag comes through an act as it was. Method: any names and values that S3 takes.
        #[test]
        fn a_label_is_read_as_it_was_written(name in "[a-zà-ù0-9 +\\-=._:/@]{1,20}", value in "[a-z0-9 =+@/]{0,20}") {
            prop_assert_eq!(split(&text(&name, &value)), Some((name, value)));
        }
    }
}
