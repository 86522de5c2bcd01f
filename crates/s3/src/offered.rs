//! What of S3 is offered, and one line of why for what is not.
//!
//! A header that asks for something is never ignored: it is done or refused.

use http::HeaderMap;
use s3s::{S3Error, S3Result};

use crate::error::not_offered;

/// The verbs that are served.
const VERBS: [&str; 22] = [
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CopyObject",
    "CreateBucket",
    "CreateMultipartUpload",
    "DeleteBucket",
    "DeleteObject",
    "DeleteObjects",
    "GetBucketLocation",
    "GetBucketVersioning",
    "GetObject",
    "HeadBucket",
    "HeadObject",
    "ListBuckets",
    "ListMultipartUploads",
    "ListObjectVersions",
    "ListObjects",
    "ListObjectsV2",
    "ListParts",
    "PutBucketVersioning",
    "PutObject",
    "UploadPart",
];

/// Why whole families of verbs are not served.
const WHY: [(&str, &str); 13] = [
    ("Acl", "who may do what follows from agreements and permits, not from lists on buckets"),
    ("Policy", "who may do what follows from agreements and permits, not from bucket policies"),
    ("PublicAccess", "nothing here is ever public"),
    ("Ownership", "what is stored belongs to its provider by agreement"),
    ("Encryption", "everything is sealed, always; there is nothing to choose"),
    ("LegalHold", "a legal hold is an act of its own: `epic object hold`"),
    ("Retention", "retention follows from the agreement"),
    ("ObjectLock", "retention follows from the agreement"),
    ("Lifecycle", "retention follows from the agreement"),
    ("Tagging", "labels are set with `epic object describe`"),
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

/// Headers that are refused whatever they say.
const REFUSED: [(&str, &str); 11] = [
    ("x-amz-server-side-encryption-customer", "keys are kept by the region's custody"),
    ("x-amz-copy-source-server-side-encryption-customer", "keys are kept by the region's custody"),
    ("x-amz-server-side-encryption-aws-kms", "keys are kept by the region's custody"),
    ("x-amz-grant-", "who may do what follows from agreements and permits"),
    ("x-amz-tagging", "labels are set with `epic object describe`"),
    ("x-amz-object-lock-", "a hold is set with `epic object hold`"),
    ("x-amz-bucket-object-lock-", "a hold is set with `epic object hold`"),
    ("x-amz-website-redirect-location", "nothing here is a website"),
    ("x-amz-expected-bucket-owner", "buckets have no accounts; a credential reaches one project"),
    ("x-amz-source-expected-bucket-owner", "buckets have no accounts; a credential reaches one project"),
    ("x-amz-write-offset-bytes", "an object is written whole"),
];

/// Headers of which some values mean what happens here anyway.
const FITTING: [(&str, &[&str], &str); 3] = [
    ("x-amz-acl", &["private", "bucket-owner-full-control"], "nothing here is ever public"),
    ("x-amz-storage-class", &["STANDARD"], "there is one storage class"),
    ("x-amz-server-side-encryption", &["AES256"], "keys are kept by the region's custody"),
];

pub fn check_headers(headers: &HeaderMap) -> S3Result<()> {
    for (name, value) in headers {
        let (name, value) = (name.as_str(), value.as_bytes());
        let refused = REFUSED.iter().find(|(start, _)| name.starts_with(start));
        if let Some((_, why)) = refused.filter(|_| !value.is_empty()) {
            return Err(header_refused(name, why));
        }
        let fitting = FITTING.iter().find(|(exact, ..)| name == *exact);
        let unfitting = fitting.filter(|(_, fit, _)| !fit.iter().any(|fit| fit.as_bytes() == value));
        if let Some((_, _, why)) = unfitting {
            return Err(header_refused(name, why));
        }
    }
    Ok(())
}

fn header_refused(name: &str, why: &str) -> S3Error {
    not_offered(format!("{name}: {why}"))
}
