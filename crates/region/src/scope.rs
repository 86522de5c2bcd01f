//! Erasure scopes: the sets of objects whose keys die together.
//!
//! A project's cell has one scope of its own and one per provider's agreement.
//! The row lies under the cell's key, so that it outlives the scope's keys and
//! can say that they were destroyed on purpose.

use std::collections::BTreeSet;

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use words::noun::{Agreement, Project, Scope};
use words::{Id, Reason, Refusal, Timestamp};

use crate::act::Frame;
use crate::cell::draft::Draft;
use crate::noun::agreement::AgreementRow;
use crate::noun::erasure::ErasureRow;
use crate::noun::person::PersonRow;
use crate::noun::project::ProjectRow;
use crate::row::{Row, Table};

/// One erasure scope of a project's cell.
#[derive(Debug, Clone, Encode, Decode)]
pub struct ScopeRow {
    #[n(0)]
    pub id: Id<Scope>,
    /// The agreement whose data it holds; none: the project's own, or a snapshot's, whose id it has.
    #[n(1)]
    pub agreement: Option<Id<Agreement>>,
    /// Generation of the data pair that new objects are sealed to.
    #[n(2)]
    pub generation: u32,
    /// Public half of that pair, enough to take deliveries.
    #[n(3)]
    pub public: ByteArray<32>,
    /// Its keys are being or have been destroyed.
    #[n(4)]
    pub is_erased: bool,
    #[n(5)]
    pub erased_at: Option<Timestamp>,
}

impl Row for ScopeRow {
    const TABLE: Table = Table::Scope;
}

impl ScopeRow {
    /// The scope of an agreement under which nothing was stored; it has no keys.
    pub fn without_data(agreement: Id<Agreement>) -> Self {
        Self {
            id: agreement.cast(),
            agreement: Some(agreement),
            generation: 0,
            public: [0; 32].into(),
            is_erased: false,
            erased_at: None,
        }
    }
}

/// The live scope of an agreement (or the project's own); founded at its first use.
pub async fn of(
    draft: &mut Draft,
    frame: &Frame<'_>,
    project: Id<Project>,
    agreement: Option<Id<Agreement>>,
) -> Result<ScopeRow, Refusal> {
    let rows = draft.all::<ScopeRow>(&[]).await?;
    // WHY the agreement's own id: the scope can be told from the agreement and back.
    let id: Id<Scope> = agreement.map_or(project.cast(), Id::cast);
    let known = rows.into_iter().map(|(_, row)| row).find(|row| row.id == id);
    if let Some(known) = known {
        return if known.is_erased { Err(Reason::ScopeErased.into()) } else { Ok(known) };
    }
    // Keys come before the row that names them; keys without a row harm nobody.
    let public = frame.region.keys(project.cast()).found_scope(id, 1)?.into();
    let row = ScopeRow { id, agreement, generation: 1, public, is_erased: false, erased_at: None };
    draft.put(&id.to_bytes(), &row)?;
    Ok(row)
}

/// The scopes of a cell whose keys no commit says were destroyed; in the root those of persons, and of
/// projects and agreements of which no erasure was begun.
pub async fn undestroyed(rows: &Draft) -> Result<Vec<Id<Scope>>, Refusal> {
    let erasures = rows.all::<ErasureRow>(&[]).await?;
    let erased: BTreeSet<_> = erasures.into_iter().map(|(_, row)| (row.project, row.scope)).collect();
    let is_erased = |project, scope| erased.contains(&(project, None)) || erased.contains(&(project, scope));
    let scopes = rows.all::<ScopeRow>(&[]).await?.into_iter().filter(|(_, row)| !row.is_erased);
    let persons = rows.all::<PersonRow>(&[]).await?.into_iter().map(|(_, row)| row.id.cast());
    let projects = rows.all::<ProjectRow>(&[]).await?.into_iter().map(|(_, row)| row.id);
    let projects = projects.filter(|id| !is_erased(*id, None)).map(Id::cast);
    let agreements = rows.all::<AgreementRow>(&[]).await?.into_iter().map(|(_, row)| (row.project, row.id));
    let agreements = agreements.filter(|(project, id)| !is_erased(*project, Some(id.cast())));
    let named = scopes.map(|(_, row)| row.id).chain(persons).chain(projects);
    let wishes = crate::noun::crossing::undestroyed(rows, &erased).await?;
    Ok(named.chain(agreements.map(|(_, id)| id.cast())).chain(wishes).collect())
}
