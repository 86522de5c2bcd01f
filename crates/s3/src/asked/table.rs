//! The tables: what each verb does, what fits anyway, what is refused and why.

/// Metadata of a person's own choice: any name behind this.
pub const META: &str = "x-amz-meta-";

/// Headers of the signature and the transfer, which every verb may carry; the guard has judged them.
pub const TRANSFER: [&str; 4] =
    ["x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "x-amz-user-agent"];

/// Checksums of a body.
const SUMS: [&str; 6] = [
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
    "x-amz-sdk-checksum-algorithm",
];

/// Bodies in chunks.
const CHUNKS: [&str; 2] = ["x-amz-decoded-content-length", "x-amz-trailer"];

/// What a verb does beyond its path; a header ending in `*` stands for all that begin so.
pub struct Verb {
    pub headers: &'static [&'static [&'static str]],
    /// Conditions that it judges.
    pub conditions: &'static [&'static str],
    pub query: &'static [&'static str],
}

const READ: Verb = Verb {
    headers: &[],
    conditions: &["if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"],
    query: &[
        "partNumber",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
        "versionId",
    ],
};

/// How a version is locked and labelled from its first moment.
const KEEPING: &[&str] = &[
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-tagging",
];

const BYPASS: &str = "x-amz-bypass-governance-retention";

/// What is copied, and under which conditions.
const SOURCE: &[&str] = &[
    "x-amz-copy-source",
    "x-amz-copy-source-if-match",
    "x-amz-copy-source-if-modified-since",
    "x-amz-copy-source-if-none-match",
    "x-amz-copy-source-if-unmodified-since",
];

/// A verb that its path and query say whole.
const fn plain(query: &'static [&'static str]) -> Verb {
    Verb { headers: &[], conditions: &[], query }
}

/// A verb without conditions.
const fn written(headers: &'static [&'static [&'static str]], query: &'static [&'static str]) -> Verb {
    Verb { headers, conditions: &[], query }
}

/// Every verb that is served.
pub static VERBS: [(&str, Verb); 65] = [
    ("GetObject", READ),
    ("HeadObject", READ),
    (
        "PutObject",
        Verb {
            headers: &[&[META, "x-amz-checksum-algorithm"], &SUMS, &CHUNKS, KEEPING],
            conditions: &["if-match", "if-none-match"],
            query: &[],
        },
    ),
    (
        "CopyObject",
        Verb {
            headers: &[
                &[META, "x-amz-checksum-algorithm", "x-amz-metadata-directive", "x-amz-tagging-directive"],
                SOURCE,
                KEEPING,
            ],
            conditions: &[],
            query: &[],
        },
    ),
    (
        "CreateMultipartUpload",
        Verb {
            headers: &[&[META, "x-amz-checksum-algorithm", "x-amz-checksum-type"], KEEPING],
            conditions: &[],
            query: &["uploads"],
        },
    ),
    (
        "UploadPart",
        Verb {
            headers: &[&["x-amz-checksum-algorithm"], &SUMS, &CHUNKS],
            conditions: &[],
            query: &["partNumber", "uploadId"],
        },
    ),
    (
        "UploadPartCopy",
        Verb {
            headers: &[&["x-amz-copy-source-range"], SOURCE],
            conditions: &[],
            query: &["partNumber", "uploadId"],
        },
    ),
    (
        "CompleteMultipartUpload",
        Verb {
            headers: &[&["x-amz-checksum-type", "x-amz-mp-object-size"], &SUMS],
            conditions: &["if-match", "if-none-match"],
            query: &["uploadId"],
        },
    ),
    ("DeleteObjects", Verb { headers: &[&SUMS, &[BYPASS]], conditions: &[], query: &["delete"] }),
    ("PutBucketVersioning", Verb { headers: &[&SUMS], conditions: &[], query: &["versioning"] }),
    (
        "CreateBucket",
        Verb { headers: &[&SUMS, &["x-amz-bucket-object-lock-enabled"]], conditions: &[], query: &[] },
    ),
    ("HeadBucket", plain(&[])),
    ("DeleteBucket", plain(&[])),
    ("AbortMultipartUpload", plain(&["uploadId"])),
    ("DeleteObject", Verb { headers: &[&[BYPASS]], conditions: &["if-match"], query: &["versionId"] }),
    ("PutObjectRetention", written(&[&SUMS, &[BYPASS]], &["retention", "versionId"])),
    ("PutObjectLegalHold", written(&[&SUMS], &["legal-hold", "versionId"])),
    ("PutObjectTagging", written(&[&SUMS], &["tagging", "versionId"])),
    ("PutBucketTagging", written(&[&SUMS], &["tagging"])),
    ("PutObjectLockConfiguration", written(&[&SUMS], &["object-lock"])),
    ("GetObjectRetention", plain(&["retention", "versionId"])),
    ("GetObjectLegalHold", plain(&["legal-hold", "versionId"])),
    ("GetObjectTagging", plain(&["tagging", "versionId"])),
    ("DeleteObjectTagging", plain(&["tagging", "versionId"])),
    ("GetBucketTagging", plain(&["tagging"])),
    ("DeleteBucketTagging", plain(&["tagging"])),
    ("GetObjectLockConfiguration", plain(&["object-lock"])),
    (
        "GetObjectAttributes",
        written(
            &[&["x-amz-max-parts", "x-amz-object-attributes", "x-amz-part-number-marker"]],
            &["attributes", "versionId"],
        ),
    ),
    ("GetBucketLocation", plain(&["location"])),
    ("GetBucketVersioning", plain(&["versioning"])),
    ("GetBucketLifecycleConfiguration", plain(&["lifecycle"])),
    (
        "PutBucketLifecycleConfiguration",
        Verb {
            headers: &[&SUMS, &["x-amz-transition-default-minimum-object-size"]],
            conditions: &[],
            query: &["lifecycle"],
        },
    ),
    ("DeleteBucketLifecycle", plain(&["lifecycle"])),
    ("GetBucketCors", plain(&["cors"])),
    ("PutBucketCors", Verb { headers: &[&SUMS], conditions: &[], query: &["cors"] }),
    ("DeleteBucketCors", plain(&["cors"])),
    ("GetBucketAcl", plain(&["acl"])),
    ("PutBucketAcl", Verb { headers: &[&SUMS], conditions: &[], query: &["acl"] }),
    ("GetObjectAcl", plain(&["acl", "versionId"])),
    ("PutObjectAcl", Verb { headers: &[&SUMS], conditions: &[], query: &["acl", "versionId"] }),
    ("GetBucketPolicy", plain(&["policy"])),
    ("DeleteBucketPolicy", plain(&["policy"])),
    ("GetBucketPolicyStatus", plain(&["policyStatus"])),
    ("GetBucketWebsite", plain(&["website"])),
    ("DeleteBucketWebsite", plain(&["website"])),
    ("GetBucketReplication", plain(&["replication"])),
    ("DeleteBucketReplication", plain(&["replication"])),
    ("GetBucketOwnershipControls", plain(&["ownershipControls"])),
    (
        "PutBucketOwnershipControls",
        Verb { headers: &[&SUMS], conditions: &[], query: &["ownershipControls"] },
    ),
    ("GetPublicAccessBlock", plain(&["publicAccessBlock"])),
    ("PutPublicAccessBlock", Verb { headers: &[&SUMS], conditions: &[], query: &["publicAccessBlock"] }),
    ("GetBucketRequestPayment", plain(&["requestPayment"])),
    ("PutBucketRequestPayment", Verb { headers: &[&SUMS], conditions: &[], query: &["requestPayment"] }),
    ("GetBucketAccelerateConfiguration", plain(&["accelerate"])),
    ("PutBucketAccelerateConfiguration", Verb { headers: &[&SUMS], conditions: &[], query: &["accelerate"] }),
    ("GetBucketLogging", plain(&["logging"])),
    ("PutBucketLogging", Verb { headers: &[&SUMS], conditions: &[], query: &["logging"] }),
    ("GetBucketNotificationConfiguration", plain(&["notification"])),
    (
        "PutBucketNotificationConfiguration",
        Verb { headers: &[&SUMS], conditions: &[], query: &["notification"] },
    ),
    ("ListBuckets", plain(&["continuation-token", "max-buckets", "prefix"])),
    ("ListParts", plain(&["max-parts", "part-number-marker", "uploadId"])),
    ("ListObjects", plain(&["delimiter", "encoding-type", "marker", "max-keys", "prefix"])),
    (
        "ListObjectsV2",
        plain(&[
            "continuation-token",
            "delimiter",
            "encoding-type",
            "fetch-owner",
            "list-type",
            "max-keys",
            "prefix",
            "start-after",
        ]),
    ),
    (
        "ListObjectVersions",
        plain(&[
            "delimiter",
            "encoding-type",
            "key-marker",
            "max-keys",
            "prefix",
            "version-id-marker",
            "versions",
        ]),
    ),
    (
        "ListMultipartUploads",
        plain(&[
            "delimiter",
            "encoding-type",
            "key-marker",
            "max-uploads",
            "prefix",
            "upload-id-marker",
            "uploads",
        ]),
    ),
];

/// Headers of which some values mean what happens here anyway, and why the others are refused.
pub const FITTING: [(&str, &[&str], &str); 14] = [
    ("x-amz-acl", &["private", "bucket-owner-full-control"], "nothing here is ever public"),
    // WHY: S3 has had this version since 2006 and no other; the C++ SDK names it with every request.
    ("x-amz-api-version", &["2006-03-01"], "this is S3 of 2006-03-01"),
    ("x-amz-bucket-object-lock-enabled", &["false"], "a bucket is made with object lock, or given it"),
    ("x-amz-bypass-governance-retention", &["false"], "nothing here is locked away from this verb"),
    // WHY in small letters too: the C++ SDK writes it so.
    ("x-amz-checksum-mode", &["ENABLED", "enabled"], "a checksum is asked for with ENABLED"),
    (
        "x-amz-object-ownership",
        &["BucketOwnerEnforced"],
        "what is stored belongs to its provider by agreement",
    ),
    ("x-amz-optional-object-attributes", &["RestoreStatus"], "nothing here is ever archived or restored"),
    ("x-amz-request-payer", &["requester"], "nobody is charged for requests"),
    ("x-amz-server-side-encryption", &["AES256"], "keys are kept by the region's custody"),
    ("x-amz-server-side-encryption-bucket-key-enabled", &["false"], "keys are kept by the region's custody"),
    ("x-amz-storage-class", &["STANDARD"], "there is one storage class"),
    ("x-amz-tagging", &[""], "tags are set when an object is stored, or by PutObjectTagging"),
    ("x-amz-tagging-directive", &["COPY", "REPLACE"], "tags are copied with an object"),
    ("x-amz-website-redirect-location", &[""], "nothing here is a website"),
];

/// Headers that are refused whatever they say.
pub const REFUSED: [(&str, &str); 14] = [
    ("x-amz-bucket-object-lock-", "object lock is for the controller to set, without a token"),
    ("x-amz-copy-source-range", "a whole object is copied whole; a range makes a part of an upload"),
    ("x-amz-copy-source-server-side-encryption-customer", "keys are kept by the region's custody"),
    ("x-amz-expected-bucket-owner", "buckets have no accounts; a credential reaches one project"),
    ("x-amz-grant-", "who may do what follows from agreements and permits"),
    ("x-amz-if-match-", "a delete is conditioned by If-Match; sizes and dates are directory buckets'"),
    ("x-amz-mfa", "deletions are acts with their own proof"),
    ("x-amz-object-lock-", "an object is locked when it is stored, or by PutObjectRetention"),
    ("x-amz-server-side-encryption-aws-kms", "keys are kept by the region's custody"),
    ("x-amz-server-side-encryption-context", "keys are kept by the region's custody"),
    ("x-amz-server-side-encryption-customer", "keys are kept by the region's custody"),
    ("x-amz-skip-destination-validation", "nothing is sent anywhere"),
    ("x-amz-source-expected-bucket-owner", "buckets have no accounts; a credential reaches one project"),
    ("x-amz-write-offset-bytes", "an object is written whole"),
];

/// Conditions of HTTP, which a verb judges or refuses.
pub const CONDITIONS: [&str; 5] =
    ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"];
