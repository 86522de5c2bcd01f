"""A session of pyarrow's own S3 file system: deliver, be refused, read whole and by columns, write a dataset, rename, delete.

usage: parquet.py session | after

DINA, DESK and RITA are `host:port id secret`. Any difference ends the script.
"""
import os
import sys
import time

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow.fs import FileSelector, FileType, S3FileSystem

ROWS, REGIONS, REFUSAL_SECONDS_MAX = 100_000, 20, 30
TABLE = pa.table({
    "id": list(range(ROWS)),
    "region": [number % REGIONS for number in range(ROWS)],
    "note": [str(number * 7_919) for number in range(ROWS)],
})


def file_system(name):
    host, access, secret = os.environ[name].split(" ")
    return S3FileSystem(access_key=access, secret_key=secret, region="us-east-1", scheme="http", endpoint_override=host)


def refused(what, *says):
    started = time.monotonic()
    try:
        what()
    except OSError as error:
        assert any(part in str(error) for part in says), error
        assert time.monotonic() - started < REFUSAL_SECONDS_MAX, error
    else:
        raise AssertionError(f"not refused: {says}")


def read(fs):
    return pq.read_table("bari/2026/one.parquet", filesystem=fs)


def session(dina, desk, rita):
    pq.write_table(TABLE, "bari/2026/one.parquet", filesystem=dina)
    refused(lambda: read(dina), "ACCESS_DENIED")
    refused(lambda: read(rita), "ACCESS_DENIED")
    refused(lambda: pq.write_table(TABLE, "results/two.parquet", filesystem=rita), "place_outside")

    assert read(desk).equals(TABLE)
    some = pq.read_table("bari/2026/one.parquet", filesystem=desk, columns=["id"], filters=[("region", "=", 3)])
    assert some.column_names == ["id"] and some.num_rows == ROWS // REGIONS

    by_region = ds.partitioning(pa.schema([("region", pa.int64())]), flavor="hive")
    ds.write_dataset(TABLE, "results/set", format="parquet", partitioning=by_region, filesystem=desk)
    dataset = ds.dataset("results/set", format="parquet", partitioning="hive", filesystem=desk)
    assert dataset.count_rows() == ROWS
    some = dataset.to_table(columns=["id"], filter=ds.field("region") == 3)
    assert sorted(some["id"].to_pylist()) == list(range(3, ROWS, REGIONS))

    desk.copy_file("bari/2026/one.parquet", "bari/copy.parquet")
    desk.move("bari/copy.parquet", "bari/moved.parquet")
    moved, copy = desk.get_file_info(["bari/moved.parquet", "bari/copy.parquet"])
    assert moved.type == FileType.File and copy.type == FileType.NotFound
    desk.delete_file("bari/moved.parquet")
    large = os.urandom(1 << 20)
    with desk.open_output_stream("results/large.bin") as out:
        for _ in range(12):
            out.write(large)
    with desk.open_input_file("results/large.bin") as back:
        assert back.read_at(100, 5 << 20) == (large * 12)[5 << 20:(5 << 20) + 100]
    desk.delete_dir("results/set")
    left = desk.get_file_info(FileSelector("results", recursive=True))
    assert [info.path for info in left if info.type == FileType.File] == ["results/large.bin"], left


def after(dina, desk, rita):
    refused(lambda: read(desk), "ACCESS_DENIED")
    refused(lambda: desk.get_file_info(FileSelector("bari")), "permit_ended")


{"session": session, "after": after}[sys.argv[1]](*map(file_system, ["DINA", "DESK", "RITA"]))
