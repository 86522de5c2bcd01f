//! Erasure scopes: the sets of objects whose keys die together.
//!
//! A project's cell has one scope of its own and one per provider's agreement.
//! The row lies under the cell's key, so that it outlives the scope's keys and
//! can say that they were destroyed on purpose.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use words::noun::{Agreement, Project, Scope};
use words::{Id, Reason, Refusal, Timestamp};

use crate::act::Frame;
use crate::cell::draft::Draft;
use crate::row::{Row, Table};

/// One erasure scope of a project's cell.
#[derive(Debug, Clone, Encode, Decode)]
pub struct ScopeRow {
    #[n(0)]
    pub id: Id<Scope>,
    /// The agreement whose data it holds; none: the project's own.
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

/// The live scope of an agreement (or the project's own); founded at its first use.
pub async fn of(
    draft: &mut Draft,
    frame: &Frame<'_>,
    project: Id<Project>,
    agreement: Option<Id<Agreement>>,
) -> Result<ScopeRow, Refusal> {
    let rows = draft.all::<ScopeRow>(&[]).await?;
    let known = rows.into_iter().map(|(_, row)| row).find(|row| row.agreement == agreement);
    if let Some(known) = known {
        return if known.is_erased { Err(Reason::ScopeErased.into()) } else { Ok(known) };
    }
    // WHY the agreement's own id: the scope can be told from the agreement and back.
    let id: Id<Scope> = agreement.map_or(project.cast(), Id::cast);
    // Keys come before the row that names them; keys without a row harm nobody.
    let public = frame.region.keys(project.cast()).found_scope(id, 1)?.into();
    let row = ScopeRow { id, agreement, generation: 1, public, is_erased: false, erased_at: None };
    draft.put(&id.to_bytes(), &row)?;
    Ok(row)
}
