//! A log as it grows: records appended to segments, their hashes to the tree. What it leaves are files: segments, tiles, a
//! checkpoint, the public key, and a line that says what a simulated log is worth.

use super::batch::same;
use super::checkpoint::Signer;
use super::gather::Gathered;
use super::record::Record;
use super::seal::SealKey;
use super::tiles::Tree;
use super::tree::{Hash, leaf_hash};
use crate::scenario::Scenario;

/// Records in a full segment: those below one hash of the third row of tiles.
pub const SEGMENT: u64 = 65_536;

const README: &str = "This is the audit log of a simulated run. It tries the procedure - records, tree, checkpoints, verification - \
and is no evidence about production: its signing key follows from the scenario and its seed.\n\
`keyfleet audit verify` checks it against a copy of `checkpoint` kept elsewhere; `audit show` and `audit prove` read it.\n";

/// An append-only log.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    tree: Tree,
    segments: Vec<Vec<u8>>,
}

impl Ledger {
    /// The log of a run: what was gathered of it, in order, after a record that says which run it was.
    #[must_use]
    pub fn of(scenario: &Scenario, gathered: Gathered) -> Self {
        let (mut ledger, mut line) = (Self::default(), Vec::new());
        let mut append = |record: &Record<'_>| {
            line.clear();
            record.write(&mut line);
            ledger.append(&line);
        };
        append(&Record::opened(scenario));
        let facts = gathered.in_order();
        // Only facts that make a record are gathered, so each place is taken.
        let records = (1..).zip(facts.chunk_by(same));
        records.filter_map(|(n, facts)| Record::of(n, facts, scenario)).for_each(|record| append(&record));
        ledger
    }

    /// Appends a record, which must not contain an end of line.
    pub fn append(&mut self, record: &[u8]) {
        if self.size().is_multiple_of(SEGMENT) {
            self.segments.push(Vec::new());
        }
        self.tree.push(leaf_hash(record));
        let segment = self.segments.last_mut().expect("there is one for the first record");
        segment.extend_from_slice(record);
        segment.push(b'\n');
    }

    /// Records so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The hash of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// The tree.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Its files, by their path below the log's folder. Sealed, the lowest row of tiles is left out: the hash of a record that
    /// can be guessed would tell it; who unseals the records can make that row anew.
    #[must_use]
    pub fn files(self, signer: &Signer, seal: Option<&SealKey>) -> Vec<(String, Vec<u8>)> {
        let root = self.root();
        let mut files = vec![
            ("README".to_owned(), README.as_bytes().to_vec()),
            ("checkpoint".to_owned(), signer.sign(self.size(), root).into_bytes()),
            ("public-key".to_owned(), format!("{}\n", signer.public()).into_bytes()),
        ];
        let lowest = u32::from(seal.is_some());
        files.extend(self.tree.tiles(lowest).map(|(tile, bytes)| (tile.path(), bytes)));
        files.extend((0..).zip(self.segments).map(|(number, bytes)| match seal {
            Some(key) => (segment_path(number, true), key.seal(&root, number, bytes)),
            None => (segment_path(number, false), bytes),
        }));
        files
    }
}

/// The path of a segment below the log's folder.
pub(super) fn segment_path(number: u64, sealed: bool) -> String {
    format!("segment/{number:06}.{}", if sealed { "sealed" } else { "jsonl" })
}
