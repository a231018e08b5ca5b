//! The one table of exit codes.

use crate::scenario::Diagnostics;
use std::process::ExitCode;

/// How a verb ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Ok,
    /// Internal error, or input and output failed.
    Internal,
    /// The command line is wrong.
    Usage,
    /// A scenario is invalid.
    Invalid,
    /// No fleet meets the objectives.
    Infeasible,
    /// Cells of a sweep are missing.
    Incomplete,
    /// A token is busy or absent; trying again may help.
    Busy,
    /// An audit log does not verify.
    Broken,
    /// Hardware and model disagree.
    Disagree,
    /// A candidate is worse than its base.
    Regression,
    /// An objective failed.
    Failed,
    /// Interrupted from the keyboard.
    Interrupted,
    /// Told to end.
    Terminated,
}

/// Code, meaning; 101 is left to Rust's panics.
const TABLE: [(Exit, u8, &str); 13] = [
    (Exit::Ok, 0, "ok"),
    (Exit::Internal, 1, "internal error, or a file could not be read or written, such as a scenario that is not there"),
    (Exit::Usage, 2, "wrong command line"),
    (Exit::Invalid, 3, "scenario invalid"),
    (Exit::Infeasible, 4, "no feasible plan"),
    (Exit::Incomplete, 5, "sweep incomplete"),
    (Exit::Busy, 75, "token busy or absent, try again"),
    (Exit::Broken, 96, "an audit log does not verify, has no checkpoint to be held against, or cannot be read in full"),
    (Exit::Disagree, 97, "hardware and model disagree"),
    (Exit::Regression, 98, "regression"),
    (Exit::Failed, 99, "an objective failed"),
    (Exit::Interrupted, 130, "interrupted (SIGINT), with what was done saved"),
    (Exit::Terminated, 143, "interrupted (SIGTERM), with what was done saved"),
];

impl Exit {
    /// The number the process ends with.
    #[must_use]
    pub fn code(self) -> u8 {
        TABLE.iter().find(|(exit, ..)| *exit == self).map_or(1, |(_, code, _)| *code)
    }
}

impl From<&Diagnostics> for Exit {
    /// How a verb ends that got no scenario.
    fn from(diagnostics: &Diagnostics) -> Self {
        if diagnostics.unreadable { Self::Internal } else { Self::Invalid }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The table as text.
pub(super) fn table() -> String {
    TABLE.iter().map(|(_, code, meaning)| format!("{code:>3}  {meaning}\n")).collect()
}

/// The line of the code that `text` names, if it is one.
pub(super) fn line(text: &str) -> Option<String> {
    let code: u8 = text.parse().ok()?;
    TABLE
        .iter()
        .find(|(_, known, _)| *known == code)
        .map(|(_, code, meaning)| format!("exit code {code}\n  {meaning}\n"))
}
