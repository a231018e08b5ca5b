//! Horizontal bars, each with its name above it and its value at the right: readable at any width. Knows nothing of what they
//! measure.

use crate::report::figure::{PANEL, panel};
use crate::report::paint;
use crate::report::scene::{Anchor, Colour, Fill, INK, LABEL, Scene};

const ROW: f64 = 31.0;
pub(super) const LEFT: f64 = 4.0;
pub(super) const RIGHT: f64 = PANEL - 6.0;
const TOP: f64 = 26.0;

/// One bar.
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) value: String,
    /// 0 to 1 of the width.
    pub(super) share: f64,
    pub(super) colour: Colour,
}

/// A panel of bars, and the height of the lower edge of its last bar.
pub(super) fn draw(heading: &str, remark: &str, bars: &[Bar]) -> Scene {
    let mut scene = panel(TOP + ROW * bars.len() as f64 + 6.0, heading, remark);
    for (i, bar) in bars.iter().enumerate() {
        let (low, high) = track(i);
        let room = RIGHT - LEFT - paint::text_width(&bar.value, LABEL.size) - 10.0;
        scene.text((LEFT, low - 9.0), &paint::fit(&bar.name, LABEL.size, room), LABEL);
        scene.text((RIGHT, low - 9.0), &bar.value, LABEL.at(Anchor::End));
        scene.rect((LEFT, low), (RIGHT, high), Fill::new(INK, 0.08));
        if bar.share > 0.0 {
            let until = LEFT + bar.share.min(1.0) * (RIGHT - LEFT);
            scene.rect((LEFT, low), (until.max(LEFT + 1.0), high), Fill::new(bar.colour, 1.0));
        }
    }
    scene
}

/// Upper and lower edge of bar `i`.
pub(super) fn track(i: usize) -> (f64, f64) {
    let low = TOP + ROW * i as f64 + 17.0;
    (low, low + 9.0)
}
