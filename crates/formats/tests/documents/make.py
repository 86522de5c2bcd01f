"""Writes letters as PDF with other people's programs, for `tests/all/documents.rs`; persons are invented.

Needs: reportlab fpdf2 weasyprint typst matplotlib pymupdf img2pdf pillow pikepdf python-docx python-pptx odfpy pandas, and poppler's pdftotext. Run: python make.py
(in this folder). Beside each letter stands what pdftotext reads in it. What it writes is committed; it is kept to show where the
files come from.
"""
import io, os, subprocess
import docx, img2pdf, matplotlib, odf.opendocument, odf.text, pandas, pikepdf, pptx, pymupdf, typst, weasyprint
from fpdf import FPDF
from PIL import Image, ImageDraw
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table
matplotlib.use("Agg"); import matplotlib.pyplot as plt

os.chdir(os.path.dirname(os.path.abspath(__file__)))
FACE = os.path.join(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf")
LETTER = ["Azienda Ospedaliera, Divisione di Cardiologia", "Gentile collega, abbiamo visitato il signor Mario Rossi,",
          "nato il 01/01/1980, codice fiscale RSSMRA80A01H501U, per un'aritmia già nota.",
          "La città di residenza è Bologna; l'efficacia della terapia affluisce alle fluide officine.",
          "Prezzo: 12,50 € – «così è se vi pare». Perché no?"]
CLEAN = ["Protocollo dello studio multicentrico", "I campioni sono conservati a meno ottanta gradi.",
         "Ogni centro consegna dodici provette per ciascun gruppo.", "L'efficacia della terapia è misurata a sei mesi."]

for name, lines in [("letter", LETTER), ("clean", CLEAN)]:
    flow = [Paragraph(line, getSampleStyleSheet()["BodyText"]) for line in lines]
    cells = Table([["esame", "valore"], ["glucosio", "5,1"], ["sodio", "140"]])
    SimpleDocTemplate(f"{name}-reportlab.pdf", pagesize=A4, invariant=1).build([*flow, cells])
    paper = FPDF(); paper.add_font("face", fname=FACE); paper.add_page(); paper.set_font("face", size=11)
    for line in lines: paper.multi_cell(0, 6, line, new_x="LMARGIN", new_y="NEXT")
    paper.output(f"{name}-fpdf.pdf")
    html = "".join(f"<p style='text-align:justify;width:7cm'>{line}</p>" for line in lines)
    weasyprint.HTML(string=f"<html lang=it><body>{html}</body></html>").write_pdf(f"{name}-weasyprint.pdf")
    typst.compile("#set par(justify: true)\n#set page(width: 9cm)\n".encode() + "\n\n".join(lines).encode(), output=f"{name}-typst.pdf")
    drawn = plt.figure(figsize=(8, 9))
    for at, line in enumerate(lines): drawn.text(0.02 + 0.96 * (at == 3), 0.9 - at * 0.15 - (at == 3) * 0.4, line, rotation=90 * (at == 3))
    drawn.savefig(f"{name}-matplotlib.pdf"); plt.close(drawn)
    with plt.rc_context({"pdf.fonttype": 42}):
        drawn = plt.figure(figsize=(8, 3))
        for at, line in enumerate(lines): drawn.text(0.02, 0.9 - at * 0.15, line)
        drawn.savefig(f"{name}-truetype.pdf"); plt.close(drawn)
    book = pymupdf.open(); sheet = book.new_page(); sheet.insert_textbox((50, 50, 500, 400), "\n".join(line.replace("€", "EUR") for line in lines), fontname="tiro")
    book.save(f"{name}-mupdf.pdf", deflate=True)
    with pikepdf.open(f"{name}-reportlab.pdf") as paper:
        paper.save(f"{name}-objects.pdf", object_stream_mode=pikepdf.ObjectStreamMode.generate, linearize=True)
    with pikepdf.open(f"{name}-reportlab.pdf") as paper:
        paper.save(f"{name}-sealed.pdf", encryption=pikepdf.Encryption(owner="o", user="u"))
        paper.save(f"{name}-locked.pdf", encryption=pikepdf.Encryption(owner="o", user="", R=6))

    paper = docx.Document(); paper.sections[0].header.paragraphs[0].text = lines[0]
    for line in lines[1:]: paper.add_paragraph(line)
    paper.save(f"{name}.docx")
    talk = pptx.Presentation(); slide = talk.slides.add_slide(talk.slide_layouts[1])
    slide.shapes.title.text = lines[0]; slide.placeholders[1].text = "\n".join(lines[1:]); talk.save(f"{name}.pptx")
    paper = odf.opendocument.OpenDocumentText()
    for line in lines: paper.text.addElement(odf.text.P(text=line))
    paper.save(f"{name}.odt")
    pandas.DataFrame({"testo": lines}).to_excel(f"{name}.ods", engine="odf", index=False)

scan = Image.new("L", (500, 200), 255); ImageDraw.Draw(scan).text((10, 10), "\n".join(LETTER[:1]), fill=0)
data = io.BytesIO(); scan.save(data, "PNG"); open("scan.pdf", "wb").write(img2pdf.convert(data.getvalue()))
book = pymupdf.open(); sheet = book.new_page(); sheet.insert_text((50, 50), "Modulo di consenso per lo studio multicentrico")
note = sheet.add_text_annot((100, 100), "Chiamare Mario Rossi, RSSMRA80A01H501U")
field = pymupdf.Widget(); field.field_name = "codice"; field.field_type = pymupdf.PDF_WIDGET_TYPE_TEXT; field.rect = pymupdf.Rect(50, 120, 300, 140)
field.field_value = "VRDLGI85T10A944M"; sheet.add_widget(field); book.save("form.pdf")
for file in sorted(os.listdir(".")):
    if file.endswith(".pdf") and not file.endswith("-sealed.pdf"):
        subprocess.run(["pdftotext", file], check=True)
open("note.txt", "w").write("RSSMRA80A01H501U\n")
subprocess.run(["qpdf", "clean-reportlab.pdf", "--add-attachment", "note.txt", "--mimetype=text/plain", "--creationdate=D:20260101000000Z",
                "--moddate=D:20260101000000Z", "--", "--deterministic-id", "attached.pdf"], check=True)
os.remove("note.txt")
