//! "Did you mean": the nearest legal word by edit distance. Knows no words of its own.

/// The candidate nearest to `word`, if it is near enough to be meant: it differs in case or punctuation only, one
/// begins with the other, or at most a third of the letters differ (Damerau-Levenshtein, optimal string alignment).
/// Ties go to the first one.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Longer words are no typing errors, and the table below is quadratic.
    const LONGEST: usize = 60;
    let lower: Vec<char> = word.to_lowercase().chars().take(LONGEST + 1).collect();
    if lower.is_empty() || lower.len() > LONGEST {
        return None;
    }
    // `P99`, `p99.9` and `rsa2048` are p99, p999 and rsa-2048, whatever else is one letter away.
    let letters = |word: &[char]| word.iter().copied().filter(|c| c.is_alphanumeric()).collect::<Vec<char>>();
    let bare = letters(&lower);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let other: Vec<char> = candidate.to_lowercase().chars().take(LONGEST).collect();
        let shorter = lower.len().min(other.len());
        let prefix = shorter >= 3 && lower[..shorter] == other[..shorter];
        let distance = match (bare == letters(&other), prefix) {
            (true, _) => 0,
            (_, true) => 1,
            _ => edits(&lower, &other),
        };
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

/// Longer lists do not help.
const MOST: usize = 30;

/// A sentence that helps with an unknown `word`: the nearest candidate, or the list of them when it is short.
pub(super) fn help<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    match nearest(word, candidates.clone()) {
        Some(near) => Some(format!("did you mean \"{near}\"?")),
        None => list(candidates).map(|list| format!("possible: {list}")),
    }
}

/// As [`help`], with the list also where one candidate is near: for names that nobody knows by heart.
pub(super) fn help_with_list<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    match (nearest(word, candidates.clone()), list(candidates)) {
        (Some(near), Some(list)) => Some(format!("did you mean \"{near}\"? possible: {list}")),
        (Some(near), None) => Some(format!("did you mean \"{near}\"?")),
        (None, list) => list.map(|list| format!("possible: {list}")),
    }
}

fn list<'a>(candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let all: Vec<&str> = candidates.into_iter().take(MOST + 1).collect();
    (1..=MOST).contains(&all.len()).then(|| all.join(", "))
}
