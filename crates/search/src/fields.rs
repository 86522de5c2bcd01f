//! The fields of the engine's documents.

use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};

/// What words lie in. Nothing is stored in the engine: what is given back lies in [`crate::rows`].
#[derive(Debug, Clone)]
pub struct Fields {
    pub schema: Schema,
    /// Words of the key.
    pub key: Field,
    /// Words of names and values of labels.
    pub label: Field,
    pub column: Field,
    pub text: Field,
    /// `name=word` for each word of a label's value, in order.
    pub tag: Field,
    /// Names of labels.
    pub name: Field,
}

impl Fields {
    pub fn new() -> Self {
        let mut schema = Schema::builder();
        let mut add = |name| {
            let indexing = TextFieldIndexing::default()
                .set_tokenizer("whitespace")
                .set_fieldnorms(false)
                .set_index_option(IndexRecordOption::WithFreqsAndPositions);
            schema.add_text_field(name, TextOptions::default().set_indexing_options(indexing))
        };
        let (key, label, column, text) = (add("key"), add("label"), add("column"), add("text"));
        let (tag, name) = (add("tag"), add("name"));
        Self { schema: schema.build(), key, label, column, text, tag, name }
    }
}
