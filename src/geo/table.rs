//! Reads the embedded CSV tables: comments from `#`, one header line, commas, no quoting (the scripts that make the tables
//! refuse fields that would need it).

use crate::kms::Badge;

/// Every row of `text` made by `read` from its `N` fields. Panics on a malformed table: it is compiled in, and tested.
pub(super) fn rows<T, const N: usize>(text: &'static str, read: impl Fn([&'static str; N]) -> Option<T>) -> Vec<T> {
    let lines = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    lines
        .map(|line| {
            let fields: Vec<&'static str> = line.split(',').collect();
            let row = <[&'static str; N]>::try_from(fields).ok().and_then(&read);
            row.unwrap_or_else(|| panic!("malformed row of an embedded table: {line}"))
        })
        .collect()
}

/// The badge called `text`.
pub(super) fn badge(text: &str) -> Option<Badge> {
    match text {
        "measured" => Some(Badge::Measured),
        "published" => Some(Badge::Published),
        "assumed" => Some(Badge::Assumed),
        _ => None,
    }
}
