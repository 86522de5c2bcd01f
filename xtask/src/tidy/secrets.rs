//! What must not be told by a text of ours: whose machine it was written on.

use crate::tidy::fault::Fault;
use crate::tidy::tree::Text;

/// Places on somebody's machine; written in two halves so that this file passes.
const PATHS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

/// Hosts that packages come from: configuration of a machine, not of the project.
const HOSTS: &[&str] = &[
    concat!("py", "pi.org"),
    concat!("pythonhosted", ".org"),
    concat!("registry.npmjs", ".org"),
    concat!("static.crates", ".io"),
    concat!("index.crates", ".io"),
    concat!("deb.debian", ".org"),
];

/// WHY: the lock file names one public index by the address that every cargo writes.
const INDEX: &str = concat!("registry+https://github.com/rust-lang/", "crates.io-index");

/// Faults of one file.
pub fn find(text: &Text) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (at, line) in text.body.lines().enumerate() {
        let mut found = |word: &str| {
            let says = format!("`{word}` belongs to a machine, not to the project");
            faults.push(Fault::new(&text.path, at + 1, "machine", says));
        };
        if let Some(word) = PATHS.iter().find(|path| names(line, path)) {
            found(word);
        }
        if let Some(word) = HOSTS.iter().find(|host| line.contains(*host)) {
            found(word);
        }
        if text.path.ends_with("Cargo.lock") && line.contains("registry+") && !line.contains(INDEX) {
            found("another registry");
        }
    }
    faults
}

/// Whether the line names an absolute path under it, and not a longer one that ends alike.
fn names(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|sign| sign.is_alphanumeric() || "._-*}>".contains(sign))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, body: &str) -> usize {
        let text = Text { path: path.into(), body: body.into() };
        find(&text).len()
    }

    #[test]
    fn a_place_on_a_machine_is_found() {
        for path in PATHS {
            assert_eq!(count("a.md", &format!("see `{path}x`")), 1, "{path}");
            assert_eq!(count("a.md", &format!("see a.b{path}x")), 0, "{path}");
        }
    }

    #[test]
    fn a_host_of_packages_is_found() {
        for host in HOSTS {
            assert_eq!(count("a.sh", &format!("--index https://{host}/simple")), 1, "{host}");
        }
        assert_eq!(count("Cargo.lock", &format!("source = \"{INDEX}\"")), 0);
        assert_eq!(count("Cargo.lock", "source = \"registry+https://mirror.example/index\""), 1);
    }
}
