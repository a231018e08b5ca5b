//! Words made safe and short: scenario strings come from strangers and end up in HTML, SVG and a terminal. Knows
//! nothing of what the words mean.

/// `text` for HTML content and for quoted attributes: the five characters with a meaning become references, and control
/// characters, which no HTML or XML may hold, become U+FFFD.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(visible(c)),
        }
    }
    out
}

/// `text` for a terminal or a chart: control characters, escape sequences and overrides of the writing direction become
/// U+FFFD, line breaks become spaces.
#[must_use]
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\n' | '\t' | '\r') { ' ' } else { visible(c) }).collect()
}

/// At most `most` characters of `text`, the last of them an ellipsis where something was cut.
#[must_use]
pub(crate) fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(most.saturating_sub(1)).collect();
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

/// `1 region`, `2 regions`.
#[must_use]
pub(crate) fn plural(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", super::number::count(n), if n == 1 { "" } else { "s" })
}

const fn visible(c: char) -> char {
    match c {
        '\n' | '\t' => c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        _ => c,
    }
}
