"""Signs a PDF as a hospital's own tool does: PAdES, by pyHanko. Usage: pades.py KEY CERTIFICATE CHAIN IN OUT"""
import sys

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

key, certificate, chain, source, target = sys.argv[1:]
signer = signers.SimpleSigner.load(key, certificate, ca_chain_files=(chain,))
meta = signers.PdfSignatureMetadata(
    field_name="Signature1", md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES
)
with open(source, "rb") as unsigned, open(target, "wb") as signed:
    signers.sign_pdf(IncrementalPdfFileWriter(unsigned), meta, signer=signer, output=signed)
