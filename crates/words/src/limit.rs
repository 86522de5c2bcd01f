//! Every bound over outside input, with its reason.

/// WHY: S3 counts an object key in UTF-8 bytes up to 1,024 (S3 API, "Object key names").
pub const OBJECT_KEY_BYTES_MAX: usize = 1_024;
/// WHY: S3 bucket names are DNS labels of 3 to 63 characters.
pub const BUCKET_NAME_CHARS_MAX: usize = 63;
pub const BUCKET_NAME_CHARS_MIN: usize = 3;
/// WHY: S3 allows 10,000 parts; a lower bound would break resumption by common clients.
pub const UPLOAD_PARTS_MAX: u32 = 10_000;
/// WHY: S3's largest single PUT or part, 5 GiB.
pub const PART_BYTES_MAX: u64 = 5 << 30;
/// WHY: S3's smallest part but for the last, 5 MiB.
pub const PART_BYTES_MIN: u64 = 5 << 20;
/// WHY: S3's largest object, 5 TiB.
pub const OBJECT_BYTES_MAX: u64 = 5 << 40;
/// WHY: S3's page of a listing.
pub const LIST_KEYS_MAX: usize = 1_000;
/// WHY: S3's most keys of one batch delete.
pub const DELETE_KEYS_MAX: usize = 1_000;
/// WHY: S3 allows 2 KB of user metadata.
pub const METADATA_BYTES_MAX: usize = 2_048;
/// WHY: a presigned URL lives at most seven days (SigV4).
pub const PRESIGN_SECONDS_MAX: u64 = 604_800;
/// WHY: SigV4 clients sign with their own clock; S3 tolerates 15 minutes.
pub const CLOCK_SKEW_MS_MAX: i64 = 15 * 60 * 1_000;
/// WHY: the body of an act is a form a person filled in.
pub const ACT_BODY_BYTES_MAX: usize = 256 * 1_024;
/// WHY: free text a person may write in one field.
pub const TEXT_CHARS_MAX: usize = 16_384;
/// WHY: a list that a person wrote (parties, persons, objects of a release).
pub const LIST_ITEMS_MAX: usize = 1_000;
/// WHY: one commit is read whole at replay and verify.
pub const COMMIT_ACTS_MAX: usize = 1_024;
/// WHY: the same, in bytes of rows and records before sealing.
pub const COMMIT_BYTES_MAX: usize = 4 << 20;
/// WHY: acts waiting for their cell's sequencer; beyond it, callers get `unavailable` at once.
pub const QUEUE_ACTS_MAX: usize = 8_192;
/// WHY: a revocation must bite in 5 s; unconfirmed for 4 s refuses everything.
pub const LEASE_MS_MAX: i64 = 4_000;
/// WHY: a credential that outlives a working year is a forgotten one.
pub const CREDENTIAL_LIFETIME_MS_MAX: i64 = 366 * 86_400 * 1_000;
/// WHY: twelve hours, as AWS has it; what lasts longer is a credential, told and revoked by itself.
pub const SESSION_SECONDS_MAX: u64 = 43_200;
/// WHY: below a minute a client would ask for the next before it has used the first.
pub const SESSION_SECONDS_MIN: u64 = 60;
/// WHY: what SDKs ask for where nothing is said.
pub const SESSION_SECONDS: u64 = 3_600;
/// WHY: tokens of grids with hundreds of groups and a visa are some 8 KiB.
pub const TOKEN_CHARS_MAX: usize = 20_000;
/// WHY: a collaboration has dozens of groups; a person is in fewer.
pub const TOKEN_GROUPS_MAX: usize = 512;
/// WHY: providers publish two or three keys, some a dozen.
pub const ISSUER_KEYS_MAX: usize = 64;
/// WHY: SPEC: OpenID Connect Core 1.0, 2: `sub` has at most 255 characters.
pub const SUBJECT_CHARS_MAX: usize = 255;
/// WHY: an unreferenced blob younger than this may belong to an upload in flight.
pub const ORPHAN_AGE_MS_MIN: i64 = 24 * 3_600 * 1_000;
/// WHY: a snapshot's list is held while its digests are made, and read again for every check.
pub const SNAPSHOT_OBJECTS_MAX: usize = 100_000;
/// WHY: S3 allows an object 10 tags, and a bucket 50.
pub const OBJECT_LABELS_MAX: usize = 10;
pub const BUCKET_LABELS_MAX: usize = 50;
/// WHY: S3's longest tag: a key of 128 characters, a value of 256.
pub const LABEL_NAME_CHARS_MAX: usize = 128;
pub const LABEL_VALUE_CHARS_MAX: usize = 256;
/// WHY: S3 locks for a hundred years at most; what nobody can take back must not outlive everybody by a slip.
pub const LOCK_DAYS_MAX: u64 = 36_500;
pub const LOCK_YEARS_MAX: u64 = 100;
