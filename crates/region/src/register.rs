//! The public register: which projects use which kinds of data, for what; told to everybody.
//!
//! Only what a controller has published is in it, in the words they chose, with
//! what signed agreements say of the data. It names no person, no project's short
//! name and no dataset, and asking for it is no act: it tells everybody the same.
//! SPEC: Regulation (EU) 2025/327 (EHDS), Art. 57 and 58: what health data access bodies make public.

use std::collections::BTreeSet;

use words::noun::{Organisation, Project};
use words::{Id, Refusal, Timestamp};

use crate::Region;
use crate::cell::draft::Draft;
use crate::noun::agreement::AgreementRow;
use crate::noun::organisation::OrganisationRow;
use crate::noun::permit::PermitRow;
use crate::noun::project::ProjectRow;
use crate::noun::tenant::TenantRow;

/// One project, as everybody may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Opaque; the same as long as the project lasts.
    pub id: String,
    pub italian: String,
    pub english: String,
    /// Legal name of whoever decides (GDPR Art. 4(7)).
    pub controller: String,
    /// Legal names of those whose data it uses, under agreements in force.
    pub providers: BTreeSet<String>,
    /// Kinds of data, as those agreements have them.
    pub categories: BTreeSet<String>,
    /// The strictest tier of the project's data: 0 open to 3 identifiable.
    pub tier: u8,
    /// From the first day of its agreements to the last.
    pub starts: Option<Timestamp>,
    pub ends: Option<Timestamp>,
    /// Permits in force at this moment.
    pub permits: u64,
    pub published: Timestamp,
}

impl Region {
    /// All of it, the newest first.
    pub async fn register(&self) -> Result<Vec<Entry>, Refusal> {
        // WHY: a process that lost the root must not tell what was concealed since.
        self.lease().confirmed(self.clock().now())?;
        let (root, now) = (self.root().view().await?, self.now());
        let mut entries = Vec::new();
        for (_, project) in root.all::<ProjectRow>(&[]).await? {
            entries.extend(entry(&root, &project, now).await?);
        }
        entries.sort_by(|one, other| (other.published, &other.id).cmp(&(one.published, &one.id)));
        Ok(entries)
    }
}

async fn entry(root: &Draft, project: &ProjectRow, now: Timestamp) -> Result<Option<Entry>, Refusal> {
    let Some(told) = project.published.as_ref().filter(|_| project.erased_at.is_none()) else {
        return Ok(None);
    };
    let tenant: TenantRow = root.known(&project.tenant.to_bytes()).await?;
    let agreements = root.all::<AgreementRow>(&project.id.to_bytes()).await?;
    let lasting: Vec<AgreementRow> =
        agreements.into_iter().map(|(_, row)| row).filter(|row| row.is_in_force(now)).collect();
    let mut providers = BTreeSet::new();
    for row in &lasting {
        providers.insert(named(root, row.provider).await?);
    }
    Ok(Some(Entry {
        id: project.id.to_string(),
        italian: told.italian.clone(),
        english: told.english.clone(),
        controller: named(root, tenant.organisation).await?,
        providers,
        categories: lasting.iter().flat_map(|row| row.terms.categories.iter().cloned()).collect(),
        tier: project.tier().number(),
        starts: lasting.iter().map(|row| row.terms.starts).min(),
        ends: lasting.iter().map(|row| row.terms.ends).max(),
        permits: permits(root, project.id, now).await?,
        published: told.at,
    }))
}

async fn named(root: &Draft, organisation: Id<Organisation>) -> Result<String, Refusal> {
    Ok(root.known::<OrganisationRow>(&organisation.to_bytes()).await?.name)
}

async fn permits(root: &Draft, project: Id<Project>, now: Timestamp) -> Result<u64, Refusal> {
    let mut count = 0;
    root.each(&project.to_bytes(), |row: PermitRow| count += u64::from(row.is_in_force(now))).await?;
    Ok(count)
}
