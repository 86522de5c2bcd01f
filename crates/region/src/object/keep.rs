//! What keeps a version from vanishing: a legal hold, its lock, its provider's retention.
//!
//! Every act that lets bytes go asks here, over the rows as its commit will
//! find them: deleting, replacing, expiring, erasing. No role is asked for:
//! who may do what was decided before.

use words::noun::Project;
use words::{Id, Reason, Refusal, Timestamp};

use crate::cell::draft::Draft;
use crate::facts;
use crate::noun::agreement::AgreementRow;
use crate::object::ObjectRow;
use crate::object::lock::Mode;
use crate::scope::ScopeRow;

/// What whoever lets go has been allowed to set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aside {
    Nothing,
    /// A governance lock; nothing else is ever set aside.
    Governance,
}

impl Aside {
    /// A governance lock is set aside by whoever says why.
    pub fn because(reason: Option<&str>) -> Result<Self, Refusal> {
        match reason.map(str::trim) {
            None => Ok(Self::Nothing),
            Some("") => Err(Refusal::with(Reason::Invalid, "say why the lock is set aside")),
            Some(_) => Ok(Self::Governance),
        }
    }
}

/// Whether a version may vanish now; else why not.
///
/// `now` is the region's time, which nothing turns back.
pub async fn may_vanish(
    cell: &Draft,
    root: &Draft,
    project: Id<Project>,
    row: &ObjectRow,
    now: Timestamp,
) -> Result<(), Refusal> {
    may_vanish_aside(cell, root, project, row, now, Aside::Nothing).await
}

/// The same for an act that was allowed to set something aside.
pub async fn may_vanish_aside(
    cell: &Draft,
    root: &Draft,
    project: Id<Project>,
    row: &ObjectRow,
    now: Timestamp,
    aside: Aside,
) -> Result<(), Refusal> {
    // WHY: a marker keeps no bytes; without it more is seen, not less.
    if row.is_marker {
        return Ok(());
    }
    if row.is_held {
        return Err(Reason::LegalHold.into());
    }
    if locked_until(row, aside).is_some_and(|until| now < until) {
        return Err(Reason::Retained.into());
    }
    let free_from = retained_by_agreement(cell, root, project, row).await?;
    match free_from {
        Some(free_from) if now < free_from => Err(Reason::Retained.into()),
        Some(_) | None => Ok(()),
    }
}

/// The first moment at which a version's lock lets it go; none: no lock, or one that is set aside.
pub fn locked_until(row: &ObjectRow, aside: Aside) -> Option<Timestamp> {
    let retention = row.retention.filter(|_| !row.is_marker)?;
    let is_aside = aside == Aside::Governance && retention.mode == Mode::Governance;
    (!is_aside).then_some(retention.until)
}

async fn retained_by_agreement(
    cell: &Draft,
    root: &Draft,
    project: Id<Project>,
    row: &ObjectRow,
) -> Result<Option<Timestamp>, Refusal> {
    let scope: Option<ScopeRow> = cell.row(&row.scope.to_bytes()).await?;
    // WHY not of what was made of it: nobody delivered that, and it can be made again.
    let Some(agreement) = scope.filter(|_| row.derived.is_none()).and_then(|scope| scope.agreement) else {
        return Ok(None);
    };
    let agreement: Option<AgreementRow> = root.row(&crate::row::pair(project, agreement)).await?;
    Ok(agreement.and_then(|agreement| facts::retained(&agreement, row.at)))
}
