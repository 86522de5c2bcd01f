"""Stock clients do the main job: boto3 and awscli, unmodified.

The test hands over EPIC_S3 (endpoint), EPIC_BUCKET and credentials; every line
that fails ends the script.
"""
import base64
import hashlib
import io
import os
import subprocess
import sys
import tempfile
import urllib.request

for name in [name for name in os.environ if name.startswith("AWS_")]:
    if name not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del os.environ[name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ["EPIC_S3"]
BUCKET = os.environ["EPIC_BUCKET"]
MIB = 1 << 20


def client(**options):
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, **options)
    return boto3.client("s3", endpoint_url=ENDPOINT, region_name="us-east-1", config=config)


S3 = client()


def refused(code, status, call, **given):
    try:
        call(**given)
    except ClientError as error:
        told = error.response
        assert told["Error"]["Code"] in (code, str(status)), told
        assert told["ResponseMetadata"]["HTTPStatusCode"] == status, told
        assert status == 304 or told["ResponseMetadata"]["HTTPHeaders"]["x-epic-reason"], told
        return told
    raise AssertionError(f"{code} was expected")


def crc(kind, bytes):
    """A reflected CRC by its definition, as S3 writes it."""
    polynomial, width = {"CRC32C": (0x82F63B78, 32), "CRC64NVME": (0x9A6C9329AC4BC9B5, 64)}[kind]
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
        table.append(value)
    ones = (1 << width) - 1
    value = ones
    for byte in bytes:
        value = value >> 8 ^ table[(value ^ byte) & 255]
    return base64.b64encode((value ^ ones).to_bytes(width // 8, "big")).decode()


def objects():
    body = b"region,cases\nN,120\n" * 1000
    put = S3.put_object(Bucket=BUCKET, Key="a/table.csv", Body=body, ContentType="text/csv", Metadata={"study": "planet"}, CacheControl="no-store")
    assert put["ResponseMetadata"]["HTTPHeaders"]["x-epic-leaf"]
    got = S3.get_object(Bucket=BUCKET, Key="a/table.csv")
    assert got["Body"].read() == body and got["ContentType"] == "text/csv"
    assert got["Metadata"] == {"study": "planet"} and got["CacheControl"] == "no-store"
    assert got["ETag"] == put["ETag"]
    head = S3.head_object(Bucket=BUCKET, Key="a/table.csv", ChecksumMode="ENABLED")
    assert head["ContentLength"] == len(body) and head["ChecksumCRC32"], head
    part = S3.get_object(Bucket=BUCKET, Key="a/table.csv", Range="bytes=7-11")
    assert part["Body"].read() == body[7:12] and part["ContentRange"] == f"bytes 7-11/{len(body)}"
    tail = S3.get_object(Bucket=BUCKET, Key="a/table.csv", Range="bytes=-5")
    assert tail["Body"].read() == body[-5:]
    refused("InvalidRange", 416, S3.get_object, Bucket=BUCKET, Key="a/table.csv", Range="bytes=999999-")
    refused("304", 304, S3.get_object, Bucket=BUCKET, Key="a/table.csv", IfNoneMatch=put["ETag"])
    refused("PreconditionFailed", 412, S3.get_object, Bucket=BUCKET, Key="a/table.csv", IfMatch='"other"')
    refused("PreconditionFailed", 412, S3.put_object, Bucket=BUCKET, Key="a/table.csv", Body=b"", IfNoneMatch="*")
    again = S3.put_object(Bucket=BUCKET, Key="a/table.csv", Body=b"new", IfMatch=put["ETag"])
    assert S3.get_object(Bucket=BUCKET, Key="a/table.csv")["Body"].read() == b"new"
    refused("PreconditionFailed", 412, S3.put_object, Bucket=BUCKET, Key="a/table.csv", Body=b"", IfMatch=put["ETag"])
    copied = S3.copy_object(Bucket=BUCKET, Key="b/kopie", CopySource={"Bucket": BUCKET, "Key": "a/table.csv"}, CopySourceIfMatch=again["ETag"])
    assert copied["CopyObjectResult"]["ETag"]
    S3.copy_object(Bucket=BUCKET, Key="b/kopie", CopySource=f"{BUCKET}/a/table.csv", MetadataDirective="REPLACE", Metadata={"x": "y"}, ContentType="text/x")
    got = S3.get_object(Bucket=BUCKET, Key="b/kopie")
    assert got["Body"].read() == b"new" and got["Metadata"] == {"x": "y"} and got["ContentType"] == "text/x"
    for kind in ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]:
        if kind in ("CRC32C", "CRC64NVME"):
            # boto3 computes these only with the optional awscrt; it sends what it is given.
            refused("BadDigest", 400, S3.put_object, Bucket=BUCKET, Key="never", Body=body, **{f"Checksum{kind}": crc(kind, b"other")})
            put = S3.put_object(Bucket=BUCKET, Key=f"sum/{kind}", Body=body, **{f"Checksum{kind}": crc(kind, body)})
        else:
            put = S3.put_object(Bucket=BUCKET, Key=f"sum/{kind}", Body=body, ChecksumAlgorithm=kind)
        head = S3.head_object(Bucket=BUCKET, Key=f"sum/{kind}", ChecksumMode="ENABLED")
        assert head[f"Checksum{kind}"] == put[f"Checksum{kind}"] and head["ChecksumType"] == "FULL_OBJECT", (kind, head)
    copied = S3.copy_object(Bucket=BUCKET, Key="b/kopie", CopySource=f"{BUCKET}/sum/SHA1", ChecksumAlgorithm="SHA256")
    assert copied["CopyObjectResult"]["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(body).digest()).decode(), copied
    assert S3.get_object(Bucket=BUCKET, Key="b/kopie", ChecksumMode="ENABLED")["Body"].read() == body
    refused("NoSuchKey", 404, S3.get_object, Bucket=BUCKET, Key="none")
    refused("NoSuchBucket", 404, S3.get_object, Bucket="no-such-bucket", Key="none")
    refused("NoSuchBucket", 404, S3.list_objects_v2, Bucket="no-such-bucket")
    refused("NotImplemented", 501, S3.get_bucket_encryption, Bucket=BUCKET)
    refused("NotImplemented", 501, S3.put_object, Bucket=BUCKET, Key="x", Body=b"", ACL="public-read")


ODD = ["..", "../..", "//", "a//b", "%2F", "#1", "a?b", "a b", "a+b", "emoji \U0001f9ec", "é", "tab\tkey", "line\nkey", "\x01\x1f", "cr\rkey",
       " lead", "trail ", "&<>\"'", "ü/ñ/", "~!@$^*()_-=[]{}|;:,", "\\", "k" * 1024]


def listings():
    for key in ODD:
        S3.put_object(Bucket=BUCKET, Key="odd/" + key if len(key) < 1000 else key, Body=key.encode())
    keys = [one["Key"] for page in S3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 3}) for one in page.get("Contents", [])]
    wanted = {"odd/" + key if len(key) < 1000 else key for key in ODD}
    assert wanted <= set(keys), wanted - set(keys)
    assert keys == sorted(keys, key=lambda key: key.encode()), keys
    first = [one["Key"] for page in S3.get_paginator("list_objects").paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 4}) for one in page.get("Contents", [])]
    assert first == keys
    versions = [one["Key"] for page in S3.get_paginator("list_object_versions").paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 5}) for one in page.get("Versions", [])]
    assert versions == keys, (versions, keys)
    for key in wanted:
        assert S3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() in key
    page = S3.list_objects_v2(Bucket=BUCKET, Delimiter="/")
    assert {one["Prefix"] for one in page["CommonPrefixes"]} == {"a/", "b/", "odd/", "sum/"}, page
    page = S3.list_objects_v2(Bucket=BUCKET, Prefix="sum/", StartAfter="sum/CRC32")
    assert [one["Key"] for one in page["Contents"]] == ["sum/CRC32C", "sum/CRC64NVME", "sum/SHA1", "sum/SHA256"], page
    plain = [key for key in wanted if not set(key) & set("\x01\x1f")]
    gone = S3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in plain]})
    assert len(gone["Deleted"]) == len(plain) and not gone.get("Errors"), gone
    S3.delete_object(Bucket=BUCKET, Key="odd/\x01\x1f")
    left = [one["Key"] for one in S3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert not wanted & set(left), left


def multipart():
    body = os.urandom(12 * MIB + 17)
    S3.upload_fileobj(io.BytesIO(body), BUCKET, "big", Config=TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB))
    into = io.BytesIO()
    S3.download_fileobj(BUCKET, "big", into, Config=TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB))
    assert into.getvalue() == body
    head = S3.head_object(Bucket=BUCKET, Key="big", PartNumber=1)
    assert head["PartsCount"] == 3 and head["ContentLength"] == 5 * MIB, head
    last = S3.get_object(Bucket=BUCKET, Key="big", PartNumber=3)["Body"].read()
    assert last == body[10 * MIB:]
    S3.copy({"Bucket": BUCKET, "Key": "big"}, BUCKET, "big copy", Config=TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=6 * MIB))
    assert S3.get_object(Bucket=BUCKET, Key="big copy")["Body"].read() == body
    assert S3.head_object(Bucket=BUCKET, Key="big copy", PartNumber=1)["PartsCount"] == 3
    for kind, whole in [("CRC32", "FULL_OBJECT"), ("CRC32", "COMPOSITE"), ("SHA256", "COMPOSITE")]:
        started = S3.create_multipart_upload(Bucket=BUCKET, Key="parts", ChecksumAlgorithm=kind, ChecksumType=whole)
        upload = started["UploadId"]
        assert [one["UploadId"] for one in S3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]] == [upload]
        parts = []
        for number in (1, 2):
            piece = body[(number - 1) * 5 * MIB:number * 5 * MIB]
            sent = S3.upload_part(Bucket=BUCKET, Key="parts", UploadId=upload, PartNumber=number, Body=piece, ChecksumAlgorithm=kind)
            parts.append({"PartNumber": number, "ETag": sent["ETag"], f"Checksum{kind}": sent[f"Checksum{kind}"]})
        listed = S3.list_parts(Bucket=BUCKET, Key="parts", UploadId=upload, MaxParts=1)
        assert listed["IsTruncated"] and listed["NextPartNumberMarker"] == 1, listed
        done = S3.complete_multipart_upload(Bucket=BUCKET, Key="parts", UploadId=upload, MultipartUpload={"Parts": parts}, ChecksumType=whole)
        second = S3.get_object(Bucket=BUCKET, Key="parts", PartNumber=2, ChecksumMode="ENABLED")
        assert second["Body"].read() == body[5 * MIB:10 * MIB]
        assert (whole == "COMPOSITE") == (second.get(f"Checksum{kind}") == parts[1][f"Checksum{kind}"]), second
        head = S3.head_object(Bucket=BUCKET, Key="parts", ChecksumMode="ENABLED")
        assert head["ChecksumType"] == whole and head[f"Checksum{kind}"] == done[f"Checksum{kind}"], head
        assert head["ContentLength"] == 10 * MIB
    upload = S3.create_multipart_upload(Bucket=BUCKET, Key="left")["UploadId"]
    S3.upload_part(Bucket=BUCKET, Key="left", UploadId=upload, PartNumber=1, Body=b"x")
    S3.abort_multipart_upload(Bucket=BUCKET, Key="left", UploadId=upload)
    refused("NoSuchUpload", 404, S3.list_parts, Bucket=BUCKET, Key="left", UploadId=upload)
    assert "Uploads" not in S3.list_multipart_uploads(Bucket=BUCKET)


def buckets():
    S3.create_bucket(Bucket="second-bucket")
    refused("BucketAlreadyOwnedByYou", 409, S3.create_bucket, Bucket="second-bucket")
    S3.head_bucket(Bucket="second-bucket")
    assert {one["Name"] for one in S3.list_buckets()["Buckets"]} == {BUCKET, "second-bucket"}
    assert S3.get_bucket_location(Bucket="second-bucket").get("LocationConstraint") is None
    assert "Status" not in S3.get_bucket_versioning(Bucket="second-bucket")
    S3.put_bucket_versioning(Bucket="second-bucket", VersioningConfiguration={"Status": "Enabled"})
    assert S3.get_bucket_versioning(Bucket="second-bucket")["Status"] == "Enabled"
    one = S3.put_object(Bucket="second-bucket", Key="k", Body=b"1")["VersionId"]
    two = S3.put_object(Bucket="second-bucket", Key="k", Body=b"2")["VersionId"]
    assert S3.get_object(Bucket="second-bucket", Key="k", VersionId=one)["Body"].read() == b"1"
    marker = S3.delete_object(Bucket="second-bucket", Key="k")
    assert marker["DeleteMarker"], marker
    refused("NoSuchKey", 404, S3.get_object, Bucket="second-bucket", Key="k")
    refused("NoSuchVersion", 404, S3.get_object, Bucket="second-bucket", Key="k", VersionId="a" * 26)
    page = S3.list_object_versions(Bucket="second-bucket")
    assert [row["VersionId"] for row in page["Versions"]] == [two, one] and page["DeleteMarkers"][0]["IsLatest"], page
    S3.delete_object(Bucket="second-bucket", Key="k", VersionId=marker["VersionId"])
    assert S3.get_object(Bucket="second-bucket", Key="k")["Body"].read() == b"2"
    S3.delete_objects(Bucket="second-bucket", Delete={"Objects": [{"Key": "k", "VersionId": id} for id in (one, two)], "Quiet": True})
    refused("AccessDenied", 403, S3.delete_bucket, Bucket="second-bucket")


def presigned():
    # Without a word, boto3 would sign links with version 2.
    links = client(signature_version="s3v4")
    url = links.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "pre signed"}, ExpiresIn=60)
    urllib.request.urlopen(urllib.request.Request(url, data=b"hello", method="PUT")).read()
    url = links.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "pre signed", "ResponseContentType": "text/plain"}, ExpiresIn=60)
    with urllib.request.urlopen(url) as got:
        assert got.read() == b"hello" and got.headers["Content-Type"] == "text/plain"


def aws(*words):
    command = [sys.executable, "-m", "awscli", "--endpoint-url", ENDPOINT, "--region", "us-east-1", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def command_line():
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = folder
        body = os.urandom(9 * MIB)
        os.mkdir(f"{folder}/in")
        for name, bytes in (("big.bin", body), ("small #1.txt", b"small"), ("\u00e9.txt", b"accent")):
            with open(f"{folder}/in/{name}", "wb") as out:
                out.write(bytes)
        aws("s3", "cp", f"{folder}/in", f"s3://{BUCKET}/cli/", "--recursive", "--no-progress")
        assert "small #1.txt" in aws("s3", "ls", f"s3://{BUCKET}/cli/")
        aws("s3", "sync", f"s3://{BUCKET}/cli", f"{folder}/out", "--no-progress")
        assert hashlib.sha256(open(f"{folder}/out/big.bin", "rb").read()).digest() == hashlib.sha256(body).digest()
        assert open(f"{folder}/out/small #1.txt", "rb").read() == b"small"
        assert aws("s3", "sync", f"s3://{BUCKET}/cli", f"{folder}/out", "--no-progress") == ""
        aws("s3", "rm", f"s3://{BUCKET}/cli", "--recursive")
        assert aws("s3api", "list-objects-v2", "--bucket", BUCKET, "--prefix", "cli/", "--query", "Contents").strip() == "null"


for step in (objects, listings, multipart, buckets, presigned, command_line):
    step()
    print(f"{step.__name__}: done", flush=True)
