//! The audit log: a Merkle tree (RFC 6962) over the records of a run, with checkpoints signed in C2SP's formats. It is a
//! consumer of the one stream of facts and keeps the rare ones, in one fixed order whenever they became known. Does not know
//! which scenario a log is for beyond its names, and a log of a simulated run is no evidence about production.

mod batch;
mod checkpoint;
mod gather;
mod ledger;
mod log;
mod proof;
mod kind;
mod record;
mod seal;
mod tiles;
mod tree;
mod verify;

pub use batch::Lot;
pub use checkpoint::{Checkpoint, NoteError, PublicKey, Signer};
pub use gather::Gathered;
pub use kind::Kind;
pub use ledger::{Ledger, SEGMENT};
pub use log::{Log, LogError};
pub use proof::{consistency, inclusion, root, verify_consistency, verify_inclusion};
pub use record::Record;
pub use seal::{SealError, SealKey};
pub use tiles::{Tile, Tree, WIDTH};
pub use tree::{Frontier, Hash, hex, leaf_hash, node_hash};
pub use verify::{Against, Finding, Verdict, verify};
