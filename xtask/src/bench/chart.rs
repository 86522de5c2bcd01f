//! Two small charts: where we stand beside the fastest peer, and how that moved.
//!
//! Plain SVG that a page shows as a picture: no script, colours for light and
//! dark, every bar with its figure in words.

use std::fmt::Write;

use super::history::History;

const WIDTH: f64 = 760.0;
const LABEL: f64 = 200.0;
const ROW: f64 = 22.0;
const TOP: f64 = 34.0;
/// WHY a logarithm: half and double are as far from 1.
const RATIO_MIN: f64 = 0.125;
const RATIO_MAX: f64 = 64.0;

const STYLE: &str = "<style>text{font:12px system-ui,sans-serif;fill:#1a1a1a}.good{fill:#0a6b3b}.bad{fill:#b0451a}.line{fill:none;stroke:#0b57a4;stroke-width:2}.dot{fill:#0b57a4}.one{stroke:#666;stroke-dasharray:3 3}@media(prefers-color-scheme:dark){text{fill:#eee}.good{fill:#4cc38a}.bad{fill:#ff9466}.line{stroke:#7cb8ff}.dot{fill:#7cb8ff}.one{stroke:#aaa}}</style>";

/// Where a ratio lies between left and right.
fn at(ratio: f64) -> f64 {
    let (low, high) = (RATIO_MIN.log2(), RATIO_MAX.log2());
    let part = (ratio.clamp(RATIO_MIN, RATIO_MAX).log2() - low) / (high - low);
    LABEL + part * (WIDTH - LABEL - 60.0)
}

fn open(title: &str, rows: usize) -> String {
    let height = TOP + ROW * rows as f64 + 12.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH:.0} {height:.0}\" role=\"img\" aria-label=\"{title}\">\n{STYLE}\n<text x=\"8\" y=\"18\">{title}</text>\n"
    )
}

/// Bars of the newest day: right of the line we are faster than the fastest peer.
pub fn ratios(history: &History) -> String {
    let newest = |scenario: &String| {
        history.days.iter().rev().find_map(|day| history.point(scenario, day)).map(|point| point.ratio)
    };
    let rows: Vec<(&String, f64)> = history
        .scenarios
        .iter()
        .filter_map(|scenario| newest(scenario).map(|ratio| (scenario, ratio)))
        .collect();
    let mut svg = open("EPIC beside the fastest peer of the same run (1x: as fast)", rows.len());
    let bottom = TOP + ROW * rows.len() as f64;
    let _infallible = writeln!(
        svg,
        "<line class=\"one\" x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"{TOP}\" y2=\"{bottom:.1}\"/>",
        at(1.0)
    );
    for (number, (scenario, ratio)) in rows.iter().enumerate() {
        let y = TOP + ROW * number as f64;
        let (left, right) = (at(ratio.min(1.0)), at(ratio.max(1.0)));
        let class = if *ratio >= 1.0 { "good" } else { "bad" };
        let _infallible = writeln!(
            svg,
            "<text x=\"8\" y=\"{text:.1}\">{scenario}</text><rect class=\"{class}\" x=\"{left:.1}\" y=\"{bar:.1}\" width=\"{width:.1}\" height=\"12\"/><text x=\"{figure:.1}\" y=\"{text:.1}\">{ratio:.2}x</text>",
            text = y + 14.0,
            bar = y + 4.0,
            width = (right - left).max(1.0),
            figure = right + 6.0,
        );
    }
    svg + "</svg>\n"
}

/// A line per scenario over the days.
pub fn over_time(history: &History) -> String {
    let mut svg = open("The same, day by day (middle line: 1x)", history.scenarios.len());
    let days: Vec<&String> = history.days.iter().collect();
    let step = (WIDTH - LABEL - 60.0) / days.len().max(2).saturating_sub(1) as f64;
    for (number, scenario) in history.scenarios.iter().enumerate() {
        let middle = TOP + ROW * number as f64 + ROW / 2.0;
        // A row is as high as four doublings up and down.
        let height = |ratio: f64| middle - ratio.log2().clamp(-4.0, 4.0) / 4.0 * (ROW / 2.0 - 2.0);
        let spots: Vec<(f64, f64)> = days
            .iter()
            .enumerate()
            .filter_map(|(at, day)| {
                history.point(scenario, day).map(|point| (LABEL + step * at as f64, height(point.ratio)))
            })
            .collect();
        let line: Vec<String> = spots.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let right = WIDTH - 60.0;
        let _infallible = writeln!(
            svg,
            "<text x=\"8\" y=\"{:.1}\">{scenario}</text><line class=\"one\" x1=\"{LABEL}\" x2=\"{right}\" y1=\"{middle:.1}\" y2=\"{middle:.1}\"/><polyline class=\"line\" points=\"{}\"/>",
            middle + 4.0,
            line.join(" "),
        );
        for (x, y) in spots {
            let _infallible = writeln!(svg, "<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\"/>");
        }
    }
    svg + "</svg>\n"
}
