//! Which verbs of S3 are offered, and one line of why for those that are not.

use s3s::S3Result;

use crate::error::not_offered;

/// The verbs that are served.
pub const VERBS: [&str; 35] = [
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CopyObject",
    "CreateBucket",
    "CreateMultipartUpload",
    "DeleteBucket",
    "DeleteBucketTagging",
    "DeleteObject",
    "DeleteObjects",
    "DeleteObjectTagging",
    "GetBucketLocation",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetObject",
    "GetObjectAttributes",
    "GetObjectLegalHold",
    "GetObjectLockConfiguration",
    "GetObjectRetention",
    "GetObjectTagging",
    "HeadBucket",
    "HeadObject",
    "ListBuckets",
    "ListMultipartUploads",
    "ListObjects",
    "ListObjectsV2",
    "ListObjectVersions",
    "ListParts",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutObject",
    "PutObjectLegalHold",
    "PutObjectLockConfiguration",
    "PutObjectRetention",
    "PutObjectTagging",
    "UploadPart",
];

/// Why whole families of verbs are not served.
const WHY: [(&str, &str); 9] = [
    ("Acl", "who may do what follows from agreements and permits, not from lists on buckets"),
    ("Policy", "who may do what follows from agreements and permits, not from bucket policies"),
    ("PublicAccess", "nothing here is ever public"),
    ("Ownership", "what is stored belongs to its provider by agreement"),
    ("Encryption", "everything is sealed, always; there is nothing to choose"),
    ("Lifecycle", "retention follows from the agreement"),
    ("UploadPartCopy", "copy in one request: a copy shares the sealed bytes at any size"),
    ("Replication", "copies of cells are the operator's"),
    ("Website", "nothing here is ever public"),
];

pub fn check_verb(verb: &str) -> S3Result<()> {
    if VERBS.contains(&verb) {
        return Ok(());
    }
    let why = WHY.iter().find(|(family, _)| verb.contains(family));
    let why = why.map_or("this region serves objects, nothing around them", |(_, why)| why);
    Err(not_offered(format!("{verb}: {why}")))
}
