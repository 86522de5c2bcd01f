//! Listing: keys in UTF-8 order, folders by delimiter, all versions if asked.

use async_trait::async_trait;
use futures::FutureExt;
use gate::facts::Target;
use words::act::ObjectList;
use words::limit::LIST_KEYS_MAX;
use words::noun::Noun;
use words::{Actor, Deed, Reason, Refusal};

use crate::Region;
use crate::act::{Judged, Scene, subject};
use crate::cell::draft::Draft;
use crate::derive;
use crate::facts::{self, DataTarget};
use crate::noun::bucket::{self, BucketRow};
use crate::object::{ObjectRow, number_of, prefix};

/// WHY: rows looked at for one page; a page that hides more behind a delimiter goes on from where it stopped.
const ROWS_MAX: usize = 100_000;
/// WHY: rows read from the index at a time; a page of few keys should cost few rows.
const BATCH_ROWS: (usize, usize) = (16, 1_024);
/// WHY: behind a folder there is often another, and one row names it.
const BEHIND_FOLDER_ROWS: usize = 4;

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub prefix: String,
    pub delimiter: Option<String>,
    /// Keys (and folders) after this one.
    pub after: Option<Position>,
    /// At most this many keys and folders together, up to 1,000.
    pub keys_max: usize,
    pub versions: bool,
}

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub key: String,
    /// For version listings: the last version given.
    pub version: Option<String>,
}

/// One page.
#[derive(Debug, Default)]
pub struct Page {
    /// Newest versions without markers; or, for versions, every row with whether it is the newest.
    pub objects: Vec<(ObjectRow, bool)>,
    pub folders: Vec<String>,
    /// Set when there may be more.
    pub next: Option<Position>,
}

/// Where a page ended, as clients carry it on: a name of an object would tell of patients in their logs.
///
/// WHY with what it lists: in another listing, of keys that somebody chose, it would tell the name after all.
impl Region {
    pub(crate) fn seal_page(&self, deed: &ObjectList, position: &Position) -> Result<String, Refusal> {
        self.seal_text(PAGE, &[&listing(deed)[..], position.key.as_bytes()].concat())
    }

    pub(crate) fn open_page(&self, deed: &ObjectList, page: &str) -> Result<Position, Refusal> {
        let wrong = || {
            Refusal::with(Reason::Invalid, "a page is what the last one of the same listing called `next`")
        };
        let bytes = self.open_text(PAGE, page).map_err(|_| wrong())?;
        let key = bytes.strip_prefix(&listing(deed)).ok_or_else(wrong)?;
        Ok(Position { key: String::from_utf8(key.to_vec()).map_err(|_| wrong())?, version: None })
    }
}

/// What is listed, as it was asked for.
fn listing(deed: &ObjectList) -> [u8; 32] {
    let prefix = deed.prefix.as_deref().unwrap_or_default();
    seal::sha256(format!("{}\n{}\n{prefix}", deed.project, deed.bucket).as_bytes())
}

const PAGE: &str = "epic page of a listing";

#[async_trait]
impl Judged for ObjectList {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        facts::data(scene, &DataTarget::bucket(&self.project, &self.bucket)).await
    }
}

/// A page of a bucket that this actor may list; recorded within a second.
pub async fn list(
    region: &Region,
    actor: &Actor,
    deed: &ObjectList,
    wanted: &Wanted,
) -> Result<Page, Refusal> {
    let listed = async {
        let cell = region.project_cell(actor, &deed.project).await?;
        let allowed = region.allow(actor, deed, Some(&cell)).await?;
        let rows = cell.view().await?;
        let bucket = bucket::find(&rows, &deed.bucket).await?;
        region.observe(&allowed, subject(Noun::Bucket, bucket.id), &cell)?;
        page(&rows, &bucket, wanted).await
    };
    region.heard(actor, ObjectList::ACT, Some(&deed.project), listed.boxed()).await
}

/// Walks rows in order, newest version of each key first.
pub async fn page(rows: &Draft, bucket: &BucketRow, wanted: &Wanted) -> Result<Page, Refusal> {
    let mut page = Page::default();
    if wanted.keys_max == 0 {
        return Ok(page);
    }
    // WHY: whose newest version was told on the last page has none here.
    let last_key =
        wanted.after.as_ref().filter(|after| after.version.is_some()).map(|after| after.key.clone());
    let mut walk =
        Walk { wanted, page: &mut page, last_key, last_version: None, skipping: wanted.after.clone() };
    let under = [&bucket.id.to_bytes()[..], wanted.prefix.as_bytes()].concat();
    let mut from = start(bucket, wanted);
    let mut looked_at = 0;
    // One more tells whether there is a next page.
    let whole_rows = wanted.keys_max.saturating_add(1).clamp(BATCH_ROWS.0, BATCH_ROWS.1);
    let mut batch_rows = if walk.has_folders() { BATCH_ROWS.0 } else { whole_rows };
    while looked_at < ROWS_MAX {
        let batch = rows.rows::<ObjectRow>(&under, from.as_deref(), batch_rows).await?;
        let is_last = batch.len() < batch_rows;
        looked_at += batch.len();
        for (own, row) in batch {
            from = Some(own);
            if walk.take(row) == Step::Full {
                return Ok(page);
            }
        }
        if is_last {
            return Ok(page);
        }
        // WHY: a folder may hold a million keys; one is enough to name it.
        batch_rows = match walk.inside() {
            Some(folder) => {
                from = Some(behind_folder(bucket, folder));
                BEHIND_FOLDER_ROWS
            }
            None => (batch_rows * 4).min(whole_rows),
        };
    }
    // WHY not the last one told: behind many hidden rows there may be none.
    let next = walk.looked_at();
    page.next = next;
    Ok(page)
}

/// The row key to start behind.
fn start(bucket: &BucketRow, wanted: &Wanted) -> Option<Vec<u8>> {
    let after = wanted.after.as_ref()?;
    if wanted.versions
        && let Some(version) = &after.version
    {
        // Within a key: behind the version; that of one without a number is looked for from the key's first row.
        let own = prefix(bucket.id, &after.key);
        let behind = number_of(version).map(|number| [&own[..], &(u64::MAX - number).to_be_bytes()].concat());
        return Some(behind.unwrap_or_else(|| [&bucket.id.to_bytes()[..], after.key.as_bytes()].concat()));
    }
    let is_folder = folder(wanted, &after.key).as_deref() == Some(&after.key);
    Some(if is_folder { behind_folder(bucket, &after.key) } else { behind_key(bucket, &after.key) })
}

/// Behind every version of a key.
fn behind_key(bucket: &BucketRow, key: &str) -> Vec<u8> {
    [&prefix(bucket.id, key)[..], &[u8::MAX; 9]].concat()
}

/// Behind everything that starts with a folder's name.
fn behind_folder(bucket: &BucketRow, folder: &str) -> Vec<u8> {
    // WHY 0xFF: no UTF-8 text holds it, so it sorts behind every key.
    [&bucket.id.to_bytes()[..], folder.as_bytes(), &[u8::MAX]].concat()
}

fn mark(wanted: &Wanted) -> Option<&str> {
    wanted.delimiter.as_deref().filter(|mark| !mark.is_empty())
}

/// The folder that a key lies in, as far as it is asked for.
fn folder(wanted: &Wanted, key: &str) -> Option<String> {
    let mark = mark(wanted)?;
    let rest = key.get(wanted.prefix.len()..)?;
    let end = wanted.prefix.len() + rest.find(mark)? + mark.len();
    key.get(..end).map(str::to_owned)
}

#[derive(PartialEq, Eq)]
enum Step {
    Next,
    Full,
}

struct Walk<'a> {
    wanted: &'a Wanted,
    page: &'a mut Page,
    last_key: Option<String>,
    last_version: Option<String>,
    skipping: Option<Position>,
}

impl Walk<'_> {
    fn take(&mut self, row: ObjectRow) -> Step {
        let is_newest = self.last_key.as_deref() != Some(&row.key);
        self.last_key.get_or_insert_default().clone_from(&row.key);
        self.last_version = self.wanted.versions.then(|| row.version_id());
        let is_told = self.wanted.versions || (is_newest && !row.is_marker);
        if !is_told || self.is_skipped(&row) || self.inside().is_some() {
            return Step::Next;
        }
        if self.is_full() {
            self.page.next = self.position();
            return Step::Full;
        }
        match folder(self.wanted, &row.key) {
            Some(folder) => self.page.folders.push(folder),
            None => self.page.objects.push((row, is_newest)),
        }
        Step::Next
    }

    /// Whether a key is passed by: what the region makes is told to whoever asks for it by its place.
    ///
    /// WHY: a client that copies a bucket, or compares it with a folder, means what people stored.
    fn hides(&self, key: &str) -> bool {
        key.starts_with(derive::PREFIX) && !self.wanted.prefix.starts_with(derive::PREFIX)
    }

    /// The folder told last or passed by, while the walk is still in it.
    fn inside(&self) -> Option<&str> {
        if self.last_key.as_ref().is_some_and(|key| self.hides(key)) {
            return Some(derive::PREFIX);
        }
        let folder = self.page.folders.last()?;
        self.last_key.as_ref().is_some_and(|key| key.starts_with(folder)).then_some(folder)
    }

    /// Versions of the last page's last key that were told already.
    fn is_skipped(&mut self, row: &ObjectRow) -> bool {
        let Some(Position { key, version: Some(version) }) = &self.skipping else {
            return false;
        };
        // WHY not until the version itself: it may have been deleted since.
        if *key != row.key || number_of(version).is_some_and(|number| row.version < number) {
            self.skipping = None;
            return false;
        }
        if *version == row.version_id() {
            self.skipping = None;
        }
        true
    }

    fn has_folders(&self) -> bool {
        mark(self.wanted).is_some()
    }

    fn is_full(&self) -> bool {
        self.page.objects.len() + self.page.folders.len() >= self.wanted.keys_max.min(LIST_KEYS_MAX)
    }

    /// The last row looked at, told or not.
    fn looked_at(&self) -> Option<Position> {
        // WHY the folder: from a key within, the next page would tell it again.
        if let Some(folder) = self.inside() {
            return Some(Position { key: folder.to_owned(), version: None });
        }
        let version = self.last_version.clone();
        self.last_key.clone().map(|key| Position { key, version })
    }

    /// Where the next page goes on.
    fn position(&self) -> Option<Position> {
        let object = self.page.objects.last().map(|(row, _)| Position {
            key: row.key.clone(),
            version: self.wanted.versions.then(|| row.version_id()),
        });
        let folder = self.page.folders.last().map(|folder| Position { key: folder.clone(), version: None });
        object.into_iter().chain(folder).max_by(|left, right| left.key.cmp(&right.key))
    }
}
