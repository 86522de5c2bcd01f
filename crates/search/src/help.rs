//! What may be typed, as a page shows it.

/// An example and what it means, in English; pages translate the meaning.
pub const HELP: &[(&str, &str)] = &[
    (
        "blood pressure",
        "all of these words, anywhere: in the key, labels, columns or content; the last may be a beginning of two letters or more",
    ),
    ("vis*", "words that begin so"),
    ("\"blood pressure\"", "these words one after the other"),
    ("-draft", "without this word; a minus stands before anything else here too"),
    ("visits_2024-05.csv", "this key, or this part of one"),
    ("2024/may/", "in this folder and those below it; with a / in front, from the bucket's top only"),
    ("kind:vcf", "of this format; the same field twice means either"),
    ("family:table", "of this family of formats"),
    ("bucket:bari", "in this bucket"),
    ("site:bari", "with a label of this name whose value has this word"),
    ("tag:site=bari", "the same, for any name; tag:site alone: with such a label, whatever its value"),
    ("column:age", "a table with a column of this name"),
    ("stands:apart", "standing so: clear, asks, apart, broken, unread or none"),
    ("from:asl-foggia", "delivered under this agreement"),
    ("larger:10MB", "larger than this; B, KB, MB, GB, TB, and KiB, MiB, GiB, TiB"),
    ("smaller:1GB", "smaller than this"),
    ("after:2026-01-31", "stored on this day or later (UTC); a month or a year will do"),
    ("before:2026-02-28", "stored before this day began (UTC)"),
    ("read:never", "never read by anybody"),
];
