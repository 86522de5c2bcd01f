//! Writes a sample agreement to the given path, to look at.
use paper::{Block, Document, Language, Part};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: sample PATH")?;
    std::fs::write(path, paper::pdf::write(&sample())?)?;
    Ok(())
}

fn sample() -> Document {
    let parts = vec![part(Language::Italian), part(Language::English)];
    Document {
        title: "Accordo di accesso ai dati".into(),
        author: "EPIC".into(),
        producer: "EPIC".into(),
        made_at: 1_790_000_000,
        footer: "SHA-256 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae".into(),
        parts,
    }
}

fn part(language: Language) -> Part {
    let body = "Le parti, Αλέξανδρος Παπαδόπουλος, Наталья Щербакова, Žofia Kőszegi e Łukasz Świętek, convengono che i dati \
        siano trattati solo per lo scopo detto qui e solo dentro la regione, né copiati altrove né uniti ad altri.";
    let rows = (1..40).map(|at| {
        let long = if at % 3 == 0 { body } else { "genomi" };
        vec![format!("{at}"), format!("serie-{at}"), long.to_owned(), "2027-01-31".to_owned()]
    });
    let mut blocks = vec![
        Block::Title("Accordo di accesso ai dati del progetto Pianeta".into()),
        Block::Paragraph(body.into()),
        Block::Heading("Le parti".into()),
        Block::Pairs(vec![
            ("Titolare".into(), "Ospedale di Santa Chiara, via Roma 1, 56126 Pisa".into()),
            ("Responsabile del trattamento".into(), body.into()),
        ]),
        Block::Heading("Che cosa è permesso".into()),
        Block::Lettered(vec![body.into(), "leggere;".into(), format!("scrivere {}", "lungo".repeat(40))]),
        Block::Heading("I dati".into()),
        Block::Table {
            heads: ["N.", "Serie", "Che cosa", "Fino al"].map(String::from).to_vec(),
            rows: rows.collect(),
        },
        Block::Paragraph("Impronta dell'accordo (e un nome non europeo: 王, עברית):".into()),
        Block::Code("2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae".repeat(2)),
    ];
    for at in 0..8 {
        blocks.push(Block::Heading(format!("Articolo {at}")));
        blocks.push(Block::Paragraph(body.repeat(2)));
    }
    Part { language, blocks }
}
