//! Links between our documents lead somewhere.

use std::path::Path;

use crate::tidy::fault::Fault;
use crate::tidy::tree::Text;

/// Links to files and headings that are not there.
pub fn find(root: &Path, texts: &[Text]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for text in texts.iter().filter(|text| text.path.ends_with(".md")) {
        for (line, target) in targets(&text.body) {
            if !leads(root, text, &target, texts) {
                let says = format!("`{target}` leads nowhere");
                faults.push(Fault::new(&text.path, line, "link", says));
            }
        }
    }
    faults
}

/// Each `](target)` outside fences, with its line.
fn targets(body: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut is_fenced = false;
    for (at, line) in body.lines().enumerate() {
        is_fenced ^= line.trim_start().starts_with("```");
        if is_fenced {
            continue;
        }
        for (start, _) in line.match_indices("](") {
            let rest = &line[start + 2..];
            found.extend(rest.find(')').map(|end| (at + 1, rest[..end].to_owned())));
        }
    }
    found
}

fn leads(root: &Path, from: &Text, target: &str, texts: &[Text]) -> bool {
    if target.contains("://") || target.starts_with("mailto:") {
        return true;
    }
    let (path, heading) = target.split_once('#').unwrap_or((target, ""));
    let file = match path {
        "" => from.path.clone(),
        _ => resolve(&from.path, path),
    };
    let headed = texts.iter().find(|text| text.path == file);
    let is_there = headed.is_some() || root.join(&file).exists();
    is_there && (heading.is_empty() || headed.is_none_or(|text| has_heading(&text.body, heading)))
}

/// The path from the root of a link in a file.
fn resolve(from: &str, link: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

fn has_heading(body: &str, wanted: &str) -> bool {
    body.lines().filter(|line| line.starts_with('#')).any(|line| slug(line) == wanted)
}

/// A heading as its link is written: lower case, spaces as dashes, no signs.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|sign| sign.is_alphanumeric() || " -_".contains(*sign));
    kept.map(|sign| if sign == ' ' { '-' } else { sign }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(body: &str) -> usize {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = |path: &str, body: &str| Text { path: path.into(), body: body.into() };
        find(root, &[text("src/a.md", body), text("Cargo.toml", "# One, and two\n")]).len()
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        assert_eq!(count("[a](../Cargo.toml) [b](https://example.org) [c](main.rs)"), 0);
        assert_eq!(count("[a](../Cargo.toml#one-and-two) [b](#here)\n# Here"), 0);
        assert_eq!(count("[a](nowhere.md)"), 1);
        assert_eq!(count("[a](../Cargo.toml#three) [b](#there)"), 2);
        assert_eq!(count("```\n[a](nowhere.md)\n```"), 0);
    }
}
