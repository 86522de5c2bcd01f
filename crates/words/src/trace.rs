//! The only fields a log line or metric may carry: opaque, never personal.

/// Name of the act, as in the table of acts.
pub const ACT: &str = "act";
/// Opaque id of the cell.
pub const CELL: &str = "cell";
/// Sequence number of a commit.
pub const SEQ: &str = "seq";
/// Index of a leaf in its cell's ledger.
pub const LEAF: &str = "leaf";
/// A `Reason`'s code.
pub const REASON: &str = "reason";
/// Elapsed milliseconds.
pub const ELAPSED_MS: &str = "elapsed_ms";
/// Bytes of a body.
pub const SIZE_BYTES: &str = "size_bytes";
