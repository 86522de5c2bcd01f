"""Reads with pysam, by the indexes that were made: each region gives the records that a reader without an index finds there."""
import sys

import pysam


def spans_of(lines, form):
    for line in lines:
        if line.startswith("#") or not line.strip():
            continue
        fields = line.split("\t")
        if form == "vcf":
            start = int(fields[1]) - 1
            end = start + len(fields[3])
            for part in fields[7].split(";"):
                if part.startswith("END=") and int(part[4:]) > start:
                    end = int(part[4:])
        elif form == "bed":
            start, end = int(fields[1]), int(fields[2])
        else:
            start, end = int(fields[3]) - 1, int(fields[4])
        yield fields[0], max(start, 0), end, line


def regions(spans):
    """Some places: around some records, at the beginning, and far away."""
    some = spans[:: max(1, len(spans) // 40)]
    for name, start, end, _ in some:
        yield name, start, start + 1
        yield name, max(0, start - 1000), end + 1000
        yield name, end, end + 100_000
    for name in {span[0] for span in spans}:
        yield name, 0, 10_000


def tabix(source, index, form):
    lines = pysam.BGZFile(source, "r").read().decode().splitlines()
    spans = list(spans_of(lines, form))
    found = 0
    with pysam.TabixFile(source, index=index, encoding="utf-8") as file:
        for name, start, end in regions(spans):
            given = list(file.fetch(name, start, end))
            expected = [line for other, from_, to, line in spans if other == name and from_ < end and max(to, from_ + 1) > start]
            assert given == expected, (source, name, start, end, len(given), len(expected))
            found += len(given)
    return found


def bam(source, index):
    def key(read):
        return read.query_name, read.flag, read.reference_start, read.cigarstring

    with pysam.AlignmentFile(source, "rb", check_sq=False) as file:
        reads = [read for read in file.fetch(until_eof=True)]
        placed = [(read.reference_name, read.reference_start, read.reference_end or read.reference_start + 1, read) for read in reads if read.reference_id >= 0]
        unplaced = len(reads) - len(placed)
    found = 0
    with pysam.AlignmentFile(source, "rb", index_filename=index, check_sq=False) as file:
        for name, start, end in regions(placed):
            given = [key(read) for read in file.fetch(name, start, end)]
            expected = [key(read) for other, from_, to, read in placed if other == name and from_ < end and to > start]
            assert given == expected, (source, name, start, end, len(given), len(expected))
            found += len(given)
        assert file.nocoordinate == unplaced, (source, file.nocoordinate, unplaced)
        assert file.mapped == sum(not read.is_unmapped for read in reads), source
    return found


def fasta(source, index):
    pysam.faidx(source, "--fai-idx", index + ".other")
    ours, theirs = open(index).read(), open(index + ".other").read()
    assert ours == theirs, (source, ours[:200], theirs[:200])
    return ours.count("\n")


records = files = 0
for line in open(sys.argv[1], encoding="utf-8"):
    source, index, form = line.rstrip("\n").split("\x1f")
    make = {"bam": bam, "fasta": fasta}.get(form, lambda source, index: tabix(source, index, form))
    records += make(source, index)
    files += 1
print(f"{files} indexes, {records} records by region alike")
