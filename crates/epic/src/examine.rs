//! Looking at what is stored: this very program, started for each object, in a process of its own.

use std::process::ExitCode;
use std::sync::Arc;

use flow::{Examiner, Process};

use crate::world;

/// What it is called with; nobody types it.
const WORD: &str = "examine-bytes";

/// Whether this process is one of those.
pub fn is_asked() -> bool {
    world::first_word().is_some_and(|first| first == WORD)
}

/// Looks at what comes over standard input.
pub fn examine() -> ExitCode {
    let code = flow::worker::main(&mut std::io::stdin().lock(), &mut std::io::stdout().lock());
    ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))
}

/// Who looks at what is stored here; none: this program cannot be found any more.
pub fn examiner() -> Option<Arc<dyn Examiner>> {
    let program = world::own_file()?;
    Some(Arc::new(Process { program, args: vec![WORD.to_owned()], bounds: Default::default() }))
}
