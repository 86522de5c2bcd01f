"""Goes on with an upload that was cut: asks which parts are there, sends the others eight at a time, completes. boto3, unmodified.

usage: go_on.py URL FILE BUCKET KEY
"""
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

URL, FILE, BUCKET, KEY = sys.argv[1:]
s3 = boto3.client("s3", endpoint_url=URL, region_name="us-east-1", config=Config(s3={"addressing_style": "path"}))
uploads = s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]
name = {"Bucket": BUCKET, "Key": KEY, "UploadId": [row["UploadId"] for row in uploads if row["Key"] == KEY][0]}
there = {row["PartNumber"]: row for row in s3.list_parts(**name)["Parts"]}
part_bytes = max(row["Size"] for row in there.values())
with open(FILE, "rb") as file:
    size = file.seek(0, 2)
numbers = range(1, -(-size // part_bytes) + 1)


def send(number):
    with open(FILE, "rb") as file:
        file.seek((number - 1) * part_bytes)
        return number, s3.upload_part(**name, PartNumber=number, Body=file.read(part_bytes))


missing = [number for number in numbers if number not in there]
with ThreadPoolExecutor(8) as pool:
    all_parts = {**there, **dict(pool.map(send, missing))}
parts = [
    {"PartNumber": number} | {name: value for name, value in all_parts[number].items() if name == "ETag" or name.startswith("ChecksumC")}
    for number in numbers
]
s3.complete_multipart_upload(**name, MultipartUpload={"Parts": parts})
print(f"{len(there)} parts were there, {len(missing)} sent")
