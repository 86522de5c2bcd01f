//! Cards to test with: one that says everything, one that says no more than it must, and either with any words.

use dcat::card::{About, Access, Activity, Agent, Forms, Law, Origin, Parties, Purpose};
use dcat::content::{Column, Content, Datatype, Distribution, Size, Table, Variables};
use dcat::media::{Algorithm, Checksum, MediaType};
use dcat::period::Period;
use dcat::{Card, Catalogue, Iri, Label, Several, Term, Text};
use time::{Date, Month};

/// What a card is filled with: words in turn, or a plain one where there are none.
#[derive(Debug, Default)]
pub struct Words {
    words: Vec<String>,
    taken: usize,
}

impl Words {
    pub fn of(words: &[&str]) -> Self {
        Self { words: words.iter().map(ToString::to_string).collect(), taken: 0 }
    }

    fn next(&mut self, plain: &str) -> String {
        self.taken += 1;
        let word = self.words.get(self.taken % self.words.len().max(1));
        word.filter(|word| Label::new(word).is_ok()).cloned().unwrap_or_else(|| plain.to_owned())
    }

    fn text(&mut self, it: &str, en: &str) -> Text {
        Text::new(&self.next(it), &self.next(en)).unwrap()
    }

    fn label(&mut self, plain: &str) -> Label {
        Label::new(&self.next(plain)).unwrap()
    }
}

pub fn iri(text: &str) -> Iri {
    Iri::parse(text).unwrap()
}

pub fn day(year: i32, month: u8, day: u8) -> Date {
    Date::from_calendar_date(year, Month::try_from(month).unwrap(), day).unwrap()
}

fn code<L: dcat::term::List>(code: &str) -> Term<L> {
    Term::new(code).unwrap()
}

pub fn agent(words: &mut Words, name: &str, kind: &str) -> Agent {
    Agent {
        id: iri(&format!("https://ror.example.org/{kind}")),
        name: words.label(name),
        kind: code(kind),
        contact: iri(&format!("https://example.org/contact/{kind}")),
    }
}

fn about(words: &mut Words) -> About {
    About {
        identifier: words.label("epic:oncology-2024"),
        title: words.text("Coorte oncologica 2024", "Oncology cohort 2024"),
        description: words.text(
            "Ricoveri, diagnosi e terapie di pazienti oncologici, raccolti per valutare i percorsi di cura.",
            "Admissions, diagnoses and treatments of oncology patients, collected to assess pathways of care.",
        ),
        keywords: Several::new(vec![words.text("oncologia", "oncology"), words.text("ricoveri", "admissions")])
            .unwrap(),
        categories: Several::new(vec![code("EHRS"), code("RQSH")]).unwrap(),
        health_themes: vec![code("CANCER_DISEASE")],
        themes: vec![code("SOCI")],
        kinds: Several::one(code("STATISTICAL")),
        languages: vec![code("ITA"), code("ENG")],
        version: Some(words.label("2.1")),
        issued: Some(day(2025, 1, 15)),
        modified: day(2026, 11, 2),
        covers: Some(Period::new(Some(day(2015, 1, 1)), Some(day(2024, 12, 31))).unwrap()),
        places: vec![code("ITA")],
        frequency: Some(code("ANNUAL")),
        documents: vec![iri("https://example.org/datasets/oncology/manual")],
        cited_by: vec![iri("https://doi.org/10.5555/12345678")],
    }
}

fn parties(words: &mut Words) -> Parties {
    Parties {
        publisher: agent(words, "Regione di prova", "administrative-institution"),
        access_body: agent(words, "Organismo di accesso ai dati sanitari", "national-authority"),
        custodian: agent(words, "Policlinico di prova", "healthcare-providers"),
        creator: Some(agent(words, "Registro tumori di prova", "public-health-registry")),
        contact_name: words.label("Ufficio dati"),
        contact_page: iri("https://example.org/contact/data-office"),
    }
}

fn law(words: &mut Words) -> Law {
    Law {
        access: Access::NonPublic,
        legislation: vec![iri("http://data.europa.eu/eli/reg/2016/679/oj")],
        bases: vec![code("A6-1-e"), code("A9-2-j")],
        personal: vec![code("HealthRecord"), code("Age"), code("Gender")],
        purposes: vec![Purpose {
            what: words.text("Ricerca sui percorsi di cura.", "Research into pathways of care."),
            kind: Some(code("ScientificResearch")),
        }],
        limits: words.text(
            "Solo nell'ambiente sicuro, con autorizzazione; nessun tentativo di identificare persone.",
            "Only inside the secure environment, by permit; no attempt to identify anybody.",
        ),
        licence: iri("https://example.org/licences/secure-use"),
        retention: Some(Period::new(Some(day(2025, 1, 15)), Some(day(2035, 1, 14))).unwrap()),
    }
}

fn column(words: &mut Words, name: &str, datatype: Datatype, meaning: Option<&str>) -> Column {
    Column {
        name: words.label(name),
        title: words.text(name, name),
        what: words.text("Che cosa dice la colonna.", "What the column says."),
        datatype,
        meaning: meaning.map(iri),
    }
}

fn content(words: &mut Words) -> Content {
    let admissions = Table {
        title: words.text("Ricoveri", "Admissions"),
        columns: Several::new(vec![
            column(words, "pseudonym", Datatype::Text, Some("http://purl.org/dc/terms/identifier")),
            column(words, "admitted", Datatype::Date, None),
            column(words, "stage", Datatype::Integer, None),
        ])
        .unwrap(),
    };
    let deaths = Table {
        title: words.text("Decessi", "Deaths"),
        columns: Several::one(column(words, "died", Datatype::DateTime, None)),
    };
    let tables = Several::new(vec![admissions, deaths]).unwrap();
    Content {
        coding: vec![code("ICD-10"), code("SNOMED-CT")],
        codes: vec![words.label("C50")],
        standards: vec![code("OMOP-CDM")],
        variables: Some(Variables::new(words.text("Variabili", "Variables"), tables).unwrap()),
    }
}

fn distributions(words: &mut Words) -> Several<Distribution> {
    let tables = Distribution {
        title: words.text("Tabelle", "Tables"),
        description: words.text("Tabelle nell'ambiente sicuro.", "Tables inside the secure environment."),
        access: iri("https://example.org/access/oncology"),
        availability: code("STABLE"),
        format: Some(code("CSV")),
        media_type: Some(MediaType::new("text/csv").unwrap()),
        size_bytes: Some(245_000_000),
        checksum: Some(Checksum::new(Algorithm::Sha256, &"aB".repeat(32)).unwrap()),
        conforms_to: vec![iri("https://www.rfc-editor.org/rfc/rfc4180")],
    };
    let images = Distribution {
        title: words.text("Immagini", "Images"),
        access: iri("https://example.org/access/oncology-images"),
        format: Some(code("ZIP")),
        media_type: Some(MediaType::new("application/dicom").unwrap()),
        size_bytes: None,
        checksum: None,
        ..tables.clone()
    };
    Several::new(vec![tables, images]).unwrap()
}

fn sources(number: u32) -> Vec<Iri> {
    let earlier = (1..number).map(|number| format!("https://doi.org/10.5555/epic.{number}"));
    let elsewhere = "https://doi.org/10.5555/elsewhere".to_owned();
    earlier.chain([elsewhere]).map(|source| iri(&source)).collect()
}

/// A card that says everything; `number` tells several apart.
pub fn full(words: &mut Words, number: u32) -> Card {
    let page = format!("https://epic.example.org/datasets/{number}");
    let form = |end: &str| iri(&format!("{page}{end}"));
    Card {
        id: iri(&format!("https://doi.org/10.5555/epic.{number}")),
        page: form(""),
        forms: Forms { turtle: form(".ttl"), json_ld: form(".jsonld"), linkset: form(".linkset.json") },
        catalogue: iri("https://epic.example.org/catalogue#it"),
        about: about(words),
        parties: parties(words),
        law: law(words),
        origin: Origin {
            provenance: words.text("Cartelle cliniche di tre ospedali.", "Records of three hospitals."),
            activity: Some(Activity {
                what: words.text("Cura ordinaria", "Routine care"),
                kind: code("HOSPITAL_RECORDS"),
            }),
            sources: sources(number),
            quality: vec![iri("https://example.org/quality/oncology")],
        },
        size: Size {
            records: Some(1_850_000),
            people: Some(41_200),
            age_min: Some(18),
            age_max: Some(88),
            population: Some(words.text("Adulti ricoverati", "Adults admitted to hospital")),
        },
        content: content(words),
        distributions: distributions(words),
    }
}

/// A card that says no more than it must.
pub fn least(words: &mut Words, number: u32) -> Card {
    let mut card = full(words, number);
    let about = &mut card.about;
    about.keywords = Several::one(words.text("oncologia", ""));
    about.categories = Several::one(code("EINS"));
    (about.health_themes, about.themes, about.languages) = Default::default();
    (about.version, about.issued, about.covers, about.frequency) = Default::default();
    (about.places, about.documents, about.cited_by) = Default::default();
    card.parties.creator = None;
    card.law = Law {
        access: Access::Restricted,
        legislation: Vec::new(),
        bases: Vec::new(),
        personal: Vec::new(),
        purposes: Vec::new(),
        retention: None,
        ..card.law
    };
    (card.origin.activity, card.origin.sources, card.origin.quality) = Default::default();
    card.size = Size::default();
    card.content = Content::default();
    let mut only = card.distributions.iter().next().unwrap().clone();
    (only.format, only.media_type, only.size_bytes, only.checksum, only.conforms_to) = Default::default();
    card.distributions = Several::one(only);
    card
}

/// A catalogue of these cards.
pub fn catalogue(words: &mut Words, datasets: Vec<Card>) -> Catalogue {
    Catalogue {
        id: iri("https://epic.example.org/catalogue#it"),
        page: iri("https://epic.example.org/catalogue"),
        title: words.text("Catalogo di prova", "Catalogue for tests"),
        description: words.text("Insiemi di dati sanitari di una regione.", "Health datasets of a region."),
        publisher: agent(words, "Regione di prova", "administrative-institution"),
        licence: iri("https://creativecommons.org/licenses/by/4.0/"),
        languages: vec![code("ITA"), code("ENG")],
        places: vec![code("ITA")],
        issued: Some(day(2025, 1, 1)),
        modified: day(2026, 11, 28),
        datasets,
    }
}

/// Texts that end a string, a line, a tag or a script where nobody looks, and some that only look strange.
pub const NASTY: [&str; 30] = [
    "plain",
    "\"quoted\"",
    "back\\slash\\",
    "\\u0041 \\n \\\"",
    "two\nlines\r\nand\rthree",
    "\ttab\u{8}\u{c}\u{b}",
    "\u{0}\u{1}\u{1f}\u{7f}\u{80}\u{9f}",
    "'''\"\"\"",
    "\" . <urn:x:evil> <urn:x:p> \"",
    "\"@en ; a <urn:x:evil> . #",
    "\"^^<http://www.w3.org/2001/XMLSchema#integer>",
    "</script><script>alert(1)</script>",
    "<!-- <script",
    "]]> --> <?php",
    "https://example.org/not-an-address",
    "http://example.org/a b>",
    "dcat:Dataset",
    "_:b0",
    "@id",
    "@context",
    "{\"@id\": \"urn:x:evil\"}",
    "\u{2028}\u{2029}\u{feff}\u{200b}",
    "\u{202e}desrever\u{202c}",
    "caffè à l'œuvre: ÅÄÖ, e\u{301}",
    "😀 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 漢字",
    "\u{fffd}\u{fffe}\u{ffff}",
    "%20%zz%",
    "&amp; &lt; &#60;",
    "<https://example.org>; rel=\"evil\", \\\"",
    "  leading and trailing  ",
];
