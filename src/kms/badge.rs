//! Where a figure comes from.

use serde::{Deserialize, Serialize};

/// How much a default deserves to be believed. The report shows the badges of what a run used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Badge {
    /// Measured on the thing itself.
    Measured,
    /// Read in a cited publication.
    Published,
    /// Assumed: plausible, without a source.
    Assumed,
}
