//! What a child makes, for every test: one place that knows how to ask.

use std::io::Read;
use std::process::Command;

use recipes::{Bounds, Fault, KeyMaterial, Made, Recipe, run};

/// The example `deriver`, which cargo builds with the tests.
pub fn worker(how: &str) -> Command {
    let here = std::env::current_exe().unwrap();
    let mut command = Command::new(here.parent().unwrap().parent().unwrap().join("examples/deriver"));
    if !how.is_empty() {
        command.arg(how);
    }
    command
}

/// A reader that gives so many bytes at a time.
struct Pieces(Vec<u8>, usize, usize);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = self.2.min(buffer.len()).min(self.0.len() - self.1);
        buffer[..size].copy_from_slice(&self.0[self.1..self.1 + size]);
        self.1 += size;
        Ok(size)
    }
}

/// Derives in a child, read in pieces of a size.
pub fn in_pieces(recipe: &Recipe, bytes: &[u8], size: usize) -> Result<(Made, Vec<u8>), Fault> {
    let key = KeyMaterial::new([7; 32]);
    let mut to = Vec::new();
    let mut open = || Ok(Box::new(Pieces(bytes.to_vec(), 0, size)) as Box<dyn Read + Send>);
    let made = run(
        &mut worker(""),
        recipe,
        recipe.key().map(|_| &key),
        bytes.len() as u64,
        &mut open,
        &mut to,
        &Bounds::default(),
    );
    made.unwrap().map(|made| (made, to))
}

pub fn recipe(json: &str) -> Recipe {
    Recipe::read(json.as_bytes()).unwrap()
}

pub fn made(json: &str, bytes: &[u8]) -> (Made, Vec<u8>) {
    in_pieces(&recipe(json), bytes, 1 << 20).unwrap()
}

#[track_caller]
pub fn refused(json: &str, bytes: &[u8], expected: Fault) {
    match in_pieces(&recipe(json), bytes, 1 << 20) {
        Ok(_) => panic!("something was made, and `{}` was expected", expected.code()),
        Err(fault) => assert_eq!(fault.code(), expected.code(), "{fault}"),
    }
}
