//! Each row of the table of acts tells a person what it does and what it asks for.
//!
//! The macro already demands a sentence; this refuses an empty one.

use crate::tidy::fault::Fault;
use crate::tidy::tree::Text;

const TABLE: &str = "crates/words/src/act/table.rs";
/// WHY: shorter is no sentence.
const HELP_CHARS_MIN: usize = 8;
/// WHY: `to whom`, `why`.
const FIELD_HELP_CHARS_MIN: usize = 3;

/// Faults of the table; other files have none.
pub fn find(text: &Text) -> Vec<Fault> {
    if text.path != TABLE {
        return Vec::new();
    }
    let lines: Vec<&str> = text.body.lines().map(str::trim).collect();
    let mut faults = Vec::new();
    for at in 1..lines.len() {
        let wanted = match lines[at] {
            line if is_row(line) => HELP_CHARS_MIN,
            line if is_field(line) => FIELD_HELP_CHARS_MIN,
            _ => continue,
        };
        let help = lines[at - 1].strip_prefix("///").unwrap_or_default().trim();
        if help.chars().count() < wanted {
            let says = format!("`{}` says nothing of itself", lines[at]);
            faults.push(Fault::new(&text.path, at + 1, "help", says));
        }
    }
    faults
}

fn is_row(line: &str) -> bool {
    line.contains("= \"") && line.contains(" on ")
}

fn is_field(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default();
    line.ends_with(',')
        && line.contains(": ")
        && name.chars().all(|sign| sign.is_ascii_lowercase() || sign == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(help: &str, field_help: &str) -> usize {
        let body = format!(
            "acts! {{\n{help}\nTenantOpen = \"tenant\" \"open\" in Root on Region weighs Duty by [Operator] {{\n\
             {field_help}\nalias: String,\n}}\n}}\n"
        );
        find(&Text { path: TABLE.into(), body }).len()
    }

    #[test]
    fn a_row_or_field_without_a_sentence_is_found() {
        assert_eq!(count("/// Open a tenant.", "/// short name"), 0);
        assert_eq!(count("/// ", "/// short name"), 1);
        assert_eq!(count("/// Open a tenant.", ""), 1);
    }
}
