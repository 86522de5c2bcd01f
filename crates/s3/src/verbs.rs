//! The verbs of S3, each in the file of its noun.
//!
//! The protocol crate writes requests and bodies into its log lines, so it is
//! served in silence; the region's own lines are let through here.

use region::Region;
use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};
use tracing::instrument::WithSubscriber;

use crate::ask::{Ask, Voice};
use crate::{attributes, bucket, change, copy, list, lock, part, put, read, tags, upload};

/// S3 over a region.
pub struct Verbs(pub Region);

macro_rules! verbs {
    ($($verb:ident $input:ident $output:ident = $serve:path;)*) => {
        #[async_trait::async_trait]
        impl S3 for Verbs {
            $(async fn $verb(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                let voice = request.extensions.get::<Voice>().cloned();
                let ask = Ask::new(&self.0, request)?;
                match voice {
                    Some(Voice(dispatch)) => $serve(ask).with_subscriber(dispatch).await,
                    None => $serve(ask).await,
                }
            })*
        }
    };
}

verbs! {
    create_bucket CreateBucketInput CreateBucketOutput = bucket::create;
    head_bucket HeadBucketInput HeadBucketOutput = bucket::head;
    list_buckets ListBucketsInput ListBucketsOutput = bucket::list;
    delete_bucket DeleteBucketInput DeleteBucketOutput = bucket::delete;
    get_bucket_location GetBucketLocationInput GetBucketLocationOutput = bucket::location;
    get_bucket_versioning GetBucketVersioningInput GetBucketVersioningOutput = bucket::versions;
    put_bucket_versioning PutBucketVersioningInput PutBucketVersioningOutput = bucket::set_versions;
    get_object_lock_configuration GetObjectLockConfigurationInput GetObjectLockConfigurationOutput = lock::config;
    put_object_lock_configuration PutObjectLockConfigurationInput PutObjectLockConfigurationOutput = lock::set_config;
    get_bucket_tagging GetBucketTaggingInput GetBucketTaggingOutput = tags::of_bucket;
    put_bucket_tagging PutBucketTaggingInput PutBucketTaggingOutput = tags::put_of_bucket;
    delete_bucket_tagging DeleteBucketTaggingInput DeleteBucketTaggingOutput = tags::delete_of_bucket;
    get_object_retention GetObjectRetentionInput GetObjectRetentionOutput = lock::retention;
    put_object_retention PutObjectRetentionInput PutObjectRetentionOutput = lock::set_retention;
    get_object_legal_hold GetObjectLegalHoldInput GetObjectLegalHoldOutput = lock::hold;
    put_object_legal_hold PutObjectLegalHoldInput PutObjectLegalHoldOutput = lock::set_hold;
    get_object_tagging GetObjectTaggingInput GetObjectTaggingOutput = tags::get;
    put_object_tagging PutObjectTaggingInput PutObjectTaggingOutput = tags::put;
    delete_object_tagging DeleteObjectTaggingInput DeleteObjectTaggingOutput = tags::delete;
    get_object_attributes GetObjectAttributesInput GetObjectAttributesOutput = attributes::get;
    put_object PutObjectInput PutObjectOutput = put::put;
    get_object GetObjectInput GetObjectOutput = read::get;
    head_object HeadObjectInput HeadObjectOutput = read::head;
    list_objects ListObjectsInput ListObjectsOutput = list::first;
    list_objects_v2 ListObjectsV2Input ListObjectsV2Output = list::second;
    list_object_versions ListObjectVersionsInput ListObjectVersionsOutput = list::versions;
    delete_object DeleteObjectInput DeleteObjectOutput = change::delete;
    delete_objects DeleteObjectsInput DeleteObjectsOutput = change::delete_many;
    copy_object CopyObjectInput CopyObjectOutput = copy::copy;
    create_multipart_upload CreateMultipartUploadInput CreateMultipartUploadOutput = upload::start;
    upload_part UploadPartInput UploadPartOutput = part::part;
    complete_multipart_upload CompleteMultipartUploadInput CompleteMultipartUploadOutput = upload::complete;
    abort_multipart_upload AbortMultipartUploadInput AbortMultipartUploadOutput = upload::abort;
    list_multipart_uploads ListMultipartUploadsInput ListMultipartUploadsOutput = part::uploads;
    list_parts ListPartsInput ListPartsOutput = part::parts;
}
