//! Tables in HTML: each in a box of its own that scrolls sideways, so that the page never does. Knows nothing of what is
//! listed.

use super::text::escape;
use crate::kms::Badge;
use crate::results::Status;
use std::fmt::Write;

/// A cell; texts are escaped when written.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Text(String),
    /// Aligned to the right.
    Number(String),
    /// As written in a scenario or typed at a prompt.
    Code(String),
    Status(Status),
    Badge(Badge),
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn number(text: impl Into<String>) -> Self {
        Self::Number(text.into())
    }
}

/// A table whose first column names its rows.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) caption: String,
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// Whether a narrow screen shows each row as a list, each cell with its column's name.
    list: bool,
}

impl Table {
    pub(crate) fn new(caption: impl Into<String>, head: &[&str]) -> Self {
        Self {
            caption: caption.into(),
            head: head.iter().map(|h| (*h).to_owned()).collect(),
            rows: Vec::new(),
            list: false,
        }
    }

    /// The table as one that a narrow screen shows row by row.
    pub(crate) fn listed(self) -> Self {
        Self { list: true, ..self }
    }

    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The table, or nothing where it has no rows. Padding and colours also stand in attributes: style sheets may be refused.
    pub(crate) fn html(&self) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let caption = escape(&self.caption);
        let mut out = format!(
            "<p class=\"caption\">{caption}</p>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\">\n\
             <table{} cellpadding=\"4\">\n",
            if self.list { " class=\"list\"" } else { "" }
        );
        if !self.head.is_empty() {
            self.write_head(&mut out);
        }
        out.push_str("<tbody>\n");
        for row in &self.rows {
            out.push_str("<tr>");
            for (i, cell) in row.iter().enumerate() {
                let name = self.head.get(i).filter(|_| self.list && i > 0);
                write_cell(&mut out, cell, (i == 0, name));
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody>\n</table>\n</div>\n");
        out
    }

    fn write_head(&self, out: &mut String) {
        out.push_str("<thead><tr>");
        for (i, title) in self.head.iter().enumerate() {
            let numeric = matches!(self.rows[0].get(i), Some(Cell::Number(_)));
            let (class, align) = if numeric { (" class=\"n\"", "right") } else { ("", "left") };
            let _ = write!(out, "<th scope=\"col\"{class} align=\"{align}\">{}</th>", escape(title));
        }
        out.push_str("</tr></thead>\n");
    }
}

fn write_cell(out: &mut String, cell: &Cell, (first, name): (bool, Option<&String>)) {
    let name = name.map_or_else(String::new, |name| format!(" data-name=\"{}\"", escape(name)));
    let (open, close) =
        if first { ("th scope=\"row\" align=\"left\"".to_owned(), "th") } else { (format!("td{name}"), "td") };
    // Writing to a String cannot fail.
    let _ = match cell {
        Cell::Text(text) => {
            // Only long texts may wrap; what is short reads better on one line.
            let class = if text.chars().count() > 36 { " class=\"w\"" } else { "" };
            write!(out, "<{open}{class}>{}</{close}>", escape(text))
        }
        Cell::Number(text) => write!(out, "<{open} class=\"n\" align=\"right\">{}</{close}>", escape(text)),
        Cell::Code(text) => write!(out, "<{open}><code>{}</code></{close}>", escape(text)),
        Cell::Status(status) => write!(
            out,
            "<{open} class=\"{}\" bgcolor=\"{}\"><b>{}</b></{close}>",
            status_word(*status),
            status_tint(*status),
            status_mark(*status)
        ),
        Cell::Badge(badge) => write!(out, "<{open}><span class=\"badge {0}\">{0}</span></{close}>", badge_word(*badge)),
    };
}

/// `none`, `pass`, `inconclusive`, `fail`.
pub(crate) const fn status_word(status: Status) -> &'static str {
    match status {
        Status::None => "none",
        Status::Pass => "pass",
        Status::Inconclusive => "inconclusive",
        Status::Fail => "fail",
    }
}

/// The word with a sign that needs no colour.
pub(crate) const fn status_mark(status: Status) -> &'static str {
    match status {
        Status::None => "– not judged",
        Status::Pass => "✓ pass",
        Status::Inconclusive => "? inconclusive",
        Status::Fail => "✗ fail",
    }
}

/// Background for dark text where no style sheet is applied.
pub(crate) const fn status_tint(status: Status) -> &'static str {
    match status {
        Status::None => "#E8EAEC",
        Status::Pass => "#D6F0E6",
        Status::Inconclusive => "#FCEBC5",
        Status::Fail => "#FBDCCB",
    }
}

/// `measured`, `published`, `assumed`.
pub(crate) const fn badge_word(badge: Badge) -> &'static str {
    match badge {
        Badge::Measured => "measured",
        Badge::Published => "published",
        Badge::Assumed => "assumed",
    }
}
