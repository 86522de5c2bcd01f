//! What is told of one object, and how much of it is kept.

/// How an object stands with whoever may use it; what looked at it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    Clear,
    /// Somebody has to look.
    Asks,
    /// Set apart.
    Apart,
    Broken,
    /// Not looked at yet.
    Unread,
    /// Nothing is looked for.
    None,
}

impl Standing {
    pub const ALL: [Self; 6] = [Self::Clear, Self::Asks, Self::Apart, Self::Broken, Self::Unread, Self::None];

    pub fn code(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Asks => "asks",
            Self::Apart => "apart",
            Self::Broken => "broken",
            Self::Unread => "unread",
            Self::None => "none",
        }
    }

    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.code() == code)
    }

    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Clear => 0,
            Self::Asks => 1,
            Self::Apart => 2,
            Self::Broken => 3,
            Self::Unread => 4,
            Self::None => 5,
        }
    }

    pub(crate) fn of_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::None)
    }
}

/// One object as it is found. An empty `kind`, `family` or `source` says that there is none: it is in no facet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Of the object; an entry replaces the one of the same id, wherever that lay.
    pub id: [u8; 16],
    /// The bucket.
    pub place: String,
    /// The object's key, with `/` between folders.
    pub key: String,
    /// A format's code, as `csv`.
    pub kind: String,
    pub family: String,
    pub standing: Standing,
    /// Labels and metadata: name and value.
    pub tags: Vec<(String, String)>,
    /// Names of a table's columns.
    pub columns: Vec<String>,
    /// Words of the content and of the dataset's card. They are found, never given back.
    pub text: String,
    pub size_bytes: u64,
    /// When it was stored, in milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// When it was read last.
    pub read_ms: Option<i64>,
    /// Who delivered it: the agreement's alias.
    pub source: String,
}

/// How much one index holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Entries, shown or not.
    pub entries_max: usize,
    /// What is put and not yet published is packed, place by place, whenever it takes more than this.
    pub draft_bytes_max: usize,
}

impl Default for Bounds {
    // WHY: two million objects are twice the largest project that is measured; 64 MiB hold some 50,000 entries.
    fn default() -> Self {
        Self { entries_max: 2_000_000, draft_bytes_max: 64 << 20 }
    }
}

/// WHY: S3's longest key is 1,024 bytes; everything else that is kept as it is is a code, a name or an alias.
pub(crate) const EXACT_BYTES_MAX: usize = 1_024;
/// WHY: the caller bounds the text it gives; this keeps one entry from filling memory if it does not.
pub(crate) const TEXT_BYTES_MAX: usize = 256 << 10;
/// WHY: S3 knows 10 labels and 2 KiB of metadata; cards and tables add some.
pub(crate) const TAGS_MAX: usize = 256;
/// WHY: a table of expression data has as many columns as there are genes.
pub(crate) const COLUMNS_MAX: usize = 65_536;
