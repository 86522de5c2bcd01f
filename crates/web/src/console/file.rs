//! Forms that carry one small file: read whole, and bounded.

use bytes::Bytes;
use http::header;
use hyper::body::Incoming;
use region::noun::agreement::lodge::FILE_BYTES_MAX;
use words::act::Body;
use words::{Act, Reason, Refusal};

use super::form::Form;
use super::visit::{self, Visit};
use crate::encode::pairs;
use crate::perform;

/// WHY: names and texts of an act's fields.
const FIELD_BYTES_MAX: u64 = 8 * 1_024;
/// WHY: a form has its fields, what it carries itself, and one file.
const PARTS_MAX: usize = 32;
/// What a form with a file may hold in memory.
pub const FORM_BYTES_MAX: u64 = FILE_BYTES_MAX as u64 + PARTS_MAX as u64 * FIELD_BYTES_MAX;

/// Whether an act's form takes a file; data are delivered from the page of their bucket.
pub const fn is_taken(act: Act) -> bool {
    matches!(act, Act::AgreementLodge | Act::AgreementScan | Act::AuthorityUpdate)
}

/// Whether an act is done by a form at all.
pub fn is_by_form(act: Act) -> bool {
    act.row().body != Body::Upload || is_taken(act)
}

/// The fields of a form and its file.
pub async fn read(visit: &Visit<'_>, body: Incoming) -> Result<(Form, Bytes), Refusal> {
    let media = visit::text(&visit.parts.headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let boundary = multer::parse_boundary(media).map_err(|_| wrong())?;
    let size = multer::SizeLimit::new()
        .whole_stream(FORM_BYTES_MAX)
        .per_field(FIELD_BYTES_MAX)
        .for_field("file", FILE_BYTES_MAX as u64);
    let limits = multer::Constraints::new().size_limit(size);
    let stream = perform::plain(body, visit.door.limits().body_wait);
    let mut parts = multer::Multipart::with_constraints(stream, boundary, limits);
    let (mut texts, mut file) = (Vec::new(), None);
    for _ in 0..PARTS_MAX {
        let Some(part) = parts.next_field().await.map_err(|error| unread(&error))? else {
            let texts = texts.iter().map(|(name, text): &(String, String)| (name.as_str(), text.as_str()));
            let form = Form::parse(&Bytes::from(pairs(&texts.collect::<Vec<_>>())))?;
            let file = file.ok_or_else(|| Refusal::with(Reason::Invalid, "choose the file"))?;
            return Ok((form, file));
        };
        match part.name().map(str::to_owned).as_deref() {
            Some("file") => file = Some(part.bytes().await.map_err(|error| unread(&error))?),
            Some(name) => {
                let text = part.text().await.map_err(|error| unread(&error))?;
                texts.push((name.to_owned(), text));
            }
            None => return Err(wrong()),
        }
    }
    Err(wrong())
}

fn wrong() -> Refusal {
    Refusal::with(Reason::Invalid, "that is no form with a file")
}

/// WHY not its own words: they tell of the form's inside.
fn unread(error: &multer::Error) -> Refusal {
    match error {
        multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. } => {
            Refusal::new(Reason::TooLarge)
        }
        _ => Refusal::new(Reason::BodyCut),
    }
}
