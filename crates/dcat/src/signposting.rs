//! Signs at a card's page that lead machines to what it is about.
//!
//! SPEC: FAIR Signposting Profile 1.0, levels 1 and 2; RFC 8288 (Link header); RFC 9264 (link sets).

use serde_json::Value;

use crate::card::Card;
use crate::iri::Iri;
use crate::json::{object, text};
use crate::media::MediaType;

/// WHY: common proxies refuse a header of 8 KiB; what is left out of ours stands in the link set, which is what it is for.
pub const LINK_HEADER_BYTES_MAX: usize = 4_096;

/// What a link is for.
///
/// SPEC: IANA, link relation types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    Author,
    CiteAs,
    Collection,
    DescribedBy,
    Describes,
    Item,
    License,
    LinkSet,
    Type,
}

impl Relation {
    pub fn name(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::CiteAs => "cite-as",
            Self::Collection => "collection",
            Self::DescribedBy => "describedby",
            Self::Describes => "describes",
            Self::Item => "item",
            Self::License => "license",
            Self::LinkSet => "linkset",
            Self::Type => "type",
        }
    }
}

/// One sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub relation: Relation,
    pub href: Iri,
    /// The media type of what is there.
    pub media: Option<MediaType>,
}

/// Every sign at a card's page, in this order: what it is, how it is described, whose it is, what belongs to it.
pub fn signposting(card: &Card) -> Vec<Link> {
    let link = |relation, href: &Iri, media: Option<&'static str>| Link {
        relation,
        href: href.clone(),
        media: media.map(MediaType::known),
    };
    let kind = |name: &str| link(Relation::Type, &Iri::known(format!("https://schema.org/{name}")), None);
    let author = card.parties.creator.as_ref().unwrap_or(&card.parties.custodian);
    let mut links = vec![
        link(Relation::CiteAs, &card.id, None),
        kind("AboutPage"),
        kind("Dataset"),
        link(Relation::DescribedBy, &card.forms.turtle, Some("text/turtle")),
        link(Relation::DescribedBy, &card.forms.json_ld, Some("application/ld+json")),
        link(Relation::License, &card.law.licence, None),
        link(Relation::Author, &author.id, None),
        link(Relation::LinkSet, &card.forms.linkset, Some("application/linkset+json")),
    ];
    // What lies there is the page on which one asks: data are not given to whoever follows a link.
    let items = card.distributions.iter().map(|one| link(Relation::Item, &one.access, Some("text/html")));
    for item in items {
        if !links.contains(&item) {
            links.push(item);
        }
    }
    links
}

/// The value of a `Link` header. Items are left to the link set where they do not fit.
pub fn link_header(links: &[Link]) -> String {
    let all = written(links.iter());
    if all.len() <= LINK_HEADER_BYTES_MAX {
        return all;
    }
    written(links.iter().filter(|link| link.relation != Relation::Item))
}

fn written<'l>(links: impl Iterator<Item = &'l Link>) -> String {
    let one = |link: &Link| {
        let media = link.media.as_ref().map(|media| format!("; type={}", quoted(media.as_str())));
        format!("<{}>; rel={}{}", link.href, quoted(link.relation.name()), media.unwrap_or_default())
    };
    links.map(one).collect::<Vec<_>>().join(", ")
}

/// SPEC: RFC 9110, 5.6.4. An address needs no such care: it holds no `>` and nothing beyond ASCII (`Iri`).
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The card's link set: the signs of its page, and from what they lead to back to it.
pub fn link_set(card: &Card) -> String {
    let links: Vec<Link> =
        signposting(card).into_iter().filter(|link| link.relation != Relation::LinkSet).collect();
    let mut sets = vec![set(&card.page, &links)];
    let page =
        |relation| Link { relation, href: card.page.clone(), media: Some(MediaType::known("text/html")) };
    let back = links.iter().filter_map(|link| match link.relation {
        Relation::DescribedBy => Some(set(&link.href, &[page(Relation::Describes)])),
        Relation::Item => Some(set(&link.href, &[page(Relation::Collection)])),
        Relation::Author
        | Relation::CiteAs
        | Relation::Collection
        | Relation::Describes
        | Relation::License
        | Relation::LinkSet
        | Relation::Type => None,
    });
    sets.extend(back);
    format!("{:#}\n", object([("linkset", Value::Array(sets))]))
}

/// Links of one place.
///
/// SPEC: RFC 9264, 4.2.2 and 4.2.3.
fn set(anchor: &Iri, links: &[Link]) -> Value {
    let target = |link: &Link| {
        let media = link.media.as_ref().map(|media| ("type", text(media.as_str())));
        object(std::iter::once(("href", text(link.href.as_str()))).chain(media))
    };
    let of = |relation: Relation| links.iter().filter(move |link| link.relation == relation);
    let relations = links.iter().map(|link| link.relation);
    let members =
        relations.map(|relation| (relation.name(), Value::Array(of(relation).map(target).collect())));
    object(std::iter::once(("anchor", text(anchor.as_str()))).chain(members))
}
