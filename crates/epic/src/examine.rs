//! Looking at what is stored, and making things of it: this very program, started for each object, in a process of its own.

use std::process::ExitCode;
use std::sync::Arc;

use flow::{Cook, Examiner, Maker, Process};

use crate::world;

/// What it is called with; nobody types them.
const EXAMINE: &str = "examine-bytes";
const DERIVE: &str = "derive-bytes";

/// What this process was started for; none: for a person.
pub fn asked() -> Option<fn() -> ExitCode> {
    match world::first_word()?.to_str()? {
        EXAMINE => Some(examine),
        DERIVE => Some(derive),
        _ => None,
    }
}

/// Looks at what comes over standard input.
fn examine() -> ExitCode {
    ended(flow::worker::main(&mut std::io::stdin().lock(), &mut std::io::stdout().lock()))
}

/// Makes something of what comes over standard input.
fn derive() -> ExitCode {
    ended(recipes::worker::main(&mut std::io::stdin().lock(), &mut std::io::stdout()))
}

fn ended(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))
}

/// Who looks at what is stored here, and who makes things of it; none: this program cannot be found any more.
pub fn workers() -> Option<(Arc<dyn Examiner>, Arc<dyn Maker>)> {
    let program = world::own_file()?;
    let examiner =
        Process { program: program.clone(), args: vec![EXAMINE.to_owned()], bounds: Default::default() };
    let maker = Cook { program, args: vec![DERIVE.to_owned()], bounds: Default::default() };
    Some((Arc::new(examiner), Arc::new(maker)))
}
