//! What each verb does to what, in the actions of S3: the one table by which sessions with a policy are judged.
//!
//! A verb that is not here is refused in such a session; a test walks all that are served.
//! SPEC: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3". Stricter than it in one
//! thing: what is done to a version that is named takes the action on the object too, and a listing of versions the
//! listing of objects, so that a denial of the plain action has no way round it.

/// Every action that is asked for here.
pub const ACTIONS: [&str; 62] = [
    "AbortMultipartUpload",
    "BypassGovernanceRetention",
    "CreateBucket",
    "DeleteBucket",
    "DeleteBucketPolicy",
    "DeleteBucketWebsite",
    "DeleteObject",
    "DeleteObjectTagging",
    "DeleteObjectVersion",
    "DeleteObjectVersionTagging",
    "GetAccelerateConfiguration",
    "GetBucketAcl",
    "GetBucketCORS",
    "GetBucketLocation",
    "GetBucketLogging",
    "GetBucketNotification",
    "GetBucketObjectLockConfiguration",
    "GetBucketOwnershipControls",
    "GetBucketPolicy",
    "GetBucketPolicyStatus",
    "GetBucketPublicAccessBlock",
    "GetBucketRequestPayment",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetBucketWebsite",
    "GetLifecycleConfiguration",
    "GetObject",
    "GetObjectAcl",
    "GetObjectAttributes",
    "GetObjectLegalHold",
    "GetObjectRetention",
    "GetObjectTagging",
    "GetObjectVersion",
    "GetObjectVersionAcl",
    "GetObjectVersionAttributes",
    "GetObjectVersionTagging",
    "GetReplicationConfiguration",
    "ListAllMyBuckets",
    "ListBucket",
    "ListBucketMultipartUploads",
    "ListBucketVersions",
    "ListMultipartUploadParts",
    "PutAccelerateConfiguration",
    "PutBucketAcl",
    "PutBucketCORS",
    "PutBucketLogging",
    "PutBucketNotification",
    "PutBucketObjectLockConfiguration",
    "PutBucketOwnershipControls",
    "PutBucketPublicAccessBlock",
    "PutBucketRequestPayment",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutLifecycleConfiguration",
    "PutObject",
    "PutObjectAcl",
    "PutObjectLegalHold",
    "PutObjectRetention",
    "PutObjectTagging",
    "PutObjectVersionAcl",
    "PutObjectVersionTagging",
    "PutReplicationConfiguration",
];

/// What an action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// The project's buckets, all of them.
    Project,
    /// The bucket that is named.
    Bucket,
    /// The object that is named.
    Object,
    /// The object that is copied.
    Source,
    /// Objects that the body names: each is judged where it is deleted (`change.rs`).
    Listed,
}

/// One thing that a verb does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    pub action: &'static str,
    /// Taken too where a version is named.
    pub of_version: Option<&'static str>,
    pub on: On,
}

const fn on(on: On, action: &'static str) -> Need {
    Need { action, of_version: None, on }
}

const fn bucket(action: &'static str) -> Need {
    on(On::Bucket, action)
}

const fn object(action: &'static str) -> Need {
    on(On::Object, action)
}

/// An action on an object, and the other on a version of it.
const fn version(action: &'static str, of_version: &'static str) -> Need {
    Need { action, of_version: Some(of_version), on: On::Object }
}

/// What is copied is read.
const SOURCE: Need = Need { action: "GetObject", of_version: Some("GetObjectVersion"), on: On::Source };

/// What a batch does to each object; judged as if it was deleted by itself.
const LISTED: Need = Need { on: On::Listed, ..DELETED };
pub const DELETED: Need = version("DeleteObject", "DeleteObjectVersion");

/// Every verb that is served.
static NEEDS: [(&str, &[Need]); 65] = [
    ("AbortMultipartUpload", &[object("AbortMultipartUpload")]),
    ("CompleteMultipartUpload", &[object("PutObject")]),
    ("CopyObject", &[SOURCE, object("PutObject")]),
    ("CreateBucket", &[bucket("CreateBucket")]),
    ("CreateMultipartUpload", &[object("PutObject")]),
    ("DeleteBucket", &[bucket("DeleteBucket")]),
    ("DeleteBucketCors", &[bucket("PutBucketCORS")]),
    ("DeleteBucketLifecycle", &[bucket("PutLifecycleConfiguration")]),
    ("DeleteBucketPolicy", &[bucket("DeleteBucketPolicy")]),
    ("DeleteBucketReplication", &[bucket("PutReplicationConfiguration")]),
    ("DeleteBucketTagging", &[bucket("PutBucketTagging")]),
    ("DeleteBucketWebsite", &[bucket("DeleteBucketWebsite")]),
    ("DeleteObject", &[DELETED]),
    ("DeleteObjects", &[LISTED]),
    ("DeleteObjectTagging", &[version("DeleteObjectTagging", "DeleteObjectVersionTagging")]),
    ("GetBucketAccelerateConfiguration", &[bucket("GetAccelerateConfiguration")]),
    ("GetBucketAcl", &[bucket("GetBucketAcl")]),
    ("GetBucketCors", &[bucket("GetBucketCORS")]),
    ("GetBucketLifecycleConfiguration", &[bucket("GetLifecycleConfiguration")]),
    ("GetBucketLocation", &[bucket("GetBucketLocation")]),
    ("GetBucketLogging", &[bucket("GetBucketLogging")]),
    ("GetBucketNotificationConfiguration", &[bucket("GetBucketNotification")]),
    ("GetBucketOwnershipControls", &[bucket("GetBucketOwnershipControls")]),
    ("GetBucketPolicy", &[bucket("GetBucketPolicy")]),
    ("GetBucketPolicyStatus", &[bucket("GetBucketPolicyStatus")]),
    ("GetBucketReplication", &[bucket("GetReplicationConfiguration")]),
    ("GetBucketRequestPayment", &[bucket("GetBucketRequestPayment")]),
    ("GetBucketTagging", &[bucket("GetBucketTagging")]),
    ("GetBucketVersioning", &[bucket("GetBucketVersioning")]),
    ("GetBucketWebsite", &[bucket("GetBucketWebsite")]),
    ("GetObject", &[version("GetObject", "GetObjectVersion")]),
    ("GetObjectAcl", &[version("GetObjectAcl", "GetObjectVersionAcl")]),
    (
        "GetObjectAttributes",
        &[
            version("GetObject", "GetObjectVersion"),
            version("GetObjectAttributes", "GetObjectVersionAttributes"),
        ],
    ),
    ("GetObjectLegalHold", &[object("GetObjectLegalHold")]),
    ("GetObjectLockConfiguration", &[bucket("GetBucketObjectLockConfiguration")]),
    ("GetObjectRetention", &[object("GetObjectRetention")]),
    ("GetObjectTagging", &[version("GetObjectTagging", "GetObjectVersionTagging")]),
    ("GetPublicAccessBlock", &[bucket("GetBucketPublicAccessBlock")]),
    ("HeadBucket", &[bucket("ListBucket")]),
    ("HeadObject", &[version("GetObject", "GetObjectVersion")]),
    ("ListBuckets", &[on(On::Project, "ListAllMyBuckets")]),
    ("ListMultipartUploads", &[bucket("ListBucketMultipartUploads")]),
    ("ListObjects", &[bucket("ListBucket")]),
    ("ListObjectsV2", &[bucket("ListBucket")]),
    ("ListObjectVersions", &[bucket("ListBucket"), bucket("ListBucketVersions")]),
    ("ListParts", &[object("ListMultipartUploadParts")]),
    ("PutBucketAccelerateConfiguration", &[bucket("PutAccelerateConfiguration")]),
    ("PutBucketAcl", &[bucket("PutBucketAcl")]),
    ("PutBucketCors", &[bucket("PutBucketCORS")]),
    ("PutBucketLifecycleConfiguration", &[bucket("PutLifecycleConfiguration")]),
    ("PutBucketLogging", &[bucket("PutBucketLogging")]),
    ("PutBucketNotificationConfiguration", &[bucket("PutBucketNotification")]),
    ("PutBucketOwnershipControls", &[bucket("PutBucketOwnershipControls")]),
    ("PutBucketRequestPayment", &[bucket("PutBucketRequestPayment")]),
    ("PutBucketTagging", &[bucket("PutBucketTagging")]),
    ("PutBucketVersioning", &[bucket("PutBucketVersioning")]),
    ("PutObject", &[object("PutObject")]),
    ("PutObjectAcl", &[version("PutObjectAcl", "PutObjectVersionAcl")]),
    ("PutObjectLegalHold", &[object("PutObjectLegalHold")]),
    ("PutObjectLockConfiguration", &[bucket("PutBucketObjectLockConfiguration")]),
    ("PutObjectRetention", &[object("PutObjectRetention")]),
    ("PutObjectTagging", &[version("PutObjectTagging", "PutObjectVersionTagging")]),
    ("PutPublicAccessBlock", &[bucket("PutBucketPublicAccessBlock")]),
    ("UploadPart", &[object("PutObject")]),
    ("UploadPartCopy", &[SOURCE, object("PutObject")]),
];

/// To set what governance keeps aside.
pub const BYPASS: Need = object("BypassGovernanceRetention");
/// What goes along with a copy whose tags nobody replaces: read there, written here (`copy.rs`).
pub const TAGS_READ: Need =
    Need { action: "GetObjectTagging", of_version: Some("GetObjectVersionTagging"), on: On::Source };
pub const TAGS_WRITTEN: Need = object("PutObjectTagging");

/// What a header lets a verb do beside.
struct Beside {
    header: &'static str,
    /// Under which it does nothing.
    idle: &'static str,
    needs: &'static [Need],
}

static BESIDE: [Beside; 6] = [
    Beside {
        header: "x-amz-bucket-object-lock-enabled",
        idle: "false",
        needs: &[bucket("PutBucketObjectLockConfiguration"), bucket("PutBucketVersioning")],
    },
    Beside { header: "x-amz-bypass-governance-retention", idle: "false", needs: &[BYPASS] },
    Beside { header: "x-amz-object-lock-legal-hold", idle: "", needs: &[object("PutObjectLegalHold")] },
    Beside { header: "x-amz-object-lock-mode", idle: "", needs: &[object("PutObjectRetention")] },
    Beside {
        header: "x-amz-object-lock-retain-until-date",
        idle: "",
        needs: &[object("PutObjectRetention")],
    },
    Beside { header: "x-amz-tagging", idle: "", needs: &[TAGS_WRITTEN] },
];

/// What a verb does; none for one that nobody has thought through.
pub fn of_verb(name: &str) -> Option<&'static [Need]> {
    NEEDS.iter().find(|(own, _)| *own == name).map(|(_, needs)| *needs)
}

/// What a request's headers let it do beside.
pub fn of_headers(headers: &http::HeaderMap) -> impl Iterator<Item = &'static Need> + '_ {
    let is_said = |own: &&Beside| {
        headers.get_all(own.header).iter().any(|value| value.as_bytes() != own.idle.as_bytes())
    };
    BESIDE.iter().filter(is_said).flat_map(|own| own.needs.iter())
}
