//! Which verbs of S3 are offered, and one line of why for those that are not.

use s3s::S3Result;

use crate::error::not_offered;

/// The verbs that are served.
pub const VERBS: [&str; 65] = [
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CopyObject",
    "CreateBucket",
    "CreateMultipartUpload",
    "DeleteBucket",
    "DeleteBucketCors",
    "DeleteBucketLifecycle",
    "DeleteBucketPolicy",
    "DeleteBucketReplication",
    "DeleteBucketTagging",
    "DeleteBucketWebsite",
    "DeleteObject",
    "DeleteObjects",
    "DeleteObjectTagging",
    "GetBucketAccelerateConfiguration",
    "GetBucketAcl",
    "GetBucketCors",
    "GetBucketLifecycleConfiguration",
    "GetBucketLocation",
    "GetBucketLogging",
    "GetBucketNotificationConfiguration",
    "GetBucketOwnershipControls",
    "GetBucketPolicy",
    "GetBucketPolicyStatus",
    "GetBucketReplication",
    "GetBucketRequestPayment",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetBucketWebsite",
    "GetObject",
    "GetObjectAcl",
    "GetObjectAttributes",
    "GetObjectLegalHold",
    "GetObjectLockConfiguration",
    "GetObjectRetention",
    "GetObjectTagging",
    "GetPublicAccessBlock",
    "HeadBucket",
    "HeadObject",
    "ListBuckets",
    "ListMultipartUploads",
    "ListObjects",
    "ListObjectsV2",
    "ListObjectVersions",
    "ListParts",
    "PutBucketAccelerateConfiguration",
    "PutBucketAcl",
    "PutBucketCors",
    "PutBucketLifecycleConfiguration",
    "PutBucketLogging",
    "PutBucketNotificationConfiguration",
    "PutBucketOwnershipControls",
    "PutBucketRequestPayment",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutObject",
    "PutObjectAcl",
    "PutObjectLegalHold",
    "PutObjectLockConfiguration",
    "PutObjectRetention",
    "PutObjectTagging",
    "PutPublicAccessBlock",
    "UploadPart",
    "UploadPartCopy",
];

/// Why whole families of verbs are not served.
const WHY: [(&str, &str); 6] = [
    ("Policy", "who may do what follows from agreements and permits, not from bucket policies"),
    ("PublicAccess", "nothing here is ever public"),
    ("Ownership", "what is stored belongs to its provider by agreement"),
    (
        "Encryption",
        "everything is sealed with ChaCha20-Poly1305, always, which S3's form cannot say; there is nothing to choose",
    ),
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
