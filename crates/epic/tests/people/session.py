"""A session with boto3, which finds all it needs in its environment.

    session.py work      lists, writes, reads
    session.py refresh   writes in several sessions, one after the other; prints the key of each
    session.py lend      prints a session's keys for another program, as AWS's `credential_process` does
"""

import json

import sys

import boto3
from botocore.config import Config

CONFIG = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})


def work():
    s3 = boto3.client("s3", config=CONFIG)
    s3.put_object(Bucket="results", Key="one.csv", Body=b"one\n")
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket="results")["Contents"]]
    assert "one.csv" in keys, keys
    assert s3.get_object(Bucket="results", Key="one.csv")["Body"].read() == b"one\n"
    who = boto3.client("sts", config=CONFIG).get_caller_identity()
    assert who["Arn"].startswith("arn:epic:sts::"), who


def refresh():
    session = boto3.Session()
    s3 = session.client("s3", config=CONFIG)
    for number in range(3):
        s3.put_object(Bucket="results", Key=f"{number}.csv", Body=b"one\n" * 100_000)
        print(session.get_credentials().get_frozen_credentials().access_key)


def lend():
    credentials = boto3.Session().get_credentials()
    keys = credentials.get_frozen_credentials()
    lent = {"Version": 1, "AccessKeyId": keys.access_key, "SecretAccessKey": keys.secret_key}
    print(json.dumps({**lent, "SessionToken": keys.token, "Expiration": credentials._expiry_time.isoformat()}))


{"work": work, "refresh": refresh, "lend": lend}[sys.argv[1]]()
