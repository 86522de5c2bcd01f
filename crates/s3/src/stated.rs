//! What S3 lets a bucket's owner choose and this region does not: said as it is, in S3's form.
//!
//! Clients ask for these before they work. An answer here is true whatever
//! anybody wishes; a wish is taken only where it says what is so anyway.
//! Nothing here changes anything.

use region::noun::client::Pages;
use s3s::dto::*;
use s3s::{S3ErrorCode, S3Response, S3Result};

use crate::ask::Ask;
use crate::bucket::one;
use crate::error::{self, About, lacking, not_offered};
use crate::guard::cross;
use crate::read::probed;

const NO_LISTS: &str = "who may do what follows from agreements and permits, not from lists on buckets";

/// The project, which owns what lies in it.
fn owner<I>(ask: &Ask<I>) -> Owner {
    Owner { id: Some(ask.project.clone()), ..Owner::default() }
}

fn grants<I>(ask: &Ask<I>) -> Grants {
    let grantee = Grantee {
        id: Some(ask.project.clone()),
        type_: Type::from_static(Type::CANONICAL_USER),
        display_name: None,
        email_address: None,
        uri: None,
    };
    let permission = Some(Permission::from_static(Permission::FULL_CONTROL));
    vec![Grant { grantee: Some(grantee), permission }]
}

pub async fn acl(ask: Ask<GetBucketAclInput>) -> S3Result<S3Response<GetBucketAclOutput>> {
    one(&ask, &ask.input.bucket).await?;
    Ok(S3Response::new(GetBucketAclOutput { owner: Some(owner(&ask)), grants: Some(grants(&ask)) }))
}

pub async fn object_acl(ask: Ask<GetObjectAclInput>) -> S3Result<S3Response<GetObjectAclOutput>> {
    probed(&ask, &ask.input.bucket, &ask.input.key, ask.input.version_id.as_deref()).await?;
    let output =
        GetObjectAclOutput { owner: Some(owner(&ask)), grants: Some(grants(&ask)), request_charged: None };
    Ok(S3Response::new(output))
}

pub async fn set_acl(ask: Ask<PutBucketAclInput>) -> S3Result<S3Response<PutBucketAclOutput>> {
    one(&ask, &ask.input.bucket).await?;
    is_private(&ask, ask.input.acl.is_some(), ask.input.access_control_policy.as_ref())?;
    Ok(S3Response::new(PutBucketAclOutput::default()))
}

pub async fn set_object_acl(ask: Ask<PutObjectAclInput>) -> S3Result<S3Response<PutObjectAclOutput>> {
    probed(&ask, &ask.input.bucket, &ask.input.key, ask.input.version_id.as_deref()).await?;
    is_private(&ask, ask.input.acl.is_some(), ask.input.access_control_policy.as_ref())?;
    Ok(S3Response::new(PutObjectAclOutput::default()))
}

/// A canned list was held to what fits when its header was; a written one names the owner alone.
fn is_private<I>(ask: &Ask<I>, is_canned: bool, written: Option<&AccessControlPolicy>) -> S3Result<()> {
    let Some(written) = written else {
        let says = "an ACL is named in x-amz-acl, or written in the body";
        return if is_canned { Ok(()) } else { Err(error::invalid(S3ErrorCode::InvalidRequest, says)) };
    };
    let is_owner = |grant: &Grant| {
        let id = grant.grantee.as_ref().and_then(|grantee| grantee.id.as_ref());
        let permission = grant.permission.as_ref().map(Permission::as_str);
        id == Some(&ask.project) && permission == Some(Permission::FULL_CONTROL)
    };
    let is_so =
        written.grants.as_ref().is_some_and(|grants| matches!(&grants[..], [grant] if is_owner(grant)));
    if is_so { Ok(()) } else { Err(not_offered(format!("ACL: {NO_LISTS}"))) }
}

/// What a bucket lacks, whatever it is called.
macro_rules! lacking {
    ($($get:ident $input:ident $output:ident $code:ident $what:literal;)*) => {
        $(pub async fn $get(ask: Ask<$input>) -> S3Result<S3Response<$output>> {
            one(&ask, &ask.input.bucket).await?;
            Err(lacking(S3ErrorCode::$code, $what))
        })*
    };
}

lacking! {
    policy GetBucketPolicyInput GetBucketPolicyOutput NoSuchBucketPolicy "bucket policy: the region's is printed by `epic policy`";
    website GetBucketWebsiteInput GetBucketWebsiteOutput NoSuchWebsiteConfiguration "website: nothing here is ever public";
    replication GetBucketReplicationInput GetBucketReplicationOutput ReplicationConfigurationNotFoundError
        "replication: copies of cells are the operator's";
}

/// Nothing to take away: it is so already.
macro_rules! without {
    ($($delete:ident $input:ident $output:ident;)*) => {
        $(pub async fn $delete(ask: Ask<$input>) -> S3Result<S3Response<$output>> {
            one(&ask, &ask.input.bucket).await?;
            Ok(S3Response::new($output::default()))
        })*
    };
}

without! {
    drop_policy DeleteBucketPolicyInput DeleteBucketPolicyOutput;
    drop_website DeleteBucketWebsiteInput DeleteBucketWebsiteOutput;
    drop_replication DeleteBucketReplicationInput DeleteBucketReplicationOutput;
    // Logging, notification and acceleration are empty where there are none.
    logging GetBucketLoggingInput GetBucketLoggingOutput;
    notification GetBucketNotificationConfigurationInput GetBucketNotificationConfigurationOutput;
    acceleration GetBucketAccelerateConfigurationInput GetBucketAccelerateConfigurationOutput;
}

pub async fn policy_status(
    ask: Ask<GetBucketPolicyStatusInput>,
) -> S3Result<S3Response<GetBucketPolicyStatusOutput>> {
    one(&ask, &ask.input.bucket).await?;
    let policy_status = Some(PolicyStatus { is_public: Some(false) });
    Ok(S3Response::new(GetBucketPolicyStatusOutput { policy_status }))
}

pub async fn ownership(
    ask: Ask<GetBucketOwnershipControlsInput>,
) -> S3Result<S3Response<GetBucketOwnershipControlsOutput>> {
    one(&ask, &ask.input.bucket).await?;
    let object_ownership = ObjectOwnership::from_static(ObjectOwnership::BUCKET_OWNER_ENFORCED);
    let ownership_controls =
        Some(OwnershipControls { rules: vec![OwnershipControlsRule { object_ownership }] });
    Ok(S3Response::new(GetBucketOwnershipControlsOutput { ownership_controls }))
}

pub async fn public_access(
    ask: Ask<GetPublicAccessBlockInput>,
) -> S3Result<S3Response<GetPublicAccessBlockOutput>> {
    one(&ask, &ask.input.bucket).await?;
    let public_access_block_configuration = Some(PublicAccessBlockConfiguration {
        block_public_acls: Some(true),
        block_public_policy: Some(true),
        ignore_public_acls: Some(true),
        restrict_public_buckets: Some(true),
    });
    Ok(S3Response::new(GetPublicAccessBlockOutput { public_access_block_configuration }))
}

pub async fn payer(
    ask: Ask<GetBucketRequestPaymentInput>,
) -> S3Result<S3Response<GetBucketRequestPaymentOutput>> {
    one(&ask, &ask.input.bucket).await?;
    let payer = Some(Payer::from_static(Payer::BUCKET_OWNER));
    Ok(S3Response::new(GetBucketRequestPaymentOutput { payer }))
}

/// A wish that says what is so anyway, or one line of why not.
macro_rules! wished {
    ($($put:ident $input:ident $output:ident if $is_so:expr, else $why:literal;)*) => {
        $(pub async fn $put(ask: Ask<$input>) -> S3Result<S3Response<$output>> {
            one(&ask, &ask.input.bucket).await?;
            let is_so: fn(&$input) -> bool = $is_so;
            if is_so(&ask.input) { Ok(S3Response::new($output::default())) } else { Err(not_offered($why)) }
        })*
    };
}

wished! {
    set_ownership PutBucketOwnershipControlsInput PutBucketOwnershipControlsOutput
        if |wish| wish.ownership_controls.rules.iter().all(|rule| rule.object_ownership.as_str() == ObjectOwnership::BUCKET_OWNER_ENFORCED),
        else "ownership: what is stored belongs to its provider by agreement (BucketOwnerEnforced)";
    set_public_access PutPublicAccessBlockInput PutPublicAccessBlockOutput
        if |wish| {
            let wish = &wish.public_access_block_configuration;
            [wish.block_public_acls, wish.block_public_policy, wish.ignore_public_acls, wish.restrict_public_buckets]
                .into_iter().all(|is_blocked| is_blocked == Some(true))
        },
        else "public access: nothing here is ever public; all four are on";
    set_payer PutBucketRequestPaymentInput PutBucketRequestPaymentOutput
        if |wish| wish.request_payment_configuration.payer.as_str() == Payer::BUCKET_OWNER,
        else "request payment: nobody is charged for requests";
    set_acceleration PutBucketAccelerateConfigurationInput PutBucketAccelerateConfigurationOutput
        if |wish| wish.accelerate_configuration.status.as_ref().is_some_and(|status| status.as_str() == BucketAccelerateStatus::SUSPENDED),
        else "acceleration: data stay at their site and are sent over no other network";
    set_logging PutBucketLoggingInput PutBucketLoggingOutput
        if |wish| wish.bucket_logging_status.logging_enabled.is_none(),
        else "logging into a bucket: every access is in the ledger, `epic ledger show`";
    set_notification PutBucketNotificationConfigurationInput PutBucketNotificationConfigurationOutput
        if |wish| {
            let wish = &wish.notification_configuration;
            wish.event_bridge_configuration.is_none() && wish.lambda_function_configurations.is_none()
                && wish.queue_configurations.is_none() && wish.topic_configurations.is_none()
        },
        else "notifications: nothing is sent anywhere; follow the ledger, `epic ledger show`";
}

/// The region's own words about pages, the same for every bucket.
async fn pages<I>(ask: &Ask<I>) -> S3Result<CORSRules> {
    let mut origins: Vec<_> = ask.front.origins().iter().map(|origin| origin.as_str().to_owned()).collect();
    let registered = ask.region.page_origins(Pages::S3).await.map_err(About::Bucket.told())?;
    origins.extend(
        registered.into_iter().filter(|origin| !ask.front.origins().iter().any(|own| own.as_str() == origin)),
    );
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    if origins.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![CORSRule {
        allowed_headers: Some(texts(&cross::HEADERS)),
        allowed_methods: texts(&cross::METHODS),
        allowed_origins: origins,
        expose_headers: Some(texts(&cross::EXPOSED)),
        id: None,
        max_age_seconds: Some(cross::MAX_AGE_SECONDS),
    }])
}

const NO_PAGES: &str = "CORS: which pages may ask is the region's to say, not a bucket's; ask the operator";

pub async fn cors(ask: Ask<GetBucketCorsInput>) -> S3Result<S3Response<GetBucketCorsOutput>> {
    one(&ask, &ask.input.bucket).await?;
    let cors_rules = pages(&ask).await?;
    if cors_rules.is_empty() {
        return Err(lacking(S3ErrorCode::NoSuchCORSConfiguration, "CORS rule: the region names no pages"));
    }
    Ok(S3Response::new(GetBucketCorsOutput { cors_rules: Some(cors_rules) }))
}

pub async fn set_cors(ask: Ask<PutBucketCorsInput>) -> S3Result<S3Response<PutBucketCorsOutput>> {
    one(&ask, &ask.input.bucket).await?;
    let mut wished = ask.input.cors_configuration.cors_rules.clone();
    wished.iter_mut().for_each(|rule| rule.id = None);
    if wished == pages(&ask).await? {
        Ok(S3Response::new(PutBucketCorsOutput::default()))
    } else {
        Err(not_offered(NO_PAGES))
    }
}

pub async fn drop_cors(ask: Ask<DeleteBucketCorsInput>) -> S3Result<S3Response<DeleteBucketCorsOutput>> {
    one(&ask, &ask.input.bucket).await?;
    let has_none = pages(&ask).await?.is_empty();
    if has_none { Ok(S3Response::new(DeleteBucketCorsOutput::default())) } else { Err(not_offered(NO_PAGES)) }
}
