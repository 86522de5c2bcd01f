"""Signs PDFs with pyHanko, the independent oracle of the tests: one job in JSON on each line, one answer to each.

{"in": path, "out": path, "key": path, "certificate": path, "chain": [path], "sub_filter": "pades" | "adobe" | "time",
 "field": name, "page": number, "box": [l, b, r, t] | null, "digest": "sha256", "pss": bool, "also": [change], "xref_streams": bool}
"""
import json
import sys

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers, timestamps

def change(writer, what, page_number):
    """Changes the document in the update that the signature then covers."""
    page = writer.find_page_for_modification(page_number)[0].get_object()
    if what == "contents":
        page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"q Q"))
        writer.update_container(page)
    elif what == "contents in place":
        reference = page.raw_get("/Contents").reference
        stream = generic.StreamObject(stream_data=b"q Q")
        writer.objects[(reference.generation, reference.idnum)] = stream
    elif what == "resources":
        page["/Resources"] = generic.DictionaryObject()
        writer.update_container(page)
    elif what == "rotate":
        page["/Rotate"] = generic.NumberObject(90)
        writer.update_container(page)
    elif what in ("note", "link"):
        box = generic.ArrayObject(generic.FloatObject(number) for number in (70, 70, 520, 780))
        kind = {"note": "/FreeText", "link": "/Link"}[what]
        note = {pdf_name("/Type"): pdf_name("/Annot"), pdf_name("/Subtype"): pdf_name(kind), pdf_name("/Rect"): box}
        page["/Annots"] = generic.ArrayObject([writer.add_object(generic.DictionaryObject(note))])
        writer.update_container(page)
    elif what == "open action":
        writer.root["/OpenAction"] = generic.DictionaryObject({pdf_name("/S"): pdf_name("/JavaScript")})
        writer.update_root()
    elif what == "language":
        writer.root["/Lang"] = generic.pdf_string("xx")
        writer.update_root()
    elif what == "text field":
        field = {pdf_name("/FT"): pdf_name("/Tx"), pdf_name("/T"): generic.pdf_string("word")}
        form = {pdf_name("/Fields"): generic.ArrayObject([writer.add_object(generic.DictionaryObject(field))])}
        writer.root["/AcroForm"] = generic.DictionaryObject(form)
        writer.update_root()
    elif what == "proofs":
        writer.root["/DSS"] = generic.DictionaryObject({pdf_name("/Type"): pdf_name("/DSS")})
        writer.update_root()
    elif what == "extra object":
        writer.add_object(generic.StreamObject(stream_data=b"unreferenced"))
    elif what == "packed object":
        packed = writer.prepare_object_stream()
        form = {pdf_name("/Fields"): generic.ArrayObject(), pdf_name("/SigFlags"): generic.NumberObject(3)}
        writer.root["/AcroForm"] = writer.add_object(generic.DictionaryObject(form), obj_stream=packed)
        writer.update_root()
    elif what == "stamp":
        field = writer.root["/AcroForm"]["/Fields"][0]
        reference = field["/AP"].raw_get("/N").reference
        writer.objects[(reference.generation, reference.idnum)] = generic.StreamObject(stream_data=b"q Q")
    elif what == "forget":
        writer.root["/AcroForm"]["/Fields"] = generic.ArrayObject()
        writer.update_container(writer.root["/AcroForm"])
    elif what == "twice":
        first = writer.root["/AcroForm"]["/Fields"][0]
        again = {pdf_name("/FT"): pdf_name("/Sig"), pdf_name("/T"): generic.pdf_string("again")}
        again[pdf_name("/V")] = first.raw_get("/V")
        writer.root["/AcroForm"]["/Fields"].append(writer.add_object(generic.DictionaryObject(again)))
        writer.update_container(writer.root["/AcroForm"])
    else:
        raise SystemExit(f"no such change: {what}")


def sign(job):
    with open(job["in"], "rb") as source, open(job["out"], "wb") as target:
        writer = IncrementalPdfFileWriter(source)
        writer.stream_xrefs = job["xref_streams"]
        for what in job["also"]:
            change(writer, what, job["page"])
        if job["field"] is None:
            writer.write(target)
            return
        files = {"ca_chain_files": job["chain"], "prefer_pss": job["pss"]}
        signer = signers.SimpleSigner.load(job["key"], job["certificate"], **files)
        if job["sub_filter"] == "time":
            stamper = timestamps.DummyTimeStamper(tsa_cert=signer.signing_cert, tsa_key=signer.signing_key)
            stamper = signers.PdfTimeStamper(stamper, field_name=job["field"])
            stamper.timestamp_pdf(writer, "sha256", output=target)
            return
        kinds = {"pades": fields.SigSeedSubFilter.PADES, "adobe": fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED}
        meta = signers.PdfSignatureMetadata(
            field_name=job["field"], md_algorithm=job["digest"], subfilter=kinds[job["sub_filter"]], location="Pisa"
        )
        spec = fields.SigFieldSpec(job["field"], on_page=job["page"], box=job["box"])
        signers.sign_pdf(writer, meta, signer=signer, new_field_spec=spec, output=target)


for line in sys.stdin:
    try:
        sign(json.loads(line))
        print("done", flush=True)
    except Exception as error:
        print(f"failed: {error!r}".replace("\n", " "), flush=True)
