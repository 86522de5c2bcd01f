#![allow(clippy::unwrap_used)]

use super::*;
use crate::offered::VERBS as SERVED;

/// Every header that S3 knows for requests, as its API reference and the protocol crate have them.
const KNOWN: &str = "x-amz-acl x-amz-bucket-object-lock-enabled x-amz-bypass-governance-retention x-amz-checksum-algorithm \
x-amz-checksum-crc32 x-amz-checksum-crc32c x-amz-checksum-crc64nvme x-amz-checksum-mode x-amz-checksum-sha1 \
x-amz-checksum-sha256 x-amz-checksum-type x-amz-confirm-remove-self-bucket-access x-amz-content-sha256 x-amz-copy-source \
x-amz-copy-source-if-match x-amz-copy-source-if-modified-since x-amz-copy-source-if-none-match \
x-amz-copy-source-if-unmodified-since x-amz-copy-source-range x-amz-copy-source-server-side-encryption-customer-algorithm \
x-amz-copy-source-server-side-encryption-customer-key x-amz-copy-source-server-side-encryption-customer-key-md5 \
x-amz-create-session-mode x-amz-date x-amz-decoded-content-length x-amz-expected-bucket-owner x-amz-grant-full-control \
x-amz-grant-read x-amz-grant-read-acp x-amz-grant-write x-amz-grant-write-acp x-amz-if-match-initiated-time \
x-amz-if-match-last-modified-time x-amz-if-match-size x-amz-max-parts x-amz-meta-study x-amz-metadata-directive x-amz-mfa \
x-amz-mp-object-size x-amz-object-attributes x-amz-object-lock-legal-hold x-amz-object-lock-mode \
x-amz-object-lock-retain-until-date x-amz-object-ownership x-amz-optional-object-attributes x-amz-part-number-marker \
x-amz-request-payer x-amz-restore x-amz-sdk-checksum-algorithm x-amz-server-side-encryption \
x-amz-server-side-encryption-aws-kms-key-id x-amz-server-side-encryption-bucket-key-enabled \
x-amz-server-side-encryption-context x-amz-server-side-encryption-customer-algorithm \
x-amz-server-side-encryption-customer-key x-amz-server-side-encryption-customer-key-md5 \
x-amz-skip-destination-validation x-amz-source-expected-bucket-owner x-amz-storage-class x-amz-tagging \
x-amz-tagging-directive x-amz-trailer x-amz-transition-default-minimum-object-size x-amz-website-redirect-location \
x-amz-write-offset-bytes x-amz-never-heard-of";

fn headers(name: &str, value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    headers
}

/// Goal: no header is ignored. Method: every header on every verb, with a value that no header fits.
#[test]
fn every_header_is_done_or_refused_by_its_name() {
    for verb_name in SERVED {
        let verb = verb(verb_name).unwrap();
        for name in KNOWN.split_whitespace() {
            let told = check_headers(verb_name, &headers(name, "nonsense"));
            let is_metadata_of_copy = verb_name == "CopyObject" && name.starts_with(META);
            assert_eq!(told.is_ok(), is_done(verb, name) && !is_metadata_of_copy, "{verb_name} {name}");
            if let Err(refused) = told {
                let message = refused.message().unwrap().to_owned();
                assert!(message.contains(name) || is_metadata_of_copy, "{verb_name}: {message}");
            }
        }
    }
}

/// Goal: what is listed as done is known by its spelling. Method: every name of every verb is one that S3 knows.
#[test]
fn what_is_done_is_a_header_of_s3() {
    for verb_name in SERVED {
        for name in verb(verb_name).unwrap().headers.iter().copied().flatten() {
            let name = if *name == META { "x-amz-meta-study" } else { name };
            assert!(KNOWN.split_whitespace().any(|known| known == name), "{verb_name} {name}");
        }
    }
}

#[test]
fn what_fits_passes_and_nothing_else() {
    for (name, fit, _) in FITTING {
        for value in fit {
            assert!(check_headers("HeadBucket", &headers(name, value)).is_ok(), "{name}: {value}");
        }
        assert!(check_headers("HeadBucket", &headers(name, "other")).is_err(), "{name}");
    }
}

#[test]
fn conditions_are_judged_or_refused() {
    for verb_name in SERVED {
        let judged = verb(verb_name).unwrap().conditions;
        for name in CONDITIONS {
            let told = check_headers(verb_name, &headers(name, "\"a\""));
            assert_eq!(told.is_ok(), judged.contains(&name), "{verb_name} {name}");
        }
    }
}

#[test]
fn parameters_are_known_and_come_once() {
    for (verb_name, query, is_known) in [
        ("ListObjectsV2", "list-type=2&prefix=a&x-id=ListObjectsV2", true),
        ("ListObjectsV2", "list-type=2&prefix=a&prefix=b", false),
        ("ListObjectsV2", "list-type=2&marker=a", false),
        ("GetObject", "versionId=a&response-content-type=text%2Fplain", true),
        ("GetObject", "uploads", false),
        ("GetObject", "X-Amz-Signature=a&X-Amz-Date=b&x-amz-checksum-mode=ENABLED", true),
        ("DeleteBucket", "versioning", false),
        ("DeleteBucket", "", true),
        ("DeleteObject", "acl", false),
        ("PutObject", "uploads", false),
        ("PutObject", "versionId=a", false),
    ] {
        assert_eq!(check_query(verb_name, Some(query)).is_ok(), is_known, "{verb_name} {query}");
    }
}
