//! Charts: bars as inline SVG, said in a sentence, with the numbers in a table beneath.

use maud::{Markup, html};

/// One bar.
pub struct Bar {
    pub name: String,
    pub value: u64,
    /// The most that it may be, where there is such a thing.
    pub most: Option<u64>,
}

/// WHY: the drawing scales with its page; these are its own units.
const WIDTH: f64 = 600.0;
const ROW: usize = 28;
const NAMES: f64 = 160.0;
/// WHY: a longer name would run into its bar; the table has it whole.
const NAME_CHARS_MAX: usize = 18;

/// Bars on one scale; what they may be at most is drawn as their outline.
pub fn bars(title: &str, bars: &[Bar]) -> Markup {
    let greatest =
        bars.iter().map(|bar| bar.value.max(bar.most.unwrap_or_default())).max().unwrap_or(1).max(1);
    let wide = |value: u64| format!("{:.1}", value as f64 / greatest as f64 * (WIDTH - NAMES - 8.0));
    let height = bars.len() * ROW;
    html! {
        svg.chart viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-label=(title) {
            @for (at, bar) in bars.iter().enumerate() {
                @let top = at * ROW;
                text x="0" y=(top + 18) { (shortened(&bar.name)) }
                @if let Some(most) = bar.most {
                    rect.most x=(NAMES) y=(top + 5) width=(wide(most)) height=(ROW - 10) {}
                }
                rect.bar x=(NAMES) y=(top + 5) width=(wide(bar.value)) height=(ROW - 10) {}
            }
        }
    }
}

fn shortened(name: &str) -> String {
    match name.chars().count() > NAME_CHARS_MAX {
        true => name.chars().take(NAME_CHARS_MAX - 1).chain(['…']).collect(),
        false => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: bars keep their proportions. Method: their widths, with a most that is greater than all, and with nothing.
    #[test]
    fn bars_are_on_one_scale() {
        let bar = |name: &str, value, most| Bar { name: name.to_owned(), value, most };
        let drawn =
            bars("usage", &[bar("a", 50, Some(100)), bar("<b>", 25, None), bar("c", 0, None)]).into_string();
        for width in ["width=\"432.0\"", "width=\"216.0\"", "width=\"108.0\"", "width=\"0.0\""] {
            assert!(drawn.contains(width), "{width}: {drawn}");
        }
        assert!(drawn.contains("&lt;b&gt;"));
        assert!(bars("nothing", &[]).into_string().contains("0 0 600 0"));
    }
}
