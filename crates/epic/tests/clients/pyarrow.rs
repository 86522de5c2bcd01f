//! pyarrow: Parquet goes in by the C++ SDK and comes back, whole and by columns; refusals are exceptions.

use std::path::Path;

use super::{Ran, Stock};
use crate::kit::{Door, need};

#[test]
fn pyarrow_writes_and_reads_parquet() {
    let Some(python) = need::python("pyarrow.parquet, pyarrow.dataset, pyarrow.fs") else {
        return;
    };
    let stock = Stock::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/parquet.py");
    let run = |part: &str| {
        let mut command = stock.command(&python, &[script.to_str().unwrap(), part]);
        for (name, door, access) in [
            ("DINA", Door::Outside, &stock.dina),
            ("DESK", Door::Inside, &stock.desk),
            ("RITA", Door::Outside, &stock.rita),
        ] {
            command.env(name, format!("{} {} {}", stock.host(door), access.id, access.secret));
        }
        Ran::of(&mut command).done();
    };
    run("session");
    assert!(stock.object("bari", "2026/one.parquet").unwrap().starts_with(b"PAR1"));
    stock.end_permit();
    run("after");
}
