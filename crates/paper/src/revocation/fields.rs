//! A CertificateList (RFC 5280, 5.1) and what part of its issuer's certificates it covers, read in place.

use const_oid::ObjectIdentifier;

use super::Fault;
use crate::asn1::{
    self, BIT_STRING, BOOLEAN, ENUMERATED, Element, INTEGER, NotDer, OCTET_STRING, OID, Reader, SEQUENCE,
};
use crate::certificate::Certificate;
use crate::signed::key::{self, Digest};

/// WHY: lists have five, entries two.
const EXTENSIONS_MAX: usize = 32;
/// WHY: a list is at a few addresses.
const NAMES_MAX: usize = 64;

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

const DELTA: ObjectIdentifier = oid("2.5.29.27");
const ISSUING_POINT: ObjectIdentifier = oid("2.5.29.28");
const REASON: ObjectIdentifier = oid("2.5.29.21");
const CERTIFICATE_ISSUER: ObjectIdentifier = oid("2.5.29.29");
/// SPEC: RFC 5280, 5.3.1: 7 is none, and 8 takes an entry back, in lists of changes only.
const REASONS: [u8; 9] = [0, 1, 2, 3, 4, 5, 6, 9, 10];

/// The certificates that a list covers (RFC 5280, 5.2.5).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// GeneralNames, one of which a certificate has to name; None: those that name others too.
    names: Option<Vec<Vec<u8>>>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    All,
    /// Of those that are no authority.
    Users,
    Authorities,
}

impl Part {
    pub fn has(&self, certificate: &Certificate<'_>) -> bool {
        let is_kind = match self.kind {
            Kind::All => true,
            Kind::Users => !certificate.is_ca,
            Kind::Authorities => certificate.is_ca,
        };
        let named = certificate.points.map_or_else(Vec::new, |points| points_of(points).unwrap_or_default());
        let is_named = |names: &Vec<Vec<u8>>| names.iter().any(|name| named.contains(&name.as_slice()));
        is_kind && self.names.as_ref().is_none_or(is_named)
    }
}

/// The list, its entries not looked into.
pub struct Fields<'a> {
    to_sign: Element<'a>,
    algorithm: Element<'a>,
    signature: &'a [u8],
    pub issuer: Element<'a>,
    /// Unix seconds.
    pub this_update: i64,
    pub next_update: i64,
    revoked: &'a [u8],
    extensions: Option<Element<'a>>,
}

impl<'a> Fields<'a> {
    pub fn read(der: &'a [u8]) -> Result<Self, Fault> {
        let mut outer = asn1::whole(der, SEQUENCE)?.inside();
        let to_sign = outer.take(SEQUENCE)?;
        let algorithm = outer.take(SEQUENCE)?;
        let signature = outer.take(BIT_STRING)?.value.strip_prefix(&[0]).ok_or(Fault::Malformed)?;
        outer.end()?;
        let mut parts = to_sign.inside();
        match parts.take_if(INTEGER)?.map(|version| version.value) {
            Some([1]) => {}
            None if parts.0.first() == Some(&SEQUENCE) => return Err(Fault::OldVersion),
            _ => return Err(Fault::Malformed),
        }
        if parts.take(SEQUENCE)?.raw != algorithm.raw {
            return Err(Fault::Malformed);
        }
        Digest::of_signature(algorithm).map_err(|_| Fault::Weak)?;
        let issuer = parts.take(SEQUENCE)?;
        let (this_update, next_update) = (asn1::time(parts.any()?)?, asn1::time(parts.any()?)?);
        let revoked = parts.take_if(SEQUENCE)?.map_or(&[][..], |revoked| revoked.value);
        let extensions = parts.take_if(0xA0)?;
        parts.end()?;
        // An empty name would be the name of every authority that has none.
        if issuer.value.is_empty() || this_update > next_update {
            return Err(Fault::Malformed);
        }
        Ok(Self { to_sign, algorithm, signature, issuer, this_update, next_update, revoked, extensions })
    }

    /// Whether whoever bears this certificate signed it.
    pub fn is_by(&self, issuer: &Certificate<'_>) -> bool {
        let is_signed = |digest| {
            key::verify(issuer.key, self.algorithm, digest, self.to_sign.raw, self.signature).is_ok()
        };
        self.issuer.raw == issuer.subject.raw && Digest::of_signature(self.algorithm).is_ok_and(is_signed)
    }

    /// Whether a serial number is on it; `entries` has read all of them through.
    ///
    /// WHY without leading zeros: a certificate may spell its own with more.
    pub fn has(&self, serial: &[u8]) -> bool {
        let mut entries = Reader(self.revoked);
        while let Ok(mut entry) = entries.take(SEQUENCE).map(Element::inside) {
            if entry.take(INTEGER).is_ok_and(|number| short(number.value) == short(serial)) {
                return true;
            }
        }
        false
    }

    /// What part it covers, and the bytes that say so.
    pub fn extensions(&self) -> Result<(Part, &'a [u8]), Fault> {
        let mut found = (Part::default(), &[][..]);
        let Some(extensions) = self.extensions else { return Ok(found) };
        for extension in extensions_of(asn1::whole(extensions.value, SEQUENCE)?)? {
            if extension.oid.is(&DELTA) {
                return Err(Fault::Delta);
            } else if extension.oid.is(&ISSUING_POINT) {
                found = (part(extension.value)?, extension.value);
            } else if extension.is_critical {
                return Err(Fault::UnknownExtension);
            }
        }
        Ok(found)
    }

    /// How many there are, if all are well formed.
    pub fn entries(&self) -> Result<usize, Fault> {
        let mut entries = Reader(self.revoked);
        let mut count = 0;
        while !entries.0.is_empty() {
            entry(entries.take(SEQUENCE)?)?;
            count += 1;
        }
        Ok(count)
    }
}

fn short(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|&&byte| byte == 0).count();
    &serial[zeros..]
}

fn entry(element: Element<'_>) -> Result<(), Fault> {
    let mut parts = element.inside();
    let serial = parts.take(INTEGER)?.value;
    asn1::time(parts.any()?)?;
    let extensions = parts.take_if(SEQUENCE)?;
    parts.end()?;
    if serial.is_empty() {
        return Err(Fault::Malformed);
    }
    for extension in extensions.map_or_else(|| Ok(Vec::new()), extensions_of)? {
        if extension.oid.is(&CERTIFICATE_ISSUER) {
            return Err(Fault::Indirect);
        } else if extension.oid.is(&REASON) {
            match asn1::whole(extension.value, ENUMERATED)?.value {
                [reason] if REASONS.contains(reason) => {}
                _ => return Err(Fault::Malformed),
            }
        } else if extension.is_critical {
            return Err(Fault::UnknownExtension);
        }
    }
    Ok(())
}

struct Extension<'a> {
    oid: Element<'a>,
    is_critical: bool,
    value: &'a [u8],
}

/// Extensions of a list or of an entry, each kind once.
fn extensions_of(list: Element<'_>) -> Result<Vec<Extension<'_>>, Fault> {
    let mut read: Vec<Extension<'_>> = Vec::new();
    for element in list.inside().rest(EXTENSIONS_MAX)? {
        let mut parts =
            if element.tag == SEQUENCE { element.inside() } else { return Err(Fault::Malformed) };
        let oid = parts.take(OID)?;
        let is_critical = parts.take_if(BOOLEAN)?.map_or(Ok(false), is_true)?;
        let value = parts.take(OCTET_STRING)?.value;
        parts.end()?;
        if read.iter().any(|before| before.oid.value == oid.value) {
            return Err(Fault::Malformed);
        }
        read.push(Extension { oid, is_critical, value });
    }
    Ok(read)
}

/// SPEC: X.690, 11.1. A default that is written all the same has one meaning, and some authorities write it.
fn is_true(element: Element<'_>) -> Result<bool, NotDer> {
    match element.value {
        [0xFF] => Ok(true),
        [0] => Ok(false),
        _ => Err(NotDer),
    }
}

/// An issuingDistributionPoint.
fn part(value: &[u8]) -> Result<Part, Fault> {
    let mut parts = asn1::whole(value, SEQUENCE)?.inside();
    if parts.0.is_empty() {
        return Err(Fault::Malformed);
    }
    let names = parts.take_if(0xA0)?.map(names).transpose()?;
    let mut flag = |tag: u8| parts.take_if(tag).and_then(|flag| flag.map_or(Ok(false), is_true));
    let (is_users, is_authorities) = (flag(0x81)?, flag(0x82)?);
    let is_by_reason = parts.take_if(0x83)?.is_some();
    let mut flag = |tag: u8| parts.take_if(tag).and_then(|flag| flag.map_or(Ok(false), is_true));
    let (is_indirect, is_attributes) = (flag(0x84)?, flag(0x85)?);
    parts.end()?;
    if is_indirect {
        return Err(Fault::Indirect);
    }
    if is_by_reason || is_attributes {
        return Err(Fault::Part);
    }
    let kind = match (is_users, is_authorities) {
        (false, false) => Kind::All,
        (true, false) => Kind::Users,
        (false, true) => Kind::Authorities,
        (true, true) => return Err(Fault::Malformed),
    };
    Ok(Part { names, kind })
}

/// A distributionPoint by full names; one that is relative to the issuer's is used by nobody.
fn names(point: Element<'_>) -> Result<Vec<Vec<u8>>, Fault> {
    let mut parts = point.inside();
    let full = parts.take_if(0xA0)?.ok_or(Fault::Part)?;
    parts.end()?;
    let names = full.inside().rest(NAMES_MAX)?;
    let names: Vec<_> = names.into_iter().map(|name| name.raw.to_vec()).collect();
    if names.is_empty() { Err(Fault::Malformed) } else { Ok(names) }
}

/// The full names in cRLDistributionPoints (RFC 5280, 4.2.1.13) of points for every reason by the issuer itself.
pub fn points_of(value: &[u8]) -> Result<Vec<&[u8]>, NotDer> {
    let mut found = Vec::new();
    for point in asn1::whole(value, SEQUENCE)?.inside().rest(NAMES_MAX)? {
        let mut parts = if point.tag == SEQUENCE { point.inside() } else { return Err(NotDer) };
        let name = parts.take_if(0xA0)?;
        let is_partial = !parts.0.is_empty();
        let full = name.map(|name| name.inside().take_if(0xA0)).transpose()?.flatten();
        if let Some(full) = full.filter(|_| !is_partial) {
            found.extend(full.inside().rest(NAMES_MAX)?.into_iter().map(|name| name.raw));
        }
    }
    Ok(found)
}
