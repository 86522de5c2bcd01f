"""What stock clients ask of a bucket before they work, and buckets in the host's name: boto3 and awscli, unmodified.

The test hands over EPIC_PORT, EPIC_BUCKET, credentials of the researcher (AWS_..) and of the controller (EPIC_CONTROLLER_..).
"""
import json
import os
import socket
import subprocess
import sys

for name in [name for name in os.environ if name.startswith("AWS_")]:
    if name not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del os.environ[name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

PORT, BUCKET = os.environ["EPIC_PORT"], os.environ["EPIC_BUCKET"]
DOMAIN = "s3.epic.test"
look_up = socket.getaddrinfo
socket.getaddrinfo = lambda host, *more, **named: look_up("127.0.0.1" if str(host).endswith(DOMAIN) else host, *more, **named)


def client(style, host, **who):
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": style}, signature_version="s3v4")
    return boto3.client("s3", endpoint_url=f"http://{host}:{PORT}", region_name="us-east-1", config=config, **who)


RITA = client("path", "127.0.0.1")
CARLA = client("path", "127.0.0.1", aws_access_key_id=os.environ["EPIC_CONTROLLER_ID"], aws_secret_access_key=os.environ["EPIC_CONTROLLER_SECRET"])


def refused(code, call, **given):
    try:
        call(Bucket=BUCKET, **given)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        return
    raise AssertionError(f"{code} was expected")


def words():
    acl = RITA.get_bucket_acl(Bucket=BUCKET)
    assert [grant["Permission"] for grant in acl["Grants"]] == ["FULL_CONTROL"], acl
    assert acl["Grants"][0]["Grantee"]["ID"] == acl["Owner"]["ID"], acl
    RITA.put_bucket_acl(Bucket=BUCKET, AccessControlPolicy={"Grants": acl["Grants"], "Owner": acl["Owner"]})
    RITA.put_bucket_acl(Bucket=BUCKET, ACL="private")
    refused("NotImplemented", RITA.put_bucket_acl, ACL="public-read")
    refused("NoSuchBucketPolicy", RITA.get_bucket_policy)
    refused("NotImplemented", RITA.put_bucket_policy, Policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
    assert RITA.get_bucket_policy_status(Bucket=BUCKET)["PolicyStatus"]["IsPublic"] is False
    block = RITA.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert len(block) == 4 and all(block.values()), block
    RITA.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=block)
    controls = RITA.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]
    assert controls["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}], controls
    RITA.put_bucket_ownership_controls(Bucket=BUCKET, OwnershipControls=controls)
    assert RITA.get_bucket_request_payment(Bucket=BUCKET)["Payer"] == "BucketOwner"
    assert "LoggingEnabled" not in RITA.get_bucket_logging(Bucket=BUCKET)
    assert set(RITA.get_bucket_notification_configuration(Bucket=BUCKET)) == {"ResponseMetadata"}
    assert "Status" not in RITA.get_bucket_accelerate_configuration(Bucket=BUCKET)
    refused("NoSuchWebsiteConfiguration", RITA.get_bucket_website)
    refused("ReplicationConfigurationNotFoundError", RITA.get_bucket_replication)
    refused("NoSuchCORSConfiguration", RITA.get_bucket_cors)
    refused("NotImplemented", RITA.get_bucket_encryption)
    RITA.put_object(Bucket=BUCKET, Key="a", Body=b"a")
    assert RITA.get_object_acl(Bucket=BUCKET, Key="a")["Grants"][0]["Permission"] == "FULL_CONTROL"


def lifecycle():
    refused("NoSuchLifecycleConfiguration", RITA.get_bucket_lifecycle_configuration)
    rules = [
        {"ID": "tmp", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 30}},
        {
            "ID": "old", "Status": "Disabled", "Filter": {"Prefix": ""}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 90, "NewerNoncurrentVersions": 3},
        },
        {"ID": "tag", "Status": "Enabled", "Filter": {"And": {"Prefix": "x", "Tags": [{"Key": "a", "Value": "b"}]}}, "Expiration": {"Days": 1}},
    ]
    refused("AccessDenied", RITA.put_bucket_lifecycle_configuration, LifecycleConfiguration={"Rules": rules})
    CARLA.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": rules})
    assert RITA.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"] == rules
    command = [sys.executable, "-m", "awscli", "--endpoint-url", f"http://127.0.0.1:{PORT}", "--region", "us-east-1"]
    told = subprocess.run([*command, "s3api", "get-bucket-lifecycle-configuration", "--bucket", BUCKET], capture_output=True, text=True, check=True)
    assert json.loads(told.stdout)["Rules"] == rules, told.stdout
    CARLA.delete_bucket_lifecycle(Bucket=BUCKET)
    refused("NoSuchLifecycleConfiguration", RITA.get_bucket_lifecycle_configuration)


def in_the_host():
    virtual = client("virtual", DOMAIN)
    body = os.urandom(9 << 20)
    virtual.put_object(Bucket=BUCKET, Key="host/large", Body=body)
    assert RITA.get_object(Bucket=BUCKET, Key="host/large")["Body"].read() == body
    assert [one["Key"] for one in virtual.list_objects_v2(Bucket=BUCKET, Prefix="host/")["Contents"]] == ["host/large"]
    assert virtual.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "k"}).startswith(f"http://{BUCKET}.{DOMAIN}")
    assert BUCKET in [one["Name"] for one in virtual.list_buckets()["Buckets"]]
    virtual.delete_object(Bucket=BUCKET, Key="host/large")


for step in (words, lifecycle, in_the_host):
    step()
    print(f"{step.__name__}: done", flush=True)
