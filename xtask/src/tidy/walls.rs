//! Walls inside crates, and code that gives up instead of answering.
//!
//! Clippy refuses most of the second; this also refuses switching clippy off.

use crate::tidy::fault::Fault;
use crate::tidy::scrub::Source;

/// Words that a folder may not say, but for some of its files; and why.
struct Wall {
    within: &'static str,
    words: &'static [&'static str],
    but_in: &'static [&'static str],
    why: &'static str,
}

const WALLS: &[Wall] = &[
    Wall {
        within: "crates/region/src/",
        words: &["AppendError", "log.append("],
        but_in: &["crates/region/src/cell/"],
        why: "only a cell's sequencer writes its log",
    },
    Wall {
        within: "crates/region/src/noun/",
        words: &["Bucket::", "Blobs", "Shelf", "Batch"],
        but_in: &[],
        why: "a noun changes rows in a draft and holds no store",
    },
    Wall {
        within: "crates/seal/src/",
        words: &["async fn", "std::fs", "std::net", "tokio"],
        but_in: &[],
        why: "seal is bytes to bytes",
    },
    Wall {
        within: "crates/gate/src/",
        words: &["async fn", "std::fs", "std::net", "tokio"],
        but_in: &[],
        why: "gate decides and does nothing else",
    },
];

/// What ends a process instead of answering.
const ENDS: &[&str] = &[
    ".unwrap()",
    ".unwrap_err()",
    ".expect(",
    ".expect_err(",
    "panic!(",
    "unreachable!(",
    "todo!(",
    "unimplemented!(",
    "dbg!(",
    "process::exit(",
    "process::abort(",
];

/// Faults of one file.
pub fn find(source: &Source) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (line, code) in source.own_code() {
        for wall in WALLS.iter().filter(|wall| stands(wall, &source.path)) {
            let said = wall.words.iter().find(|word| code.contains(*word));
            faults.extend(said.map(|word| {
                let says = format!("`{word}`: {}", wall.why);
                Fault::new(&source.path, line, "wall", says)
            }));
        }
        faults.extend(give_up(source, line, code));
    }
    faults
}

fn stands(wall: &Wall, path: &str) -> bool {
    path.starts_with(wall.within) && !wall.but_in.iter().any(|but| path.starts_with(but))
}

fn give_up(source: &Source, line: usize, code: &str) -> Option<Fault> {
    // WHY: `epic` ends with an exit code, once, in `main`; `xtask` runs on no data.
    let is_binary = source.path.starts_with("crates/epic/src/main.rs") || source.path.starts_with("xtask/");
    if let Some(word) = ENDS.iter().find(|word| code.contains(*word) && !is_binary) {
        let says = format!("`{word}`: answer with a typed error instead");
        return Some(Fault::new(&source.path, line, "gives-up", says));
    }
    let is_switch = code.contains("#[allow(") || code.contains("#![allow(");
    // WHY: the attribute on a test module stands one line above what `#[cfg(test)]` covers, or below it.
    let is_for_tests = source.code.get(line..).is_some_and(|rest| {
        let mut after = rest.iter().skip_while(|next| next.trim_start().starts_with("#["));
        let names = ["mod tests", "mod test"];
        after.next().is_some_and(|next| names.iter().any(|name| next.contains(name)))
    });
    (is_switch && !is_for_tests).then(|| {
        let says = "`allow` outside tests: write `#[expect(.., reason = \"..\")]`";
        Fault::new(&source.path, line, "gives-up", says)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tree::Text;

    fn rules(path: &str, body: &str) -> Vec<&'static str> {
        let text = Text { path: path.into(), body: body.into() };
        find(&Source::of(&text).unwrap()).iter().map(|fault| fault.rule).collect()
    }

    #[test]
    fn a_word_over_a_wall_is_found() {
        let noun = "crates/region/src/noun/agreement.rs";
        assert_eq!(rules(noun, "self.log.append(seq, bytes)"), ["wall"]);
        assert_eq!(rules("crates/region/src/cell/lead.rs", "self.log.append(seq, bytes)"), [""; 0]);
        assert_eq!(rules(noun, "// log.append(seq, bytes)"), [""; 0]);
        assert_eq!(rules("crates/seal/src/aead.rs", "pub async fn seal() {}"), ["wall"]);
    }

    #[test]
    fn giving_up_is_found_outside_tests_only() {
        let path = "crates/region/src/row.rs";
        for end in ["a.unwrap();", "a.expect(\"b\");", "panic!(\"b\");", "todo!();", "unreachable!();"] {
            assert_eq!(rules(path, end), ["gives-up"], "{end}");
            assert_eq!(rules("crates/region/tests/row.rs", end), [""; 0], "{end}");
            let tested = format!("#[cfg(test)]\nmod tests {{\n{end}\n}}");
            assert_eq!(rules(path, &tested), [""; 0], "{end}");
        }
        assert_eq!(rules(path, "a.unwrap_or(b); a.expected();"), [""; 0]);
    }

    #[test]
    fn switching_clippy_off_is_found_outside_tests_only() {
        let path = "crates/region/src/row.rs";
        assert_eq!(rules(path, "#[allow(clippy::unwrap_used)]\nfn a() {}"), ["gives-up"]);
        assert_eq!(rules(path, "#[cfg(test)]\n#[allow(clippy::unwrap_used)]\nmod tests {}"), [""; 0]);
        assert_eq!(rules(path, "#[allow(clippy::unwrap_used)]\n#[cfg(test)]\nmod tests {}"), [""; 0]);
    }
}
