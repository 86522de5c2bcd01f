//! Bounds of this wall, each with its reason.

/// WHY: a commit is at most 4 MiB of rows (`words::limit`); sealing and leaves at most
/// double it, and replay holds a few of them at once.
pub const LOG_OBJECT_BYTES_MAX: u64 = 16 << 20;
/// WHY: one folder of the log stays small enough to list in one look.
pub const LOG_GROUP_WIDTH: u64 = 4_096;
/// WHY: with pauses that double, some two and a half seconds: a fault shorter than the lease passes.
pub const APPEND_TRIES_MAX: u32 = 8;
/// WHY: pause before the second try; doubles each time.
pub const APPEND_PAUSE_MS: u64 = 20;
/// WHY: one request to the store; longer is taken for lost, though it may land later.
pub const REQUEST_WAIT_MS_MAX: u64 = 10_000;
/// WHY: up to this size a blob is one create-once put, as cheap as a commit.
pub const BLOB_SMALL_BYTES_MAX: usize = 1 << 20;
/// WHY: a segment of Crypt4GH; larger bodies spend more on their bytes than on being made durable.
pub const PACKED_BYTES_MAX: usize = 65_536 + 28;
/// WHY: as many as a commit takes acts; the rest is the next pack.
pub const PACK_BODIES_MAX: usize = 256;
/// WHY: a pack is swept when its last body is gone; a small one sooner.
pub const PACK_BYTES_MAX: usize = 1 << 20;
/// WHY: on a disk small parts keep memory low and the disk busy.
pub const BLOB_PART_LOCAL_BYTES: usize = 1 << 20;
/// WHY: S3 refuses parts below 5 MiB and is slow with many of them.
pub const BLOB_PART_BYTES: usize = 8 << 20;
/// WHY: one part travels while the next fills: bounded memory per stream.
pub const BLOB_PARTS_IN_FLIGHT_MAX: usize = 2;
/// WHY: so much is written before it is synced, so that the last sync of a large blob is short.
pub const SYNC_BYTES: u64 = 32 << 20;
/// WHY: a part or a sync may have to move tens of mebibytes over a slow line or disk.
pub const LONG_WAIT_MS_MAX: u64 = 120_000;
/// WHY: one chunk is read while another is opened by the caller.
pub const READS_IN_FLIGHT_MAX: usize = 2;
/// WHY: large enough that a read costs one system call per mebibyte.
pub const READ_CHUNK_BYTES: u64 = 1 << 20;
/// WHY: a chunk of a body, sealed, and the longest read of a connection behind it; only what is filled takes memory.
pub const BUFFER_BYTES: usize = 3 << 19;
/// WHY: less than a segment is cheap to ask an allocator for, and a large buffer for it would be a waste.
pub const BUFFERED_BYTES_MIN: usize = 65_536;
/// WHY: enough for a dozen streams each way; those beyond it ask the allocator.
pub const BUFFERS_KEPT_MAX: usize = 64;
/// WHY: replay keeps the store busy without holding many commits in memory.
pub const REPLAY_READS_MAX: usize = 8;
/// WHY: a tile is 256 hashes, an entry bundle 256 leaves of at most 64 KiB (C2SP tlog-tiles).
pub const DERIVED_BYTES_MAX: u64 = 17 << 20;
/// WHY: paths known durable in this process; beyond it the set starts again.
pub const FOLDERS_KNOWN_MAX: usize = 65_536;
/// WHY: a census reads the store once for all needles.
pub const CENSUS_NEEDLES_MAX: usize = 1_024;
/// WHY: the longest pattern a census looks for; pieces of a file overlap by this.
pub const CENSUS_NEEDLE_BYTES_MAX: usize = 4_096;
/// WHY: a census that finds more has failed enough.
pub const SIGHTINGS_MAX: usize = 1_000;
/// WHY: a server of the same region answers a connection within milliseconds; a lost one leaves time for another.
pub const CONNECT_WAIT_MS_MAX: u64 = 3_000;
/// WHY: two tries and their pause fit into what a request may take in all.
pub const REMOTE_WAIT_MS_MAX: u64 = 4_500;
/// WHY: tries of what may be asked twice; a store that fails thrice is failing.
pub const REMOTE_TRIES_MAX: usize = 3;
/// WHY: pause before the second try; doubles each time.
pub const REMOTE_PAUSE_MS: u64 = 50;
/// WHY: no pause is longer.
pub const REMOTE_PAUSE_MS_MAX: u64 = 500;
/// WHY: servers close a connection that is idle for some 20 s; ours goes first.
pub const REMOTE_IDLE_MS_MAX: u64 = 15_000;
/// WHY: a page of 1,000 names of 1,024 bytes, each escaped to three times that.
pub const REMOTE_ANSWER_BYTES_MAX: usize = 8 << 20;
/// WHY: pages of 1,000 uploads in flight; beyond so many the next sweep goes on.
pub const UPLOAD_PAGES_MAX: usize = 100;
/// WHY: a body that stalls for so long has broken.
pub const STALL_WAIT_MS_MAX: u64 = 30_000;
/// WHY: S3 refuses signatures a quarter of an hour old, and the sweep compares a blob's age, by the
/// store's clock, with ours.
pub const STORE_SKEW_MS_MAX: i64 = 900_000;
