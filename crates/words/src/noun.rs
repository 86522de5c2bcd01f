//! The nouns of the region; each is the target of acts and the type of ids.

macro_rules! nouns {
    ($($(#[doc = $doc:literal])* $noun:ident = $text:literal)*) => {
        $($(#[doc = $doc])* #[derive(Debug, Clone, Copy)] pub enum $noun {})*

        /// Which noun an act is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Noun { $($noun,)* }

        impl Noun {
            pub const ALL: &'static [Self] = &[$(Self::$noun,)*];

            /// The word of commands, policies and the ledger.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$noun => $text,)* }
            }
        }
    };
}

nouns! {
    /// The whole secure perimeter.
    Region = "region"
    /// A legal body: hospital, institute, company.
    Organisation = "organisation"
    /// The customer bound by contract.
    Tenant = "tenant"
    /// A human with a key pair.
    Person = "person"
    /// A person's part in the region, an organisation, a tenant or a project.
    Role = "role"
    /// An identity provider: its signed word tells who somebody is.
    Issuer = "issuer"
    /// Another program whose people sign in here.
    Client = "client"
    /// A while for which somebody is signed in.
    Session = "session"
    /// A data processing agreement (GDPR Art. 28); gates all ingest.
    Agreement = "agreement"
    /// A certification authority: signatures made outside count by its certificates.
    Authority = "authority"
    /// A purpose within a tenant; the unit of isolation.
    Project = "project"
    /// Persons x datasets x purpose x dates.
    Permit = "permit"
    /// What a permit named of a home project's data, as of one moment, in a study.
    Snapshot = "snapshot"
    /// A write-only, dated, address-bound permission to deliver.
    Grant = "grant"
    /// An S3 access key bound to a person, a project and a place.
    Credential = "credential"
    /// S3 bucket.
    Bucket = "bucket"
    /// S3 multipart upload.
    Upload = "upload"
    /// S3 object or one version of it.
    Object = "object"
    /// What people say of some of a project's objects, and what is known of them: a card of the catalogue.
    Dataset = "dataset"
    /// When something is stored, then what is made of it.
    Rule = "rule"
    /// What each delivery of a table must keep.
    Contract = "contract"
    /// One provider's data on their way back to it.
    Exit = "exit"
    /// A request to let results out.
    Airlock = "airlock"
    /// A key generation or erasure scope.
    Key = "key"
    /// The signed root of a cell's ledger.
    Checkpoint = "checkpoint"
    /// The Merkle log of a cell.
    Ledger = "ledger"
    /// Code that tells whether a control holds now.
    Check = "check"
}

/// One project's folder in the object store, or the root's.
#[derive(Debug, Clone, Copy)]
pub enum Cell {}
/// Sealed bytes under an opaque name.
#[derive(Debug, Clone, Copy)]
pub enum Blob {}
/// The set of objects (or the person) whose keys die together.
#[derive(Debug, Clone, Copy)]
pub enum Scope {}
/// One writer of a cell: a process between its start and its end.
#[derive(Debug, Clone, Copy)]
pub enum Writer {}
/// One attempt to do an act; the same id never takes effect twice.
#[derive(Debug, Clone, Copy)]
pub enum Attempt {}
/// An invitation to sign in here, or a recovery.
#[derive(Debug, Clone, Copy)]
pub enum Opening {}

/// The cell that holds people, organisations, agreements and permits.
pub const ROOT_CELL: crate::Id<Cell> = crate::Id::from_bytes([0; crate::id::ID_BYTES]);
