"""Writes workbooks, databases and tables of columns with other people's programs, for `tests/all/cells.rs`; values are invented.

Needs: openpyxl xlsxwriter pandas pyarrow polars duckdb. Run: python make.py (in this folder). What it writes is committed;
it is kept to show where the files come from. `people` names persons, `clean` has the same columns without them.
"""
import datetime as dt, os, sqlite3
import duckdb, openpyxl, pandas as pd, polars, pyarrow as pa, pyarrow.parquet as pq, xlsxwriter

os.chdir(os.path.dirname(os.path.abspath(__file__)))
CODES = ["RSSMRA80A01H501U", "VRDLGI85T10A944M", "BNCGNN70M41F205P", "NRELCU92D15L219I"]
NAMES = ["Mario Rossi", "Luigi Verdi", "Giovanna Bianchi", "Luca Neri"]
HEAD = ["id", "paziente", "codice fiscale", "peso", "nato", "visto", "sano", "nota"]
ROWS = 12

def rows(people):
    for n in range(ROWS):
        who = (NAMES[n % 4], CODES[n % 4]) if people else (f"S{n:04}", f"group-{n % 3}")
        note = None if n % 3 == 1 else f"nota {n} & <{n}> è" + ("" if n != 5 else " lunga" * 300)
        yield [n + 1, *who, 50.5 + n, dt.date(1950 + n, 1 + n, 2), dt.datetime(2024, 1, 1 + n, 8, 30, n), n % 2 == 0, note]

def text(cell):
    if cell is None: return ""
    if isinstance(cell, bool): return "true" if cell else "false"
    if isinstance(cell, dt.datetime): return cell.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, float) and cell.is_integer(): return str(int(cell))
    return str(cell)

for name, people in [("people", True), ("clean", False)]:
    data = list(rows(people))
    with open(f"{name}.tsv", "w") as to:
        for row in [HEAD, *data]: to.write("\t".join(text(cell) for cell in row) + "\n")
    book = openpyxl.Workbook(); first = book.active; first.title = "Legenda"
    first.append(["variabile", "significato"]); first.append(["peso", "in kg"]); first.append(["sano", "vero o falso"])
    second = book.create_sheet("Dati"); second.append(["Studio multicentrico"]); second.append([]); second.append(HEAD)
    for row in data: second.append(row)
    second.sheet_state = "hidden"; book.save(f"{name}-openpyxl.xlsx")
    book = xlsxwriter.Workbook(f"{name}-xlsxwriter.xlsx", {"default_date_format": "dd/mm/yyyy hh:mm:ss", "date_1904": True})
    sheet = book.add_worksheet("Dati")
    for at, row in enumerate([HEAD, *data]):
        for column, cell in enumerate(row):
            if cell is not None: sheet.write(at, column, cell)
    book.close()
    frame = pd.DataFrame(data, columns=HEAD); frame["nato"] = pd.to_datetime(frame["nato"]); frame.to_excel(f"{name}-pandas.xlsx", index=False)
    for kind, encoding in [("utf8", "UTF-8"), ("utf16le", "UTF-16le"), ("utf16be", "UTF-16be")]:
        file = f"{name}-{kind}.sqlite"
        if os.path.exists(file): os.remove(file)
        base = sqlite3.connect(file); base.execute("pragma page_size = 512"); base.execute(f"pragma encoding = '{encoding}'")
        base.execute("create table legenda(variabile text primary key, significato text) without rowid")
        base.executemany("insert into legenda values (?, ?)", [("peso", "in kg"), ("sano", "vero o falso")])
        base.execute("create table dati(id integer primary key, paziente text, \"codice fiscale\", peso real, nato text, visto text, sano text, nota text)")
        base.execute("create index per_nome on dati(paziente)")
        base.executemany("insert into dati values (?, ?, ?, ?, ?, ?, ?, ?)", [[row[0], *[cell if isinstance(cell, float) or cell is None else text(cell) for cell in row[1:]]] for row in data])
        base.commit(); base.close()
    data_table = pa.table({head: [row[at] for row in data] for at, head in enumerate(HEAD)})
    for kind, options in {
        "snappy": {}, "plain": {"compression": "none", "use_dictionary": False}, "gzip": {"compression": "gzip", "data_page_version": "2.0"},
        "zstd": {"compression": "zstd", "row_group_size": 5, "data_page_size": 64, "write_batch_size": 2},
        "delta": {"use_dictionary": False, "column_encoding": {"id": "DELTA_BINARY_PACKED", "paziente": "DELTA_BYTE_ARRAY",
            "codice fiscale": "DELTA_LENGTH_BYTE_ARRAY", "peso": "BYTE_STREAM_SPLIT", "sano": "RLE"}},
        "int96": {"use_deprecated_int96_timestamps": True}}.items():
        pq.write_table(data_table, f"{name}-{kind}.parquet", store_schema=False, **options)
    polars.from_arrow(data_table).write_parquet(f"{name}-polars.parquet")
    duckdb.sql(f"copy data_table to '{name}-duckdb.parquet'")
    wide = pa.table({"visita": [[{"medico": row[1], "ore": row[0]}] * (row[0] % 3) for row in data], "importo": pa.array([row[0] for row in data], pa.decimal128(12, 2))})
    pq.write_table(wide, f"{name}-nested.parquet", store_schema=False)

# What is left of rows that were deleted; `vacuum` was cleaned, `plain` lost none, and `moved` lost none but was written in no order.
import random
for name in ["deleted", "dropped", "vacuum", "plain", "moved"]:
    file = f"left-{name}.sqlite"
    if os.path.exists(file): os.remove(file)
    base = sqlite3.connect(file); base.execute("pragma page_size = 512"); base.execute("pragma secure_delete = off")
    keys = list(range(60))
    if name == "moved": random.Random(7).shuffle(keys)
    for table in ["pazienti", "visite"]:
        base.execute(f"create table {table}(id integer primary key, nota text)")
        base.executemany(f"insert into {table} values (?, ?)", [(key, NAMES[key % 4] * (1 + key % 3)) for key in keys])
    base.commit()
    if name in ("deleted", "vacuum"): base.execute("delete from pazienti where id % 20 = 3")
    if name == "dropped": base.execute("drop table pazienti")
    base.commit()
    if name == "vacuum": base.execute("vacuum")
    base.close()
