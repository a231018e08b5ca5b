//! "Did you mean": the nearest legal word by edit distance. Knows no words of its own.

/// The candidate nearest to `word`, if it is near enough to be meant: at most a third of the letters differ (Damerau-Levenshtein,
/// optimal string alignment), or one begins with the other. Ties go to the first candidate.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Longer words are no typing errors, and the table below is quadratic.
    const LONGEST: usize = 60;
    let lower: Vec<char> = word.to_lowercase().chars().take(LONGEST + 1).collect();
    if lower.is_empty() || lower.len() > LONGEST {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let other: Vec<char> = candidate.to_lowercase().chars().take(LONGEST).collect();
        let shorter = lower.len().min(other.len());
        let prefix = shorter >= 3 && lower[..shorter] == other[..shorter];
        let distance = if prefix { 1 } else { edits(&lower, &other) };
        let allowed = 1.max(lower.len().max(other.len()) / 3);
        if distance <= allowed && distance < shorter.max(1) && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn edits(a: &[char], b: &[char]) -> usize {
    let width = b.len() + 1;
    let mut table = vec![0_usize; (a.len() + 1) * width];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            let at = |i: usize, j: usize| table[i * width + j];
            table[i * width + j] = if i == 0 || j == 0 {
                i + j
            } else {
                let swap = usize::from(a[i - 1] != b[j - 1]);
                let mut least = (at(i - 1, j) + 1).min(at(i, j - 1) + 1).min(at(i - 1, j - 1) + swap);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(at(i - 2, j - 2) + 1);
                }
                least
            };
        }
    }
    table[a.len() * width + b.len()]
}

/// A sentence that helps with an unknown `word`: the nearest candidate, or the list of them when it is short.
pub(super) fn help<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    /// Longer lists do not help.
    const MOST: usize = 16;
    if let Some(near) = nearest(word, candidates.clone()) {
        return Some(format!("did you mean \"{near}\"?"));
    }
    let all: Vec<&str> = candidates.into_iter().take(MOST + 1).collect();
    match all.len() {
        0 => None,
        1..=MOST => Some(format!("possible: {}", all.join(", "))),
        _ => None,
    }
}
