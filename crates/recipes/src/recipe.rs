//! A recipe: a step and its parameters, as data with a digest.
//!
//! It exists so that what was made says of what it was made and how. A recipe is never a program, and never holds a key.

use formats::Detected;
use serde::{Deserialize, Serialize};

use crate::index::{self, Indexing};
use crate::preview::{self, Previewing};
use crate::profile::{self, Profiling};
use crate::reverse::{self, Reverse};
use crate::source::Form;
use crate::table::{self, Table};
use crate::text::{self, Words};

/// WHY: thousands of column names and codes; more is data.
pub const RECIPE_BYTES_MAX: usize = 1 << 20;
const DOMAIN: &[u8] = b"epic recipe 1\0";

/// One step and its parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Recipe {
    /// A table of text as typed Parquet.
    Table(Box<Table>),
    /// What a table is like, so that it may be shown.
    Profile(Profiling),
    /// Where records of a place begin.
    Index(Indexing),
    /// How an object begins.
    Preview(Previewing),
    /// The words of a document, for search.
    Text(Words),
    /// Whom some pseudonyms stand for.
    Reverse(Reverse),
}

/// Why a text is no recipe.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    #[error("a recipe has at most 1 MiB")]
    Size,
    #[error("this is no recipe")]
    Form(#[source] serde_json::Error),
    #[error(
        "names have 1 to 1,024 bytes, words at most 256; at most 4,096 columns and 10,000 codes are named"
    )]
    Bounds,
    #[error("column `{column}` is to be two things that it cannot both be")]
    Twice { column: String },
    #[error("a preview has 1 to 200 rows and 1 to 100 columns")]
    Preview,
    #[error("two columns are to have the same name")]
    Rename,
    #[error("a unit has a finite factor, not 0, and a finite offset")]
    Unit,
    #[error("pseudonyms and moved dates name their key, and nothing else does")]
    Key,
    #[error(
        "dates move by 1 to 3,650 days (7 or more to keep the day of the week), with a patient's column that is none of them"
    )]
    Shift,
    #[error("1 to 100 pseudonyms are looked for, each whole, where the recipe makes any")]
    Wanted,
}

impl Recipe {
    /// Reads a recipe and holds it to its bounds.
    pub fn read(json: &[u8]) -> Result<Self, RecipeError> {
        if json.len() > RECIPE_BYTES_MAX {
            return Err(RecipeError::Size);
        }
        let recipe: Self = serde_json::from_slice(json).map_err(RecipeError::Form)?;
        recipe.check()?;
        Ok(recipe)
    }

    /// Whether it holds together.
    pub fn check(&self) -> Result<(), RecipeError> {
        match self {
            Self::Table(table) => table.check(),
            Self::Profile(profiling) => profiling.check(),
            Self::Index(_) | Self::Text(_) => Ok(()),
            Self::Reverse(reverse) => reverse.check(),
            Self::Preview(previewing) => previewing.check(),
        }
    }

    /// BLAKE3 over the step's version and the recipe with every default written out: equal recipes have one digest.
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(DOMAIN);
        hasher.update(&self.version().to_be_bytes());
        // WHY it cannot fail: maps have texts for names, and numbers are finite.
        hasher.update(&serde_json::to_vec(self).unwrap_or_default());
        *hasher.finalize().as_bytes()
    }

    fn version(&self) -> u32 {
        match self {
            Self::Table(_) => table::VERSION,
            Self::Profile(_) => profile::VERSION,
            Self::Index(_) => index::VERSION,
            Self::Preview(_) => preview::VERSION,
            Self::Text(_) => text::VERSION,
            Self::Reverse(_) => reverse::VERSION,
        }
    }

    /// How often the object is read.
    pub fn passes(&self) -> u32 {
        match self {
            Self::Table(_) | Self::Profile(_) => 2,
            Self::Index(_) | Self::Preview(_) | Self::Text(_) | Self::Reverse(_) => 1,
        }
    }

    /// Which key it needs, by name.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Table(table) => table.key.as_deref(),
            Self::Reverse(reverse) => reverse.table.key.as_deref(),
            Self::Profile(_) | Self::Index(_) | Self::Preview(_) | Self::Text(_) => None,
        }
    }
}

/// Whether a recipe is for an object of this kind.
pub fn applies(recipe: &Recipe, detected: &Detected) -> bool {
    match recipe {
        Recipe::Profile(_) => Form::of(detected).is_some(),
        Recipe::Table(_) | Recipe::Reverse(_) => Form::of_cells(detected).is_some(),
        Recipe::Index(indexing) => indexing.applies(detected),
        Recipe::Preview(_) => preview::applies(detected),
        Recipe::Text(_) => text::applies(detected),
    }
}

/// What the object that is made is called beside the one it was made of.
pub fn name_of(recipe: &Recipe, key: &str) -> String {
    let ending = match recipe {
        Recipe::Table(_) => "parquet",
        Recipe::Profile(_) => "profile.json",
        Recipe::Index(indexing) => indexing.form.ending(),
        Recipe::Preview(_) => "preview.tsv",
        Recipe::Text(_) => "txt",
        Recipe::Reverse(_) => "names",
    };
    format!("{key}.{ending}")
}

/// What is made.
pub fn media_type(recipe: &Recipe) -> &'static str {
    match recipe {
        Recipe::Table(_) => "application/vnd.apache.parquet",
        Recipe::Profile(_) => "application/json",
        Recipe::Index(_) | Recipe::Reverse(_) => "application/octet-stream",
        Recipe::Preview(_) => "text/tab-separated-values; charset=utf-8",
        Recipe::Text(_) => "text/plain; charset=utf-8",
    }
}
