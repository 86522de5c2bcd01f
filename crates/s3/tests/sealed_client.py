"""Files that the tool `crypt4gh` sealed to the project's key, delivered by boto3.

The test hands over EPIC_S3 (endpoint), EPIC_BUCKET, credentials, and `project.pub` in the folder it runs in.
"""
import io
import os
import subprocess
import sys

for name in [name for name in os.environ if name.startswith("AWS_")]:
    if name not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del os.environ[name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

MIB = 1 << 20
BUCKET = os.environ["EPIC_BUCKET"]
TOOLS = os.path.dirname(sys.executable)
CONFIG = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
S3 = boto3.client("s3", endpoint_url=os.environ["EPIC_S3"], region_name="us-east-1", config=CONFIG)


def sealed(plain, *recipients):
    """What the tool makes of plain bytes, from a key of its own making."""
    to = [word for recipient in recipients for word in ("--recipient_pk", recipient)]
    command = [sys.executable, f"{TOOLS}/crypt4gh", "encrypt", "--sk", "mine.sec", *to]
    return subprocess.run(command, input=plain, capture_output=True, check=True).stdout


def keys(name):
    subprocess.run([sys.executable, f"{TOOLS}/crypt4gh-keygen", "--nocrypt", "-f", "--sk", f"{name}.sec", "--pk", f"{name}.pub"], capture_output=True, check=True)


def refused(reason, call, **given):
    try:
        call(**given)
    except ClientError as error:
        told = error.response["ResponseMetadata"]["HTTPHeaders"]["x-epic-reason"]
        assert told == reason, error.response
        return
    raise AssertionError(f"{reason} was expected")


keys("mine")
keys("other")
for size in (0, 1, 65536, 65537, 300000):
    plain = os.urandom(size)
    for recipients in (("project.pub",), ("other.pub", "project.pub")):
        S3.put_object(Bucket=BUCKET, Key="a", Body=sealed(plain, *recipients), ContentEncoding="crypt4gh", ContentType="text/csv")
        got = S3.get_object(Bucket=BUCKET, Key="a")
        assert got["Body"].read() == plain and got["ContentLength"] == size, size
        assert got["ContentType"] == "text/csv" and not got.get("ContentEncoding"), got
refused("seal_wrong", S3.put_object, Bucket=BUCKET, Key="b", Body=sealed(b"x", "other.pub"), ContentEncoding="crypt4gh")
cut = sealed(os.urandom(70000), "project.pub")[:-9]
refused("seal_wrong", S3.put_object, Bucket=BUCKET, Key="b", Body=cut, ContentEncoding="crypt4gh")

plain = os.urandom(11 * MIB + 5)
config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
S3.upload_fileobj(io.BytesIO(sealed(plain, "project.pub")), BUCKET, "big", Config=config, ExtraArgs={"ContentEncoding": "crypt4gh"})
into = io.BytesIO()
S3.download_fileobj(BUCKET, "big", into, Config=config)
assert into.getvalue() == plain
assert [one["Key"] for one in S3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["a", "big"]
print("sealed: done", flush=True)
