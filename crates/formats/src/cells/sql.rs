//! Names of columns in `CREATE TABLE`.
//!
//! It exists because a database of SQLite keeps its schema as SQL. It reads names, what tells where a column stands in a
//! record, and nothing else; of what it does not understand it says nothing.
//!
//! SPEC: sqlite.org/lang_createtable.html; sqlite.org/fileformat2.html, 2.3 and 2.4.

/// WHY: SQLite allows 32,767 columns at most.
const COLUMNS_MAX: usize = 32_767;
const CONSTRAINTS: [&str; 5] = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];

/// Columns of a table, as its records have them.
#[derive(Debug, Default, PartialEq)]
pub struct Columns {
    pub names: Vec<String>,
    /// Which one is the number of the row, and not in the record.
    pub rowid: Option<usize>,
}

/// Words, signs and quoted names of SQL.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Sign(char),
}

impl Token {
    fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(found) if found.eq_ignore_ascii_case(word))
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Word(name) | Self::Quoted(name) => Some(name),
            Self::Sign(_) => None,
        }
    }
}

/// Columns in the order of records; none where the SQL is not understood.
pub fn columns(sql: &str) -> Columns {
    let tokens = tokens(sql);
    let Some(start) = tokens.iter().position(|token| *token == Token::Sign('(')) else {
        return Columns::default();
    };
    let (parts, rest) = parts(tokens.get(start + 1..).unwrap_or_default());
    let has_rowid = !rest.windows(2).any(|pair| matches!(pair, [a, b] if a.is("WITHOUT") && b.is("ROWID")));
    let (mut names, mut keys, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    for part in parts {
        let Some(name) = part.first().and_then(Token::name) else { continue };
        let is_key = part.windows(2).any(|pair| matches!(pair, [a, b] if a.is("PRIMARY") && b.is("KEY")));
        if CONSTRAINTS.iter().any(|word| part.first().is_some_and(|first| first.is(word))) {
            keys = if is_key { listed(part) } else { keys };
            continue;
        }
        // SPEC: generated columns are stored only where they say so.
        let is_made =
            part.windows(2).any(|pair| matches!(pair, [a, b] if a.is("AS") && *b == Token::Sign('(')))
                && !part.iter().any(|token| token.is("STORED"));
        if is_made || names.len() >= COLUMNS_MAX {
            continue;
        }
        if is_key {
            keys = vec![name.to_owned()];
        }
        whole.push(part.get(1).is_some_and(|kind| kind.is("INTEGER")));
        names.push(name.to_owned());
    }
    let is_key = |name: &String| keys.iter().any(|key| key.eq_ignore_ascii_case(name));
    if has_rowid {
        // SPEC: 2.3: a key of one INTEGER is the number of the row.
        let rowid =
            names.iter().position(is_key).filter(|at| keys.len() == 1 && whole.get(*at) == Some(&true));
        return Columns { names, rowid };
    }
    // SPEC: 2.4: a table without row numbers has the columns of its key first.
    let (mut first, rest): (Vec<_>, Vec<_>) = names.into_iter().partition(is_key);
    first.sort_by_key(|name| keys.iter().position(|key| key.eq_ignore_ascii_case(name)));
    Columns { names: first.into_iter().chain(rest).collect(), rowid: None }
}

/// Names in the first brackets.
fn listed(part: &[Token]) -> Vec<String> {
    let inside = part.iter().skip_while(|token| **token != Token::Sign('(')).skip(1);
    let inside = inside.take_while(|token| **token != Token::Sign(')'));
    inside.filter_map(|token| token.name().map(str::to_owned)).collect()
}

/// What commas part, and what comes behind the closing bracket.
fn parts(tokens: &[Token]) -> (Vec<&[Token]>, &[Token]) {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_u32, 0);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign('(') => depth += 1,
            Token::Sign(')') if depth == 0 => {
                parts.push(tokens.get(start..at).unwrap_or_default());
                return (parts, tokens.get(at..).unwrap_or_default());
            }
            Token::Sign(')') => depth -= 1,
            Token::Sign(',') if depth == 0 => {
                parts.push(tokens.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            Token::Sign(_) | Token::Word(_) | Token::Quoted(_) => {}
        }
    }
    (parts, &[])
}

fn tokens(sql: &str) -> Vec<Token> {
    let (mut tokens, mut signs) = (Vec::new(), sql.chars().peekable());
    while let Some(sign) = signs.next() {
        match sign {
            '"' | '`' | '\'' | '[' => {
                let end = if sign == '[' { ']' } else { sign };
                let mut name = String::new();
                while let Some(sign) = signs.next() {
                    if sign != end {
                        name.push(sign);
                    } else if end != ']' && signs.next_if_eq(&end).is_some() {
                        name.push(end);
                    } else {
                        break;
                    }
                }
                tokens.push(Token::Quoted(name));
            }
            '-' if signs.next_if_eq(&'-').is_some() => while signs.next_if(|sign| *sign != '\n').is_some() {},
            '/' if signs.next_if_eq(&'*').is_some() => {
                let mut before = ' ';
                for sign in signs.by_ref() {
                    if before == '*' && sign == '/' {
                        break;
                    }
                    before = sign;
                }
            }
            _ if sign.is_alphanumeric() || sign == '_' => {
                let mut word = String::from(sign);
                while let Some(more) =
                    signs.next_if(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '$'))
                {
                    word.push(more);
                }
                tokens.push(Token::Word(word));
            }
            _ if sign.is_whitespace() => {}
            _ => tokens.push(Token::Sign(sign)),
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, names: &[&str], rowid: Option<usize>) {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(columns(sql), Columns { names, rowid }, "{sql}");
    }

    #[test]
    fn names_are_those_that_records_have() {
        check("CREATE TABLE a(id INTEGER PRIMARY KEY, b TEXT)", &["id", "b"], Some(0));
        check(
            "create table \"x (\"(\n [first name] text, -- a, b\n `c` numeric(10,2) /* d, */ default (1+2),\
            unique(c), foreign key (c) references z(q))",
            &["first name", "c"],
            None,
        );
        check("CREATE TABLE a(b, id INTEGER, PRIMARY KEY(id))", &["b", "id"], Some(1));
        check(
            "CREATE TABLE a(x, y, z, CONSTRAINT k PRIMARY KEY(z, x)) WITHOUT ROWID",
            &["z", "x", "y"],
            None,
        );
        check("CREATE TABLE a(x, w AS (x || 'a'), v TEXT GENERATED ALWAYS AS (x) STORED)", &["x", "v"], None);
        for broken in ["", "(", "CREATE TABLE a(", "\"", "CREATE TABLE a AS SELECT"] {
            columns(broken);
        }
    }
}
