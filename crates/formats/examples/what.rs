//! Says what files are, by their content: `cargo run -p formats --example what -- FILE...`, or `--judge FILE...` to validate.

use std::fs::File;

fn main() {
    let mut names = std::env::args().skip(1).peekable();
    let is_judged = names.next_if(|name| name == "--judge").is_some();
    for name in names {
        let Ok(mut file) = File::open(&name) else { continue };
        let Ok(found) = formats::detect(&mut file) else { continue };
        println!(
            "{name}\t{}\t{:?}\t{}\t{:?}\t{:?}",
            found.code(),
            found.confidence,
            found.why,
            found.details,
            found.dialect
        );
        if is_judged {
            let Ok(mut file) = File::open(&name) else { continue };
            match formats::validate(&found, &mut file, &formats::Limits::default()) {
                Ok(report) => println!("{}", serde_json::to_string(&report).unwrap_or_default()),
                Err(error) => println!("{error}"),
            }
        }
    }
}
