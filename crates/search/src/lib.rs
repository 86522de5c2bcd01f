//! The index of one project's catalogue: words, labels, columns and facts of its objects, found and counted.
//!
//! It exists so that a researcher finds data that they may see, and learns nothing of data that they may not. It lies in
//! memory alone and is made anew from what the project keeps; it never touches a disk, starts a thread, reads a clock, or
//! knows who asks: the caller says which places are allowed.

mod bits;
mod cursor;
mod entry;
mod error;
mod fields;
mod figures;
mod find;
mod fold;
#[doc(hidden)]
pub mod fuzz;
mod help;
mod index;
mod page;
mod query;
mod rows;
mod segment;
mod shares;

pub use cursor::Cursor;
pub use entry::{Bounds, Entry, Standing};
pub use error::{Expected, PutError, QueryError, SearchError};
pub use figures::Figures;
pub use help::HELP;
pub use index::Index;
pub use page::{Allowed, Facets, Found, Hit, PAGE_MAX, Page, Sort, Turn};
pub use query::{FIELDS, QUERY_BYTES_MAX, QUERY_TERMS_MAX, Query};
pub use shares::{SHARES_MAX, Share, Shares};
