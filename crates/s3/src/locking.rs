//! Locks between S3's headers and the region's: what a version is to be, and what it is.

use region::object::ObjectRow;
use region::object::lock::{Locking, Mode, Retention};
use s3s::dto::*;
use s3s::{S3ErrorCode, S3Result};

use crate::error;
use crate::page;

/// What is recorded as the reason of what S3 lets be asked without one.
const ASKED_BY_BYPASS: &str = "x-amz-bypass-governance-retention";
/// The reason of a request that sets governance aside.
pub fn bypass(asked: Option<bool>) -> Option<String> {
    (asked == Some(true)).then(|| ASKED_BY_BYPASS.to_owned())
}

pub const fn s3_mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Governance => ObjectLockRetentionMode::GOVERNANCE,
        Mode::Compliance => ObjectLockRetentionMode::COMPLIANCE,
    }
}

pub fn own_mode(mode: &str) -> Option<Mode> {
    [Mode::Governance, Mode::Compliance].into_iter().find(|own| s3_mode(*own) == mode)
}

/// What a request asks for the version that it stores.
pub fn asked(
    mode: Option<ObjectLockMode>,
    until: Option<Timestamp>,
    hold: Option<ObjectLockLegalHoldStatus>,
    by: words::Id<words::noun::Person>,
) -> S3Result<Locking> {
    let invalid = |detail: &str| error::invalid(S3ErrorCode::InvalidArgument, detail);
    let retention = match (mode, until) {
        (None, None) => None,
        (Some(mode), Some(until)) => {
            let mode = own_mode(mode.as_str());
            let mode = mode.ok_or_else(|| invalid("x-amz-object-lock-mode is GOVERNANCE or COMPLIANCE"))?;
            Some(Retention { mode, until: page::moment(&until), by: Some(by) })
        }
        _ => {
            return Err(invalid(
                "x-amz-object-lock-mode and x-amz-object-lock-retain-until-date go together",
            ));
        }
    };
    let is_held = match hold.as_ref().map(ObjectLockLegalHoldStatus::as_str) {
        None | Some(ObjectLockLegalHoldStatus::OFF) => false,
        Some(ObjectLockLegalHoldStatus::ON) => true,
        Some(_) => return Err(invalid("x-amz-object-lock-legal-hold is ON or OFF")),
    };
    Ok(Locking { retention, is_held })
}

/// Takes what a request asks for its version's lock out of its input.
macro_rules! locking {
    ($ask:expr) => {
        $crate::locking::asked(
            $ask.input.object_lock_mode.take(),
            $ask.input.object_lock_retain_until_date.take(),
            $ask.input.object_lock_legal_hold_status.take(),
            $ask.actor.person,
        )
    };
}
pub(crate) use locking;

/// Fills an answer's three fields.
pub fn tell(output: &mut GetObjectOutput, row: &ObjectRow) {
    output.object_lock_mode =
        row.retention.map(|retention| ObjectLockMode::from_static(s3_mode(retention.mode)));
    output.object_lock_retain_until_date = row.retention.map(|retention| page::time(retention.until));
    output.object_lock_legal_hold_status =
        row.is_held.then(|| ObjectLockLegalHoldStatus::from_static(ObjectLockLegalHoldStatus::ON));
}
