//! Rust source as the rules see it: words of code only, and which lines are tests.
//!
//! A small lexer and a counter of braces, no parser: it must be right about
//! comments, texts and nesting, and may be wrong about nothing else.

use crate::tidy::tree::Text;

/// One Rust file, ready for rules.
#[derive(Debug)]
pub struct Source {
    pub path: String,
    /// The file as it is, by line.
    pub lines: Vec<String>,
    /// The same lines with comments and texts blanked.
    pub code: Vec<String>,
    /// Whether a line belongs to tests; as long as `lines`.
    pub is_test: Vec<bool>,
}

impl Source {
    /// The text as a source, if it is one.
    pub fn of(text: &Text) -> Option<Self> {
        if !text.path.ends_with(".rs") {
            return None;
        }
        let code = lines(&blank(&text.body));
        let is_test = if is_test_file(&text.path) { vec![true; code.len()] } else { test_lines(&code) };
        Some(Self { path: text.path.clone(), lines: lines(&text.body), code, is_test })
    }

    /// Lines of code that are not tests, with their number from one.
    pub fn own_code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.code.iter().zip(&self.is_test).enumerate();
        lines.filter(|(_, (_, is_test))| !**is_test).map(|(at, (line, _))| (at + 1, line.as_str()))
    }
}

fn is_test_file(path: &str) -> bool {
    let folders = ["tests", "examples", "benches"];
    path.starts_with("trial/")
        || path.starts_with("fuzz/")
        || path.ends_with("/tests.rs")
        || path.split('/').any(|part| folders.contains(&part))
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// Lines inside a module or function under `#[cfg(test)]`.
fn test_lines(code: &[String]) -> Vec<bool> {
    let mut is_test = vec![false; code.len()];
    for start in (0..code.len()).filter(|at| code[*at].trim_start().starts_with("#[cfg(test)]")) {
        let end = block_end(code, start).unwrap_or(start);
        is_test[start..=end].fill(true);
    }
    is_test
}

/// The line on which the block or statement that begins at `start` ends.
pub fn block_end(code: &[String], start: usize) -> Option<usize> {
    let (mut braces, mut brackets) = (0_i32, 0_i32);
    for (at, line) in code.iter().enumerate().skip(start) {
        for sign in line.chars() {
            match sign {
                '(' | '[' => brackets += 1,
                ')' | ']' => brackets -= 1,
                '{' => braces += 1,
                '}' => braces -= 1,
                ';' if braces == 0 && brackets == 0 => return Some(at),
                _ => continue,
            }
            if sign == '}' && braces == 0 && brackets == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// The same text with comments and the inside of texts as spaces.
pub fn blank(text: &str) -> String {
    let signs: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < signs.len() {
        let end = skip(&signs, at);
        if end == at {
            out.push(signs[at]);
            at += 1;
        } else {
            out.extend(signs[at..end].iter().map(|sign| if *sign == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// Where the comment or text that begins at `at` ends; `at` itself if none does.
fn skip(signs: &[char], at: usize) -> usize {
    let next = signs.get(at + 1).copied();
    let is_word_before = at > 0 && (signs[at - 1].is_alphanumeric() || signs[at - 1] == '_');
    match (signs[at], next) {
        ('/', Some('/')) => find(signs, at, '\n'),
        ('/', Some('*')) => comment_end(signs, at),
        ('"', _) => text_end(signs, at + 1),
        ('b' | 'c', Some('"')) if !is_word_before => text_end(signs, at + 2),
        ('r', Some('"' | '#')) if !is_word_before => raw_end(signs, at + 1).unwrap_or(at),
        ('b' | 'c', Some('r')) if !is_word_before => raw_end(signs, at + 2).unwrap_or(at),
        ('\'', _) => char_end(signs, at).unwrap_or(at),
        _ => at,
    }
}

fn find(signs: &[char], from: usize, wanted: char) -> usize {
    let rest = signs[from..].iter().position(|sign| *sign == wanted);
    rest.map_or(signs.len(), |more| from + more)
}

fn comment_end(signs: &[char], start: usize) -> usize {
    let (mut depth, mut at) = (0, start);
    while at < signs.len() {
        match (signs[at], signs.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

fn text_end(signs: &[char], start: usize) -> usize {
    let mut at = start;
    while at < signs.len() {
        match signs[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    signs.len()
}

fn raw_end(signs: &[char], start: usize) -> Option<usize> {
    let hashes = signs[start..].iter().take_while(|sign| **sign == '#').count();
    let open = start + hashes;
    if signs.get(open) != Some(&'"') {
        return None;
    }
    let mut at = open + 1;
    loop {
        at = find(signs, at, '"') + 1;
        if at >= signs.len() {
            return Some(signs.len());
        }
        if signs[at..].iter().take_while(|sign| **sign == '#').count() >= hashes {
            return Some(at + hashes);
        }
    }
}

/// A char, told from a lifetime by its closing quote.
fn char_end(signs: &[char], start: usize) -> Option<usize> {
    if signs.get(start + 1) == Some(&'\\') {
        return Some(find(signs, start + 3, '\'') + 1);
    }
    (signs.get(start + 2) == Some(&'\'')).then_some(start + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(body: &str) -> Source {
        let text = Text { path: "crates/x/src/y.rs".into(), body: body.into() };
        Source::of(&text).unwrap()
    }

    #[test]
    fn comments_and_texts_are_blank() {
        let cases = [
            "a // b.unwrap()",
            "a /* b /* c */ b.unwrap() */",
            "a \"b.unwrap() \\\" b.unwrap()\"",
            "a r#\"b \" .unwrap()\"#",
            "a b\".unwrap()\"",
            "a br\".unwrap()\"",
        ];
        for case in cases {
            let blanked = blank(case);
            assert!(!blanked.contains("unwrap"), "{case} -> {blanked}");
            assert!(blanked.starts_with('a'), "{case} -> {blanked}");
        }
    }

    #[test]
    fn code_after_a_char_or_lifetime_stays() {
        for case in ["'\"' x()", "'\\'' x()", "&'a str x()", "'{' x()", "'\\u{7f}' x()", "for x()"] {
            let blanked = blank(case);
            assert!(blanked.contains("x()"), "{case} -> {blanked}");
            assert!(!blanked.contains('{'), "{case} -> {blanked}");
        }
    }

    #[test]
    fn tests_end_where_their_block_ends() {
        let found = source("fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() {}\n}\nfn c() {}");
        assert_eq!(found.is_test, [false, true, true, true, true, false]);
        let found = source("#[cfg(test)]\nmod tests;\nfn c() {}");
        assert_eq!(found.is_test, [true, true, false]);
    }
}
