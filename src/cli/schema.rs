//! `keyfleet schema`: the JSON Schema of the scenario language, for editors.

use super::{Exit, result};
use crate::scenario;

pub(super) fn run() -> Exit {
    result(&format!("{:#}\n", scenario::schema()))
}
