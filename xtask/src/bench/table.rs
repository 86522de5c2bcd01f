//! Tables of Markdown, as `bars` prints them.

/// A table: the names of its columns, and its rows.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// The tables of a page, in order.
pub fn tables(page: &str) -> Vec<Table> {
    let mut tables = Vec::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        let is_ruled = lines.peek().is_some_and(|next| next.starts_with("|---"));
        if !line.starts_with('|') || !is_ruled {
            continue;
        }
        lines.next();
        let mut table = Table { columns: cells(line), rows: Vec::new() };
        while let Some(row) = lines.next_if(|next| next.starts_with('|')) {
            table.rows.push(cells(row));
        }
        tables.push(table);
    }
    tables
}

fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split('|').map(|cell| cell.trim().to_owned()).collect()
}

impl Table {
    /// A row's cell in the column of this name.
    pub fn cell<'a>(&self, row: &'a [String], column: &str) -> Option<&'a str> {
        let at = self.columns.iter().position(|name| name == column)?;
        row.get(at).map(String::as_str)
    }
}
