"""boto3, unmodified, over object lock, tags, attributes and conditional deletes.

The test hands over EPIC_S3 (endpoint), a researcher's credential in AWS_* and
the controller's in EPIC_CONTROLLER_*; every line that fails ends the script.
"""
import datetime
import os

for name in [name for name in os.environ if name.startswith("AWS_")]:
    if name not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del os.environ[name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def client(**keys):
    # A kept connection that the door closed meanwhile is tried again, as every stock client does.
    config = Config(retries={"total_max_attempts": 3}, s3={"addressing_style": "path"})
    return boto3.client("s3", endpoint_url=os.environ["EPIC_S3"], region_name="us-east-1", config=config, **keys)


RITA = client()
CARLA = client(aws_access_key_id=os.environ["EPIC_CONTROLLER_ID"], aws_secret_access_key=os.environ["EPIC_CONTROLLER_SECRET"])
B = "locked"
# The region's today; its clock is not this machine's.
NOW = datetime.datetime.fromisoformat(os.environ["EPIC_NOW"]).replace(microsecond=0)


def days(count):
    return NOW + datetime.timedelta(days=count)


def refused(code, status, reason, call, **given):
    try:
        call(**given)
    except ClientError as error:
        told = error.response
        found = told["ResponseMetadata"]["HTTPHeaders"].get("x-epic-reason")
        assert (told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"], found) == (code, status, reason), told
        return
    raise AssertionError(f"{code} was expected of {call.__name__} {given}")


def kept(key, version):
    """The very version is there, whoever tried what."""
    assert RITA.get_object(Bucket=B, Key=key, VersionId=version)["Body"].read() == key.encode()


def put(key, by=RITA, **more):
    return by.put_object(Bucket=B, Key=key, Body=key.encode(), **more)["VersionId"]


def lock(mode, until):
    return {"Mode": mode, "RetainUntilDate": until}


def buckets():
    RITA.create_bucket(Bucket=B, ObjectLockEnabledForBucket=True)
    RITA.create_bucket(Bucket="plain")
    assert RITA.get_bucket_versioning(Bucket=B)["Status"] == "Enabled"
    told = RITA.get_object_lock_configuration(Bucket=B)["ObjectLockConfiguration"]
    assert told == {"ObjectLockEnabled": "Enabled"}, told
    refused("ObjectLockConfigurationNotFoundError", 404, "not_found", RITA.get_object_lock_configuration, Bucket="plain")
    suspend = dict(Bucket=B, VersioningConfiguration={"Status": "Suspended"})
    for who in (RITA, CARLA):
        refused("InvalidBucketState", 409, "state_wrong", who.put_bucket_versioning, **suspend)
    rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2}}}
    refused("AccessDenied", 403, "role_missing", RITA.put_object_lock_configuration, Bucket=B, ObjectLockConfiguration=rule)
    refused("InvalidBucketState", 409, "state_wrong", CARLA.put_object_lock_configuration, Bucket="plain", ObjectLockConfiguration=rule)
    CARLA.put_object_lock_configuration(Bucket=B, ObjectLockConfiguration=rule)
    assert CARLA.get_object_lock_configuration(Bucket=B)["ObjectLockConfiguration"] == rule
    for bad, code in [({"Days": 1, "Years": 1}, "MalformedXML"), ({}, "MalformedXML"), ({"Days": 0}, "InvalidArgument"), ({"Days": 36501}, "InvalidArgument"), ({"Years": 101}, "InvalidArgument")]:
        faulty = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", **bad}}}
        refused(code, 400, "invalid", CARLA.put_object_lock_configuration, Bucket=B, ObjectLockConfiguration=faulty)
    version = put("by-rule")
    head = RITA.head_object(Bucket=B, Key="by-rule")
    assert head["ObjectLockMode"] == "GOVERNANCE" and abs((head["ObjectLockRetainUntilDate"] - days(2)).total_seconds()) < 900, head
    refused("AccessDenied", 403, "retained", RITA.delete_object, Bucket=B, Key="by-rule", VersionId=version)
    put("by-rule-at-least", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=days(1))
    until = RITA.head_object(Bucket=B, Key="by-rule-at-least")["ObjectLockRetainUntilDate"]
    assert abs((until - days(2)).total_seconds()) < 900, until
    rule["Rule"]["DefaultRetention"]["Mode"] = "COMPLIANCE"
    CARLA.put_object_lock_configuration(Bucket=B, ObjectLockConfiguration=rule)
    softer = dict(Bucket=B, Key="softer", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=days(9))
    refused("AccessDenied", 403, "retained", RITA.put_object, **softer, Body=b"x")
    refused("AccessDenied", 403, "retained", RITA.create_multipart_upload, **softer)
    CARLA.put_object_lock_configuration(Bucket=B, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    kept("by-rule", version)


def retention():
    version = put("g")
    at = dict(Bucket=B, Key="g", VersionId=version)
    refused("NoSuchObjectLockConfiguration", 404, "not_found", RITA.get_object_retention, **at)
    RITA.put_object_retention(**at, Retention=lock("GOVERNANCE", days(10)))
    assert RITA.get_object_retention(**at)["Retention"] == lock("GOVERNANCE", days(10))
    assert CARLA.get_object_retention(**at)["Retention"] == lock("GOVERNANCE", days(10))
    RITA.put_object_retention(**at, Retention=lock("GOVERNANCE", days(20)))
    got = RITA.get_object(**at)
    assert got["ObjectLockMode"] == "GOVERNANCE" and got["ObjectLockRetainUntilDate"] == days(20)
    shorter = lock("GOVERNANCE", days(5))
    for who in (RITA, CARLA):
        refused("AccessDenied", 403, "retained", who.put_object_retention, **at, Retention=shorter)
        refused("AccessDenied", 403, "retained", who.delete_object, **at)
        told = who.delete_objects(Bucket=B, Delete={"Objects": [{"Key": "g", "VersionId": version}]})
        assert told["Errors"][0]["Code"] == "AccessDenied" and "Deleted" not in told, told
    # She stored it herself, besides being no controller.
    refused("AccessDenied", 403, "own_request", RITA.put_object_retention, **at, Retention=shorter, BypassGovernanceRetention=True)
    refused("AccessDenied", 403, "own_request", RITA.delete_object, **at, BypassGovernanceRetention=True)
    refused("AccessDenied", 403, "role_missing", RITA.put_object_retention, **at, Retention=lock("COMPLIANCE", days(30)))
    kept("g", version)
    CARLA.put_object_retention(**at, Retention=shorter, BypassGovernanceRetention=True)
    # Who locked it last is who may not set it aside.
    refused("AccessDenied", 403, "own_request", CARLA.delete_object, **at, BypassGovernanceRetention=True)
    RITA.put_object_retention(**at, Retention=lock("GOVERNANCE", days(6)))
    CARLA.delete_objects(Bucket=B, Delete={"Objects": [{"Key": "g", "VersionId": version}]}, BypassGovernanceRetention=True)
    refused("NoSuchVersion", 404, "not_found", RITA.get_object, **at)
    put("dates")
    for bad, code in [(lock("GOVERNANCE", days(-1)), "InvalidArgument"), (lock("GOVERNANCE", days(36600)), "InvalidArgument"), ({"Mode": "GOVERNANCE"}, "MalformedXML")]:
        refused(code, 400, "invalid", RITA.put_object_retention, Bucket=B, Key="dates", Retention=bad)
    RITA.put_object(Bucket="plain", Key="k", Body=b"k")
    refused("InvalidRequest", 400, "state_wrong", RITA.put_object_retention, Bucket="plain", Key="k", Retention=shorter)
    refused("InvalidRequest", 400, "invalid", RITA.get_object_retention, Bucket="plain", Key="k")
    refused("InvalidRequest", 400, "invalid", CARLA.put_object_legal_hold, Bucket="plain", Key="k", LegalHold={"Status": "ON"})


def compliance():
    version = put("c")
    at = dict(Bucket=B, Key="c", VersionId=version)
    CARLA.put_object_retention(**at, Retention=lock("COMPLIANCE", days(10)))
    weaker = [lock("COMPLIANCE", days(9)), lock("GOVERNANCE", days(20)), {}]
    for who, reasons in ((RITA, ("role_missing", "retained")), (CARLA, ("retained",))):
        for change in weaker:
            for bypass in (False, True):
                try:
                    who.put_object_retention(**at, Retention=change, BypassGovernanceRetention=bypass)
                    raise AssertionError((change, bypass))
                except ClientError as error:
                    assert error.response["ResponseMetadata"]["HTTPHeaders"]["x-epic-reason"] in reasons, error.response
        for bypass in (False, True):
            try:
                who.delete_object(**at, BypassGovernanceRetention=bypass)
                raise AssertionError(bypass)
            except ClientError as error:
                assert error.response["Error"]["Code"] == "AccessDenied", error.response
            told = who.delete_objects(Bucket=B, Delete={"Objects": [{"Key": "c", "VersionId": version}]}, BypassGovernanceRetention=bypass)
            assert told["Errors"] and "Deleted" not in told, told
    CARLA.put_object_retention(**at, Retention=lock("COMPLIANCE", days(11)))
    # A plain delete hides; a put and a copy are other versions.
    assert RITA.delete_object(Bucket=B, Key="c")["DeleteMarker"]
    other = put("c", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=days(1))
    RITA.copy_object(Bucket=B, Key="c", CopySource={"Bucket": B, "Key": "by-rule"})
    kept("c", version)
    kept("c", other)
    refused("BucketNotEmpty", 409, "not_empty", CARLA.delete_bucket, Bucket=B)


def holds():
    version = put("h")
    at = dict(Bucket=B, Key="h", VersionId=version)
    refused("AccessDenied", 403, "role_missing", RITA.put_object_legal_hold, **at, LegalHold={"Status": "ON"})
    refused("AccessDenied", 403, "role_missing", RITA.put_object, Bucket=B, Key="h2", Body=b"h2", ObjectLockLegalHoldStatus="ON")
    for _ in range(2):
        CARLA.put_object_legal_hold(**at, LegalHold={"Status": "ON"})
    assert RITA.get_object_legal_hold(**at)["LegalHold"]["Status"] == "ON"
    assert RITA.head_object(**at)["ObjectLockLegalHoldStatus"] == "ON"
    for bypass in (False, True):
        refused("AccessDenied", 403, "legal_hold", CARLA.delete_object, **at, BypassGovernanceRetention=bypass)
        refused("AccessDenied", 403, "legal_hold", RITA.delete_object, **at) if not bypass else None
    kept("h", version)
    CARLA.put_object_legal_hold(**at, LegalHold={"Status": "OFF"})
    assert RITA.get_object_legal_hold(**at)["LegalHold"]["Status"] == "OFF"
    RITA.delete_object(**at)


def locked_from_the_start():
    ask = dict(ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=days(3))
    first = put("s", **ask)
    RITA.copy_object(Bucket=B, Key="s-copy", CopySource={"Bucket": B, "Key": "s"}, **ask)
    RITA.copy_object(Bucket=B, Key="s-free", CopySource={"Bucket": B, "Key": "s"})
    upload = RITA.create_multipart_upload(Bucket=B, Key="s-parts", Tagging="of=parts", **ask)["UploadId"]
    part = RITA.upload_part(Bucket=B, Key="s-parts", UploadId=upload, PartNumber=1, Body=b"s-parts")
    RITA.complete_multipart_upload(Bucket=B, Key="s-parts", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    for key in ("s", "s-copy", "s-parts"):
        head = RITA.head_object(Bucket=B, Key=key)
        assert head["ObjectLockMode"] == "GOVERNANCE" and head["ObjectLockRetainUntilDate"] == days(3), (key, head)
    assert "ObjectLockMode" not in RITA.head_object(Bucket=B, Key="s-free")
    assert RITA.get_object_tagging(Bucket=B, Key="s-parts")["TagSet"] == [{"Key": "of", "Value": "parts"}]
    bad = dict(Bucket=B, Key="x", Body=b"x")
    refused("InvalidArgument", 400, "invalid", RITA.put_object, **bad, ObjectLockMode="GOVERNANCE")
    refused("InvalidArgument", 400, "invalid", RITA.put_object, **bad, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=days(-1))
    refused("AccessDenied", 403, "role_missing", RITA.put_object, **bad, ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=days(1))
    plain = dict(Bucket="plain", Key="x")
    refused("InvalidRequest", 400, "state_wrong", RITA.put_object, **plain, Body=b"x", **ask)
    refused("InvalidRequest", 400, "state_wrong", RITA.create_multipart_upload, **plain, **ask)
    refused("InvalidRequest", 400, "state_wrong", RITA.copy_object, **plain, CopySource={"Bucket": B, "Key": "s"}, **ask)
    kept("s", first)


def tags():
    assert "TagCount" not in RITA.get_object(Bucket=B, Key="s")
    first = put("t", Tagging="study=planet&place=Reggio+Emilia&sum=1%2B1%3D2")
    told = [{"Key": "study", "Value": "planet"}, {"Key": "place", "Value": "Reggio Emilia"}, {"Key": "sum", "Value": "1+1=2"}]
    assert RITA.get_object_tagging(Bucket=B, Key="t")["TagSet"] == told
    assert RITA.get_object(Bucket=B, Key="t")["TagCount"] == 3
    assert RITA.head_object(Bucket=B, Key="t")["ResponseMetadata"]["HTTPHeaders"]["x-amz-tagging-count"] == "3"
    second = put("t")
    new = [{"Key": "a=b", "Value": ""}, {"Key": "è/é", "Value": "x@y: z"}]
    assert RITA.put_object_tagging(Bucket=B, Key="t", VersionId=first, Tagging={"TagSet": new})["VersionId"] == first
    assert RITA.get_object_tagging(Bucket=B, Key="t", VersionId=first)["TagSet"] == new
    assert RITA.get_object_tagging(Bucket=B, Key="t") ["TagSet"] == [] and second
    RITA.put_object_tagging(Bucket=B, Key="t", Tagging={"TagSet": new})
    for directive, tagging, expected in [(None, None, new), ("COPY", None, new), ("REPLACE", "c=d", [{"Key": "c", "Value": "d"}]), ("REPLACE", None, [])]:
        more = {name: value for name, value in (("TaggingDirective", directive), ("Tagging", tagging)) if value}
        RITA.copy_object(Bucket=B, Key="t-copy", CopySource={"Bucket": B, "Key": "t"}, **more)
        assert RITA.get_object_tagging(Bucket=B, Key="t-copy")["TagSet"] == expected, (directive, expected)
    RITA.delete_object_tagging(Bucket=B, Key="t", VersionId=first)
    assert RITA.get_object_tagging(Bucket=B, Key="t", VersionId=first)["TagSet"] == []
    for bad, code, reason in [
        ([("n%d" % n, "") for n in range(11)], "BadRequest", "too_large"),
        ([("n", "1"), ("n", "2")], "InvalidTag", "invalid"),
        ([("n" * 129, "")], "InvalidTag", "invalid"),
        ([("n", "v" * 257)], "InvalidTag", "invalid"),
        ([("aws:n", "v")], "InvalidTag", "invalid"),
        ([("n;", "v")], "InvalidTag", "invalid"),
    ]:
        faulty = {"TagSet": [{"Key": name, "Value": value} for name, value in bad]}
        refused(code, 400, reason, RITA.put_object_tagging, Bucket=B, Key="t", Tagging=faulty)
    assert RITA.get_object_tagging(Bucket=B, Key="t")["TagSet"] == new
    refused("NoSuchKey", 404, "not_found", RITA.get_object_tagging, Bucket=B, Key="nothing")
    refused("NoSuchTagSet", 404, "not_found", RITA.get_bucket_tagging, Bucket=B)
    RITA.put_bucket_tagging(Bucket=B, Tagging={"TagSet": new})
    assert RITA.get_bucket_tagging(Bucket=B)["TagSet"] == new
    many = {"TagSet": [{"Key": "n%d" % n, "Value": ""} for n in range(51)]}
    refused("BadRequest", 400, "too_large", RITA.put_bucket_tagging, Bucket=B, Tagging=many)
    RITA.delete_bucket_tagging(Bucket=B)
    refused("NoSuchTagSet", 404, "not_found", RITA.get_bucket_tagging, Bucket=B)


def attributes():
    everything = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
    first = RITA.put_object(Bucket=B, Key="a", Body=b"first", ChecksumAlgorithm="SHA256")
    RITA.put_object(Bucket=B, Key="a", Body=b"second!")
    told = RITA.get_object_attributes(Bucket=B, Key="a", VersionId=first["VersionId"], ObjectAttributes=everything)
    assert told["ObjectSize"] == 5 and told["StorageClass"] == "STANDARD" and told["VersionId"] == first["VersionId"], told
    assert told["ETag"].strip('"') == first["ETag"].strip('"'), told
    assert told["Checksum"]["ChecksumSHA256"] == first["ChecksumSHA256"] and "ObjectParts" not in told, told
    told = RITA.get_object_attributes(Bucket=B, Key="a", ObjectAttributes=["ObjectSize"])
    assert told["ObjectSize"] == 7 and not {"ETag", "Checksum", "StorageClass"} & set(told), told
    upload = RITA.create_multipart_upload(Bucket=B, Key="p", ChecksumAlgorithm="SHA256")["UploadId"]
    bodies, parts = [b"x" * (5 << 20), b"y" * (5 << 20), b"z"], []
    for number, body in enumerate(bodies, 1):
        part = RITA.upload_part(Bucket=B, Key="p", UploadId=upload, PartNumber=number, Body=body, ChecksumAlgorithm="SHA256")
        parts.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]})
    RITA.complete_multipart_upload(Bucket=B, Key="p", UploadId=upload, MultipartUpload={"Parts": parts})
    told = RITA.get_object_attributes(Bucket=B, Key="p", ObjectAttributes=everything)
    listed = told["ObjectParts"]
    assert listed["TotalPartsCount"] == 3 and not listed["IsTruncated"], told
    assert [(part["PartNumber"], part["Size"], part["ChecksumSHA256"]) for part in listed["Parts"]] == [(number, len(body), parts[number - 1]["ChecksumSHA256"]) for number, body in enumerate(bodies, 1)], told
    assert told["Checksum"]["ChecksumType"] == "COMPOSITE" and told["Checksum"]["ChecksumSHA256"].endswith("-3"), told
    marker, seen = 0, []
    while True:
        page = RITA.get_object_attributes(Bucket=B, Key="p", ObjectAttributes=["ObjectParts"], MaxParts=2, PartNumberMarker=marker)["ObjectParts"]
        seen += [part["PartNumber"] for part in page["Parts"]]
        if not page["IsTruncated"]:
            break
        marker = page["NextPartNumberMarker"]
    assert seen == [1, 2, 3], seen
    refused("InvalidArgument", 400, "invalid", RITA.get_object_attributes, Bucket=B, Key="a", ObjectAttributes=["Owner"])
    refused("NoSuchKey", 404, "not_found", RITA.get_object_attributes, Bucket=B, Key="nothing", ObjectAttributes=["ETag"])


def conditional_deletes():
    bucket = dict(Bucket="plain", Key="d")
    etag = RITA.put_object(**bucket, Body=b"d")["ETag"]
    refused("PreconditionFailed", 412, "precondition_failed", RITA.delete_object, **bucket, IfMatch='"other"')
    told = RITA.delete_objects(Bucket="plain", Delete={"Objects": [{"Key": "d", "ETag": '"other"'}]})
    assert told["Errors"][0]["Code"] == "PreconditionFailed" and "Deleted" not in told, told
    assert RITA.head_object(**bucket)["ETag"] == etag
    RITA.delete_object(**bucket, IfMatch=etag)
    for condition in (etag, "*"):
        refused("PreconditionFailed", 412, "precondition_failed", RITA.delete_object, **bucket, IfMatch=condition)
    etag = RITA.put_object(**bucket, Body=b"d")["ETag"]
    told = RITA.delete_objects(Bucket="plain", Delete={"Objects": [{"Key": "d", "ETag": etag}, {"Key": "never", "ETag": etag}]})
    assert [one["Key"] for one in told["Deleted"]] == ["d"] and [one["Key"] for one in told["Errors"]] == ["never"], told
    RITA.put_object(**bucket, Body=b"d")
    RITA.delete_object(**bucket, IfMatch="*")
    refused("NotImplemented", 501, "not_offered", RITA.delete_object, **bucket, IfMatchSize=1)
    refused("NotImplemented", 501, "not_offered", RITA.delete_object, **bucket, IfMatchLastModifiedTime=days(0))
    refused("NotImplemented", 501, "not_offered", RITA.delete_objects, Bucket="plain", Delete={"Objects": [{"Key": "d", "Size": 1}]})
    # Judged on the newest version, whichever is named.
    old, new = put("v"), RITA.put_object(Bucket=B, Key="v", Body=b"new")
    refused("PreconditionFailed", 412, "precondition_failed", RITA.delete_object, Bucket=B, Key="v", VersionId=old, IfMatch='"old"')
    RITA.delete_object(Bucket=B, Key="v", VersionId=old, IfMatch=new["ETag"])
    RITA.delete_object(Bucket=B, Key="v", IfMatch=new["ETag"])
    refused("PreconditionFailed", 412, "precondition_failed", RITA.delete_object, Bucket=B, Key="v", IfMatch="*")


buckets()
retention()
compliance()
holds()
locked_from_the_start()
tags()
attributes()
conditional_deletes()
print("done")
