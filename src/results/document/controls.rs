//! What a document says of controls of standards.

use super::Status;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The evidence for a control: the objectives that name it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ControlBlock {
    /// Ids of its objectives, in order.
    pub objectives: Vec<String>,
    /// The worst of theirs.
    pub status: Status,
}
