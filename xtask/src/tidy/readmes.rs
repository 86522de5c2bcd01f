//! Each crate has a README that can be read in a minute.

use std::path::Path;

use crate::tidy::fault::Fault;
use crate::tidy::tree::Text;

/// WHY: STYLE 9: what, why, door, what it will never know, how to test it.
const LINES_MAX: usize = 30;

/// Faults of one file.
pub fn find(text: &Text) -> Option<Fault> {
    let is_ours = text.path.starts_with("crates/") && text.path.matches('/').count() == 2;
    let size_lines = text.body.lines().count();
    let is_long = is_ours && text.path.ends_with("/README.md") && size_lines > LINES_MAX;
    is_long.then(|| {
        let says = format!("{size_lines} lines, more than {LINES_MAX}");
        Fault::new(&text.path, 0, "readme", says)
    })
}

/// Crates without one.
pub fn missing(root: &Path, texts: &[Text]) -> Vec<Fault> {
    let crates = texts.iter().filter(|text| is_crate(&text.path));
    let readmes = crates.map(|text| text.path.replace("Cargo.toml", "README.md"));
    let missing = readmes.filter(|path| !root.join(path).is_file());
    missing.map(|path| Fault::new(&path, 0, "readme", "is missing")).collect()
}

fn is_crate(path: &str) -> bool {
    path.starts_with("crates/") && path.ends_with("/Cargo.toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str, lines: usize) -> Text {
        Text { path: path.into(), body: "a\n".repeat(lines) }
    }

    #[test]
    fn a_long_readme_is_found() {
        assert!(find(&text("crates/a/README.md", 30)).is_none());
        assert!(find(&text("crates/a/README.md", 31)).is_some());
        assert!(find(&text("README.md", 300)).is_none());
    }

    #[test]
    fn a_missing_readme_is_found() {
        let nowhere = Path::new("no-such-folder");
        assert_eq!(missing(nowhere, &[text("crates/a/Cargo.toml", 1)]).len(), 1);
        assert_eq!(missing(nowhere, &[text("crates/a/src/lib.rs", 1)]).len(), 0);
    }
}
