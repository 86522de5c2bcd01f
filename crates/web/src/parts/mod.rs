//! Parts: the pieces that pages are made of, each accessible by itself.
//!
//! Markup stands here and in `pages`, nowhere else. A part knows no region: it
//! shows what it is given, and everything it is given is escaped.

mod chart;
mod field;
mod prose;
mod set;
mod square;
mod value;

pub use chart::{Bar, bars};
pub use field::{Choices, field, local};
pub use prose::prose;
pub use set::{lacks, set};
pub use square::square;
pub use value::{bytes, cell, rows, thing, time};

use maud::{Markup, html};

use crate::texts::Texts;

/// A heading with what belongs below it.
pub fn section(title: &str, body: &Markup) -> Markup {
    html! {
        section { h2 { (title) } (body) }
    }
}

/// A table that scrolls by itself where its window is narrow.
pub fn table(caption: &str, heads: &[String], body: &Markup) -> Markup {
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table {
                caption { (caption) }
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { (body) }
            }
        }
    }
}

/// What a list says when there is nothing in it, and what to do about it.
pub fn nothing(says: &str) -> Markup {
    html! { p.empty { (prose(says)) } }
}

/// Something that a person should see before the rest.
pub fn notice(kind: Notice, title: &str, body: &Markup) -> Markup {
    html! {
        div.notice.(kind.class()) role=[kind.role()] {
            p { strong { span aria-hidden="true" { (kind.icon()) } " " (title) } }
            (body)
        }
    }
}

/// What is wrong, and its code for whoever looks that up. Of a code that is none of ours, what the report says of it.
///
/// WHY: a report outlives the region's version that wrote it, and is in English.
pub fn finding(texts: &Texts, code: &str, says: &str) -> Markup {
    html! {
        @if let Some(sentence) = texts.finding(code) { (sentence) " " }
        @else if !says.is_empty() { span lang="en" { (says) } " " }
        code.hint { (code) }
    }
}

/// WHY an icon and a word beside the colour: colour alone tells some people nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    Done,
    Refused,
    Waits,
}

impl Notice {
    const fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Waits => "waits",
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Done => "✓",
            Self::Refused => "✕",
            Self::Waits => "◷",
        }
    }

    /// WHY none of what waits: it is there when the page comes, and must not be read out before its heading.
    const fn role(self) -> Option<&'static str> {
        match self {
            Self::Refused => Some("alert"),
            Self::Done => Some("status"),
            Self::Waits => None,
        }
    }
}

/// The same by command: the console has no power of its own.
pub fn by_command(texts: &Texts, command: &str) -> Markup {
    html! {
        details.command {
            summary { (texts.say("by-command")) }
            pre tabindex="0" { code { (command) } }
        }
    }
}
