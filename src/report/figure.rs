//! A figure: panels that flow beside or below each other, a sentence that reads it, a table of what it shows. Assembles
//! figures into single files; what they show comes from `chart`.

use super::paint::{self, Spoken};
use super::scene::{Anchor, HEADING, INK, LABEL, NOTE, Pen, Scene};
use super::table::Table;
use super::text::escape;
use std::fmt::Write;

/// Width of every panel in logical pixels: fits a narrow phone without being scaled down.
pub(crate) const PANEL: f64 = 360.0;
/// Between panels and around them in a single file.
const GAP: f64 = 14.0;

/// One drawing of a figure.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) scene: Scene,
}

/// A chart of one or more panels, with its reading.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Names the figure in file names and links: `latency`, `load`, `utilisation`, `failover`, `map`, `cost`, `objectives`.
    pub id: &'static str,
    /// What it shows.
    pub title: String,
    /// What is to be seen in it, in a sentence or two made from the data.
    pub reading: String,
    pub(crate) panels: Vec<Panel>,
    /// What letters and signs in it stand for.
    pub(crate) key: Vec<String>,
    pub(crate) table: Table,
    pub(crate) classification: Option<String>,
}

impl Figure {
    /// The whole figure as one SVG file with a white ground.
    #[must_use]
    pub fn svg(&self) -> Vec<u8> {
        let spoken = Spoken { id: self.id, title: &self.title, description: &self.reading };
        paint::svg(&self.sheet(), &spoken, true).into_bytes()
    }

    /// The whole figure as one PNG file, two pixels per logical one.
    #[must_use]
    pub fn png(&self) -> Vec<u8> {
        paint::png(&self.sheet())
    }

    /// The figure as HTML: its panels, its reading, its table folded away.
    pub(crate) fn html(&self) -> String {
        let mut out = format!("<figure id=\"figure-{0}\">\n<div class=\"panels {0}\">\n", self.id);
        for (i, panel) in self.panels.iter().enumerate() {
            let id = format!("{}-{i}", self.id);
            out.push_str(&paint::svg(
                &panel.scene,
                &Spoken { id: &id, title: &panel.title, description: &self.title },
                false,
            ));
        }
        let _ = write!(out, "</div>\n<figcaption><b>{}.</b> {}", escape(&self.title), escape(&self.reading));
        for key in &self.key {
            let _ = write!(out, " <span class=\"key\">{}</span>", escape(key));
        }
        out.push_str("</figcaption>\n");
        let table = self.table.html();
        if !table.is_empty() {
            let _ = write!(out, "<details><summary>Figures behind this chart</summary>\n{table}</details>\n");
        }
        out.push_str("</figure>\n");
        out
    }

    /// All panels on one sheet with title, reading and key.
    fn sheet(&self) -> Scene {
        let columns = match self.panels.len() {
            0 | 1 => 1,
            2 | 4 => 2,
            _ => 3,
        };
        let width = GAP + columns as f64 * (PANEL + GAP);
        let inner = width - 2.0 * GAP;
        let mut head: Vec<(String, _)> = Vec::new();
        if let Some(classification) = &self.classification {
            head.push((classification.to_uppercase(), LABEL));
        }
        head.extend(wrap(&self.title, HEADING.size * 1.08, inner).into_iter().map(|line| (line, HEADING)));
        head.extend(wrap(&self.reading, LABEL.size, inner).into_iter().map(|line| (line, LABEL)));
        let foot: Vec<String> = self.key.iter().flat_map(|line| wrap(line, NOTE.size, inner)).collect();
        let heights: Vec<f64> = self
            .panels
            .chunks(columns)
            .map(|row| row.iter().map(|p| p.scene.height).fold(0.0, f64::max) + GAP)
            .collect();
        let head_height = GAP + 17.0 * head.len() as f64 + 8.0;
        let height = head_height + heights.iter().sum::<f64>() + 16.0 * foot.len() as f64 + GAP;
        let mut sheet = Scene::new(width, height.ceil());
        for (i, (line, set)) in head.into_iter().enumerate() {
            sheet.text((GAP, GAP + 8.0 + 17.0 * i as f64), &line, set);
        }
        let mut top = head_height;
        for (row, height) in self.panels.chunks(columns).zip(&heights) {
            for (column, panel) in row.iter().enumerate() {
                sheet.place(&panel.scene, (GAP + column as f64 * (PANEL + GAP), top));
            }
            top += height;
        }
        for (i, line) in foot.iter().enumerate() {
            sheet.text((GAP, top + 8.0 + 16.0 * i as f64), line, NOTE);
        }
        sheet
    }
}

/// A panel with its heading on the left and a remark on the right.
pub(crate) fn panel(height: f64, heading: &str, remark: &str) -> Scene {
    let mut scene = Scene::new(PANEL, height);
    let remark_width = if remark.is_empty() { 0.0 } else { paint::text_width(remark, NOTE.size) + 10.0 };
    // Bold letters are wider than those that are measured.
    let heading = paint::fit(heading, HEADING.size * 1.12, PANEL - 4.0 - remark_width);
    scene.text((2.0, 10.0), &heading, HEADING);
    scene.text((PANEL - 2.0, 10.5), remark, NOTE.at(Anchor::End));
    scene.line(vec![(0.0, 20.0), (PANEL, 20.0)], Pen::new(INK, 0.5).faint(0.3));
    scene
}

fn wrap(text: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a last line");
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if line.is_empty() || paint::text_width(&longer, size) <= width {
            *line = paint::fit(&longer, size, width);
        } else {
            lines.push(paint::fit(word, size, width));
        }
    }
    lines
}
