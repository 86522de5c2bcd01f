//! Which verbs of S3 are offered, and one line of why for those that are not.

use s3s::S3Result;

use crate::error::not_offered;

/// The verbs that are served.
pub const VERBS: [&str; 54] = [
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
    "GetPublicAccessBlock",
    "HeadBucket",
    "HeadObject",
    "ListBuckets",
    "ListMultipartUploads",
    "ListObjectVersions",
    "ListObjects",
    "ListObjectsV2",
    "ListParts",
    "PutBucketAccelerateConfiguration",
    "PutBucketAcl",
    "PutBucketCors",
    "PutBucketLifecycleConfiguration",
    "PutBucketLogging",
    "PutBucketNotificationConfiguration",
    "PutBucketOwnershipControls",
    "PutBucketRequestPayment",
    "PutBucketVersioning",
    "PutObject",
    "PutObjectAcl",
    "PutPublicAccessBlock",
    "UploadPart",
    "UploadPartCopy",
];

/// Why whole families of verbs are not served.
const WHY: [(&str, &str); 10] = [
    ("Policy", "who may do what follows from agreements and permits, not from bucket policies"),
    ("PublicAccess", "nothing here is ever public"),
    ("Ownership", "what is stored belongs to its provider by agreement"),
    (
        "Encryption",
        "everything is sealed with ChaCha20-Poly1305, always, which S3's form cannot say; there is nothing to choose",
    ),
    ("LegalHold", "a legal hold is an act of its own: `epic object hold`"),
    ("Retention", "retention follows from the agreement"),
    ("ObjectLock", "retention follows from the agreement"),
    ("Tagging", "labels are set with `epic object describe`"),
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
