"""Writes one person who does not exist into files of every kind that people hand over; standard library and pyarrow.

usage: planted.py FOLDER NAME CODE   the files of tables, texts and documents that name them, each under its kind's name
"""

import json
import sqlite3
import sys
import zipfile
from pathlib import Path

import pyarrow
import pyarrow.parquet

folder, name, code = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
folder.mkdir(parents=True, exist_ok=True)
rows = [(name if at == 7 else f"P-{at:03}", code if at == 7 else "", 40 + at % 9) for at in range(40)]
letter = f"Il paziente {name}, codice fiscale {code}, si presenta con dispnea da sforzo."


def write(kind, content):
    (folder / kind).write_bytes(content if isinstance(content, bytes) else content.encode())


def zipped(kind, members):
    with zipfile.ZipFile(folder / kind, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, text in members.items():
            archive.writestr(member, text)


def xlsx():
    def cell(at, row, value):
        place = f"{'ABC'[at]}{row}"
        if isinstance(value, int):
            return f'<c r="{place}"><v>{value}</v></c>'
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'

    lines = [("patient", "codice_fiscale", "age"), *rows]
    body = "".join(f'<row r="{at}">{"".join(cell(nth, at, value) for nth, value in enumerate(line))}</row>' for at, line in enumerate(lines, 1))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    links = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/"
    zipped("table.xlsx", {
        "[Content_Types].xml": f'<?xml version="1.0"?><Types xmlns="{package}content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
        "_rels/.rels": f'<?xml version="1.0"?><Relationships xmlns="{package}relationships"><Relationship Id="r1" Type="{links}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<?xml version="1.0"?><workbook xmlns="{main}" xmlns:r="{links}"><sheets><sheet name="visits" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<?xml version="1.0"?><Relationships xmlns="{package}relationships"><Relationship Id="r1" Type="{links}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<?xml version="1.0"?><worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>',
    })


def pdf():
    text = letter.replace("(", "").replace(")", "")
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    write("letter.pdf", bytes(out))


write("table.csv", "patient,codice_fiscale,age\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows))
write("lines.ndjson", "".join(json.dumps({"patient": a, "codice_fiscale": b, "age": c}) + "\n" for a, b, c in rows))
write("letter.txt", letter + "\n")
write("page.html", f"<!doctype html><html><body><p>{letter}</p></body></html>")
write("patient.json", json.dumps({"resourceType": "Patient", "name": [{"family": name.split()[1], "given": [name.split()[0]]}], "identifier": [{"value": code}]}))
write("variants.vcf", f"##fileformat=VCFv4.2\n##contig=<ID=1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{name.replace(' ', '_')}\n1\t100\t.\tA\tC\t.\tPASS\t.\tGT\t0/1\n")
zipped("letter.docx", {
    "[Content_Types].xml": '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
    "word/document.xml": f'<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>{letter}</w:t></w:r></w:p></w:body></w:document>',
})
xlsx()
pdf()
pyarrow.parquet.write_table(pyarrow.table({"patient": [a for a, _, _ in rows], "codice_fiscale": [b for _, b, _ in rows], "age": [c for _, _, c in rows]}), folder / "table.parquet")
(folder / "table.sqlite").unlink(missing_ok=True)
with sqlite3.connect(folder / "table.sqlite") as base:
    base.execute("create table visits (patient text, codice_fiscale text, age integer)")
    base.executemany("insert into visits values (?, ?, ?)", rows)
base.close()
