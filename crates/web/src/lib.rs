//! The doors of acts: JSON for programs with its client, and the console for people; one row of the table, one of each.
//!
//! It exists so that a running region stays the only writer: commands call it,
//! signed with the person's own key or in a session that they signed in for. It translates and decides nothing: every
//! act ends in one function of `region`. It must never log a field, a name or a
//! key, nor keep a whole body in memory.

pub mod client;
mod console;
mod door;
mod encode;
mod exports;
#[doc(hidden)]
pub mod fuzz;
mod head;
mod issuer;
mod issuing;
mod notices;
mod openapi;
mod pages;
mod parts;
mod perform;
mod problem;
mod register;
mod run;
mod serve;
mod sign_in;
pub mod tar;
mod texts;
pub mod told;
mod watch;
mod witness;

pub use door::ActsDoor;
pub use issuer::keep_issuers;
pub use notices::{Login, MailError, Relay, RelayTls, Telling, tell_people};
pub use openapi::description;
pub use problem::Problem;
pub use serve::serve;
pub use texts::{finding, name};
pub use watch::watch;
pub use witness::{ask_witnesses, witness};

/// Where acts are asked for: `POST /v1/acts/<name>`.
pub const ACTS_PATH: &str = "/v1/acts/";
/// Where an identity provider's token is exchanged for a session.
pub const SIGN_IN_PATH: &str = "/v1/sign-in";
/// Where a one-time link into a session is made.
pub const LINKS_PATH: &str = "/v1/links";
/// What is offered here, for machines.
pub const OPENAPI_PATH: &str = "/v1/openapi.json";
/// Which projects use which kinds of data, for what; for everybody.
pub const REGISTER_PATH: &str = "/v1/register";
/// What notices to webhooks are signed with; for everybody.
pub const NOTICE_KEYS_PATH: &str = "/v1/notices/keys";
/// The signature over a notice to a webhook.
pub const NOTICE_SIGNATURE_HEADER: &str = "epic-signature";
/// What a reason means: `type` of every problem.
pub const REASONS_PATH: &str = "/reasons/";
/// Whether this process leads the region and answers for it.
pub const HEALTH_PATH: &str = "/health";
/// What the region counts of itself, on an address of its own.
pub const METRICS_PATH: &str = "/metrics";
/// The leaf that an act left.
pub const LEAF_HEADER: &str = "x-epic-leaf";
/// The fields of an act whose body is a stream.
pub const ACT_HEADER: &str = "epic-act";
