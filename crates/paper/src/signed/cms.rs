//! SignedData (RFC 5652, 5) with signed attributes, as CAdES and PAdES ask for them (ETSI EN 319 122-1, 5 and 6).

use aws_lc_rs::digest;
use const_oid::ObjectIdentifier;

use super::key::{self, Digest};
use super::{CERTIFICATES_MAX, Fault, SIGNATURES_MAX, Signer, Trust, chain};
use crate::asn1::{self, Element, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, SET};
use crate::certificate::{self, Certificate};
use crate::revocation::Revocation;

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
/// SPEC: RFC 5035, 3.
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
/// WHY: signers send less than ten.
const ATTRIBUTES_MAX: usize = 32;

/// Whether each signature must name its certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    Required,
    /// SPEC: ISO 32000-1, 12.8.3.3 (adbe.pkcs7.detached) does not ask for it.
    IfPresent,
}

/// A SignedData, read in place.
pub struct Message<'a> {
    /// None: lies elsewhere.
    pub content: Option<&'a [u8]>,
    certificates: Vec<Certificate<'a>>,
    infos: Vec<Info<'a>>,
}

/// A SignerInfo.
struct Info<'a> {
    /// Issuer and serial number, or the identifier of the key.
    signer: Element<'a>,
    digest: Digest,
    attributes: Vec<(Element<'a>, Element<'a>)>,
    /// DER of the attributes as a SET: what is signed.
    to_sign: Vec<u8>,
    algorithm: Element<'a>,
    signature: &'a [u8],
}

/// `der` has definite lengths.
pub fn read(der: &[u8]) -> Result<Message<'_>, Fault> {
    let mut outer = asn1::whole(der, SEQUENCE)?.inside();
    if !outer.take(OID)?.is(&SIGNED_DATA) {
        return Err(Fault::NotSigned);
    }
    let data = outer.take(0xA0)?;
    outer.end()?;
    let mut data = asn1::whole(data.value, SEQUENCE)?.inside();
    data.take(INTEGER)?;
    data.take(SET)?;
    let content = content(data.take(SEQUENCE)?)?;
    let certificates = data.take_if(0xA0)?.map_or_else(|| Ok(Vec::new()), certificates)?;
    data.take_if(0xA1)?;
    let infos = data.take(SET)?.inside().rest(SIGNATURES_MAX).map_err(|_| Fault::TooMany)?;
    data.end()?;
    if infos.is_empty() {
        return Err(Fault::NotSigned);
    }
    let infos = infos.into_iter().map(info).collect::<Result<_, _>>()?;
    Ok(Message { content, certificates, infos })
}

fn content(element: Element<'_>) -> Result<Option<&[u8]>, Fault> {
    let mut parts = element.inside();
    if !parts.take(OID)?.is(&DATA) {
        return Err(Fault::Malformed);
    }
    let content = parts.take_if(0xA0)?;
    parts.end()?;
    Ok(content.map(|content| asn1::whole(content.value, OCTET_STRING)).transpose()?.map(|bytes| bytes.value))
}

/// Attribute certificates and others that are none are passed over.
fn certificates(element: Element<'_>) -> Result<Vec<Certificate<'_>>, Fault> {
    let all = element.inside().rest(CERTIFICATES_MAX).map_err(|_| Fault::TooMany)?;
    let certificates = all.into_iter().filter(|element| element.tag == SEQUENCE);
    Ok(certificates.map(|element| Certificate::read(element.raw)).collect::<Result<_, _>>()?)
}

fn info(element: Element<'_>) -> Result<Info<'_>, Fault> {
    if element.tag != SEQUENCE {
        return Err(Fault::Malformed);
    }
    let mut parts = element.inside();
    parts.take(INTEGER)?;
    let signer = parts.any()?;
    let digest = Digest::read(parts.take(SEQUENCE)?)?;
    let attributes = parts.take_if(0xA0)?.ok_or(Fault::CertificateUnnamed)?;
    let algorithm = parts.take(SEQUENCE)?;
    let signature = parts.take(OCTET_STRING)?.value;
    parts.take_if(0xA1)?;
    parts.end()?;
    let mut encoded = attributes.inside().rest(ATTRIBUTES_MAX)?;
    let read = encoded.iter().copied().map(attribute).collect::<Result<Vec<_>, _>>()?;
    let mut kinds: Vec<&[u8]> = read.iter().map(|(kind, _)| kind.value).collect();
    kinds.sort_unstable();
    if kinds.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Fault::Malformed);
    }
    // SPEC: RFC 5652, 5.4: the DER of a SET is what is signed; X.690, 11.6: its elements in order.
    encoded.sort_unstable_by(|one, other| one.raw.cmp(other.raw));
    let mut to_sign = Vec::new();
    asn1::write(
        SET,
        &encoded.iter().flat_map(|element| element.raw).copied().collect::<Vec<_>>(),
        &mut to_sign,
    );
    Ok(Info { signer, digest, attributes: read, to_sign, algorithm, signature })
}

/// Kind and values.
fn attribute(element: Element<'_>) -> Result<(Element<'_>, Element<'_>), Fault> {
    let mut parts = if element.tag == SEQUENCE { element.inside() } else { return Err(Fault::Malformed) };
    let pair = (parts.take(OID)?, parts.take(SET)?);
    parts.end()?;
    Ok(pair)
}

impl Message<'_> {
    /// Who signed this content (in pieces, one after the other), if all signatures hold.
    pub fn check(&self, content: &[&[u8]], naming: Naming, trust: Trust<'_>) -> Result<Vec<Signer>, Fault> {
        self.infos.iter().map(|info| self.signer(info, content, naming, trust)).collect()
    }

    fn signer(
        &self,
        info: &Info,
        content: &[&[u8]],
        naming: Naming,
        trust: Trust<'_>,
    ) -> Result<Signer, Fault> {
        let certificate = self.certificates.iter().find(|certificate| info.is_by(certificate));
        let certificate = certificate.ok_or(Fault::AuthorityUnknown)?;
        info.check(certificate, naming)?;
        let digest = info.value(&MESSAGE_DIGEST, OCTET_STRING)?.ok_or(Fault::Malformed)?;
        if digest.value != info.digest.of(content).as_ref() {
            return Err(Fault::OtherDocument);
        }
        key::verify(certificate.key, info.algorithm, info.digest, &info.to_sign, info.signature)?;
        let others = self.certificates.iter().map(|certificate| certificate.raw);
        let revocation = chain::check(certificate, &others.collect::<Vec<_>>(), trust)?;
        let claimed_at = info.any_value(&SIGNING_TIME)?.map(asn1::time).transpose()?;
        Ok(signer(certificate, claimed_at, revocation))
    }
}

impl<'a> Info<'a> {
    fn is_by(&self, certificate: &Certificate<'_>) -> bool {
        if self.signer.tag == 0x80 {
            return certificate.key_id == Some(self.signer.value);
        }
        let mut parts = self.signer.inside();
        let is_issuer = parts.take(SEQUENCE).is_ok_and(|issuer| issuer.raw == certificate.issuer.raw);
        self.signer.tag == SEQUENCE
            && is_issuer
            && parts.take(INTEGER).is_ok_and(|is| is.value == certificate.serial)
    }

    fn check(&self, certificate: &Certificate<'_>, naming: Naming) -> Result<(), Fault> {
        let kind = self.value(&CONTENT_TYPE, OID)?.ok_or(Fault::Malformed)?;
        if !kind.is(&DATA) {
            return Err(Fault::Malformed);
        }
        match self.value(&SIGNING_CERTIFICATE_V2, SEQUENCE)? {
            Some(named) => is_named(named, certificate),
            None if naming == Naming::Required => Err(Fault::CertificateUnnamed),
            None => Ok(()),
        }
    }

    /// The only value of an attribute.
    fn any_value(&self, kind: &ObjectIdentifier) -> Result<Option<Element<'a>>, Fault> {
        let found = self.attributes.iter().find(|(is, _)| is.is(kind));
        let Some((_, values)) = found else { return Ok(None) };
        let mut values = values.inside();
        let value = values.any()?;
        values.end()?;
        Ok(Some(value))
    }

    fn value(&self, kind: &ObjectIdentifier, tag: u8) -> Result<Option<Element<'a>>, Fault> {
        let value = self.any_value(kind)?;
        if value.is_some_and(|value| value.tag != tag) { Err(Fault::Malformed) } else { Ok(value) }
    }
}

/// SPEC: RFC 5035, 5.4.1.1: the first is the signer's; its digest is SHA-256 unless said.
fn is_named(named: Element<'_>, certificate: &Certificate<'_>) -> Result<(), Fault> {
    let first = named.inside().take(SEQUENCE)?.inside().take(SEQUENCE)?;
    let mut parts = Reader(first.value);
    let digest = parts.take_if(SEQUENCE)?.map_or(Ok(Digest::Sha256), Digest::read)?;
    let is = parts.take(OCTET_STRING)?.value == digest.of(&[certificate.raw]).as_ref();
    if is { Ok(()) } else { Err(Fault::ChangedAfterSigning) }
}

fn signer(certificate: &Certificate<'_>, claimed_at: Option<i64>, revocation: Revocation) -> Signer {
    let attribute = |kind| certificate::attribute(certificate.subject, kind);
    Signer {
        name: certificate::called(certificate.subject),
        organisation: attribute(&certificate::ORGANISATION),
        organisation_identifier: attribute(&certificate::ORGANISATION_IDENTIFIER),
        serial_number: attribute(&certificate::SERIAL_NUMBER),
        issuer: certificate::called(certificate.issuer),
        certificate_sha256: crate::sha256(certificate.raw),
        not_after: certificate.not_after,
        claimed_at,
        revocation,
    }
}

impl Digest {
    fn of(self, pieces: &[&[u8]]) -> digest::Digest {
        let mut context = digest::Context::new(self.algorithm());
        pieces.iter().for_each(|piece| context.update(piece));
        context.finish()
    }
}
