//! Sizes of a page and of what stands on it, in points (1/72 inch), from the top left.

/// A4 (ISO 216).
pub const WIDTH_PT: f32 = 595.276;
pub const HEIGHT_PT: f32 = 841.89;
pub const LEFT_PT: f32 = 71.0;
pub const RIGHT_PT: f32 = WIDTH_PT - 71.0;
pub const TOP_PT: f32 = 68.0;
/// The lowest that text may reach.
pub const BOTTOM_PT: f32 = HEIGHT_PT - 84.0;
/// Above the lower edge: the footer's own, where nothing may be stamped.
pub const FOOT_PT: f32 = 66.0;
pub const FOOTER_BASE_PT: f32 = HEIGHT_PT - 44.0;
pub const FOOTER_PT: f32 = 7.5;
/// Leaves room for `500 / 500` at the right.
pub const FOOTER_WIDTH_PT: f32 = RIGHT_PT - LEFT_PT - 60.0;

/// How a text is set: its size and the distance of its lines.
#[derive(Debug, Clone, Copy)]
pub struct Set {
    pub size_pt: f32,
    pub lead_pt: f32,
    /// Space above, unless on top of a page.
    pub above_pt: f32,
}

pub const TITLE: Set = Set { size_pt: 19.0, lead_pt: 25.0, above_pt: 14.0 };
pub const HEADING: Set = Set { size_pt: 12.5, lead_pt: 17.0, above_pt: 18.0 };
pub const BODY: Set = Set { size_pt: 10.0, lead_pt: 15.0, above_pt: 7.0 };
pub const ENTRY: Set = Set { size_pt: 10.0, lead_pt: 15.0, above_pt: 4.0 };
pub const CELL: Set = Set { size_pt: 9.0, lead_pt: 12.5, above_pt: 10.0 };
pub const CODE: Set = Set { size_pt: 9.0, lead_pt: 13.5, above_pt: 7.0 };

/// Of `(a)` before its text.
pub const LABEL_PT: f32 = 26.0;
/// Of a term before its meaning.
pub const TERM_PT: f32 = 150.0;
pub const GAP_PT: f32 = 12.0;
/// Inside a cell, on each side.
pub const PAD_PT: f32 = 5.0;
