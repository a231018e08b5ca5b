//! Texts of records: seconds, and what stands at the beginning of each line.

use std::fmt::Write;

/// Nanoseconds as seconds, exactly.
pub(super) fn seconds(ns: u64) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(text, "{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Number and time of a record, from its first bytes alone: what a long log is read for.
pub(in crate::audit) fn place(line: &[u8]) -> Option<(u64, u64)> {
    let rest = line.strip_prefix(b"{\"v\":1,\"n\":")?;
    let (n, rest) = number(rest)?;
    let (ns, rest) = number(rest.strip_prefix(b",\"ns\":")?)?;
    rest.starts_with(b",\"kind\":\"").then_some((n, ns))
}

fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let value =
        text[..digits].iter().try_fold(0_u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
    let canonical = digits == 1 || digits > 1 && text[0] != b'0';
    value.filter(|_| canonical).map(|value| (value, &text[digits..]))
}
