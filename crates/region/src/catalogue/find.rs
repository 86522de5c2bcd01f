//! Finding: in every project that whoever asks has a part in, in every bucket whose objects the gate shows them.
//!
//! Two questions are asked of each bucket: whether its objects may be looked at, and whether they may be read. Who
//! may only look finds names, labels and kinds; words of the content are found by whoever may read it.

use async_trait::async_trait;
use gate::facts::Target;
use serde_json::{Value, json};
use words::act::{ObjectGet, ObjectSearch, ObjectShow};
use words::{Reason, Refusal};

use crate::act::{Judged, Scene};
use crate::cell::Cell;
use crate::facts::{self, DataTarget};
use crate::noun::bucket::BucketRow;
use crate::noun::project::ProjectRow;
use crate::show::Show;

/// WHY: what one page shows.
const HITS_MAX: usize = 50;
const PAGE: &str = "epic page of a search";

#[async_trait]
impl Judged for ObjectSearch {
    /// Anyone signed in may search; what they find is chosen for them.
    async fn target(&self, _: &Scene<'_>) -> Result<Target, Refusal> {
        Ok(Target::Region)
    }
}

#[async_trait]
impl Show for ObjectSearch {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let invalid = |why: String| Refusal::with(Reason::Invalid, why);
        let query = search::Query::parse(&self.query).map_err(|error| invalid(error.to_string()))?;
        let order = order(self.order.as_deref())?;
        let from = begin(self, scene)?;
        let mut found = Found { from, ..Found::default() };
        let mut projects: Vec<ProjectRow> =
            scene.root.all::<ProjectRow>(&[]).await?.into_iter().map(|(_, row)| row).collect();
        projects.sort_by(|one, other| one.alias.cmp(&other.alias));
        for project in projects.into_iter().filter(|project| project.erased_at.is_none()) {
            let is_asked = |text: &String| *text == project.alias || *text == project.id.to_string();
            if self.project.as_ref().is_none_or(is_asked) {
                found.project(scene, &project, &query, order).await?;
            }
        }
        found.told(scene, &listing(self))
    }
}

fn order(text: Option<&str>) -> Result<search::Sort, Refusal> {
    match text {
        None => Ok(search::Sort::Relevance),
        Some("newest") => Ok(search::Sort::Newest),
        Some("largest") => Ok(search::Sort::Largest),
        Some("key") => Ok(search::Sort::Key),
        Some(_) => {
            Err(Refusal::with(Reason::Invalid, "what is found is ordered by `newest`, `largest` or `key`"))
        }
    }
}

/// What is searched for, as it was asked: a page of another search is none of this one.
fn listing(deed: &ObjectSearch) -> [u8; 32] {
    let asked = json!([deed.query, deed.project, deed.order]).to_string();
    seal::sha256(asked.as_bytes())
}

/// Where the last page ended: a project's short name, and where in it.
fn begin(deed: &ObjectSearch, scene: &Scene<'_>) -> Result<Option<(String, String)>, Refusal> {
    let Some(page) = &deed.page else { return Ok(None) };
    let wrong =
        || Refusal::with(Reason::Invalid, "a page is what the last one of the same search called `next`");
    let bytes = scene.region.open_text(PAGE, page).map_err(|_| wrong())?;
    let text = bytes.strip_prefix(&listing(deed)).ok_or_else(wrong)?;
    let text = std::str::from_utf8(text).map_err(|_| wrong())?;
    let (project, cursor) = text.split_once('\n').ok_or_else(wrong)?;
    Ok(Some((project.to_owned(), cursor.to_owned())))
}

/// A bucket that may be searched.
struct Place {
    name: String,
    /// Whether words of the content are found there.
    with_text: bool,
}

impl Place {
    const fn allowed(&self) -> search::Allowed<'_> {
        search::Allowed { name: self.name.as_str(), with_text: self.with_text }
    }
}

/// What was found so far.
#[derive(Default)]
struct Found {
    from: Option<(String, String)>,
    hits: Vec<Value>,
    total: u64,
    facets: std::collections::BTreeMap<String, std::collections::BTreeMap<String, u64>>,
    is_guessed: bool,
    next: Option<(String, String)>,
    /// A field that a project does not know, and whether another does.
    unknown: Option<Refusal>,
    is_known: bool,
}

impl Found {
    async fn project(
        &mut self,
        scene: &Scene<'_>,
        project: &ProjectRow,
        query: &search::Query,
        order: search::Sort,
    ) -> Result<(), Refusal> {
        if !facts::project(scene, project.id).await?.is_known_to_actor {
            return Ok(());
        }
        // WHY no fault where it cannot be opened: what else was found is told.
        let Ok(cell) = scene.region.cell(project.id.cast()).await else { return Ok(()) };
        let places = places(scene, project, &cell).await?;
        if places.is_empty() {
            return Ok(());
        }
        let Ok(known) = scene.region.catalogue().current(scene.region, &cell).await else { return Ok(()) };
        let is_before = self.from.as_ref().is_some_and(|(from, _)| project.alias < *from);
        let cursor =
            self.from.as_ref().filter(|(from, _)| *from == project.alias).map(|(_, cursor)| cursor.clone());
        let room = if is_before { 0 } else { HITS_MAX.saturating_sub(self.hits.len()) };
        let wrong = |error: search::SearchError| Refusal::with(Reason::Invalid, error.to_string());
        let after = cursor
            .filter(|cursor| !cursor.is_empty())
            .map(|cursor| cursor.parse())
            .transpose()
            .map_err(wrong)?;
        let allowed: Vec<_> = places.iter().map(Place::allowed).collect();
        let turn = search::Turn { after, size: room };
        let mut page = match known.index.search(query, &allowed, &turn, order) {
            Ok(page) => page,
            // WHY: a label may be used in one project alone; only where none has it, it is no field.
            Err(unknown @ search::SearchError::UnknownField { .. }) => {
                self.unknown = self.unknown.take().or(Some(wrong(unknown)));
                return Ok(());
            }
            Err(error) => return Err(wrong(error)),
        };
        self.is_known = true;
        if room == 0 {
            // WHY: at least one is found for each page; here it is counted, and shown on the next.
            page.hits.clear();
            page.next = None;
        }
        if self.next.is_none() && !is_before {
            let from_its_start = (room == 0 && page.total > 0).then(String::new);
            let cursor = page.next.as_ref().map(ToString::to_string).or(from_its_start);
            self.next = cursor.map(|cursor| (project.alias.clone(), cursor));
        }
        self.take(&project.alias, page);
        Ok(())
    }

    /// Takes in a page of a project: its hits, and counts of all that matches there.
    fn take(&mut self, project: &str, page: search::Page) {
        self.total += page.total;
        self.is_guessed |= page.is_guessed;
        let mut count = |name: &str, value: String, objects: u64| {
            *self.facets.entry(name.to_owned()).or_default().entry(value).or_default() += objects;
        };
        let search::Facets { kinds, standings, places, sources, .. } = page.facets;
        for (name, counts) in
            [("kind", kinds), ("standing", standings), ("place", places), ("source", sources)]
        {
            counts.largest.into_iter().for_each(|share| count(name, share.name, share.objects));
        }
        if page.total > 0 {
            count("project", project.to_owned(), page.total);
        }
        self.hits.extend(page.hits.into_iter().map(|hit| {
            json!({
                "project": project,
                "bucket": hit.place,
                "key": hit.key,
                "kind": hit.kind,
                "standing": hit.standing.code(),
                "size_bytes": hit.size_bytes,
                "at": words::Timestamp::from_ms(hit.at_ms),
            })
        }));
    }

    fn told(mut self, scene: &Scene<'_>, listing: &[u8; 32]) -> Result<Value, Refusal> {
        if let Some(unknown) = self.unknown.take().filter(|_| !self.is_known) {
            return Err(unknown);
        }
        let next = self.next.map(|(project, cursor)| {
            let text = [&listing[..], format!("{project}\n{cursor}").as_bytes()].concat();
            scene.region.seal_text(PAGE, &text)
        });
        Ok(json!({
            "objects": self.hits,
            "total": self.total,
            "guessed": self.is_guessed,
            "facets": self.facets,
            "next": next.transpose()?,
        }))
    }
}

/// The buckets of a project that whoever asks may look into, and whether they may read there.
async fn places(scene: &Scene<'_>, project: &ProjectRow, cell: &Cell) -> Result<Vec<Place>, Refusal> {
    let rows = cell.view().await?;
    let within = Scene {
        region: scene.region,
        actor: scene.actor,
        root: scene.root,
        cell: Some(&rows),
        now: scene.now,
    };
    let mut places = Vec::new();
    for (_, bucket) in rows.all::<BucketRow>(&[]).await? {
        let target = facts::data(&within, &DataTarget::bucket(&project.alias, &bucket.name)).await?;
        if scene.region.may_see::<ObjectShow>(&within, target.clone()).await? {
            let with_text = scene.region.may_see::<ObjectGet>(&within, target).await?;
            places.push(Place { name: bucket.name, with_text });
        }
    }
    Ok(places)
}
