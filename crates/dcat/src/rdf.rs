//! Statements: a subject, what is said of it, and what it is.
//!
//! It exists so that every form is written of one set of statements and none can say more than another. Nodes without a
//! name are not made: a graph that is harvested twice is the same graph. It reads no RDF.
//!
//! SPEC: RDF 1.1 Concepts.

mod json_ld;
mod turtle;

use std::collections::{BTreeMap, BTreeSet};

use time::Date;

use crate::iri::Iri;
use crate::period::{Period, written};
use crate::term::{List, Term};
use crate::text::Text;

pub use json_ld::json_ld;
pub use turtle::turtle;

/// What names are short for. All that this crate says is in one of these.
pub const PREFIXES: [(&str, &str); 20] = [
    ("adms", "http://www.w3.org/ns/adms#"),
    ("csvw", "http://www.w3.org/ns/csvw#"),
    ("cv", "http://data.europa.eu/m8g/"),
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dcatap", "http://data.europa.eu/r5r/"),
    ("dct", "http://purl.org/dc/terms/"),
    ("dpv", "https://w3id.org/dpv#"),
    ("dqv", "http://www.w3.org/ns/dqv#"),
    ("eli", "http://data.europa.eu/eli/ontology#"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("geodcatap", "http://data.europa.eu/930/"),
    ("healthdcatap", "http://healthdataportal.eu/ns/health#"),
    ("oa", "http://www.w3.org/ns/oa#"),
    ("prov", "http://www.w3.org/ns/prov#"),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("spdx", "http://spdx.org/rdf/terms#"),
    ("vcard", "http://www.w3.org/2006/vcard/ns#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

/// A name of this crate, as `dct:title`.
pub type Name = &'static str;

/// WHY: sorted before every other name, as people expect the kind of a thing first.
const TYPE: Name = "a";

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    Iri(Iri),
    Name(Name),
    /// In a language, by its tag.
    Tagged(String, &'static str),
    Plain(String),
    /// Of a datatype.
    Typed(String, Name),
}

/// Statements by subject and by what is said; each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    /// Subjects as they came.
    order: Vec<Iri>,
    /// Words of lists, told after all else.
    terms: Vec<Iri>,
    statements: BTreeMap<Iri, BTreeMap<Name, BTreeSet<Object>>>,
}

impl Graph {
    /// A node to say something of.
    pub fn node(&mut self, id: &Iri) -> Node<'_> {
        if !self.statements.contains_key(id) {
            self.order.push(id.clone());
            self.statements.insert(id.clone(), BTreeMap::new());
        }
        Node { graph: self, id: id.clone() }
    }

    fn term(&mut self, id: &Iri) -> Node<'_> {
        if !self.statements.contains_key(id) {
            self.terms.push(id.clone());
            self.statements.insert(id.clone(), BTreeMap::new());
        }
        Node { graph: self, id: id.clone() }
    }

    /// Whether something was said to be of a class.
    pub fn is(&self, id: &Iri, class: Name) -> bool {
        let classes = self.statements.get(id).and_then(|said| said.get(TYPE));
        classes.is_some_and(|classes| classes.contains(&Object::Name(class)))
    }

    /// Each subject with all that is said of it, in the order of telling.
    pub fn subjects(&self) -> impl Iterator<Item = (&Iri, &BTreeMap<Name, BTreeSet<Object>>)> {
        let all = self.order.iter().chain(&self.terms);
        all.filter_map(|id| self.statements.get_key_value(id)).filter(|(_, said)| !said.is_empty())
    }

    /// The prefixes that are in use.
    fn prefixes(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let mut used = BTreeSet::new();
        for (_, said) in self.subjects() {
            for (&name, objects) in said {
                used.extend(prefix(name));
                used.extend(objects.iter().filter_map(|object| match object {
                    Object::Name(name) | Object::Typed(_, name) => prefix(name),
                    Object::Iri(_) | Object::Tagged(..) | Object::Plain(_) => None,
                }));
            }
        }
        PREFIXES.into_iter().filter(move |(short, _)| used.contains(short))
    }
}

fn prefix(name: Name) -> Option<&'static str> {
    name.split_once(':').map(|(short, _)| short)
}

/// A subject, and what is said of it one after the other.
pub struct Node<'g> {
    graph: &'g mut Graph,
    id: Iri,
}

impl Node<'_> {
    pub fn say(&mut self, name: Name, object: Object) -> &mut Self {
        if let Some(said) = self.graph.statements.get_mut(&self.id) {
            said.entry(name).or_default().insert(object);
        }
        self
    }

    pub fn is(&mut self, class: Name) -> &mut Self {
        self.say(TYPE, Object::Name(class))
    }

    pub fn name(&mut self, name: Name, what: Name) -> &mut Self {
        self.say(name, Object::Name(what))
    }

    pub fn iri(&mut self, name: Name, what: &Iri) -> &mut Self {
        self.say(name, Object::Iri(what.clone()))
    }

    pub fn text(&mut self, name: Name, text: &Text) -> &mut Self {
        for (language, spoken) in text.spoken() {
            self.say(name, Object::Tagged(spoken.to_owned(), language.tag()));
        }
        self
    }

    pub fn plain(&mut self, name: Name, text: &str) -> &mut Self {
        self.say(name, Object::Plain(text.to_owned()))
    }

    pub fn typed(&mut self, name: Name, text: impl ToString, datatype: Name) -> &mut Self {
        self.say(name, Object::Typed(text.to_string(), datatype))
    }

    pub fn count(&mut self, name: Name, count: Option<u64>) -> &mut Self {
        if let Some(count) = count {
            self.typed(name, count, "xsd:nonNegativeInteger");
        }
        self
    }

    pub fn date(&mut self, name: Name, date: Option<Date>) -> &mut Self {
        if let Some(date) = date {
            self.typed(name, written(date), "xsd:date");
        }
        self
    }

    /// A period, as a part of this node.
    pub fn period(&mut self, name: Name, part: &str, period: Option<Period>) -> &mut Self {
        if let Some(period) = period {
            let id = self.id.part(part);
            self.iri(name, &id);
            let mut node = self.graph.node(&id);
            node.is("dct:PeriodOfTime");
            node.date("dcat:startDate", period.start()).date("dcat:endDate", period.end());
        }
        self
    }

    /// Addresses of things of one kind, told as such after all else.
    pub fn things<'i>(
        &mut self,
        name: Name,
        class: Name,
        things: impl IntoIterator<Item = &'i Iri>,
    ) -> &mut Self {
        for thing in things {
            self.iri(name, thing);
            self.graph.term(thing).is(class);
        }
        self
    }

    /// A word of a list: what it is, and of which list.
    ///
    /// WHY: who checks our graph has not always loaded the lists. A label is ours to give only without a language: SKOS
    /// allows one in each, and those are its keepers'.
    pub fn term<L: List>(&mut self, name: Name, term: &Term<L>) -> &mut Self {
        let id = term.iri();
        self.iri(name, &id);
        let mut node = self.graph.term(&id);
        L::CLASSES.iter().for_each(|class| {
            node.is(class);
        });
        if L::CLASSES.contains(&"skos:Concept") {
            node.plain("skos:prefLabel", term.code());
        }
        if let Some((scheme, title)) = L::SCHEME {
            let scheme = Iri::known(scheme.to_owned());
            node.iri("skos:inScheme", &scheme);
            let mut node = self.graph.term(&scheme);
            node.is("skos:ConceptScheme").say("dct:title", Object::Tagged(title.to_owned(), "en"));
        }
        self
    }

    pub fn terms<'t, L: List + 't>(
        &mut self,
        name: Name,
        terms: impl IntoIterator<Item = &'t Term<L>>,
    ) -> &mut Self {
        for term in terms {
            self.term(name, term);
        }
        self
    }
}
