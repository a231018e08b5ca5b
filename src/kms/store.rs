//! The nouns of the metadata store: cells that hold a value and count its changes in epochs, what may be asked of a cell, and
//! what comes back. An answer may stay away though the operation took place: whoever asks again asks for the same once more.

use super::{KeyRef, RegionId, ShardId};

/// A place in the metadata store. One that was never written has epoch 0 and value 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cell {
    /// Of a key: the value is its active version.
    Key(KeyRef),
    /// Of a shard: the value is the epoch of its configuration.
    Shard(ShardId),
    /// Of a region: whether a fence keeps its sites from serving keys that lie in escrow elsewhere. The value of the fence for grant
    /// g is 2g - 1, and 2g once it is lifted: odd values are fences.
    Fence(RegionId),
}

/// How fresh a value that is read must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// No older than when it was asked for: a majority is heard.
    Linearizable,
    /// What the nearest replica knows: it may lag behind.
    Stale,
}

/// What is asked of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreOp {
    /// Writes a value if the cell's epoch is the one that is expected.
    Cas {
        /// Where.
        cell: Cell,
        /// The epoch that the cell must have.
        expect: u64,
        /// What it is to hold then.
        value: u64,
    },
    /// Reads a cell.
    Read {
        /// Where.
        cell: Cell,
        /// How fresh.
        how: Freshness,
    },
}

/// What comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreAnswer {
    /// Written.
    Written {
        /// The epoch that the cell has since.
        epoch: u64,
    },
    /// Not written: the cell has another epoch. If its value is the one that was to be written, an earlier try succeeded.
    Conflict {
        /// The cell's epoch.
        epoch: u64,
        /// Its value.
        value: u64,
    },
    /// Read.
    Value {
        /// The cell's epoch.
        epoch: u64,
        /// Its value.
        value: u64,
    },
    /// No answer in time. Whether a write took place is not known.
    Unavailable,
}

/// How an operation ended, without what it was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum StoreOutcome {
    /// Written.
    Written = 1,
    /// Not written for another epoch.
    Conflict = 2,
    /// Read.
    Read = 3,
    /// No answer in time.
    Unavailable = 4,
}

impl StoreOp {
    /// The cell that it is about.
    #[must_use]
    pub const fn cell(self) -> Cell {
        match self {
            Self::Cas { cell, .. } | Self::Read { cell, .. } => cell,
        }
    }
}

impl StoreAnswer {
    /// How the operation ended.
    #[must_use]
    pub const fn outcome(self) -> StoreOutcome {
        match self {
            Self::Written { .. } => StoreOutcome::Written,
            Self::Conflict { .. } => StoreOutcome::Conflict,
            Self::Value { .. } => StoreOutcome::Read,
            Self::Unavailable => StoreOutcome::Unavailable,
        }
    }
}
