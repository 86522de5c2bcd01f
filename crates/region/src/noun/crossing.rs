//! Crossings: permits for data of another project.
//!
//! The study asks, the controller of the data (its home) decides. What is asked for names data of the home, so
//! it has an erasure scope of its own in the root, the permit's, and dies with the first of those data that is
//! erased. Whoever asks is never told whether there is such a project.

use std::collections::BTreeSet;

use gate::facts::{AgreementFacts, CrossingFacts, ProjectFacts};
use minicbor::{Decode, Encode};
use words::actor::{Role, RoleLevel};
use words::noun::{Noun, Project, Scope};
use words::{BucketName, Id, Reason, Refusal};

use crate::Region;
use crate::act::Scene;
use crate::cell::draft::Draft;
use crate::facts;
use crate::name;
use crate::noun::agreement::AgreementRow;
use crate::noun::bucket::BucketRow;
use crate::noun::group;
use crate::noun::permit::PermitRow;
use crate::noun::project::ProjectRow;
use crate::object::ObjectRow;
use crate::row::{Row, Seal, Table};
use crate::scope::ScopeRow;
use crate::snapshot::SnapshotRow;

/// What a permit says of crossing, for ever.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Crossing {
    /// Whose data; none: no project had the name that was typed.
    #[n(0)]
    pub home: Option<Id<Project>>,
}

/// What a permit asks for of another project: names of its data.
#[derive(Debug, Clone, Default, Encode, Decode)]
pub struct WishRow {
    /// As typed.
    #[n(0)]
    pub home: String,
    /// `bucket`, `bucket/key` or `bucket/prefix*`
    #[n(1)]
    pub objects: Vec<String>,
    /// Names of metadata and labels.
    #[n(2)]
    pub metadata: Vec<String>,
}

impl Row for WishRow {
    const TABLE: Table = Table::Wish;
}

impl WishRow {
    /// Reads what a person typed; data are asked for by name or not at all.
    pub fn read(home: &str, objects: &[String], metadata: &[String]) -> Result<Self, Refusal> {
        if objects.is_empty() {
            return Err(Refusal::with(Reason::Invalid, "name what is asked for with `--objects`"));
        }
        for item in objects {
            let bucket: Result<BucketName, _> = split(item).0.parse();
            bucket.map_err(|error| Refusal::with(Reason::Invalid, error.to_string()))?;
        }
        Ok(Self { home: home.to_owned(), objects: objects.to_vec(), metadata: metadata.to_vec() })
    }

    /// The buckets it names, each once.
    pub fn buckets(&self) -> BTreeSet<&str> {
        self.objects.iter().map(|item| split(item).0).collect()
    }

    /// Whether it asks for a key of a bucket.
    pub fn wants(&self, bucket: &str, key: &str) -> bool {
        self.objects.iter().map(|item| split(item)).any(|(of, rest)| {
            let covers = |rest: &str| match rest.strip_suffix('*') {
                Some(prefix) => key.starts_with(prefix),
                None => key == rest,
            };
            of == bucket && rest.is_none_or(covers)
        })
    }

    /// Whether it asks for a metadatum or label of this name; user metadata are named without their prefix too.
    fn tells(&self, name: &str) -> bool {
        let bare = name.strip_prefix("x-amz-meta-").unwrap_or(name);
        self.metadata.iter().any(|wanted| wanted == name || wanted == bare)
    }

    /// An object with nothing said of it but what is asked for.
    pub fn minimised(&self, row: ObjectRow) -> ObjectRow {
        let named = |pairs: Vec<(String, String)>| -> Vec<(String, String)> {
            pairs.into_iter().filter(|(name, _)| self.tells(name)).collect()
        };
        ObjectRow {
            metadata: named(row.metadata),
            labels: named(row.labels),
            media: row.media.filter(|_| self.tells("content-type")),
            // WHY: those over parts are of parts that a snapshot has not.
            checksums: row.checksums.into_iter().filter(|sum| sum.is_full).collect(),
            part_sums: None,
            examined: None,
            is_held: false,
            // WHY: what keeps the home's object is the home's.
            retention: None,
            ..row
        }
    }
}

fn split(item: &str) -> (&str, Option<&str>) {
    item.split_once('/').map_or((item, None), |(bucket, rest)| (bucket, Some(rest)))
}

/// What the rows of a permit's wish are sealed under.
pub fn seal(permit: &PermitRow) -> Seal {
    Seal::Scope { scope: permit.id.cast(), id: permit.id.to_bytes(), size_bytes: 0 }
}

/// What a permit asks for; refused once its names are destroyed.
pub async fn wish(root: &Draft, permit: &PermitRow) -> Result<WishRow, Refusal> {
    root.row(&permit.key()).await?.ok_or_else(|| Reason::ScopeErased.into())
}

/// The project that a typed name means, if any; never told to who asks.
pub async fn resolved(root: &Draft, text: &str) -> Result<Option<Id<Project>>, Refusal> {
    match name::find_id(root, Noun::Project, text).await {
        Ok(id) => Ok(Some(id)),
        Err(refusal) if refusal.reason == Reason::NotFound => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// Buckets of the home that a permit names, with the scopes of their providers' data.
///
/// WHY no others: nobody can tell whose data a project's own results come from; they leave by the airlock.
pub async fn sources(
    region: &Region,
    home: Id<Project>,
    wish: &WishRow,
) -> Result<Vec<(BucketRow, ScopeRow)>, Refusal> {
    let opened = region.opened(home.cast());
    let cell = opened.ok_or(Refusal::with(Reason::Unavailable, "the project's cell is being opened"))?;
    let rows = cell.view().await?;
    let mut sources = Vec::new();
    for name in wish.buckets() {
        let bucket: Option<BucketRow> = rows.row(name.as_bytes()).await?;
        let absent =
            || Refusal::with(Reason::StateWrong, format!("it asks for bucket `{name}`, which is not there"));
        let bucket = bucket.ok_or_else(absent)?;
        let scope: ScopeRow = rows.known(&bucket.scope.to_bytes()).await?;
        if scope.is_erased {
            return Err(Reason::ScopeErased.into());
        }
        sources.push((bucket, scope));
    }
    Ok(sources)
}

/// What the gate is told of a permit's crossing; to who may not know the home nothing that helps.
pub async fn crossing(
    scene: &Scene<'_>,
    permit: &PermitRow,
    home: &ProjectFacts,
) -> Result<CrossingFacts, Refusal> {
    let study: ProjectRow = scene.root.known(&permit.project.to_bytes()).await?;
    let mut facts = CrossingFacts {
        study_tier: study.tier(),
        is_actor_of_study: is_of_study(scene, &study, home.id).await?,
        home: None,
        is_onward_agreed: false,
        study: None,
    };
    if !home.is_known_to_actor || !facts::controls(scene, home.id).await? {
        return Ok(facts);
    }
    let own = facts::agreement(scene, study.id, None).await?;
    let mut covering = Vec::new();
    for (_, scope) in sources(scene.region, home.id, &wish(scene.root, permit).await?).await? {
        covering.push(match scope.agreement {
            Some(id) => scene.root.row::<AgreementRow>(&crate::row::pair(home.id, id)).await?,
            None => None,
        });
    }
    let agreed = |row: &AgreementRow| row.allows_onward(study.id, own.as_ref());
    // The one that allows least: none before one that is not in force, before one that says no.
    let rank = |row: &Option<AgreementRow>| {
        row.as_ref().map(|row| (row.is_in_force(scene.now), agreed(row), std::cmp::Reverse(row.terms.starts)))
    };
    let least = covering.into_iter().min_by_key(rank).flatten();
    facts.is_onward_agreed = least.as_ref().is_some_and(agreed);
    facts.home = least.as_ref().map(AgreementRow::facts);
    facts.study = own.as_ref().map(AgreementRow::facts);
    Ok(facts)
}

impl AgreementRow {
    /// Whether its terms let a study have snapshots of the data, and the study keeps data only where they say.
    pub fn allows_onward(&self, study: Id<Project>, own: Option<&AgreementRow>) -> bool {
        let is_named = self.terms.onward.as_ref().is_some_and(|studies| studies.contains(&study));
        let places = &self.terms.places;
        let is_within = |own: &AgreementRow| {
            !own.terms.places.is_empty() && own.terms.places.iter().all(|place| places.contains(place))
        };
        is_named && (places.is_empty() || own.is_some_and(is_within))
    }

    /// In words of facts, for steps of the house that no gate judges.
    pub fn is_over_or_silent(&self, study: Id<Project>, now: words::Timestamp) -> bool {
        let AgreementFacts { is_ended, span, .. } = self.facts();
        let is_named = self.terms.onward.as_ref().is_some_and(|studies| studies.contains(&study));
        is_ended || now > span.ends || !is_named
    }
}

/// Whether the actor has a part in the study beside that of the controller of the data.
async fn is_of_study(scene: &Scene<'_>, study: &ProjectRow, home: Id<Project>) -> Result<bool, Refusal> {
    let home: ProjectRow = scene.root.known(&home.to_bytes()).await?;
    let held = group::held(scene).await?;
    Ok(held.into_iter().any(|(role, at)| match role.level() {
        RoleLevel::Project => at == study.id.to_bytes(),
        RoleLevel::Tenant => {
            role == Role::Controller && study.tenant != home.tenant && at == study.tenant.to_bytes()
        }
        RoleLevel::Region | RoleLevel::Organisation => false,
    }))
}

/// Scopes of permits whose wishes no erasure took along.
pub async fn undestroyed(
    root: &Draft,
    erased: &BTreeSet<(Id<Project>, Option<Id<Scope>>)>,
) -> Result<Vec<Id<Scope>>, Refusal> {
    let permits = root.all::<PermitRow>(&[]).await?.into_iter().map(|(_, row)| row);
    let snapshots = root.all::<SnapshotRow>(&[]).await?;
    let lost: BTreeSet<_> = snapshots
        .into_iter()
        .filter(|(_, row)| erased.contains(&(row.home, Some(row.scope))))
        .map(|(_, row)| row.permit)
        .collect();
    let stays = |row: &PermitRow| {
        let home = row.crossing.as_ref().and_then(|crossing| crossing.home);
        let sides = [Some(row.project), home];
        let is_gone = sides.into_iter().flatten().any(|side| erased.contains(&(side, None)));
        row.crossing.is_some() && !is_gone && !lost.contains(&row.id)
    };
    Ok(permits.filter(stays).map(|row| row.id.cast()).collect())
}

/// Scopes of the wishes that die in an erasure: of permits between this project and another, or that drew
/// from this scope.
pub async fn wishes_of(
    root: &Draft,
    project: Id<Project>,
    scope: Option<Id<Scope>>,
) -> Result<Vec<Id<Scope>>, Refusal> {
    if let Some(scope) = scope {
        let rows = root.all::<SnapshotRow>(&[]).await?.into_iter().map(|(_, row)| row);
        return Ok(rows
            .filter(|row| row.draws_from(project, Some(scope)))
            .map(|row| row.permit.cast())
            .collect());
    }
    let permits = root.all::<PermitRow>(&[]).await?.into_iter().map(|(_, row)| row);
    let is_of = |row: &PermitRow| {
        let crossing = row.crossing.as_ref();
        crossing.is_some_and(|crossing| row.project == project || crossing.home == Some(project))
    };
    Ok(permits.filter(is_of).map(|row| row.id.cast()).collect())
}
