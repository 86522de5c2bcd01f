"""Sessions with a policy, as boto3 asks for them.

    narrow.py <token file>
"""

import io
import json
import os
import sys
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

CONFIG = Config(retries={"max_attempts": 1}, signature_version="s3v4", s3={"addressing_style": "path"})
TOKEN = open(sys.argv[1]).read()
HOME = [
    {"Sid": "Work", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "Resource": "arn:aws:s3:::results/home/*"},
    {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::results", "Condition": {"StringLike": {"s3:prefix": "home/*"}}},
]


def assume(statements):
    sts = boto3.client("sts")
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return sts.assume_role_with_web_identity(
        RoleArn=os.environ["AWS_ROLE_ARN"], RoleSessionName="desk", WebIdentityToken=TOKEN, Policy=policy
    )


def client(service, credentials):
    keys = {"aws_access_key_id": credentials["AccessKeyId"], "aws_secret_access_key": credentials["SecretAccessKey"]}
    return boto3.client(service, config=CONFIG, aws_session_token=credentials["SessionToken"], **keys)


def refused(code, reason, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except ClientError as error:
        told = error.response["Error"]
        assert told["Code"] in (code, "403"), told
        assert reason in told["Message"] or told["Code"] == "403", told
        return
    raise AssertionError(f"{call} was not refused")


def no(call, **kwargs):
    refused("AccessDenied", "[session_narrowed]", call, **kwargs)


def home(s3):
    assert s3.get_object(Bucket="results", Key="home/a.csv")["Body"].read() == b"home\n"
    assert [found["Key"] for found in s3.list_objects_v2(Bucket="results", Prefix="home/")["Contents"]] == ["home/a.csv"]
    no(s3.get_object, Bucket="results", Key="other/b.csv")
    no(s3.head_object, Bucket="results", Key="other/b.csv")
    no(s3.list_objects_v2, Bucket="results")
    no(s3.list_buckets)
    no(s3.put_object, Bucket="results", Key="other/c.csv", Body=b"c")
    no(s3.copy_object, Bucket="results", Key="home/b.csv", CopySource="results/other/b.csv")
    no(s3.get_object_tagging, Bucket="results", Key="home/a.csv")


whole = boto3.client("s3", config=CONFIG)
whole.put_object(Bucket="results", Key="home/a.csv", Body=b"home\n")
whole.put_object(Bucket="results", Key="other/b.csv", Body=b"other\n")

answer = assume(HOME)
assert 0 < answer["PackedPolicySize"] <= 100, answer
narrow = client("s3", answer["Credentials"])
home(narrow)
large = os.urandom(9 << 20)
narrow.upload_fileobj(io.BytesIO(large), "results", "home/large.bin")
assert narrow.get_object(Bucket="results", Key="home/large.bin")["Body"].read() == large
no(narrow.create_multipart_upload, Bucket="results", Key="other/large.bin")
deleted = narrow.delete_objects(Bucket="results", Delete={"Objects": [{"Key": "home/large.bin"}, {"Key": "other/b.csv"}]})
assert [one["Key"] for one in deleted["Deleted"]] == ["home/large.bin"], deleted
assert [(one["Key"], one["Code"]) for one in deleted["Errors"]] == [("other/b.csv", "AccessDenied")], deleted
for key, expected in (("home/a.csv", 200), ("other/b.csv", 403)):
    link = narrow.generate_presigned_url("get_object", Params={"Bucket": "results", "Key": key}, ExpiresIn=60)
    try:
        status = urllib.request.urlopen(link).status
    except urllib.error.HTTPError as error:
        status = error.code
    assert status == expected, (key, status)

# The next session of this one has its bounds.
again = client("sts", answer["Credentials"]).get_session_token()
home(client("s3", again["Credentials"]))

# From its networks alone.
for network, is_inside in (("127.0.0.0/8", True), ("203.0.113.0/24", False)):
    condition = {"IpAddress": {"aws:SourceIp": [network, "2001:db8::/32"]}}
    bound = client("s3", assume([{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": condition}])["Credentials"])
    if is_inside:
        bound.list_objects_v2(Bucket="results")
    else:
        no(bound.list_objects_v2, Bucket="results")

# What is not understood gives no session.
for statement in ({"NotAction": "s3:GetObject"}, {"Action": "s3:GetObject", "Condition": {"DateLessThan": {"aws:CurrentTime": "2030-01-01"}}}):
    refused("MalformedPolicyDocument", "[not_offered]", assume, [{"Effect": "Allow", "Resource": "*", **statement}])
print("narrowed")
