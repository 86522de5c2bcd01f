"""A study reads what came to it from another project: boto3, unmodified, from inside.

usage: study.py BUCKET

EPIC_S3_INSIDE and EPIC_READER (`id:secret`). Prints `key size` of each object it read whole, and where each came
from. With `closed` as second argument every read must be refused.
"""
import os
import sys

for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

access, secret = os.environ["EPIC_READER"].split(":")
config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
s3 = boto3.client("s3", endpoint_url=os.environ["EPIC_S3_INSIDE"], region_name="us-east-1", config=config,
                  aws_access_key_id=access, aws_secret_access_key=secret)
bucket = sys.argv[1]


def refused(what, call, **fields):
    """The call is refused, and says that it is forbidden or not there."""
    try:
        call(Bucket=bucket, **fields)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert status in (403, 404), (what, status)
        return
    raise AssertionError(f"{what} was allowed")


if sys.argv[2:] == ["closed"]:
    refused("a listing", s3.list_objects_v2)
    refused("a read", s3.get_object, Key="cases/1.csv")
    refused("a look", s3.head_object, Key="cases/1.csv")
    sys.exit(0)

assert bucket in [found["Name"] for found in s3.list_buckets()["Buckets"]]
for found in s3.list_objects_v2(Bucket=bucket)["Contents"]:
    head = s3.head_object(Bucket=bucket, Key=found["Key"])
    answer = s3.get_object(Bucket=bucket, Key=found["Key"])
    lineage = [told["ResponseMetadata"]["HTTPHeaders"]["x-epic-lineage"] for told in (head, answer)]
    assert lineage[0] == lineage[1] and lineage[0].startswith("home="), lineage
    assert sorted(answer["Metadata"]) == ["visit"], answer["Metadata"]
    print(found["Key"], len(answer["Body"].read()))
refused("a delivery", s3.put_object, Key="cases/1.csv", Body=b"mine")
refused("a deletion", s3.delete_object, Key="cases/1.csv")
