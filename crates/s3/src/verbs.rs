//! The verbs of S3, each in the file of its noun.
//!
//! The protocol crate writes requests and bodies into its log lines, so it is
//! served in silence; the region's own lines are let through here.

use std::sync::Arc;

use region::Region;
use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};
use tracing::instrument::WithSubscriber;

use crate::ask::{Ask, Voice};
use crate::front::Front;
use crate::{
    attributes, bucket, change, copy, copy_part, lifecycle, list, lock, part, put, read, stated, tags, upload,
};

/// S3 over a region.
pub struct Verbs(pub Region, pub Arc<Front>);

macro_rules! verbs {
    ($($verb:ident $input:ident $output:ident = $serve:path;)*) => {
        #[async_trait::async_trait]
        impl S3 for Verbs {
            $(async fn $verb(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                let voice = request.extensions.get::<Voice>().cloned();
                let ask = Ask::new(&self.0, &self.1, request)?;
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
    upload_part_copy UploadPartCopyInput UploadPartCopyOutput = copy_part::copy;
    complete_multipart_upload CompleteMultipartUploadInput CompleteMultipartUploadOutput = upload::complete;
    abort_multipart_upload AbortMultipartUploadInput AbortMultipartUploadOutput = upload::abort;
    list_multipart_uploads ListMultipartUploadsInput ListMultipartUploadsOutput = part::uploads;
    list_parts ListPartsInput ListPartsOutput = part::parts;
    get_bucket_lifecycle_configuration GetBucketLifecycleConfigurationInput GetBucketLifecycleConfigurationOutput = lifecycle::get;
    put_bucket_lifecycle_configuration PutBucketLifecycleConfigurationInput PutBucketLifecycleConfigurationOutput = lifecycle::put;
    delete_bucket_lifecycle DeleteBucketLifecycleInput DeleteBucketLifecycleOutput = lifecycle::delete;
    get_bucket_cors GetBucketCorsInput GetBucketCorsOutput = stated::cors;
    put_bucket_cors PutBucketCorsInput PutBucketCorsOutput = stated::set_cors;
    delete_bucket_cors DeleteBucketCorsInput DeleteBucketCorsOutput = stated::drop_cors;
    get_bucket_acl GetBucketAclInput GetBucketAclOutput = stated::acl;
    put_bucket_acl PutBucketAclInput PutBucketAclOutput = stated::set_acl;
    get_object_acl GetObjectAclInput GetObjectAclOutput = stated::object_acl;
    put_object_acl PutObjectAclInput PutObjectAclOutput = stated::set_object_acl;
    get_bucket_policy GetBucketPolicyInput GetBucketPolicyOutput = stated::policy;
    delete_bucket_policy DeleteBucketPolicyInput DeleteBucketPolicyOutput = stated::drop_policy;
    get_bucket_policy_status GetBucketPolicyStatusInput GetBucketPolicyStatusOutput = stated::policy_status;
    get_bucket_website GetBucketWebsiteInput GetBucketWebsiteOutput = stated::website;
    delete_bucket_website DeleteBucketWebsiteInput DeleteBucketWebsiteOutput = stated::drop_website;
    get_bucket_replication GetBucketReplicationInput GetBucketReplicationOutput = stated::replication;
    delete_bucket_replication DeleteBucketReplicationInput DeleteBucketReplicationOutput = stated::drop_replication;
    get_bucket_ownership_controls GetBucketOwnershipControlsInput GetBucketOwnershipControlsOutput = stated::ownership;
    put_bucket_ownership_controls PutBucketOwnershipControlsInput PutBucketOwnershipControlsOutput = stated::set_ownership;
    get_public_access_block GetPublicAccessBlockInput GetPublicAccessBlockOutput = stated::public_access;
    put_public_access_block PutPublicAccessBlockInput PutPublicAccessBlockOutput = stated::set_public_access;
    get_bucket_request_payment GetBucketRequestPaymentInput GetBucketRequestPaymentOutput = stated::payer;
    put_bucket_request_payment PutBucketRequestPaymentInput PutBucketRequestPaymentOutput = stated::set_payer;
    get_bucket_accelerate_configuration GetBucketAccelerateConfigurationInput GetBucketAccelerateConfigurationOutput = stated::acceleration;
    put_bucket_accelerate_configuration PutBucketAccelerateConfigurationInput PutBucketAccelerateConfigurationOutput = stated::set_acceleration;
    get_bucket_logging GetBucketLoggingInput GetBucketLoggingOutput = stated::logging;
    put_bucket_logging PutBucketLoggingInput PutBucketLoggingOutput = stated::set_logging;
    get_bucket_notification_configuration GetBucketNotificationConfigurationInput GetBucketNotificationConfigurationOutput = stated::notification;
    put_bucket_notification_configuration PutBucketNotificationConfigurationInput PutBucketNotificationConfigurationOutput = stated::set_notification;
}
