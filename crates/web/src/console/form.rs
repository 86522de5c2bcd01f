//! What people write into forms, and back into fields of acts.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use region::expected::Digest;
use serde_json::{Map, Value};
use words::act::{Field, FieldKind};
use words::limit::ACT_BODY_BYTES_MAX;
use words::noun::Attempt;
use words::{Act, Id, Reason, Refusal};

use crate::encode;

/// WHY: every field of the longest row, and what the form carries itself.
const FIELDS_MAX: usize = 64;

/// A form as it came.
#[derive(Debug, Clone, Default)]
pub struct Form {
    written: HashMap<String, String>,
    /// Given again, it takes no second effect.
    pub attempt: Option<Id<Attempt>>,
    /// What it is done upon, as it stood beside the form.
    pub expected: Option<Digest>,
    /// Where to go on afterwards.
    pub back: Option<String>,
}

impl Form {
    /// Reads a posted form, whole.
    pub async fn read(body: Incoming, wait: Duration) -> Result<Self, Refusal> {
        let whole = tokio::time::timeout(wait, Limited::new(body, ACT_BODY_BYTES_MAX).collect()).await;
        let whole = whole.map_err(|_| Refusal::new(Reason::BodyCut))?;
        Self::parse(&whole.map_err(|_| Refusal::new(Reason::TooLarge))?.to_bytes())
    }

    pub fn parse(bytes: &Bytes) -> Result<Self, Refusal> {
        let mut form = Self::default();
        for (at, (name, value)) in form_urlencoded::parse(bytes).enumerate() {
            if at >= FIELDS_MAX {
                return Err(Refusal::with(Reason::TooLarge, "the form has too many fields"));
            }
            match name.as_ref() {
                "attempt" => form.attempt = value.parse().ok(),
                "expected" => form.expected = digest(&value)?,
                "back" => form.back = own_path(&value),
                // WHY one: whoever names a field twice means one of two things.
                name if form.written.contains_key(name) => {
                    return Err(Refusal::with(Reason::Invalid, format!("`{name}` is there twice")));
                }
                name => drop(form.written.insert(name.to_owned(), value.replace("\r\n", "\n"))),
            }
        }
        Ok(form)
    }

    /// What stands in a field; empty if nothing does.
    pub fn text(&self, name: &str) -> &str {
        self.written.get(name).map_or("", String::as_str)
    }

    pub fn put(&mut self, name: &str, value: String) {
        self.written.insert(name.to_owned(), value);
    }

    /// The fields of an act; a name that is none of its fields is refused.
    pub fn fields(&self, act: Act) -> Result<Value, Refusal> {
        let row = act.row();
        if let Some(strange) =
            self.written.keys().find(|name| row.fields.iter().all(|field| field.name != **name))
        {
            return Err(Refusal::with(Reason::Invalid, format!("`{strange}` is no field of it")));
        }
        let mut fields = Map::new();
        for field in row.fields {
            if let Some(value) = value(field, self.text(field.name))? {
                fields.insert(field.name.to_owned(), value);
            }
        }
        Ok(Value::Object(fields))
    }
}

/// WHY refused: a form that says upon what it is done must not be done upon anything.
fn digest(text: &str) -> Result<Option<Digest>, Refusal> {
    encode::digest(text).map(Some).ok_or_else(|| Refusal::with(Reason::Invalid, "`expected` is no digest"))
}

/// What was written as an act takes it; none if nothing was.
fn value(field: &Field, text: &str) -> Result<Option<Value>, Refusal> {
    // WHY not what is hidden: spaces are a part of a password.
    let text = if field.kind == FieldKind::Hidden { text } else { text.trim() };
    if text.is_empty() {
        return match (field.is_required, field.kind) {
            (true, FieldKind::Text | FieldKind::Number | FieldKind::Time | FieldKind::Hidden) => {
                Err(Refusal::with(Reason::Invalid, format!("`{}` is left empty", field.name)))
            }
            _ => Ok(None),
        };
    }
    Ok(Some(match field.kind {
        FieldKind::Text | FieldKind::Hidden => Value::from(text),
        FieldKind::Texts => {
            text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Value::from).collect()
        }
        FieldKind::Number => match text.parse::<u64>() {
            Ok(number) => Value::from(number),
            Err(_) => {
                return Err(Refusal::with(Reason::Invalid, format!("`{}` is a whole number", field.name)));
            }
        },
        FieldKind::Time => Value::from(moment(text)),
    }))
}

/// `2027-01-10T09:00:00Z` of `2027-01-10T09:00`, as browsers write it; whoever writes more is read to the letter.
pub fn moment(text: &str) -> String {
    match text.len() {
        10 => format!("{text}T00:00:00Z"),
        16 => format!("{text}:00Z"),
        19 => format!("{text}Z"),
        _ => text.to_owned(),
    }
}

/// A path of this console, and nothing that leads elsewhere.
pub fn own_path(text: &str) -> Option<String> {
    let is_ours = text.starts_with('/')
        && !text.starts_with("//")
        && text.len() <= 1_024
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    is_ours.then(|| text.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(text: &str) -> Result<Form, Refusal> {
        Form::parse(&Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn a_form_is_the_fields_of_its_act() {
        let written = "alias=a&project=p&persons=rita%0D%0A+rocco+%0D%0A&buckets=&purpose=why%3F&legal_basis=x&ethics=y\
            &starts=2027-01-10T09%3A00&ends=2027-02-10&attempt=&back=/permits";
        let read = form(written).unwrap();
        let fields = read.fields(Act::PermitRequest).unwrap();
        assert_eq!(fields["persons"], json!(["rita", "rocco"]));
        assert_eq!(
            (&fields["starts"], &fields["ends"]),
            (&json!("2027-01-10T09:00:00Z"), &json!("2027-02-10T00:00:00Z"))
        );
        assert!(fields.get("buckets").is_none());
        assert_eq!(read.back.as_deref(), Some("/permits"));
    }

    // Goal: a form gives no more than its act takes. Method: strange, doubled, missing, wrong and too many fields.
    #[test]
    fn what_is_no_field_is_refused() {
        let refused = |text: &str, act| form(text).and_then(|form| form.fields(act)).unwrap_err().reason;
        assert_eq!(refused("person=rita&is_admin=1", Act::PersonRecall), Reason::Invalid);
        assert_eq!(refused("person=rita&person=rocco", Act::PersonRecall), Reason::Invalid);
        assert_eq!(refused("person=+", Act::PersonRecall), Reason::Invalid);
        assert_eq!(refused("seconds=-1", Act::SessionOpen), Reason::Invalid);
        let many: String = (0..=FIELDS_MAX).map(|number| format!("a{number}=1&")).collect();
        assert_eq!(refused(&many, Act::PersonRecall), Reason::TooLarge);
    }

    #[test]
    fn the_way_back_leads_nowhere_else() {
        for (text, is_ours) in [
            ("/projects/planet?a=b", true),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("https://evil.example", false),
            ("", false),
            ("/a b", false),
        ] {
            assert_eq!(own_path(text).is_some(), is_ours, "{text}");
        }
    }
}
