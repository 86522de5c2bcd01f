//! Lengths and beginnings: a file fits a reader's head, and says first what it is.

use crate::tidy::fault::Fault;
use crate::tidy::scrub::{Source, block_end};

/// WHY: STYLE: none over 600.
const FILE_LINES_MAX: usize = 600;
/// WHY: STYLE: nine files in ten under 210.
const FILE_LINES_MOST: usize = 210;
/// WHY: STYLE: none over 70.
const FUNCTION_LINES_MAX: usize = 70;
/// WHY: STYLE: mostly under 20; told, not refused.
const FUNCTION_LINES_MOST: usize = 20;

/// Files that may be long, and why.
const LONG: &[(&str, &str)] =
    &[("crates/words/src/act/table.rs", "the one table of acts: data that is read as one page, no code")];

/// Faults of one file.
pub fn find(source: &Source) -> Vec<Fault> {
    let mut faults = Vec::new();
    let size_lines = source.lines.len();
    let is_named = LONG.iter().any(|(path, _)| *path == source.path);
    if size_lines > FILE_LINES_MAX && !is_named {
        let says = format!("{size_lines} lines, more than {FILE_LINES_MAX}");
        faults.push(Fault::new(&source.path, 0, "file-length", says));
    }
    if !opens(source) {
        let says = "does not open with `//!`: what it is, why, what it must never do";
        faults.push(Fault::new(&source.path, 1, "opener", says));
    }
    faults.extend(long_functions(source));
    faults
}

/// Whether the file says what it is; files of tests inside a module may say it on their module.
fn opens(source: &Source) -> bool {
    let is_inner = source.path.contains("/src/") && source.path.ends_with("/tests.rs");
    is_inner || source.lines.first().is_some_and(|line| line.starts_with("//!"))
}

fn long_functions(source: &Source) -> Vec<Fault> {
    let long = functions(source).into_iter().filter(|(_, size)| *size > FUNCTION_LINES_MAX);
    long.map(|(line, size)| {
        let says = format!("{size} lines, more than {FUNCTION_LINES_MAX}");
        Fault::new(&source.path, line, "function-length", says)
    })
    .collect()
}

/// Each function outside tests: its first line and how many it has.
fn functions(source: &Source) -> Vec<(usize, usize)> {
    let starts = source.own_code().filter(|(_, line)| is_function(line));
    let spans = starts.filter_map(|(line, _)| {
        let end = block_end(&source.code, line - 1)?;
        Some((line, end + 2 - line))
    });
    spans.collect()
}

fn is_function(line: &str) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| {
        ["pub", "const", "async", "extern", "default"].contains(word) || word.starts_with("pub(")
    });
    words.next() == Some("fn")
}

/// A word about the whole tree where too many files are over the usual length: told, not refused.
pub fn share(sources: &[Source]) -> Option<String> {
    let long = sources.iter().filter(|source| source.lines.len() >= FILE_LINES_MOST).count();
    (long * 10 > sources.len()).then(|| {
        format!("{long} of {} files have {FILE_LINES_MOST} lines or more; one in ten may", sources.len())
    })
}

/// The figures a person wants to see move.
pub fn figures(sources: &[Source]) -> String {
    let lines: usize = sources.iter().map(|source| source.lines.len()).sum();
    let long = sources.iter().filter(|source| source.lines.len() >= FILE_LINES_MOST).count();
    let sizes: Vec<usize> = sources.iter().flat_map(functions).map(|(_, size)| size).collect();
    let big = sizes.iter().filter(|size| **size > FUNCTION_LINES_MOST).count();
    format!(
        "{} Rust files, {lines} lines, {long} files of {FILE_LINES_MOST} lines or more, {} functions, {big} over \
         {FUNCTION_LINES_MOST} lines",
        sources.len(),
        sizes.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tree::Text;

    fn rules(path: &str, body: String) -> Vec<&'static str> {
        let text = Text { path: path.into(), body };
        find(&Source::of(&text).unwrap()).iter().map(|fault| fault.rule).collect()
    }

    #[test]
    fn a_long_file_is_found() {
        let body = |lines: usize| format!("//! What.\n{}", "\n".repeat(lines - 1));
        assert_eq!(rules("crates/a/src/b.rs", body(600)), [""; 0]);
        assert_eq!(rules("crates/a/src/b.rs", body(601)), ["file-length"]);
    }

    #[test]
    fn a_file_without_a_beginning_is_found() {
        assert_eq!(rules("crates/a/src/b.rs", "fn a() {}".into()), ["opener"]);
        assert_eq!(rules("crates/a/tests/b.rs", "fn a() {}".into()), ["opener"]);
        assert_eq!(rules("crates/a/src/b/tests.rs", "fn a() {}".into()), [""; 0]);
    }

    #[test]
    fn a_long_function_is_found_unless_it_tests() {
        let function = |lines: usize| {
            format!("pub async fn a(\n  b: [u8; 2],\n) {{\n{}}}\n", "  c(\"}\");\n".repeat(lines - 4))
        };
        let alone = |lines| format!("//! What.\n{}", function(lines));
        assert_eq!(rules("crates/a/src/b.rs", alone(70)), [""; 0]);
        assert_eq!(rules("crates/a/src/b.rs", alone(71)), ["function-length"]);
        assert_eq!(rules("crates/a/tests/b.rs", alone(71)), [""; 0]);
        let tested = format!("//! What.\n#[cfg(test)]\nmod tests {{\n{}}}\n", function(71));
        assert_eq!(rules("crates/a/src/b.rs", tested), [""; 0]);
    }

    #[test]
    fn too_many_long_files_are_told() {
        let source = |lines| {
            let text = Text { path: "a.rs".into(), body: "\n".repeat(lines) };
            Source::of(&text).unwrap()
        };
        let mut sources: Vec<Source> = (0..9).map(|_| source(10)).collect();
        sources.push(source(210));
        assert_eq!(share(&sources), None);
        sources.push(source(300));
        assert!(share(&sources).is_some());
    }
}
