//! Texts with words of commands in them.

use maud::{Markup, html};
use words::Act;

/// A text in which what stands between backticks is code; a command that does an act leads to its form.
pub fn prose(text: &str) -> Markup {
    html! {
        @for (number, part) in text.split('`').enumerate() {
            @if number % 2 == 0 {
                (part)
            } @else if let Some(act) = act_of(part) {
                a href={ "/do/" (act.name()) } { code { (part) } }
            } @else {
                code { (part) }
            }
        }
    }
}

/// The act of `epic <noun> <verb> ..`.
fn act_of(command: &str) -> Option<Act> {
    let mut words = command.split(' ');
    let (epic, noun, verb) = (words.next()?, words.next()?, words.next()?);
    if epic == "epic" { Act::parse(&format!("{noun}.{verb}")) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_code_and_nothing_is_markup() {
        assert_eq!(prose("do `epic a` <b>").into_string(), "do <code>epic a</code> &lt;b&gt;");
        let asks = prose("ask: `epic permit request --project p`").into_string();
        assert_eq!(
            asks,
            "ask: <a href=\"/do/permit.request\"><code>epic permit request --project p</code></a>"
        );
        assert_eq!(prose("").into_string(), "");
    }
}
