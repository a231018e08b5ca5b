//! What the fleet survives and what would mend the rest, in the document of a run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What losses and faults the fleet survives: during and after them the objectives that look at them hold. Where no objective
/// looks at single losses, a loss counts as survived that leaves 99 % of the requests good in its worst five minutes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SurvivalBlock {
    /// Losses that are survived, by the ids of their survive cases, of a survey's cases, and of faults of the main run.
    pub survived: Vec<String>,
    /// Those that are in doubt.
    pub unclear: Vec<String>,
    /// Those that are not.
    pub not_survived: Vec<NotSurvived>,
    /// The same in sentences: what is survived, what is not, and by how much.
    pub told: Vec<String>,
}

/// A loss that is not survived.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NotSurvived {
    /// Its id.
    pub id: String,
    /// The objectives that fail then, the worst first; empty where none looks at single losses.
    pub objectives: Vec<String>,
    /// By how much, in words.
    pub by: String,
}

/// Something that is short, and what would mend it. All figures are from the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Remedy {
    /// Objectives that fail, or are in doubt, for want of it.
    pub objectives: Vec<String>,
    /// Survive cases in which they do; `run` for the main run.
    pub cases: Vec<String>,
    /// What is short, and by how much.
    pub cause: String,
    /// What mends it, and by what arithmetic; or why nothing does.
    pub remedy: String,
    /// Settings for `--set`, to be made together with those of the other remedies; empty where no setting mends it.
    pub set: Vec<String>,
}

/// What would mend the objectives that do not hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RemedyBlock {
    /// The one that mends most first; at most five.
    pub found: Vec<Remedy>,
    /// How many more there are.
    pub more: u32,
    /// Objectives of which nothing in the run says what would mend them.
    pub unexplained: Vec<String>,
}
