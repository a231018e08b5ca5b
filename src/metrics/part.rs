//! The parts of a run, as its faults divide it.

/// A part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// No fault, and none shortly before.
    Normal,
    /// A fault was present.
    Fault,
    /// Within [`RECOVERY`](super::RECOVERY) after a fault.
    Recovery,
}

impl Part {
    /// The name in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Fault => "fault",
            Self::Recovery => "recovery",
        }
    }
}
