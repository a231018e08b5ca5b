//! What the fleet survives and what would mend the rest, in sentences, with the arguments that do it as a shell takes them. Knows
//! neither pages nor terminals.

use crate::results::{Remedy, RemedyBlock, RunDocument};

/// What a heading says over the remedies.
pub(crate) fn heading(block: &RemedyBlock) -> &'static str {
    match block.found.iter().filter(|remedy| !remedy.set.is_empty()).count() {
        0 | 1 => "What would mend it",
        _ => "What would mend it, taken together",
    }
}

/// Sentences about what is survived; none where nothing was tried.
pub(crate) fn survives(run: &RunDocument) -> &[String] {
    run.survival.as_ref().map_or(&[], |survival| &survival.told)
}

/// What is short and what mends it.
pub(crate) fn words(remedy: &Remedy) -> String {
    format!("{} {}", remedy.cause, remedy.remedy)
}

/// `--set` with each setting, quoted where a shell would read more into it.
pub(crate) fn arguments(remedy: &Remedy) -> Vec<String> {
    let safe = |c: char| c.is_ascii_alphanumeric() || "._-=".contains(c);
    let quoted = |set: &String| match set.chars().all(safe) {
        true => format!("--set {set}"),
        false => format!("--set '{}'", set.replace('\'', "'\\''")),
    };
    remedy.set.iter().map(quoted).collect()
}

/// What is not told one by one, and what nothing mends.
pub(crate) fn rest(block: &RemedyBlock) -> Vec<String> {
    let mut rest = Vec::new();
    match block.more {
        0 => {}
        1 => rest.push("One more thing is short; these mend most.".to_owned()),
        more => rest.push(format!("{more} more things are short; these mend most.")),
    }
    if !block.unexplained.is_empty() {
        rest.push(format!("Nothing in this run says what would mend {}.", block.unexplained.join(", ")));
    }
    rest
}

/// Remedies of one objective in a sentence, with their arguments.
pub(crate) fn of_objective(run: &RunDocument, id: &str) -> Option<String> {
    let block = run.remedies.as_ref()?;
    let of = block.found.iter().filter(|remedy| remedy.objectives.iter().any(|objective| objective == id));
    let told = of.map(|remedy| format!("{} {}", words(remedy), arguments(remedy).join(" ")).trim().to_owned());
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join(" "))
}
