//! The habits of the house that a compiler does not know.
//!
//! Each rule is a pure function from files to faults, with a test that plants
//! the fault and sees it found. A rule must never repair, and never depend on
//! anything but the tracked text and what cargo says of the crates.

mod acts;
mod arrows;
mod fault;
mod links;
mod locales;
mod names;
mod readmes;
mod scrub;
mod secrets;
mod shape;
mod tree;
mod walls;
mod world;

use std::path::Path;

use fault::Fault;
use scrub::Source;
use tree::Text;

/// Prints every fault and a line of figures; true if there is none.
pub fn report(root: &Path) -> anyhow::Result<bool> {
    let texts = tree::read(root)?;
    let sources: Vec<Source> = texts.iter().filter_map(Source::of).collect();
    let mut faults = arrows::find(&arrows::crates(root)?);
    faults.extend(on_sources(&sources));
    faults.extend(on_texts(&texts));
    faults.extend(readmes::missing(root, &texts));
    faults.extend(links::find(root, &texts));
    faults.sort();
    if let Some(word) = shape::share(&sources) {
        println!("note: {word}");
    }
    for fault in &faults {
        println!("{fault}");
    }
    println!("tidy: {}, {} faults", shape::figures(&sources), faults.len());
    Ok(faults.is_empty())
}

fn on_sources(sources: &[Source]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for source in sources {
        faults.extend(shape::find(source));
        faults.extend(walls::find(source));
        faults.extend(world::find(source));
        faults.extend(names::find(source));
    }
    faults
}

fn on_texts(texts: &[Text]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for text in texts {
        faults.extend(secrets::find(text));
        faults.extend(readmes::find(text));
        faults.extend(acts::find(text));
    }
    faults.extend(locales::find(texts));
    faults
}
