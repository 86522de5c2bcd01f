//! Declared recipes: from one object that arrived, another one, by bytes alone.
//!
//! It exists so that whoever needs a typed table, an index or a card need not open the object that arrived. The same recipe over
//! the same bytes gives the same bytes; it runs in a process of its own under limits. It never touches what it reads, knows
//! no store, clock or name of a file, and says no value in a fault.

mod cell;
pub mod fault;
mod frame;
#[doc(hidden)]
pub mod fuzz;
pub mod index;
pub mod preview;
pub mod profile;
pub mod recipe;
pub mod reverse;
mod source;
mod step;
pub mod table;
pub mod text;
pub mod worker;

pub use fault::Fault;
pub use profile::{Drift, Profile, drift};
pub use recipe::{Recipe, RecipeError, applies, media_type, name_of};
pub use worker::{Bounds, Error, KeyMaterial, Made, run};
