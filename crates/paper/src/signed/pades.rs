//! A PDF with signatures: each an update of our document (ISO 32000-1, 12.8; ETSI EN 319 142-1).

use std::collections::BTreeSet;

use super::cms::{self, Naming};
use super::pdf::{self, Dictionary, Field, Object, Revision, View};
use super::{Fault, SIGNATURES_MAX, Signer, Trust};
use crate::asn1::{self, Reader, SEQUENCE};

/// A signature of a person, found in a revision.
struct Found<'a> {
    value: &'a Dictionary,
    revision: usize,
}

/// In the order of their revisions.
pub fn check(original: &[u8], signed: &[u8], trust: Trust<'_>) -> Result<Vec<Signer>, Fault> {
    if !signed.starts_with(original) {
        return Err(Fault::OtherDocument);
    }
    if signed.len() == original.len() {
        return Err(Fault::NotSigned);
    }
    let revisions = pdf::revisions(original, signed)?;
    let fields = allowed(&View::original(original)?, &revisions)?;
    let found = found(&fields)?;
    let last = found.last().ok_or(Fault::NotSigned)?.revision;
    for revision in last + 1..revisions.len() {
        check_late(&revisions, &fields, revision)?;
    }
    found.iter().map(|found| check_one(signed, found, &revisions, trust)).collect()
}

/// The fields of each revision, if all of them leave the document as it is read and all signatures before in place.
fn allowed(original: &View<'_>, revisions: &[Revision<'_>]) -> Result<Vec<Vec<Field>>, Fault> {
    let mut touched = BTreeSet::new();
    let mut all: Vec<Vec<Field>> = Vec::new();
    for (at, revision) in revisions.iter().enumerate() {
        if let Some(before) = at.checked_sub(1).and_then(|at| revisions.get(at)) {
            check_redefined(original, &before.view, revision)?;
        }
        touched.extend(&revision.changed);
        let fields = pdf::fields(original, &revision.view, &touched)?;
        let before = all.last().map_or(&[][..], Vec::as_slice);
        let is_kept = |was: &Field| match was.value {
            Some(_) => fields.contains(was),
            None => fields.iter().any(|is| is.number == was.number && is.is_visible == was.is_visible),
        };
        if !before.iter().all(is_kept) {
            return Err(Fault::ChangedAfterSigning);
        }
        all.push(fields);
    }
    Ok(all)
}

/// What an earlier update brought, its stamps above all, stays.
fn check_redefined(original: &View<'_>, before: &View<'_>, revision: &Revision<'_>) -> Result<(), Fault> {
    let again = revision.changed.iter().filter(|&&number| before.has(number) && !original.has(number));
    for &number in again {
        if !pdf::may_redefine(&before.get(number)?, &revision.view.get(number)?) {
            return Err(Fault::ChangedAfterSigning);
        }
    }
    Ok(())
}

fn sub_filter_is(value: &Dictionary, name: &[u8]) -> bool {
    value.get(&b"SubFilter"[..]).is_some_and(|filter| filter.is_name(name))
}

/// Signatures of persons, each with the first revision that has it.
fn found(fields: &[Vec<Field>]) -> Result<Vec<Found<'_>>, Fault> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (revision, fields) in fields.iter().enumerate() {
        for field in fields {
            let Some(value) = &field.value else { continue };
            if !seen.insert(field.number) || sub_filter_is(value, b"ETSI.RFC3161") {
                continue;
            }
            // One signature in two fields would be counted as two.
            if found.iter().any(|found: &Found<'_>| found.value == value) {
                return Err(Fault::Malformed);
            }
            found.push(Found { value, revision });
        }
    }
    if found.len() > SIGNATURES_MAX { Err(Fault::TooMany) } else { Ok(found) }
}

/// After the last signature: only what proves signatures later, and time stamps that cannot be seen.
fn check_late(revisions: &[Revision<'_>], fields: &[Vec<Field>], at: usize) -> Result<(), Fault> {
    let catalog = |at: usize| {
        let view = &revisions[at].view;
        view.dictionary(&Object::Reference(view.root))
    };
    let (was, is) = (catalog(at - 1)?, catalog(at)?);
    let proves = is.get(&b"DSS"[..]).is_some_and(|proofs| {
        let is_again = proofs.reference().is_some_and(|number| revisions[at].changed.contains(&number));
        is_again || was.get(&b"DSS"[..]) != Some(proofs)
    });
    let new = fields[at].iter().filter(|field| !fields[at - 1].contains(field)).collect::<Vec<_>>();
    let is_stamp = |field: &&Field| {
        let value = field.value.as_ref();
        !field.is_visible && value.is_some_and(|value| sub_filter_is(value, b"ETSI.RFC3161"))
    };
    let is_harmless = new.iter().all(is_stamp) && (proves || !new.is_empty());
    if is_harmless { Ok(()) } else { Err(Fault::ChangedAfterSigning) }
}

fn check_one(
    file: &[u8],
    found: &Found<'_>,
    revisions: &[Revision<'_>],
    trust: Trust<'_>,
) -> Result<Signer, Fault> {
    let naming = match (
        sub_filter_is(found.value, b"ETSI.CAdES.detached"),
        sub_filter_is(found.value, b"adbe.pkcs7.detached"),
    ) {
        (true, _) => Naming::Required,
        (_, true) => Naming::IfPresent,
        (false, false) => return Err(Fault::Weak),
    };
    let (der, hole_from, hole_to) = contents(found.value)?;
    let ends = &revisions[found.revision].ends;
    let is_last = found.revision + 1 == revisions.len();
    let to = range(found.value, hole_from, hole_to)?;
    // A hole, or an end before the end, would leave bytes that nobody signed.
    if !ends.contains(&to) || is_last && to != file.len() {
        return Err(Fault::ChangedAfterSigning);
    }
    let pieces = [&file[..hole_from], file.get(hole_to..to).ok_or(Fault::ChangedAfterSigning)?];
    let message = cms::read(der)?;
    if message.content.is_some() {
        return Err(Fault::Malformed);
    }
    let signers = message.check(&pieces, naming, trust).map_err(|fault| match fault {
        Fault::OtherDocument => Fault::ChangedAfterSigning,
        other => other,
    })?;
    // SPEC: ETSI EN 319 142-1, 5.1: exactly one signer in each.
    let [mut signer] = <[Signer; 1]>::try_from(signers).map_err(|_| Fault::Malformed)?;
    signer.claimed_at = signer.claimed_at.or_else(|| claimed(found.value));
    Ok(signer)
}

/// The CMS, without the zeros that fill its place, and where the place is, delimiters included.
fn contents(value: &Dictionary) -> Result<(&[u8], usize, usize), Fault> {
    let Some(Object::Text(bytes, span)) = value.get(&b"Contents"[..]) else { return Err(Fault::Malformed) };
    let der = Reader(bytes).take(SEQUENCE)?.raw;
    let is_filled = bytes[der.len()..].iter().all(|&byte| byte == 0);
    if span.is_hex && is_filled { Ok((der, span.from, span.to)) } else { Err(Fault::Malformed) }
}

/// Where the signed bytes end, if they are all but the hole.
fn range(value: &Dictionary, hole_from: usize, hole_to: usize) -> Result<usize, Fault> {
    let range = value.get(&b"ByteRange"[..]).and_then(Object::array).ok_or(Fault::Malformed)?;
    let numbers = range.iter().map(|item| item.integer().and_then(|number| usize::try_from(number).ok()));
    let numbers = numbers.collect::<Option<Vec<usize>>>().ok_or(Fault::Malformed)?;
    match numbers.as_slice() {
        &[0, to, from, length] if to == hole_from && from == hole_to => {
            from.checked_add(length).ok_or(Fault::Malformed)
        }
        _ => Err(Fault::ChangedAfterSigning),
    }
}

/// SPEC: ISO 32000-1, 7.9.4: `D:YYYYMMDDHHmmSS`, then `Z` or `+hh'mm`.
fn claimed(value: &Dictionary) -> Option<i64> {
    let Some(Object::Text(text, _)) = value.get(&b"M"[..]) else { return None };
    let text = std::str::from_utf8(text).ok()?.strip_prefix("D:")?;
    let moment = asn1::moment(text.get(..14)?).ok()?;
    let zone = text.get(14..)?;
    let number = |from: usize| zone.get(from..from + 2).and_then(|digits| digits.parse::<i64>().ok());
    match zone.chars().next() {
        None | Some('Z') => Some(moment),
        Some('+') => Some(moment - number(1)? * 3600 - number(4).unwrap_or(0) * 60),
        Some('-') => Some(moment + number(1)? * 3600 + number(4).unwrap_or(0) * 60),
        Some(_) => None,
    }
}
