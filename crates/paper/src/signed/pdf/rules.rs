//! What an update may bring: signature fields, where they can be seen outside the text, and what proves them later.
//!
//! Everything that one reads must stay as it was made: pages, their contents and resources, fonts, outlines, language,
//! title. Whatever is not named here is refused (the "shadow attacks" of Mainka et al., NDSS 2021, hide, replace or do both).

use std::collections::{BTreeMap, BTreeSet};

use super::object::{Dictionary, Object};
use super::view::{Found, View};
use super::{super::Fault, Unclear};
use crate::pdf::{FOOT_PT, PAGES_MAX};

/// WHY: a signature or time stamp each.
const FIELDS_MAX: usize = 24;
/// What a catalog may get: the form, what proves signatures later (DSS), and words for programs.
const CATALOG_MAY: [&[u8]; 5] = [b"AcroForm", b"DSS", b"Extensions", b"Perms", b"Version"];
const FORM_MAY: [&[u8]; 6] = [b"Fields", b"SigFlags", b"DR", b"DA", b"Q", b"NeedAppearances"];
/// Of a field and its widget (ISO 32000-1, tables 164, 188, 220, 232): none that acts.
const FIELD_MAY: [&[u8]; 22] = [
    b"Type", b"Subtype", b"FT", b"T", b"TU", b"TM", b"Ff", b"V", b"Rect", b"F", b"P", b"AP", b"Lock", b"SV",
    b"MK", b"DA", b"Q", b"H", b"M", b"NM", b"BS", b"Border",
];
const INFO_MAY: [&[u8]; 3] = [b"ModDate", b"Producer", b"Creator"];
/// Flags of an annotation that make it wander or grow: NoZoom, NoRotate, ToggleNoView.
const FLAGS_NEVER: i64 = 8 | 16 | 256;

/// A signature field.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub number: u32,
    pub is_visible: bool,
    /// What signs it, if anything does.
    pub value: Option<Dictionary>,
}

/// Left, bottom, right, top in points.
type Box = [f64; 4];

/// The signature fields of a document, if nothing else is different from `before`.
pub fn fields(before: &View<'_>, after: &View<'_>, touched: &BTreeSet<u32>) -> Result<Vec<Field>, Fault> {
    let pages = pages(before)?;
    let catalog = before.dictionary(&Object::Reference(before.root))?;
    let metadata = catalog.get(&b"Metadata"[..]).and_then(Object::reference);
    let info = before.info.as_ref().and_then(Object::reference);
    for &number in touched.iter().filter(|&&number| before.has(number)) {
        let is_known = number == before.root || pages.contains_key(&number);
        if !is_known && Some(number) != metadata && Some(number) != info {
            return Err(Fault::ChangesWhatIsRead);
        }
    }
    check_info(before, after)?;
    let form = check_catalog(before, after, &catalog)?;
    let mut fields = BTreeMap::new();
    for number in form.map_or(Ok(Vec::new()), |form| numbers(after, &form))? {
        let is_new = !before.has(number) && fields.insert(number, field(after, number)?).is_none();
        if !is_new || fields.len() > FIELDS_MAX {
            return Err(Fault::ChangesWhatIsRead);
        }
    }
    for (&page, art) in &pages {
        check_page(before, after, page, art, &fields)?;
    }
    Ok(fields.into_values().map(|(field, _)| field).collect())
}

/// Whether an update may write again what an earlier update wrote.
pub fn may_redefine(was: &Found, is: &Found) -> bool {
    if was.is_stream || is.is_stream {
        return false;
    }
    let (Some(was), Some(is)) = (was.object.dictionary(), is.object.dictionary()) else {
        return was.object.array().is_some() && is.object.array().is_some();
    };
    let is_signature = was.contains_key(&b"ByteRange"[..]);
    let is_signed_field = was.contains_key(&b"FT"[..]) && was.contains_key(&b"V"[..]) && was != is;
    !is_signature && !is_signed_field
}

/// All pages, and where each has its text.
fn pages(view: &View<'_>) -> Result<BTreeMap<u32, Box>, Fault> {
    let catalog = view.dictionary(&Object::Reference(view.root))?;
    let mut pages = BTreeMap::new();
    let mut open = vec![catalog.get(&b"Pages"[..]).and_then(Object::reference).ok_or(Unclear)?];
    let mut seen = 0;
    while let Some(number) = open.pop() {
        seen += 1;
        let node = view.dictionary(&Object::Reference(number))?;
        match node.get(&b"Kids"[..]) {
            Some(kids) => {
                let kids = view.resolve(kids)?;
                open.extend(kids.array().ok_or(Unclear)?.iter().filter_map(Object::reference));
            }
            None => {
                pages.insert(number, rectangle(view, node.get(&b"ArtBox"[..]).ok_or(Unclear)?)?);
            }
        }
        if seen + open.len() > 4 * PAGES_MAX {
            return Err(Fault::Malformed);
        }
    }
    Ok(pages)
}

fn rectangle(view: &View<'_>, object: &Object) -> Result<Box, Unclear> {
    let numbers = view.resolve(object)?;
    let numbers = numbers.array().ok_or(Unclear)?.iter().map(Object::number).collect::<Option<Vec<_>>>();
    let &[left, bottom, right, top] = numbers.ok_or(Unclear)?.as_slice() else { return Err(Unclear) };
    Ok([left.min(right), bottom.min(top), left.max(right), bottom.max(top)])
}

/// Whether all but `may` is the same.
fn is_same(was: &Dictionary, is: &Dictionary, may: &[&[u8]]) -> bool {
    let all = was.keys().chain(is.keys()).filter(|key| !may.contains(&key.as_slice()));
    all.into_iter().all(|key| was.get(key) == is.get(key))
}

/// The dictionary of the form, if there is one.
fn check_catalog(before: &View<'_>, after: &View<'_>, was: &Dictionary) -> Result<Option<Dictionary>, Fault> {
    let is = after.dictionary(&Object::Reference(after.root))?;
    let mut may = CATALOG_MAY.to_vec();
    may.push(b"Metadata");
    if !is_same(was, &is, &may) || CATALOG_MAY.iter().any(|key| was.contains_key(*key)) {
        return Err(Fault::ChangesWhatIsRead);
    }
    if title(before, was)? != title(after, &is)? {
        return Err(Fault::ChangesWhatIsRead);
    }
    let Some(form) = is.get(&b"AcroForm"[..]) else { return Ok(None) };
    let form = after.dictionary(form)?;
    let is_plain = form.keys().all(|key| FORM_MAY.contains(&key.as_slice()));
    let is_drawn = form.get(&b"NeedAppearances"[..]).is_none_or(|needs| *needs == Object::Bool(false));
    if is_plain && is_drawn { Ok(Some(form)) } else { Err(Fault::ChangesWhatIsRead) }
}

/// The title in the metadata (XMP), which readers show above the document. Programs write these again with other prefixes
/// and blanks, so only its text counts; None where there is not exactly one.
fn title(view: &View<'_>, catalog: &Dictionary) -> Result<Option<Vec<u8>>, Fault> {
    const NAME: &[u8] = b":title";
    let Some(number) = catalog.get(&b"Metadata"[..]).and_then(Object::reference) else { return Ok(None) };
    let xml = view.stream(number)?;
    let ends = |at: usize| xml.get(at).is_some_and(|&byte| byte == b'>' || byte.is_ascii_whitespace());
    let places = (0..xml.len()).filter(|&at| xml[at..].starts_with(NAME) && ends(at + NAME.len()));
    let &[from, to] = places.collect::<Vec<_>>().as_slice() else { return Ok(None) };
    let inside = &xml[from..to];
    let from = inside.iter().position(|&byte| byte == b'>').ok_or(Unclear)?;
    let mut is_tag = false;
    let text = inside[from..].iter().copied().filter(|&byte| {
        is_tag = is_tag && byte != b'>' || byte == b'<';
        !is_tag && byte != b'>' && !byte.is_ascii_whitespace()
    });
    Ok(Some(text.collect()))
}

fn check_info(before: &View<'_>, after: &View<'_>) -> Result<(), Fault> {
    let read = |view: &View<'_>| view.info.as_ref().map(|info| view.dictionary(info)).transpose();
    let is_well = match (read(before)?, read(after)?) {
        (Some(was), Some(is)) => is_same(&was, &is, &INFO_MAY),
        (None, Some(is)) => is_same(&Dictionary::new(), &is, &INFO_MAY),
        (_, None) => true,
    };
    if is_well { Ok(()) } else { Err(Fault::ChangesWhatIsRead) }
}

/// The numbers of a form's fields.
fn numbers(view: &View<'_>, form: &Dictionary) -> Result<Vec<u32>, Fault> {
    let fields =
        form.get(&b"Fields"[..]).map_or(Ok(Object::Array(Vec::new())), |fields| view.resolve(fields))?;
    let numbers = fields.array().ok_or(Unclear)?.iter().map(|field| field.reference().ok_or(Unclear));
    Ok(numbers.collect::<Result<_, _>>()?)
}

/// A field, and its place if it can be seen.
fn field(view: &View<'_>, number: u32) -> Result<(Field, Option<Box>), Fault> {
    let found = view.get(number)?;
    let field = found.object.dictionary().filter(|_| !found.is_stream).ok_or(Unclear)?;
    let is_signature = field.get(&b"FT"[..]).is_some_and(|kind| kind.is_name(b"Sig"));
    let is_widget = field.get(&b"Subtype"[..]).is_none_or(|kind| kind.is_name(b"Widget"));
    let is_plain = field.keys().all(|key| FIELD_MAY.contains(&key.as_slice()));
    let place = field.get(&b"Rect"[..]).map(|place| rectangle(view, place)).transpose()?;
    let place = place.filter(|[left, bottom, right, top]| left < right && bottom < top);
    let flags = field.get(&b"F"[..]).map_or(Some(0), Object::integer).ok_or(Unclear)?;
    let wanders = place.is_some() && flags & FLAGS_NEVER != 0;
    if !is_signature || !is_widget || !is_plain || wanders {
        return Err(Fault::ChangesWhatIsRead);
    }
    let value = field.get(&b"V"[..]).map(|value| view.dictionary(value)).transpose()?;
    Ok((Field { number, is_visible: place.is_some(), value }, place))
}

/// A page may get widgets of signature fields, outside its text and above its footer.
fn check_page(
    before: &View<'_>,
    after: &View<'_>,
    number: u32,
    art: &Box,
    fields: &BTreeMap<u32, (Field, Option<Box>)>,
) -> Result<(), Fault> {
    let was = before.dictionary(&Object::Reference(number))?;
    let is = after.dictionary(&Object::Reference(number))?;
    if !is_same(&was, &is, &[b"Annots"]) || was.contains_key(&b"Annots"[..]) {
        return Err(Fault::ChangesWhatIsRead);
    }
    let Some(widgets) = is.get(&b"Annots"[..]) else { return Ok(()) };
    let widgets = after.resolve(widgets)?;
    for widget in widgets.array().ok_or(Unclear)? {
        let field = widget.reference().and_then(|number| fields.get(&number));
        let (_, place) = field.ok_or(Fault::ChangesWhatIsRead)?;
        if place.is_some_and(|place| covers(&place, art)) {
            return Err(Fault::ChangesWhatIsRead);
        }
    }
    Ok(())
}

/// Whether a stamp there hides or touches what is printed.
fn covers(place: &Box, art: &Box) -> bool {
    let is_beside = place[2] <= art[0] || place[0] >= art[2] || place[3] <= art[1] || place[1] >= art[3];
    !is_beside || place[1] < f64::from(FOOT_PT)
}
