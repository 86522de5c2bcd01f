//! What a certificate says (RFC 5280, 4.1), read in place.

use const_oid::ObjectIdentifier;

use crate::asn1::{
    self, BIT_STRING, BOOLEAN, Element, INTEGER, NotDer, OCTET_STRING, OID, Reader, SEQUENCE, SET,
};

/// WHY: a certificate has a dozen; more is no certificate of a person.
const EXTENSIONS_MAX: usize = 64;
const NAMES_MAX: usize = 64;

pub const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
pub const SERIAL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.5");
pub const ORGANISATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
pub const ORGANISATION_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.97");
const SUBJECT_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const LIST_POINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.31");

/// Bits of keyUsage (RFC 5280, 4.2.1.3), as its first byte has them.
pub const DIGITAL_SIGNATURE: u8 = 0x80;
pub const CONTENT_COMMITMENT: u8 = 0x40;
pub const CERTIFICATE_SIGN: u8 = 0x04;
pub const CRL_SIGN: u8 = 0x02;

/// A certificate; slices are of the bytes that it was read from.
#[derive(Debug, Clone)]
pub struct Certificate<'a> {
    pub raw: &'a [u8],
    pub serial: &'a [u8],
    pub issuer: Element<'a>,
    pub subject: Element<'a>,
    /// Unix seconds.
    pub not_before: i64,
    pub not_after: i64,
    /// SubjectPublicKeyInfo.
    pub key: Element<'a>,
    pub key_id: Option<&'a [u8]>,
    pub usage: Option<u8>,
    pub is_ca: bool,
    /// cRLDistributionPoints, not looked into.
    pub points: Option<&'a [u8]>,
}

impl<'a> Certificate<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Self, NotDer> {
        let mut outer = asn1::whole(bytes, SEQUENCE)?.inside();
        let mut to_sign = outer.take(SEQUENCE)?.inside();
        outer.take(SEQUENCE)?;
        outer.take(BIT_STRING)?;
        outer.end()?;
        to_sign.take_if(0xA0)?;
        let serial = to_sign.take(INTEGER)?.value;
        to_sign.take(SEQUENCE)?;
        let issuer = to_sign.take(SEQUENCE)?;
        let mut validity = to_sign.take(SEQUENCE)?.inside();
        let (not_before, not_after) = (asn1::time(validity.any()?)?, asn1::time(validity.any()?)?);
        let subject = to_sign.take(SEQUENCE)?;
        let key = to_sign.take(SEQUENCE)?;
        to_sign.take_if(0x81)?;
        to_sign.take_if(0x82)?;
        let extensions = to_sign.take_if(0xA3)?;
        to_sign.end()?;
        let (key_id, usage, is_ca, points) = (None, None, false, None);
        let raw = bytes;
        let mut read =
            Self { raw, serial, issuer, subject, not_before, not_after, key, key_id, usage, is_ca, points };
        if let Some(extensions) = extensions {
            let list = asn1::whole(extensions.value, SEQUENCE)?.inside().rest(EXTENSIONS_MAX)?;
            list.into_iter().try_for_each(|extension| read.extension(extension))?;
        }
        Ok(read)
    }

    fn extension(&mut self, extension: Element<'a>) -> Result<(), NotDer> {
        let mut parts = extension.inside();
        let oid = parts.take(OID)?;
        parts.take_if(BOOLEAN)?;
        let value = parts.take(OCTET_STRING)?.value;
        parts.end()?;
        if oid.is(&SUBJECT_KEY) {
            self.key_id = Some(asn1::whole(value, OCTET_STRING)?.value);
        } else if oid.is(&KEY_USAGE) {
            self.usage = Some(asn1::whole(value, BIT_STRING)?.value.get(1).copied().unwrap_or(0));
        } else if oid.is(&BASIC_CONSTRAINTS) {
            let is_ca = asn1::whole(value, SEQUENCE)?.inside().take_if(BOOLEAN)?;
            self.is_ca = is_ca.is_some_and(|is_ca| is_ca.value == [0xFF]);
        } else if oid.is(&LIST_POINTS) {
            self.points = Some(value);
        }
        Ok(())
    }
}

/// The first attribute of this kind in a name (RFC 5280, 4.1.2.4), unless empty.
pub fn attribute(name: Element<'_>, kind: &ObjectIdentifier) -> Option<String> {
    let sets = name.inside().rest(NAMES_MAX).ok()?;
    let pairs =
        sets.into_iter().filter(|set| set.tag == SET).flat_map(|set| set.inside().rest(NAMES_MAX).ok());
    let of_kind = |pair: Element<'_>| {
        let mut parts = Reader(pair.value);
        let is_kind = parts.take(OID).is_ok_and(|oid| oid.is(kind));
        parts.any().ok().filter(|_| is_kind).and_then(asn1::text)
    };
    pairs.flatten().find_map(of_kind).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// What a reader calls the bearer of a name: its common name, else its organisation.
pub fn called(name: Element<'_>) -> String {
    attribute(name, &COMMON_NAME).or_else(|| attribute(name, &ORGANISATION)).unwrap_or_default()
}
