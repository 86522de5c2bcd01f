//! What the doors are called, and how full they are: between the command line, the doors and the page of figures.
//!
//! It must never name anybody: what is shown here is seen by whoever watches the machine.

use std::str::FromStr;
use std::sync::Arc;

use clap::ArgMatches;
use listen::Seated;
use region::meter::Gauge;
use s3::{Front, FrontError, S3Door};
use web::ActsDoor;

use crate::failure::Failure;
use crate::world;

/// A door's name, how many sit at it, and how many may.
pub type Seats = Vec<(&'static str, Arc<Seated>, usize)>;

pub fn seats(s3: [&S3Door; 2], acts: [Option<&ActsDoor>; 2]) -> Seats {
    let of_s3 = ["s3", "s3_inside"].into_iter().zip(s3);
    let of_s3 = of_s3.map(|(name, door)| (name, door.seated(), door.limits().connections_max));
    let of_acts = ["acts", "acts_inside"].into_iter().zip(acts);
    let of_acts =
        of_acts.filter_map(|(name, door)| Some((name, door?.seated(), door?.limits().connections_max)));
    of_s3.chain(of_acts).collect()
}

/// What the region does not know of its process.
pub fn figures(seats: &Seats) -> Vec<Gauge> {
    let gauge = |name, help, door, value| Gauge { name, help, labels: vec![("door", door)], value };
    let taken = seats
        .iter()
        .map(|(door, seated, _)| gauge("epic_seats", "Connections of a door.", *door, seated.now()));
    let most = seats.iter().map(|(door, _, most)| {
        gauge(
            "epic_seats_max",
            "Connections that a door has room for.",
            *door,
            u64::try_from(*most).unwrap_or(u64::MAX),
        )
    });
    let memory = world::resident_bytes().map(|value| {
        let (name, help) = ("process_resident_memory_bytes", "Memory of the process.");
        Gauge { name, help, labels: Vec::new(), value }
    });
    taken.chain(most).chain(memory).collect()
}

/// The names that S3's doors answer to.
pub fn front(matches: &ArgMatches) -> Result<Front, Failure> {
    let domains = named(matches, "s3-domain")?;
    Ok(Front::new(domains, named(matches, "console-origin")?))
}

fn named<T: FromStr<Err = FrontError>>(matches: &ArgMatches, name: &str) -> Result<Vec<T>, Failure> {
    let given = matches.get_many::<String>(name).into_iter().flatten();
    let read = given.map(|text| {
        text.parse()
            .map_err(|error: FrontError| Failure::yours(format!("`--{name} {text}`"), error.to_string()))
    });
    read.collect()
}
