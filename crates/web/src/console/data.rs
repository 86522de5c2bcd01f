//! Data in the console: what lies in a bucket, one object, bytes in and out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::StreamExt;
use http::header;
use hyper::body::Incoming;
use region::object::body::Body as Plain;
use region::object::list::{Page, Position, Wanted, list};
use region::object::put::{Extra, put};
use region::object::read::get;
use region::perform::told as told_of;
use serde_json::{Value, json};
use words::act::{ObjectGet, ObjectList, ObjectPut};
use words::{Act, Actor, Reason, Refusal};

use super::Answered;
use super::act::as_file;
use super::nouns::is_for;
use super::visit::{self, Visit};
use crate::encode::encoded;
use crate::{pages, perform, told};

/// What names are sealed for: an object, and a folder or where a page ended.
///
/// WHY with the bucket: what is opened in one must not tell of another.
fn purpose(of: &str, project: &str, bucket: &str) -> String {
    format!("epic console {of} {}:{project} {}:{bucket}", project.len(), bucket.len())
}

/// WHY: a thousand files of a sequencer's run; each is an act of its own.
const FILES_MAX: usize = 1_000;
/// WHY: a form's heads are some hundred bytes, and one read of a connection is some hundred KiB.
const UNREAD_BYTES_MAX: u64 = 1 << 20;
/// WHY: what a person looks through; and a page stays below 60 kB.
const KEYS_SHOWN_MAX: usize = 100;
/// WHY: names of fields and files, with their heads.
const PART_HEADS_MAX: u64 = 8 * 1_024;

/// How an address names an object.
pub fn sealed_name(visit: &Visit<'_>, project: &str, bucket: &str, key: &str) -> Result<String, Refusal> {
    visit.door.region().seal_text(&purpose("object", project, bucket), key.as_bytes())
}

/// One page of a bucket, for its page.
pub struct Listing {
    pub folder: String,
    /// Name, and the sealed name to go on with.
    pub folders: Vec<(String, String)>,
    pub objects: Vec<(Value, String)>,
    /// Where the next page begins: the sealed folder, if it is one, and the sealed last name of this one.
    pub next: Option<(Option<String>, String)>,
}

pub async fn bucket(visit: &Visit<'_>, project: &str, bucket: &str) -> Result<Answered, Refusal> {
    let signed = visit.signed()?;
    let region = visit.door.region();
    let open = |name: &str| -> Result<Option<String>, Refusal> {
        let sealed = visit.asked(name).filter(|text| !text.is_empty());
        sealed.map(|text| plain(region.open_text(&purpose("place", project, bucket), &text)?)).transpose()
    };
    let (folder, after) = (open("in")?.unwrap_or_default(), open("after")?);
    let deed = ObjectList {
        project: project.to_owned(),
        bucket: bucket.to_owned(),
        prefix: Some(folder.clone()),
        page: None,
    };
    let wanted = Wanted {
        prefix: folder.clone(),
        delimiter: Some("/".to_owned()),
        after: after.map(|key| Position { key, version: None }),
        keys_max: KEYS_SHOWN_MAX,
        versions: false,
    };
    let grants = deliveries(visit, project, bucket).await;
    // WHY not asked: who came to deliver would be refused, and refusals are for what somebody tried.
    let is_blind = !grants.is_empty() && !is_for(visit, Act::ObjectList.row());
    let listing = match is_blind {
        true => Listed::Blind,
        false => match list(region, &signed.actor, &deed, &wanted).await {
            Ok(page) => Listed::Page(listing(visit, (project, bucket), folder, page)?),
            Err(refusal) => Listed::Refused(refusal),
        },
    };
    Ok(Answered::page(pages::bucket(visit, project, bucket, &listing, &grants)))
}

/// What whoever visits sees of a bucket.
pub enum Listed {
    Page(Listing),
    Refused(Refusal),
    /// They deliver here, and were not asked about.
    Blind,
}

fn listing(
    visit: &Visit<'_>,
    (project, bucket): (&str, &str),
    folder: String,
    page: Page,
) -> Result<Listing, Refusal> {
    let region = visit.door.region();
    let seal = |of, text: &str| region.seal_text(&purpose(of, project, bucket), text.as_bytes());
    let mut listing = Listing { folder, folders: Vec::new(), objects: Vec::new(), next: None };
    for name in page.folders {
        let sealed = seal("place", &name)?;
        listing.folders.push((name, sealed));
    }
    for (row, _) in &page.objects {
        listing.objects.push((told_of(row), seal("object", &row.key)?));
    }
    // WHY with the folder: the next page of a folder is in that folder.
    let place = visit.asked("in").filter(|place| !place.is_empty());
    if let Some(next) = page.next {
        listing.next = Some((place, seal("place", &next.key)?));
    }
    Ok(listing)
}

/// Grants under which whoever visits delivers into a bucket.
async fn deliveries(visit: &Visit<'_>, project: &str, bucket: &str) -> Vec<String> {
    let Ok(things) = visit.list(Act::GrantShow, json!({})).await else { return Vec::new() };
    let is_mine = |thing: &&Value| {
        let is_true = |name: &str| thing.get(name) == Some(&Value::Bool(true));
        let is_here = told::text(thing, "project") == project && told::text(thing, "bucket") == bucket;
        is_true("mine") && !is_true("revoked") && is_here
    };
    things.iter().filter(is_mine).map(|thing| told::text(thing, "grant").to_owned()).collect()
}

fn plain(bytes: Vec<u8>) -> Result<String, Refusal> {
    String::from_utf8(bytes).map_err(|_| Refusal::new(Reason::NotFound))
}

/// The name of an object in a bucket.
pub fn key_of(visit: &Visit<'_>, project: &str, bucket: &str, sealed: &str) -> Result<String, Refusal> {
    plain(visit.door.region().open_text(&purpose("object", project, bucket), sealed)?)
}

pub async fn object(
    visit: &Visit<'_>,
    project: &str,
    bucket: &str,
    sealed: &str,
) -> Result<Answered, Refusal> {
    let key = key_of(visit, project, bucket, sealed)?;
    let fields = json!({ "project": project, "bucket": bucket, "key": key });
    let told = visit.look(Act::ObjectShow, fields).await?;
    let around = pages::Around {
        versions: versions(visit, project, bucket, told::text(&told, "key")).await,
        leaves: seen(visit, project, told::text(&told, "id")).await,
    };
    Ok(Answered::page(pages::object(visit, (project, bucket), sealed, &told, &around)))
}

/// WHY: what a person looks through.
const VERSIONS_SHOWN_MAX: usize = 50;

/// The versions of an object, newest first, for whoever may list them.
async fn versions(visit: &Visit<'_>, project: &str, bucket: &str, key: &str) -> Vec<(Value, bool)> {
    let Ok(signed) = visit.signed() else { return Vec::new() };
    if !is_for(visit, Act::ObjectList.row()) {
        return Vec::new();
    }
    let deed = ObjectList {
        project: project.to_owned(),
        bucket: bucket.to_owned(),
        prefix: Some(key.to_owned()),
        page: None,
    };
    let wanted =
        Wanted { prefix: key.to_owned(), keys_max: VERSIONS_SHOWN_MAX, versions: true, ..Wanted::default() };
    let Ok(page) = list(visit.door.region(), &signed.actor, &deed, &wanted).await else { return Vec::new() };
    let own = page.objects.iter().filter(|(row, _)| row.key == key);
    own.map(|(row, _)| (told_of(row), row.is_marker)).collect()
}

/// The newest leaves about an object, for whoever may search the ledger.
async fn seen(visit: &Visit<'_>, project: &str, id: &str) -> Option<maud::Markup> {
    if !is_for(visit, Act::LedgerShow.row()) {
        return None;
    }
    let about = json!({ "project": project, "about": format!("object:{id}") });
    let found = visit.list(Act::LedgerShow, about).await.ok()?;
    let cell = pages::cell_of(visit, project).await.ok()?;
    Some(pages::leaves(visit, &cell, visit.texts.say("object-seen"), &found).await)
}

/// The bytes of an object, as a file.
pub async fn bytes(
    visit: &Visit<'_>,
    project: &str,
    bucket: &str,
    sealed: &str,
) -> Result<Answered, Refusal> {
    let signed = visit.signed()?;
    // WHY: a read is written down; what a browser fetches ahead, nobody asked for.
    if visit::text(&visit.parts.headers, "sec-purpose").is_some() {
        return Err(Refusal::with(Reason::Unauthenticated, "nobody asked for it yet"));
    }
    let key = key_of(visit, project, bucket, sealed)?;
    // SPEC: RFC 8187, 3.2.1.
    let name = encoded(key.rsplit('/').next().unwrap_or_default());
    let deed = ObjectGet { project: project.to_owned(), bucket: bucket.to_owned(), key, version: None };
    let reading = get(visit.door.region(), &signed.actor, deed, |row| Ok(0..row.size_bytes)).await?;
    let size_bytes = reading.range.end - reading.range.start;
    let share = visit.door.share_of(signed.actor.person)?;
    let response = perform::bytes(reading.leaf, Some(size_bytes), reading.body);
    Ok(Answered::bytes(as_file(response, share, &name)))
}

/// Stores the files of a form, one after another, as they come.
pub async fn deliver(
    visit: &Visit<'_>,
    project: &str,
    bucket: &str,
    body: Incoming,
) -> Result<Answered, Refusal> {
    let signed = visit.signed()?;
    let media = visit::text(&visit.parts.headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let wrong = || Refusal::with(Reason::Invalid, "that is no form with files");
    let boundary = multer::parse_boundary(media).map_err(|_| wrong())?;
    let _room = visit.door.room(&signed.share, UNREAD_BYTES_MAX)?;
    let size =
        multer::SizeLimit::new().for_field("prefix", PART_HEADS_MAX).for_field("grant", PART_HEADS_MAX);
    let limits = multer::Constraints::new().size_limit(size);
    let unread = Arc::new(AtomicU64::new(0));
    let stream = counted(perform::plain(body, visit.door.limits().body_wait), Arc::clone(&unread));
    let mut form = multer::Multipart::with_constraints(stream, boundary, limits);
    let (mut prefix, mut actor, mut stored) = (String::new(), signed.actor.clone(), Vec::new());
    let ended = async {
        while let Some(field) = form.next_field().await.map_err(|error| cut(&error))? {
            unread.store(0, Ordering::Relaxed);
            match field.name() {
                Some("prefix") => prefix = text(field).await?,
                Some("grant") => {
                    let grant = text(field).await?;
                    if !grant.is_empty() {
                        actor = visit.door.region().delivering(&signed.actor, &grant).await?;
                    }
                }
                Some("file") if stored.len() < FILES_MAX => {
                    let Some(name) = field.file_name().filter(|name| !name.is_empty()).map(str::to_owned)
                    else {
                        continue;
                    };
                    let key = format!("{prefix}{name}");
                    let file =
                        File { project, bucket, key, media: field.content_type().map(ToString::to_string) };
                    stored.push(store(visit, &actor, file, (field, &unread)).await?);
                }
                _ => return Err(wrong()),
            }
        }
        Ok(())
    };
    let ended = ended.await;
    match (ended, stored.is_empty()) {
        (Ok(()), true) => Err(Refusal::with(Reason::Invalid, "choose a file first")),
        (Ok(()), false) => Ok(Answered::page(pages::delivered(visit, project, bucket, &stored, None))),
        (Err(refusal), true) => Err(refusal),
        // WHY both: each file is an act, and what was stored before one is refused stays stored.
        (Err(refusal), false) => {
            let page = pages::delivered(visit, project, bucket, &stored, Some(&refusal));
            Ok(Answered::page(page).for_refusal(&refusal))
        }
    }
}

/// A form's bytes, of which only so many may come before a piece of it is read.
///
/// WHY: the form's reader keeps what it has not understood yet, without a bound of its own.
fn counted(body: Plain, unread: Arc<AtomicU64>) -> Plain {
    Box::pin(body.map(move |next| {
        let next = next?;
        let held = unread.fetch_add(next.len() as u64, Ordering::Relaxed) + next.len() as u64;
        if held > UNREAD_BYTES_MAX { Err(Refusal::new(Reason::TooLarge)) } else { Ok(next) }
    }))
}

async fn text(field: multer::Field<'_>) -> Result<String, Refusal> {
    field.text().await.map_err(|error| cut(&error))
}

struct File<'a> {
    project: &'a str,
    bucket: &'a str,
    key: String,
    media: Option<String>,
}

/// What came of one file.
pub struct Stored {
    pub name: String,
    pub leaf: Option<String>,
    pub told: Value,
}

async fn store(
    visit: &Visit<'_>,
    actor: &Actor,
    file: File<'_>,
    (field, unread): (multer::Field<'_>, &AtomicU64),
) -> Result<Stored, Refusal> {
    let deed = ObjectPut {
        project: file.project.to_owned(),
        bucket: file.bucket.to_owned(),
        key: file.key.clone(),
        media: file.media,
        condition: None,
        sealed: None,
    };
    // WHY through a channel: what stores wants a body of its own, and a form's field is lent.
    let (sender, receiver) = futures::channel::mpsc::channel(1);
    let body: Plain = Box::pin(receiver);
    let storing = put(visit.door.region(), actor, deed, Extra::default(), body);
    let (stored, ()) = futures::join!(storing, pour(field, sender, unread));
    let stored = stored?;
    Ok(Stored { name: file.key, leaf: stored.leaf.map(|leaf| leaf.to_string()), told: told_of(&stored.row) })
}

type Sender = futures::channel::mpsc::Sender<Result<bytes::Bytes, Refusal>>;

/// Hands a file's bytes on; ends when they do, or when nobody takes them.
async fn pour(mut field: multer::Field<'_>, mut sender: Sender, unread: &AtomicU64) {
    use futures::SinkExt;
    while let Some(next) = field.next().await {
        let next = next.map_err(|error| cut(&error));
        unread.store(0, Ordering::Relaxed);
        let is_cut = next.is_err();
        if sender.send(next).await.is_err() || is_cut {
            return;
        }
    }
}

/// WHY not its own words: they tell of the form's inside.
fn cut(error: &multer::Error) -> Refusal {
    match error {
        // What was refused below the form.
        multer::Error::StreamReadFailed(cause) if cause.is::<Refusal>() => {
            cause.downcast_ref::<Refusal>().cloned().unwrap_or(Refusal::new(Reason::BodyCut))
        }
        multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. } => {
            Refusal::new(Reason::TooLarge)
        }
        multer::Error::IncompleteFieldData { .. }
        | multer::Error::IncompleteHeaders
        | multer::Error::IncompleteStream
        | multer::Error::StreamReadFailed(_) => Refusal::new(Reason::BodyCut),
        _ => Refusal::with(Reason::Invalid, "that is no form with files"),
    }
}
