"""Every file of a folder goes in and comes back, bit for bit: boto3, unmodified.

usage: round_trip.py FOLDER BUCKET

EPIC_S3 and EPIC_WRITER (`id:secret`) deliver, EPIC_S3_INSIDE and EPIC_READER read.
A file's key is its path below the folder. Then all files as one object, large
enough for many parts. Any difference ends the script.
"""
import hashlib
import io
import os
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

MIB = 1 << 20
WHOLE_BYTES_MIN = 20 * MIB
CLIENTS = 8
MULTIPART = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB)
FOLDER, BUCKET = Path(sys.argv[1]), sys.argv[2]


def client(url, credential):
    access, secret = os.environ[credential].split(":")
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=4 * CLIENTS)
    return boto3.client("s3", endpoint_url=os.environ[url], region_name="us-east-1", config=config,
                        aws_access_key_id=access, aws_secret_access_key=secret)


WRITER, READER = client("EPIC_S3", "EPIC_WRITER"), client("EPIC_S3_INSIDE", "EPIC_READER")


def sha256(chunks):
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def put(key, body):
    """Stores bytes as the client chooses; gives the etag where it was told one."""
    if len(body) <= 8 * MIB:
        return WRITER.put_object(Bucket=BUCKET, Key=key, Body=body)["ETag"]
    WRITER.upload_fileobj(io.BytesIO(body), BUCKET, key, Config=MULTIPART)
    return None


def back(key, body, etag):
    """What is told of an object and what it holds are what was put."""
    head = READER.head_object(Bucket=BUCKET, Key=key)
    assert head["ContentLength"] == len(body), (key, head)
    assert head["ETag"] == (etag or head["ETag"]) and "-" in head["ETag"], (key, etag, head)
    got = READER.get_object(Bucket=BUCKET, Key=key)
    assert got["ETag"] == head["ETag"] and got["ContentLength"] == len(body), (key, got)
    assert sha256(got["Body"].iter_chunks(MIB)) == hashlib.sha256(body).hexdigest(), key
    if not body:
        return
    chance = random.Random(key)
    start = chance.randrange(len(body))
    end = chance.randrange(start, len(body))
    part = READER.get_object(Bucket=BUCKET, Key=key, Range=f"bytes={start}-{end}")
    assert part["Body"].read() == body[start:end + 1], (key, start, end)
    assert part["ContentRange"] == f"bytes {start}-{end}/{len(body)}", (key, part)


def one(path):
    key, body = path.relative_to(FOLDER).as_posix(), path.read_bytes()
    back(key, body, put(key, body))
    return key, len(body)


def whole(paths):
    """All files as one object of many parts, there and back in parts."""
    body = b"".join(path.read_bytes() for path in paths)
    body *= -(-WHOLE_BYTES_MIN // len(body))
    put("whole/of it", body)
    head = READER.head_object(Bucket=BUCKET, Key="whole/of it", PartNumber=1)
    assert head["PartsCount"] == -(-len(body) // (8 * MIB)), head
    back("whole/of it", body, None)
    into = io.BytesIO()
    READER.download_fileobj(BUCKET, "whole/of it", into, Config=MULTIPART)
    assert into.getvalue() == body
    return "whole/of it", len(body)


paths = sorted(path for path in FOLDER.rglob("*") if path.is_file())
with ThreadPoolExecutor(CLIENTS) as pool:
    expected = dict(pool.map(one, paths))
files, size = len(expected), sum(expected.values())
expected.update([whole(paths)])
pages = READER.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
listed = {row["Key"]: row["Size"] for page in pages for row in page.get("Contents", [])}
assert listed == expected, set(listed.items()) ^ set(expected.items())
print(f"{files} files, {size} bytes, and all of them as one")
