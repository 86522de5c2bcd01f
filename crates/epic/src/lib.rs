//! The binary of EPIC: commands, configuration, wiring. No rules of its own.
//!
//! A command for every act is made from the table of acts and asked of a
//! running region, which is the only writer. Only offline verbs open a folder.
//! It must never decide what a person may, nor print a secret but once.

mod about;
mod ask;
mod backup;
mod certificate;
mod command;
mod doctor;
mod drill;
mod elsewhere;
mod examine;
mod examined;
mod exit;
mod explain;
mod failure;
mod fields;
mod found;
mod front;
#[doc(hidden)]
pub mod fuzz;
mod import;
mod key_pair;
mod ledger;
mod log;
mod notices;
mod paint;
mod print;
mod rebuild;
mod restore;
pub mod samples;
mod settings;
mod share;
mod sign_in;
mod tour;
mod transfer;
mod up;
mod world;

use std::process::ExitCode;

use clap::ArgMatches;
use failure::Failure;
use settings::Settings;

/// Reads the command line, does what it says, ends with what that came to.
pub fn main() -> ExitCode {
    // WHY before all else: it is started for each object that arrives, and knows nothing of regions.
    if let Some(work) = examine::asked() {
        return work();
    }
    let settings = Settings::read();
    let matches = match command::tree().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return command::end(&error),
    };
    let settings = settings.with(&matches);
    match run(&matches, &settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.end(&settings),
    }
}

fn run(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let Some((noun, of_noun)) = matches.subcommand() else {
        return Ok(());
    };
    let verb = of_noun.subcommand();
    match (noun, verb) {
        ("init", _) => found::init(of_noun, settings),
        ("up", _) => up::up(of_noun, settings),
        ("backup", _) => backup::backup(of_noun, settings),
        ("restore", _) => restore::restore(of_noun, settings),
        ("import", _) => import::import(of_noun, settings),
        ("rebuild", _) => rebuild::rebuild(of_noun, settings),
        ("certificate", Some((_, of_verb))) => certificate::make(of_verb, settings),
        ("doctor", _) => doctor::doctor(of_noun, settings),
        ("explain", _) => explain::explain(of_noun, settings),
        ("policy", _) => explain::policy(),
        ("samples", _) => samples::write(of_noun),
        ("completions", _) => command::completions(of_noun),
        ("tour", _) => tour::tour(of_noun, settings),
        ("sign-in", _) => sign_in::sign_in(of_noun, settings),
        ("console", _) => sign_in::console(of_noun, settings),
        ("sign-out", _) => sign_in::sign_out(settings),
        ("key-pair", Some((verb, of_verb))) => key_pair::run(verb, of_verb, settings),
        ("share", Some((verb, of_verb))) => share::run(verb, of_verb, settings),
        ("ledger", Some(("verify", of_verb))) => ledger::verify(of_verb, settings),
        ("exit", Some(("return", of_verb))) => exit::go_on(of_verb, settings),
        (noun, Some((verb, of_verb))) => ask::run(noun, verb, of_verb, settings),
        (_, None) => Ok(()),
    }
}
