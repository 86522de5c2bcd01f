"""Compares typed Parquet files with the tables they were made of, cell by cell, as Python's csv module reads those."""
import csv
import datetime as dt
import re
import sys

import pyarrow.parquet as pq

csv.field_size_limit(1 << 30)
MISSING = {"", "NA", "N/A", "null", "."}


def moment(text):
    text = re.sub(r"(\.\d{6})0+", r"\1", text)
    text = re.sub(r"\.(\d{1,5})(?!\d)", lambda found: "." + found.group(1).ljust(6, "0"), text)
    return dt.datetime.fromisoformat(text)


def same(cell, text, kind):
    bare = text.strip()
    if cell is None:
        return bare in MISSING
    if bare in MISSING:
        return False
    if kind == "string":
        return cell == text
    if kind == "int64":
        return cell == int(bare)
    if kind == "double":
        return cell == float(bare)
    if kind == "bool":
        return cell == (bare.lower() == "true")
    if kind.startswith("date32"):
        return cell == dt.date.fromisoformat(bare)
    return cell == moment(bare)


cells = files = 0
typed = {}
for line in open(sys.argv[1], encoding="utf-8"):
    source, made, delimiter, header = line.rstrip("\n").split("\x1f")
    table = pq.read_table(made)
    kinds = [str(field.type) for field in table.schema]
    columns = [column.to_pylist() for column in table.columns]
    with open(source, encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter=delimiter) if row and not (len(row) == 1 and not row[0].strip())]
    if header == "header":
        names = [name.strip() for name in rows.pop(0)]
        given = [name for name in names if name]
        assert [name for name, known in zip(table.column_names, names) if known] == given, (source, table.column_names, names)
    assert len(rows) == table.num_rows, (source, len(rows), table.num_rows)
    for number, row in enumerate(rows):
        for at, kind in enumerate(kinds):
            text = row[at] if at < len(row) else ""
            assert same(columns[at][number], text, kind), (source, number, at, kind, columns[at][number], text)
            cells += 1
    for kind in kinds:
        typed[kind] = typed.get(kind, 0) + 1
    files += 1
print(f"{files} tables, {cells} cells alike, columns by type {sorted(typed.items())}")
